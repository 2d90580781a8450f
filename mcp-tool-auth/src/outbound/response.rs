//! What an upstream answered.

use std::{fmt, time::Duration};

use reqwest::{Response, header::RETRY_AFTER};
use serde::de::DeserializeOwned;

use super::{Upstream, fault::Fault};
use mcp_tool_core::error::{ErrorKind, ToolError};

/// The longest that a model is told to wait.
const LONGEST_WAIT: u64 = 3_600;

/// An answer of an upstream, whose body is still on its way.
pub struct UpstreamResponse {
    upstream: Upstream,
    response: Response,
    is_write: bool,
}

impl UpstreamResponse {
    pub(super) fn new(upstream: Upstream, response: Response, is_write: bool) -> Self {
        UpstreamResponse { upstream, response, is_write }
    }

    /// The status: 200, 404.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.response.status().as_u16()
    }

    /// Whether the status is one of success, 200 to 299.
    #[must_use]
    pub fn is_success(&self) -> bool {
        self.response.status().is_success()
    }

    /// A header that is text; the first, where there are several.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.response.headers().get(name)?.to_str().ok()
    }

    /// The answer itself, if its status is one of success.
    ///
    /// # Errors
    /// Not found for 404 and 410, a conflict for 409 and 412, unavailable for 429 and 5xx with the time that
    /// `Retry-After` tells, internal for any other.
    pub fn require_success(self) -> Result<Self, ToolError> {
        let (name, status) = (&self.upstream.remote.name, self.status());
        let error = match status {
            200..=299 => return Ok(self),
            404 | 410 => ToolError::not_found(format!("'{name}' has none of that")),
            409 | 412 => ToolError::conflict(format!("'{name}' has it otherwise by now")),
            429 | 500..=599 => {
                let wait =
                    self.header(RETRY_AFTER.as_str()).and_then(|wait| wait.trim().parse().ok()).unwrap_or(5);
                let wait = Duration::from_secs(u64::min(wait, LONGEST_WAIT));
                ToolError::unavailable(format!("'{name}' answered {status}"), wait)
            }
            status => ToolError::internal(format!("upstream '{name}' answered {status}")),
        };
        let in_doubt = self.is_write && status >= 500;
        Err(if in_doubt { error.unsettled() } else { error })
    }

    /// The body, whole.
    ///
    /// # Errors
    /// One over `max_response` of the upstream's settings, and one that doesn't come to its end in time.
    pub async fn bytes(self) -> Result<Vec<u8>, ToolError> {
        let UpstreamResponse { upstream, mut response, is_write } = self;
        let read = async {
            let most = upstream.remote.settings.max_response;
            let mut body = Vec::new();
            let lost = |error| Fault::of(error).tell(&upstream.remote.name, &upstream.cx);
            while let Some(chunk) = response.chunk().await.map_err(lost)? {
                if body.len() + chunk.len() > most {
                    let name = &upstream.remote.name;
                    let message = format!("the answer of '{name}' has over {most} bytes: ask for less");
                    return Err(ToolError::of(ErrorKind::TooLarge, message));
                }
                body.extend_from_slice(&chunk);
            }
            Ok(body)
        };
        let read = upstream.within(is_write, read).await;
        read.map_err(|error| if is_write { error.unsettled() } else { error })
    }

    /// The body, read from JSON.
    ///
    /// # Errors
    /// Those of [`bytes`](UpstreamResponse::bytes), and JSON of another shape (internal, told in the log).
    pub async fn json<T: DeserializeOwned>(self) -> Result<T, ToolError> {
        let (name, is_write) = (self.upstream.remote.name.clone(), self.is_write);
        let body = self.bytes().await?;
        serde_json::from_slice(&body).map_err(|error| {
            // serde's own words would repeat values.
            let (line, column) = (error.line(), error.column());
            let reason =
                format!("upstream '{name}' sent other JSON than is read, at line {line} column {column}");
            let error = ToolError::internal(reason);
            if is_write { error.unsettled() } else { error }
        })
    }
}

impl fmt::Debug for UpstreamResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} from upstream '{}'", self.status(), self.upstream.remote.name)
    }
}
