//! JSON-RPC errors for messages that can't be processed, and the codes of all JSON-RPC errors that this crate makes
//! without rmcp.

use mcp_tool_contract::read::violation::escaped_excerpt;
use serde_json::json;

use super::{id::Id, protocol_version::offered_versions};

/// Error codes of JSON-RPC 2.0 (§5.1), of MCP (2026-07-28, basic §error codes), and of this project (outside the
/// reserved range -32768…-32000).
pub(crate) mod code {
    pub(crate) const PARSE: i32 = -32700;
    pub(crate) const INVALID_REQUEST: i32 = -32600;
    pub(crate) const INVALID_PARAMS: i32 = -32602;
    pub(crate) const INTERNAL: i32 = -32603;
    pub(crate) const HEADER_MISMATCH: i32 = -32020;
    pub(crate) const MISSING_CAPABILITY: i32 = -32021;
    pub(crate) const UNSUPPORTED_VERSION: i32 = -32022;
    /// Code of this project: the client cancelled the request.
    pub(crate) const CANCELLED: i32 = -31499;
    /// Code of this project: the request has no valid token.
    pub(crate) const UNAUTHENTICATED: i32 = -31401;
    /// Code of this project: the caller lacks a scope, may not use the tool, or is disabled.
    pub(crate) const FORBIDDEN: i32 = -31403;
    /// Code of this project: the token can't be verified now, because its issuer is unreachable or its key isn't known
    /// yet.
    pub(crate) const UNVERIFIABLE: i32 = -31503;

    /// Returns the `reason` in the audit record of a call that was rejected with this code.
    pub(crate) const fn rejection_reason(code: i32) -> &'static str {
        match code {
            HEADER_MISMATCH => "header_mismatch",
            UNSUPPORTED_VERSION => "unsupported_version",
            _ => "invalid_request",
        }
    }
}

/// A JSON-RPC error for a message that can't be processed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProtocolError {
    pub(crate) code: i32,
    pub(crate) message: String,
    /// The request's id, if it could be read.
    pub(crate) id: Option<Id>,
    /// Members of the error's `data`, as JSON text without the enclosing braces; `None` for no members.
    pub(crate) data: Option<String>,
}

impl ProtocolError {
    pub(crate) fn new(code: i32, message: impl Into<String>) -> Self {
        ProtocolError { code, message: message.into(), id: None, data: None }
    }

    /// The error for an unsupported protocol version. Its `data` lists the offered versions (2026-07-28, versioning).
    pub(crate) fn unsupported_version(requested: &str) -> Self {
        let (requested, supported) =
            (json!(escaped_excerpt(requested)), json!(offered_versions().collect::<Vec<_>>()));
        let data = format!(r#""supported":{supported},"requested":{requested}"#);
        let error = ProtocolError::new(code::UNSUPPORTED_VERSION, "Unsupported protocol version");
        ProtocolError { data: Some(data), ..error }
    }

    /// Returns the same error as an answer to the request `id`.
    pub(crate) fn with_id(self, id: &Id) -> Self {
        ProtocolError { id: Some(id.clone()), ..self }
    }
}
