//! Facts of one call, fixed at admission.

use std::sync::Arc;

use mcp_tool_contract::model::Contract;
use uuid::Uuid;

use super::{
    caller::Caller, cancellation::Cancellation, headers::Headers, stamp::ContractStamp, token::InboundToken,
    trace::TraceContext,
};

/// Facts of one call. Stages read them instead of the context, which depends on the stages.
pub(crate) struct CallFacts {
    pub(crate) caller: Caller,
    pub(crate) contract: &'static Contract,
    pub(crate) correlation: Uuid,
    /// True if an argument is completed (`completion/complete`) and the tool isn't called.
    pub(crate) is_completion: bool,
    pub(crate) cancellation: Cancellation,
    pub(crate) trace: Option<TraceContext>,
    /// `None` for a context made in a unit test.
    pub(crate) stamp: Option<Arc<ContractStamp>>,
    /// The request headers that middleware names.
    pub(crate) headers: Headers,
    /// The caller's token, read by token exchange only (RFC 8693).
    pub(crate) token: Option<InboundToken>,
}

impl CallFacts {
    /// The digest of the called tool's contract, as text; empty in a unit test.
    pub(crate) fn contract_digest(&self) -> &str {
        self.stamp.as_ref().map_or("", |stamp| &stamp.digest)
    }

    /// Associated data for sealing: a sealed text opens only for the same `kind`, caller, tool, version and `parts`.
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
            binding.extend_from_slice(&(part.len() as u64).to_le_bytes());
            binding.extend_from_slice(part.as_bytes());
        }
        binding
    }
}
