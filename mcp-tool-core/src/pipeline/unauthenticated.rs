//! Audit records of HTTP requests that authentication refused.

use std::net::IpAddr;

use super::{CallRequest, Pipeline};
use crate::{
    call::{caller::Caller, origin::CallOrigin},
    ports::Denied,
};

/// Placeholder for the call in the audit record. The body of a refused request isn't read, so the call is unknown.
const UNREAD: CallRequest<'static> =
    CallRequest { name: "-", requires: None, arguments_bytes: 0, completes: None };

impl Pipeline {
    /// Records a request that authentication refused. The caller of a request with a revoked token is the one that the
    /// token names. The caller of other requests is unknown.
    pub(crate) fn record_unauthenticated(&self, denied: &Denied, remote: Option<IpAddr>) {
        let caller = match denied {
            Denied::Revoked(caller) => Caller::clone(caller),
            Denied::Missing
            | Denied::Malformed(_)
            | Denied::Invalid(_)
            | Denied::Unreachable
            | Denied::UnknownKey { .. } => Caller::unauthenticated(),
        };
        let origin = CallOrigin { remote, ..CallOrigin::from(caller) };
        self.record_refusal(origin, UNREAD, denied.reason(), denied.detail());
    }
}
