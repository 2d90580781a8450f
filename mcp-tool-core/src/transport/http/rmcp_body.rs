//! Bodies of rmcp's responses, changed to what the client expects: ids beyond 64 bits, and no events without data for
//! clients that would parse them as messages.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use http_body_util::{BodyExt as _, Either, Full, combinators::UnsyncBoxBody};
use hyper::{
    HeaderMap, Response,
    body::{Body, Bytes, Frame},
    header::{CONTENT_LENGTH, HeaderName},
};

use super::response::{HttpResponse, is_json};
use crate::transport::{
    protocol_version::PRIMING_EVENTS,
    rmcp::adaptation::{from_rmcp, has_markers},
};

const VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");
/// The beginning of each event without data that rmcp writes. Such an event only tells the client the position in the
/// stream (2025-11-25, Streamable HTTP §sending messages).
const PRIMING: &[u8] = b"data: \n";

/// Returns `true` if the client knows events without data. A request without a version is of an earlier revision, or is
/// `initialize`, whose response is too short for the client to resume it.
pub(super) fn knows_priming_events(request: &HeaderMap) -> bool {
    request.get(VERSION).is_some_and(|version| version.as_bytes() >= PRIMING_EVENTS.as_bytes())
}

/// Returns rmcp's response with the client's own ids. Without `keeps_priming`, also removes events without data.
pub(super) async fn adapt(
    response: Response<UnsyncBoxBody<Bytes, Infallible>>,
    keeps_priming: bool,
) -> HttpResponse {
    let (mut parts, body) = response.into_parts();
    if !is_json(&parts.headers) {
        let body = AdaptedEvents { body, keeps_priming };
        return Response::from_parts(parts, Either::Right(body.boxed_unsync()));
    }
    if !has_markers() {
        return Response::from_parts(parts, Either::Right(body));
    }
    // A body that isn't a stream is complete in memory.
    let json = match body.collect().await {
        Ok(body) => body.to_bytes(),
        Err(never) => match never {},
    };
    parts.headers.remove(CONTENT_LENGTH);
    let json = from_rmcp(&json).map_or(json, Bytes::from);
    Response::from_parts(parts, Either::Left(Full::new(json)))
}

/// An event stream of rmcp, whose body has one frame for each event.
struct AdaptedEvents<B> {
    body: B,
    keeps_priming: bool,
}

impl<B: Body<Data = Bytes> + Unpin> Body for AdaptedEvents<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        loop {
            let frame = match Pin::new(&mut self.body).poll_frame(cx) {
                Poll::Ready(Some(Ok(frame))) => frame,
                other => return other,
            };
            let data = match frame.into_data() {
                Ok(data) => data,
                Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
            };
            if !self.keeps_priming && data.starts_with(PRIMING) {
                continue;
            }
            let data = from_rmcp(&data).map_or(data, Bytes::from);
            return Poll::Ready(Some(Ok(Frame::data(data))));
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }
}
