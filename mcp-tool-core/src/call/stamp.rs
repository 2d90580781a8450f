//! Version and contract digest of a tool as text, for its answers and audit records.

use mcp_tool_contract::{
    digest::Digest,
    json::{META_CONTRACT, META_DEPRECATION, META_VERSION},
    model::Contract,
};

/// `_meta` key of a call's correlation id, which the log and the audit record of the call also contain.
pub(crate) const META_CORRELATION: &str = "dev.mcp-tool/correlationId";

/// A tool's contract, and the text that identifies the contract in answers and audit records. The text is encoded once,
/// when the server starts.
#[derive(Debug)]
pub struct ContractStamp {
    /// The contract.
    pub contract: &'static Contract,
    /// The contract's digest as text: `sha256:…`.
    pub(crate) digest: String,
    /// JSON members of an answer's `_meta`, up to and including the opening quote of the correlation id.
    pub(crate) before_id: String,
    /// JSON members of an answer's `_meta`, from the closing quote of the correlation id.
    pub(crate) after_id: String,
    /// JSON members of an audit record: `"tool":…,"version":…,"contract":…`.
    pub(crate) recorded: String,
}

impl ContractStamp {
    pub(crate) fn new(contract: &'static Contract, digest: Digest) -> Self {
        let digest = digest.to_string();
        let version = contract.version();
        let mut after_id = String::from("\"");
        if let Some(deprecation) = contract.deprecation() {
            let deprecation = serde_json::to_string(&deprecation).unwrap_or_else(|_| "null".into());
            after_id.push_str(&format!(r#","{META_DEPRECATION}":{deprecation}"#));
        }
        ContractStamp {
            contract,
            before_id: format!(
                r#""{META_VERSION}":"{version}","{META_CONTRACT}":"{digest}","{META_CORRELATION}":""#
            ),
            after_id,
            // The name needs no JSON escapes: it consists of letters, digits, `_` and `-`.
            recorded: format!(r#""tool":"{}","version":"{version}","contract":"{digest}""#, contract.name()),
            digest,
        }
    }
}
