//! Responses of upstreams.

use std::{fmt, time::Duration};

use futures_util::future::BoxFuture;
use reqwest::{Response, header::RETRY_AFTER};
use serde::de::DeserializeOwned;

use super::{failure::UpstreamFailure, upstream::Upstream};
use mcp_tool_core::error::{ErrorKind, ToolError};

/// Maximum retry delay of an error, in seconds, even if `Retry-After` is longer.
const MAX_DELAY: u64 = 3_600;

/// Response from [`UpstreamRequest::send`](super::UpstreamRequest::send), with a body that hasn't been read yet.
pub struct UpstreamResponse {
    upstream: Upstream,
    response: Response,
    /// `true` for a request other than `GET`, which may have had an effect.
    is_write: bool,
}

impl UpstreamResponse {
    pub(super) fn new(upstream: Upstream, response: Response, is_write: bool) -> Self {
        UpstreamResponse { upstream, response, is_write }
    }

    /// Returns the HTTP status, such as 200 or 404.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.response.status().as_u16()
    }

    /// Returns `true` for a status from 200 to 299.
    #[must_use]
    pub fn is_success(&self) -> bool {
        self.response.status().is_success()
    }

    /// Returns the first value of the header `name`; `None` if the header is missing or the value isn't ASCII text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.response.headers().get(name)?.to_str().ok()
    }

    /// Returns the response if its status is from 200 to 299.
    ///
    /// # Errors
    /// | status | kind |
    /// |---|---|
    /// | 404, 410 | `not_found` |
    /// | 409, 412 | `conflict` |
    /// | 429, 5xx | `unavailable`; retry after the seconds in `Retry-After`, at most 1 h; without seconds, 5 s |
    /// | others | `internal` |
    ///
    /// After a request other than `GET`, an error for 5xx says that the effect of the request is unknown.
    pub fn require_success(self) -> Result<Self, ToolError> {
        let (name, status) = (&self.upstream.client.name, self.status());
        let error = match status {
            200..=299 => return Ok(self),
            404 | 410 => ToolError::not_found(format!("'{name}' has no such item")),
            409 | 412 => ToolError::conflict(format!("the item changed at '{name}': read it again")),
            429 | 500..=599 => {
                let delay = self
                    .header(RETRY_AFTER.as_str())
                    .and_then(|delay| delay.trim().parse().ok())
                    .unwrap_or(5);
                let delay = Duration::from_secs(u64::min(delay, MAX_DELAY));
                ToolError::unavailable(format!("'{name}' responded with {status}"), delay)
            }
            status => ToolError::internal(format!("upstream '{name}' responded with {status}")),
        };
        let in_doubt = self.is_write && status >= 500;
        Err(if in_doubt { error.unsettled() } else { error })
    }

    /// Reads the whole body.
    ///
    /// # Errors
    /// `too_large` if the body is longer than the upstream's setting `max_response`, `unavailable` if the connection
    /// fails, `timeout` if the call's deadline passes before the whole body was read, and `internal` if the call has
    /// ended. After a request other than `GET`, the error says that the effect of the request is unknown.
    // Boxed, so that the code of the HTTP client is compiled in this crate and not in each crate that awaits the
    // future.
    pub fn bytes(self) -> impl Future<Output = Result<Vec<u8>, ToolError>> + Send {
        let read: BoxFuture<'static, _> = Box::pin(self.read());
        read
    }

    async fn read(self) -> Result<Vec<u8>, ToolError> {
        let UpstreamResponse { upstream, mut response, is_write } = self;
        let read = async {
            let limit = upstream.client.config.max_response;
            let mut body = Vec::new();
            let failed = |error| UpstreamFailure::of(error).report(&upstream.client.name, &upstream.cx);
            while let Some(chunk) = response.chunk().await.map_err(failed)? {
                if body.len() + chunk.len() > limit {
                    let name = &upstream.client.name;
                    let message =
                        format!("the response of '{name}' is longer than {limit} bytes: ask for less");
                    return Err(ToolError::of(ErrorKind::TooLarge, message));
                }
                body.extend_from_slice(&chunk);
            }
            Ok(body)
        };
        let read = upstream.within(is_write, read).await;
        read.map_err(|error| if is_write { error.unsettled() } else { error })
    }

    /// Reads the body as JSON.
    ///
    /// # Errors
    /// The errors of [`bytes`](UpstreamResponse::bytes), and `internal` for a body that isn't JSON of type `T`. The log
    /// contains the position at which parsing failed, but no value of the body.
    pub async fn json<T: DeserializeOwned>(self) -> Result<T, ToolError> {
        let (name, is_write) = (self.upstream.client.name.clone(), self.is_write);
        let body = self.bytes().await?;
        serde_json::from_slice(&body).map_err(|error| {
            // The message of serde_json may contain a value of the body.
            let (line, column) = (error.line(), error.column());
            let reason = format!("upstream '{name}' sent unexpected JSON at line {line} column {column}");
            let error = ToolError::internal(reason);
            if is_write { error.unsettled() } else { error }
        })
    }
}

impl fmt::Debug for UpstreamResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} from upstream '{}'", self.status(), self.upstream.client.name)
    }
}
