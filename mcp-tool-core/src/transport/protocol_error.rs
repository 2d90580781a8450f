//! JSON-RPC errors for messages that can't be processed, and their codes.

use mcp_tool_contract::read::violation::escaped_excerpt;
use serde_json::json;

use super::{id::Id, protocol_version::supported_versions};

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
    /// This project's: the caller cancelled the request.
    pub(crate) const CANCELLED: i32 = -31499;
    /// This project's: the request carries no valid token.
    pub(crate) const UNAUTHENTICATED: i32 = -31401;
    /// This project's: the caller lacks a scope, is denied the tool, or was disabled.
    pub(crate) const FORBIDDEN: i32 = -31403;
    /// This project's: the issuer that could verify the token is unreachable.
    pub(crate) const UNVERIFIABLE: i32 = -31503;

    /// The `reason` of a rejected call's audit record.
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
    /// Members of the error's `data`, as JSON text.
    pub(crate) data: Option<String>,
}

impl ProtocolError {
    pub(crate) fn new(code: i32, message: impl Into<String>) -> Self {
        ProtocolError { code, message: message.into(), id: None, data: None }
    }

    /// An unsupported protocol version, with the supported ones in `data` (2026-07-28, versioning).
    pub(crate) fn unsupported_version(requested: &str) -> Self {
        let (requested, supported) =
            (json!(escaped_excerpt(requested)), json!(supported_versions().collect::<Vec<_>>()));
        let data = format!(r#""supported":{supported},"requested":{requested}"#);
        let error = ProtocolError::new(code::UNSUPPORTED_VERSION, "Unsupported protocol version");
        ProtocolError { data: Some(data), ..error }
    }

    /// The same error, answering the request `id`.
    pub(crate) fn with_id(self, id: &Id) -> Self {
        ProtocolError { id: Some(id.clone()), ..self }
    }
}
