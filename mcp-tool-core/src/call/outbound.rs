//! The parts of a call that requests to upstreams need.

use tokio::time::Instant;

use super::{context::CallContext, token::InboundToken};
use crate::ports::Outbound;

/// Access to a call for requests to upstreams. The facade doesn't export this trait, so that no tool function reaches
/// the token.
pub trait OutboundCall {
    /// The caller's token, for token exchange only (RFC 8693).
    fn token(&self) -> Option<&InboundToken>;

    /// Connections to upstreams, if any are configured.
    fn outbound(&self) -> Option<&dyn Outbound>;

    /// Adds the name of an upstream to the call's audit record.
    fn record_upstream(&self, name: &str);

    /// The call's deadline.
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
