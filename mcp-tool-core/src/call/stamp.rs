//! Name, version and contract digest of a tool, as all its answers and audit records contain them.

use mcp_tool_contract::{
    digest::Digest,
    json::{META_CONTRACT, META_DEPRECATION, META_VERSION},
    model::Contract,
};

/// `_meta` key of the correlation id, which is the same in answer, log and audit record.
pub(crate) const META_CORRELATION: &str = "dev.mcp-tool/correlationId";

/// A tool's contract, with the text that identifies it in answers and records; encoded once, when the server starts.
#[derive(Debug)]
pub struct ContractStamp {
    /// The contract.
    pub contract: &'static Contract,
    /// The contract's digest as text: `sha256:…`.
    pub(crate) digest: String,
    /// JSON members of an answer's `_meta`, up to the correlation id's opening quote.
    pub(crate) before_id: String,
    /// JSON members after the correlation id, from its closing quote.
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
            // A tool's name has no character that JSON escapes.
            recorded: format!(r#""tool":"{}","version":"{version}","contract":"{digest}""#, contract.name()),
            digest,
        }
    }
}
