//! Facts of one call. They are set when the call is admitted, that is, permitted to begin.

use std::sync::Arc;

use mcp_tool_contract::model::Contract;
use uuid::Uuid;

use super::{
    caller::Caller, cancellation::Cancellation, headers::Headers, stamp::ContractStamp, token::InboundToken,
    trace::TraceContext,
};

/// Facts of one call, a part of `CallContext`. They are separate because `Asking`, which asks the call's questions,
/// needs the facts and is itself a part of `CallContext`.
pub(crate) struct CallFacts {
    pub(crate) caller: Caller,
    pub(crate) contract: &'static Contract,
    /// The call's id, a UUID of version 7.
    pub(crate) correlation: Uuid,
    /// `true` if the client asked for completions of an argument (`completion/complete`) instead of calling the tool.
    pub(crate) is_completion: bool,
    pub(crate) cancellation: Cancellation,
    pub(crate) trace: Option<TraceContext>,
    /// Identifies the tool's contract in answers and records; `None` for a context made by `CallContext::for_test`.
    pub(crate) stamp: Option<Arc<ContractStamp>>,
    /// The request headers whose names a middleware returns from `Middleware::headers`.
    pub(crate) headers: Headers,
    /// The caller's token, read by token exchange only (RFC 8693); `None` if the caller wasn't authenticated, as over
    /// stdio.
    pub(crate) token: Option<InboundToken>,
}

impl CallFacts {
    /// Returns the digest of the called tool's contract, as text; empty for a context made by `CallContext::for_test`.
    pub(crate) fn contract_digest(&self) -> &str {
        self.stamp.as_ref().map_or("", |stamp| &stamp.digest)
    }

    /// Returns associated data for sealing, that is, for encrypting a text that the client stores. A text sealed with
    /// this data opens only for the same `kind` of text, caller, tool, version and `parts`.
    pub(crate) fn binding(&self, kind: &str, parts: &[&str]) -> Vec<u8> {
        let CallFacts { caller, contract, .. } = self;
        let version = contract.version().to_string();
        let call = [
            kind,
            contract.name(),
            &version,
            caller.issuer().unwrap_or_default(),
            caller.tenant().unwrap_or_default(),
            caller.user(),
            caller.agent().unwrap_or_default(),
        ];
        let mut binding = Vec::new();
        for part in call.iter().chain(parts) {
            // Each part follows its length, so that different parts never give the same bytes.
            binding.extend_from_slice(&(part.len() as u64).to_le_bytes());
            binding.extend_from_slice(part.as_bytes());
        }
        binding
    }
}
