//! Admission: decides whether a call may begin, before its arguments are read.

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

/// A call as its request states it: the named tool, and facts for its checks and its record.
#[derive(Clone, Copy, Debug)]
pub struct CallRequest<'a> {
    /// Name of the tool.
    pub name: &'a str,
    /// Versions of the tool that the caller accepts.
    pub requires: Option<&'a Requirement>,
    /// Size of the arguments in bytes, for the record.
    pub arguments_bytes: usize,
    /// For a completion: the parameter whose argument is completed.
    pub completes: Option<&'a str>,
}

/// Optional parts of a call: reports, questions and trace.
#[derive(Debug, Default)]
pub struct CallOptions {
    /// Sender of progress and log messages, if the client asked for any.
    pub reports: Option<Reports>,
    /// Questions of the call, and the channel by which they are asked.
    pub asking: Asking,
    /// Trace context of the request.
    pub trace: Option<TraceContext>,
}

impl Pipeline {
    /// Admits a call, or records and returns its refusal. Authentication happens before, in the transport.
    pub async fn admit(
        &self,
        origin: impl Into<CallOrigin>,
        request: CallRequest<'_>,
        options: CallOptions,
    ) -> Result<Admitted, Box<Refusal>> {
        let call = Admission::new(self, origin.into(), request);

        call.check_caller_enabled().map_err(|refusal| refusal.recorded(call.record(None)))?;
        let (tool, is_current) = match call.resolve() {
            ResolvedVersion::Found(tool) => (tool, true),
            ResolvedVersion::Changed(tool) => (tool, false),
            ResolvedVersion::Unknown => return Err(call.unknown_tool().recorded(call.record(None))),
            ResolvedVersion::Unsatisfied { asked, versions } => {
                return Err(call.unsatisfied(asked, versions).await);
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
        record.admitted(cx.clone());
        Ok(Admitted::new(Arc::clone(tool), cx, Arc::clone(&self.scopes), record))
    }

    /// Returns false if the policy doesn't permit the named tool to the caller. Returns true if there is no such tool
    /// or version.
    pub async fn is_permitted(&self, caller: &Caller, request: CallRequest<'_>) -> bool {
        match self.versions.resolve(&self.registry, caller, request.name, request.requires) {
            ResolvedVersion::Found(tool) | ResolvedVersion::Changed(tool) => {
                self.policy.decide(caller, tool).await == Decision::Permit
            }
            ResolvedVersion::Unknown | ResolvedVersion::Unsatisfied { .. } => true,
        }
    }

    /// Records a call that the transport refused before admission; returns its correlation id.
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
