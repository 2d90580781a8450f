//! Baseline, written with hyper only: like `raw_axum`, it parses a call of `search_orders` into structs and answers it
//! without checks. An invalid request closes the connection.

mod raw;

use std::convert::Infallible;

use http_body_util::{BodyExt as _, Full};
use hyper::{
    Request, Response,
    body::{Bytes, Incoming},
    header::{CONTENT_TYPE, HeaderValue},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

type Error = Box<dyn std::error::Error + Send + Sync>;

async fn call(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Error> {
    let body = request.into_body().collect().await?.to_bytes();
    let message = raw::Response::to(serde_json::from_slice(&body)?)?;
    let mut response = Response::new(Full::new(serde_json::to_vec(&message)?.into()));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}

#[tokio::main]
async fn main() -> Result<Infallible, Error> {
    let address = std::env::args().nth(1).ok_or("missing argument: the address to listen on")?;
    let listener = TcpListener::bind(address).await?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(call)));
    }
}
