//! Sends requests to issuers, over TLS or on loopback. Time and size are limited, and redirects aren't followed.

use std::time::Duration;

use mcp_tool_contract::read::violation::escaped_excerpt;
use reqwest::{Client, RequestBuilder, StatusCode, redirect::Policy};
use url::Url;

use crate::secure_url::is_secure;

/// Time limit of a request.
const DEADLINE: Duration = Duration::from_secs(5);
/// Maximum size of a response, in bytes.
const MAX_RESPONSE: usize = 256 * 1024;

/// Reason why a request has no usable response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FetchError {
    /// The issuer responds with a 4xx status other than 429.
    NotFound,
    /// The issuer responds, and its response can't be used.
    Unusable(String),
    /// The issuer can't be reached, or doesn't respond in time.
    Failed(String),
}

impl FetchError {
    /// Returns the reason as text, for a request of metadata.
    pub(crate) fn reason(self) -> String {
        match self {
            FetchError::NotFound => "its metadata can't be found".to_owned(),
            FetchError::Unusable(reason) | FetchError::Failed(reason) => reason,
        }
    }
}

impl From<String> for FetchError {
    fn from(reason: String) -> Self {
        FetchError::Unusable(reason)
    }
}

/// Creates an HTTP client that follows no redirects and ignores proxies from the environment, because both could show
/// tokens and client secrets to another host.
pub(crate) fn client() -> Result<Client, reqwest::Error> {
    Client::builder()
        .redirect(Policy::none())
        .no_proxy()
        .timeout(DEADLINE)
        .connect_timeout(Duration::from_secs(3))
        .pool_idle_timeout(Duration::from_secs(30))
        .build()
}

/// Parses a URL of an issuer or of this server. The URL must be HTTPS, or HTTP on loopback, and must have neither a
/// user nor a fragment.
///
/// # Errors
/// The text isn't such a URL. The error shows no user name, password, query or fragment, which may be secret.
pub(crate) fn trusted_url(text: &str) -> Result<Url, String> {
    let url =
        Url::parse(text).map_err(|error| format!("must be a URL such as https://as.example.com: {error}"))?;
    if url.host().is_none() {
        return Err("must be a URL with a host, such as https://as.example.com".into());
    }
    let problem = if !url.username().is_empty() || url.password().is_some() {
        "must have no user name and no password"
    } else if url.fragment().is_some() {
        "must have no fragment"
    } else if !is_secure(&url) {
        "must be https: http is allowed on loopback only"
    } else {
        return Ok(url);
    };
    Err(format!("{:?} {problem}", shown(&url)))
}

/// Returns the beginning of a URL for an error or the log, without the parts that may be secret.
pub(crate) fn shown(url: &Url) -> String {
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    escaped_excerpt(&format!("{}://{}{port}{}", url.scheme(), url.host_str().unwrap_or_default(), url.path()))
}

/// Sends the request and returns the body of a response with status 200.
pub(crate) async fn body(request: RequestBuilder) -> Result<Vec<u8>, FetchError> {
    // The error must not contain the URL, whose query may be secret.
    let failed = |error: reqwest::Error| {
        let is_unreachable = error.is_connect() || error.is_timeout();
        let reason = error.without_url().to_string();
        if is_unreachable { FetchError::Failed(reason) } else { FetchError::Unusable(reason) }
    };
    let mut response = request.header("accept", "application/json").send().await.map_err(failed)?;
    match response.status() {
        StatusCode::OK => {}
        // 429 is temporary. Some issuers respond to an unknown path with another 4xx status than 404.
        status if status.is_client_error() && status != StatusCode::TOO_MANY_REQUESTS => {
            return Err(FetchError::NotFound);
        }
        status => return Err(FetchError::Unusable(format!("it responds with {status}"))),
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(failed)? {
        if body.len() + chunk.len() > MAX_RESPONSE {
            return Err(FetchError::Unusable(format!("its response is longer than {MAX_RESPONSE} bytes")));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_of_a_url_shows_no_user_password_query_or_fragment() {
        for (text, wanted) in [
            (
                "https://ann:secret@as.example/x",
                r#""https://as.example/x" must have no user name and no password"#,
            ),
            ("https://secret@as.example", "must have no user name and no password"),
            ("http://ann:secret@as.example", "must have no user name and no password"),
            ("https://as.example:8443/?secret#secret", r#""https://as.example:8443/" must have no fragment"#),
            ("http://as.example/?secret", "must be https"),
            ("https://ann:secret@", "must be a URL such as"),
            ("ann:secret@as.example", "must be a URL with a host"),
            ("secret", "must be a URL such as"),
        ] {
            let error = trusted_url(text).unwrap_err();
            assert!(error.contains(wanted) && !error.contains("secret"), "wrong error of {text}: {error}");
        }
    }
}
