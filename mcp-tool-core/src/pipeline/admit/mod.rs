//! Admission: decides whether a call may begin, before the call's arguments are read.

mod admitted;
mod refusal;
mod stages;

use std::sync::Arc;

use uuid::Uuid;

use super::Pipeline;
use crate::{
    ask::Asking,
    call::{caller::Caller, origin::CallOrigin, report::Reports, trace::TraceContext},
    pipeline::{
        policy::Decision,
        versions::{Requirement, ResolvedVersion},
    },
};
pub use admitted::Admitted;
pub use refusal::{Refusal, RefusalKind};
use stages::Admission;

/// The parts of a call's request that admission needs.
#[derive(Clone, Copy, Debug)]
pub struct CallRequest<'a> {
    /// Requested name of the tool.
    pub name: &'a str,
    /// Versions of the tool that the request accepts; all versions if `None`.
    pub requires: Option<&'a Requirement>,
    /// Size of the arguments in bytes, for the audit record.
    pub arguments_bytes: usize,
    /// Name of the parameter that is completed; `None` for a call of the tool.
    pub completes: Option<&'a str>,
}

/// Optional parts of a call: reports, questions and trace.
#[derive(Debug, Default)]
pub struct CallOptions {
    /// Sender of progress and log messages, if the client asked for any.
    pub reports: Option<Reports>,
    /// Channel for the questions that the tool asks the user, and the answers that the client sent with the call.
    pub asking: Asking,
    /// Trace context of the request, if it has a valid one.
    pub trace: Option<TraceContext>,
}

impl Pipeline {
    /// Decides whether a call may begin. An admitted call counts against its rates and holds its concurrency permits.
    /// The transport must have authenticated the caller before.
    ///
    /// # Errors
    /// The refusal of the call. Its audit record is already written.
    pub fn admit<'a, O: Into<CallOrigin>>(
        &'a self,
        origin: O,
        request: CallRequest<'a>,
        options: CallOptions,
    ) -> impl Future<Output = Result<Admitted, Box<Refusal>>> + use<'a, O> {
        let call = Admission::new(self, origin.into(), request);
        // A block, because an async function would hold its arguments twice.
        async move {
            call.check_caller_enabled().map_err(|refusal| refusal.recorded(call.record(None)))?;
            // `Changed`: the version that the caller last listed is no longer served. This is refused only after the policy
            // was checked, because the refusal contains the newest contract.
            let (tool, is_current) = match call.resolve() {
                ResolvedVersion::Found(tool) => (tool, true),
                ResolvedVersion::Changed(tool) => (tool, false),
                ResolvedVersion::Unknown => return Err(call.unknown_tool().recorded(call.record(None))),
                ResolvedVersion::Unsatisfied { requirements, versions } => {
                    // Boxed, because this future is larger than those of other calls.
                    return Err(Box::pin(call.unsatisfied(requirements, versions)).await);
                }
            };

            let mut record = call.record(Some(tool));
            let checks = async {
                call.check_tool_enabled(tool)?;
                call.check_policy(tool).await?;
                call.check_last_listed(tool, is_current)?;
                call.check_audit(tool)?;
                call.take_rates_and_permits(tool)
            };
            let permits = match checks.await {
                Ok(permits) => permits,
                Err(refusal) => return Err(refusal.recorded(record)),
            };

            call.count_deprecated(tool);
            let cx = call.into_context(tool, permits, options);
            record.set_call(cx.clone());
            Ok(Admitted::new(Arc::clone(tool), cx, Arc::clone(&self.scopes), record))
        }
    }

    /// Returns `false` if the policy doesn't permit the requested tool to the caller. Returns `true` if the policy
    /// permits the tool, and also if no tool or version satisfies the request.
    ///
    /// The HTTP transport asks this for a call in a session. It leaves permitted calls to rmcp, but not refusals by the
    /// policy, because their HTTP status is 403, which rmcp can't send.
    pub async fn is_permitted(&self, caller: &Caller, request: CallRequest<'_>) -> bool {
        match self.versions.resolve(&self.registry, caller, request.name, request.requires) {
            ResolvedVersion::Found(tool) | ResolvedVersion::Changed(tool) => {
                self.policy.decide(caller, tool).await == Decision::Permit
            }
            ResolvedVersion::Unknown | ResolvedVersion::Unsatisfied { .. } => true,
        }
    }

    /// Records a call that the transport refused before its admission; returns the call's correlation id.
    pub(crate) fn record_refusal(
        &self,
        origin: impl Into<CallOrigin>,
        request: CallRequest<'_>,
        reason: &str,
        detail: Option<&str>,
    ) -> Uuid {
        Admission::new(self, origin.into(), request).refused_by_transport(reason, detail)
    }
}
