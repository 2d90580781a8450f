//! Questions to issuers: short, bounded, without redirects, over TLS or on this machine.

use std::time::Duration;

use reqwest::{Client, RequestBuilder, StatusCode, redirect::Policy};
use url::{Host, Url};

/// How long an answer may take.
const DEADLINE: Duration = Duration::from_secs(5);
/// Bytes of an answer.
const MOST: usize = 256 * 1024;

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failed {
    /// Nothing is there.
    NotFound,
    /// It can't be asked, or answers what can't be used.
    Unusable(String),
}

impl From<String> for Failed {
    fn from(reason: String) -> Self {
        Failed::Unusable(reason)
    }
}

/// A client that follows nothing and takes no proxy from the environment.
pub(crate) fn client() -> Result<Client, reqwest::Error> {
    Client::builder()
        .redirect(Policy::none())
        .no_proxy()
        .timeout(DEADLINE)
        .connect_timeout(Duration::from_secs(3))
        .pool_idle_timeout(Duration::from_secs(30))
        .build()
}

/// An address that may be asked: HTTPS, or HTTP on this machine.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn trusted_url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("{text:?} is no URL: {error}"))?;
    let is_here = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => return Err(format!("{text:?} names no host")),
    };
    if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
        return Err(format!("{text:?} has a user or a fragment, which can't stand there"));
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_here => Ok(url),
        _ => Err(format!("{text:?} isn't https, which only a loopback host may do without")),
    }
}

/// The body of an answer that is 200.
pub(crate) async fn answer(request: RequestBuilder) -> Result<Vec<u8>, Failed> {
    // Without the URL, in which an error would show what was asked.
    let failed = |error: reqwest::Error| Failed::Unusable(error.without_url().to_string());
    let mut response = request.header("accept", "application/json").send().await.map_err(failed)?;
    match response.status() {
        StatusCode::OK => {}
        // Not every server says 404 of a path that it hasn't.
        status if status.is_client_error() && status != StatusCode::TOO_MANY_REQUESTS => {
            return Err(Failed::NotFound);
        }
        status => return Err(Failed::Unusable(format!("it answers {status}"))),
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(failed)? {
        if body.len() + chunk.len() > MOST {
            return Err(Failed::Unusable(format!("it answers more than {MOST} bytes")));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
