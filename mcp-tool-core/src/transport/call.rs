//! Turns a parsed `tools/call` into a request to the pipeline, or rejects it.

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
    /// Records a malformed call and answers it with the error.
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
    /// The call as a request for admission by the pipeline.
    #[must_use]
    pub fn request(&self) -> CallRequest<'_> {
        CallRequest {
            name: &self.name,
            requires: self.meta.requires.as_ref(),
            arguments_bytes: self.arguments.len(),
            completes: None,
        }
    }

    /// The channel for questions to the person behind a stateless call. The questions travel in the call's result, so
    /// only modern clients can be asked.
    pub(super) fn asking(&mut self) -> Asking {
        match self.meta.era() {
            Era::Legacy => Asking::default(),
            Era::Modern => Asking::rounds(Rounds {
                capabilities: self.meta.capabilities.map(Capabilities::parse).unwrap_or_default(),
                presented: self.presented.take(),
            }),
        }
    }
}
