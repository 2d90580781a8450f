//! The parts of a call that are needed for requests to upstreams, the HTTP services that tools
//! call.

use tokio::time::Instant;

use super::{context::CallContext, token::InboundToken};
use crate::ports::Outbound;

/// The parts of a call that `mcp-tool-auth` needs for requests to upstreams. `mcp-tool-runtime`
/// doesn't export this trait, so that tool functions can't read the caller's token.
pub trait OutboundCall {
    /// Returns the caller's token, for token exchange only (RFC 8693); `None` if the caller wasn't authenticated,
    /// as over stdio.
    fn token(&self) -> Option<&InboundToken>;

    /// Returns the clients of the configured upstreams; `None` if none is configured.
    fn outbound(&self) -> Option<&dyn Outbound>;

    /// Adds the name of an upstream to the call's audit record. Adding the same name again has no effect.
    fn record_upstream(&self, name: &str);

    /// Returns the call's deadline, extended by the time that the call has waited for answers to its questions until
    /// now.
    fn deadline(&self) -> Instant;

    /// Completes once the call is cancelled or finished.
    fn cancelled(&self) -> impl Future<Output = ()> + Send;
}

impl OutboundCall for CallContext {
    fn token(&self) -> Option<&InboundToken> {
        self.facts().token.as_ref()
    }

    fn outbound(&self) -> Option<&dyn Outbound> {
        self.services().outbound.as_deref()
    }

    fn record_upstream(&self, name: &str) {
        self.add_upstream(name);
    }

    fn deadline(&self) -> Instant {
        self.deadline()
    }

    fn cancelled(&self) -> impl Future<Output = ()> + Send {
        self.facts().cancellation.cancelled()
    }
}
