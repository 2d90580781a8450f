//! What stands on every answer and record of a tool: its name, version and contract, written once at the start.

use mcp_tool_contract::{
    digest::Digest,
    json::{META_CONTRACT, META_DEPRECATION, META_VERSION},
    model::Contract,
};

/// The `_meta` key of the id that answer, log and record share.
pub(crate) const META_CORRELATION: &str = "dev.mcp-tool/correlationId";

/// A tool's contract, and the text of it that calls carry.
#[derive(Debug)]
pub struct Stamp {
    pub contract: &'static Contract,
    /// The digest as it is written.
    pub(crate) text: String,
    /// Members of an answer's `_meta`, up to the correlation id, which is a string without escapes.
    pub(crate) before_id: String,
    /// What follows that id, with its closing quote.
    pub(crate) after_id: String,
    /// Members of a record: `"tool":…,"version":…,"contract":…`.
    pub(crate) recorded: String,
}

impl Stamp {
    pub(crate) fn new(contract: &'static Contract, digest: Digest) -> Self {
        let text = digest.to_string();
        let version = contract.version;
        let mut after_id = String::from("\"");
        if let Some(deprecation) = &contract.deprecation {
            let deprecation = serde_json::to_string(deprecation).unwrap_or_else(|_| "null".into());
            after_id.push_str(&format!(r#","{META_DEPRECATION}":{deprecation}"#));
        }
        Stamp {
            contract,
            before_id: format!(
                r#""{META_VERSION}":"{version}","{META_CONTRACT}":"{text}","{META_CORRELATION}":""#
            ),
            after_id,
            // Names of tools need no escapes.
            recorded: format!(r#""tool":"{}","version":"{version}","contract":"{text}""#, contract.name),
            text,
        }
    }
}
