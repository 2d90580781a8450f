//! Reasons why an upstream gave no response. The log gets the whole reason, and the model gets a short message.

use std::time::Duration;

use super::resolve::PrivateAddress;
use mcp_tool_core::{call::context::CallContext, error::ToolError, error_chain::chain};

/// Delay after which an `unavailable` error asks the agent to retry.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// Reason of a failed request. The texts are for the log, and contain neither a credential nor a whole URL.
#[derive(Clone, Debug)]
pub(super) enum UpstreamFailure {
    /// The upstream or its token endpoint gives no usable response.
    Unavailable(String),
    /// A setting, a file or the tool function must be corrected, for example because of a forbidden redirect.
    Misconfigured(String),
    /// The credential depends on the caller's token, but the call has no token.
    MissingToken,
    /// The token endpoint refuses to exchange the caller's token.
    ExchangeRefused(String),
}

impl UpstreamFailure {
    /// Classifies the error of a request: `Misconfigured` for an address that isn't permitted, else `Unavailable`.
    pub(super) fn of(error: reqwest::Error) -> Self {
        let error = error.without_url();
        match PrivateAddress::among(&error) {
            Some(private) => UpstreamFailure::Misconfigured(private.to_string()),
            None => UpstreamFailure::Unavailable(chain(&error)),
        }
    }

    /// Returns the error for the tool function, and logs the reason, which `MissingToken` doesn't have. The reason of
    /// `Misconfigured` isn't logged here, because it is the source of an internal error, which is logged with the call.
    pub(super) fn report(self, upstream: &str, cx: &CallContext) -> ToolError {
        match self {
            UpstreamFailure::Misconfigured(reason) => {
                ToolError::internal(format!("upstream '{upstream}': {reason}"))
            }
            UpstreamFailure::Unavailable(reason) => {
                log(upstream, cx, &reason);
                let message = format!("'{upstream}', which the tool needs, is unavailable");
                ToolError::unavailable(message, RETRY_AFTER)
            }
            UpstreamFailure::MissingToken => ToolError::refused(format!(
                "'{upstream}' needs the caller's token, and this call has none: call the tool over HTTP with a token"
            )),
            UpstreamFailure::ExchangeRefused(reason) => {
                log(upstream, cx, &reason);
                ToolError::refused(format!("'{upstream}' isn't available to this caller"))
            }
        }
    }
}

fn log(upstream: &str, cx: &CallContext, error: &str) {
    let (tool, correlation_id) = (cx.contract().name(), cx.correlation_id());
    tracing::warn!(upstream, tool, %correlation_id, error, "an upstream request failed");
}
