//! Turns a parsed `tools/call` into a request for admission by the pipeline, or rejects the call.

use super::{
    endpoint::Endpoint,
    message::{Era, ToolCall},
    protocol_error::{ProtocolError, code},
    response::FramedResponse,
};
use crate::{
    ask::{Asking, Capabilities, Rounds},
    call::origin::CallOrigin,
    pipeline::CallRequest,
};

impl Endpoint {
    /// Writes the audit record of a call that is rejected before its admission, and returns `error` as the response.
    pub(super) fn reject_call(
        &self,
        origin: impl Into<CallOrigin>,
        call: &ToolCall<'_>,
        error: ProtocolError,
    ) -> FramedResponse {
        let reason = code::rejection_reason(error.code);
        let correlation = self.pipeline.record_refusal(origin, call.request(), reason, None);
        FramedResponse::rejected_call(&error.with_id(&call.id), correlation)
    }
}

impl ToolCall<'_> {
    /// Returns the request for this call's admission by the pipeline.
    #[must_use]
    pub fn request(&self) -> CallRequest<'_> {
        CallRequest {
            name: &self.name,
            requires: self.meta.requires.as_ref(),
            arguments_bytes: self.arguments.len(),
            // Set only for `completion/complete`.
            completes: None,
        }
    }

    /// Returns the channel through which a call without a session asks the user of the client. A modern call (of
    /// 2026-07-28 and later) asks in its result. A legacy call (of revisions up to 2025-11-25) can't ask, because its
    /// questions would be requests to the client, which only a session can carry. Moves the client's answers out of the
    /// call.
    pub(super) fn asking(&mut self) -> Asking {
        match self.meta.era() {
            Era::Legacy => Asking::default(),
            Era::Modern => Asking::rounds(Rounds {
                capabilities: self.meta.capabilities.map(Capabilities::parse).unwrap_or_default(),
                answers: self.answers.take(),
            }),
        }
    }
}
