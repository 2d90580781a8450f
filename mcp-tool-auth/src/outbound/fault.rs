//! Why an upstream gave no answer, in two voices: the log's, which says all, and the model's.

use std::time::Duration;

use super::resolve::Private;
use mcp_tool_core::{
    call::context::CallContext,
    error::{ToolError, chain},
};

/// When it may be tried again.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// What went wrong. The texts are for the log, and hold no credential and no URL.
#[derive(Clone, Debug)]
pub(super) enum Fault {
    /// The upstream or its token endpoint doesn't answer, or not as it should.
    Away(String),
    /// Somebody has to mend a setting, a file or the function.
    Wrong(String),
    /// The caller's token is wanted, and it came without one.
    NoToken,
    /// The caller's token isn't taken for the upstream.
    NotExchanged(String),
}

impl Fault {
    /// A request that failed on its way.
    pub(super) fn of(error: reqwest::Error) -> Self {
        let error = error.without_url();
        match Private::among(&error) {
            Some(private) => Fault::Wrong(private.to_string()),
            None => Fault::Away(chain(&error)),
        }
    }

    /// The error that the function gets; the log has the rest.
    pub(super) fn tell(self, upstream: &str, cx: &CallContext) -> ToolError {
        match self {
            Fault::Wrong(reason) => ToolError::internal(format!("upstream '{upstream}': {reason}")),
            Fault::Away(reason) => {
                log(upstream, cx, &reason);
                ToolError::unavailable(format!("'{upstream}', which the tool needs, is away"), RETRY_AFTER)
            }
            Fault::NoToken => ToolError::refused(format!(
                "'{upstream}' is asked on behalf of a caller who came by a token, and this call has none: sign in \
                 over HTTP"
            )),
            Fault::NotExchanged(reason) => {
                log(upstream, cx, &reason);
                ToolError::refused(format!("'{upstream}' isn't open to this caller"))
            }
        }
    }
}

fn log(upstream: &str, cx: &CallContext, error: &str) {
    let (tool, correlation_id) = (cx.contract().name, cx.correlation_id());
    tracing::warn!(upstream, tool, %correlation_id, error, "an upstream gave no answer");
}
