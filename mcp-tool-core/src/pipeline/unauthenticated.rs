//! Audit records of HTTP requests that authentication refused.

use std::{net::IpAddr, time::Instant};

use super::{CallRequest, Pipeline};
use crate::{
    call::{caller::Caller, origin::CallOrigin},
    ports::Denied,
};

/// Placeholder for the call in the audit record. The body of a refused request isn't read, so the call is unknown.
const UNREAD: CallRequest<'static> =
    CallRequest { name: "-", requires: None, arguments_bytes: 0, completes: None };

impl Pipeline {
    /// Records a request that authentication refused. A request with a revoked token is always recorded, with the
    /// caller that the token names. For other requests, the caller is unknown, and the number of records per second is
    /// limited. If such requests were left out, the next record of one says how many.
    pub(crate) fn record_unauthenticated(&self, denied: &Denied, remote: Option<IpAddr>) {
        let write = |caller: Caller, detail: Option<&str>| {
            let origin = CallOrigin { remote, ..CallOrigin::from(caller) };
            self.record_refusal(origin, UNREAD, denied.reason(), detail);
        };
        if let Denied::Revoked(caller) = denied {
            return write(Caller::clone(caller), denied.detail());
        }
        let Some(left_out) = self.unauthenticated.take_slot(Instant::now()) else { return };
        let mut detail: Vec<String> = denied.detail().map(str::to_owned).into_iter().collect();
        if left_out > 0 {
            detail.push(format!("{left_out} more before it are not recorded"));
        }
        let detail = (!detail.is_empty()).then(|| detail.join("; "));
        write(Caller::new("unauthenticated"), detail.as_deref());
    }
}
