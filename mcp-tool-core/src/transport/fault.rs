//! Messages that can't be taken, and the codes by which they are refused.

use mcp_tool_contract::read::violation::shown;
use serde_json::json;

use super::id::Id;

/// JSON-RPC 2.0 §5.1, and what the protocol adds (2026-07-28, basic §error codes).
pub(crate) mod code {
    pub(crate) const PARSE: i32 = -32700;
    pub(crate) const INVALID_REQUEST: i32 = -32600;
    pub(crate) const INVALID_PARAMS: i32 = -32602;
    pub(crate) const INTERNAL: i32 = -32603;
    #[cfg(feature = "http")]
    pub(crate) const HEADER_MISMATCH: i32 = -32020;
    pub(crate) const MISSING_CAPABILITY: i32 = -32021;
    pub(crate) const UNSUPPORTED_VERSION: i32 = -32022;
    /// The project's own: the caller cancelled the request.
    #[cfg(feature = "http")]
    pub(crate) const CANCELLED: i32 = -31499;
    /// The project's own: nobody is known to ask.
    pub(crate) const UNAUTHENTICATED: i32 = -31401;
    /// The project's own: the caller lacks a scope of the tool, may not use it at all, or was switched off.
    pub(crate) const FORBIDDEN: i32 = -31403;
    /// The project's own: nobody can say who asks.
    pub(crate) const UNKNOWABLE: i32 = -31503;

    /// The reason of a call that was turned away, as records have it.
    pub(crate) const fn name(code: i32) -> &'static str {
        match code {
            #[cfg(feature = "http")]
            HEADER_MISMATCH => "header_mismatch",
            UNSUPPORTED_VERSION => "unsupported_version",
            _ => "invalid_request",
        }
    }
}

/// A message that can't be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProtocolError {
    pub(crate) code: i32,
    pub(crate) message: String,
    /// The id of the request, where it could be read.
    pub(crate) id: Option<Id>,
    /// Members of the error's `data`, as JSON text.
    pub(crate) data: Option<String>,
}

impl ProtocolError {
    pub(crate) fn new(code: i32, message: impl Into<String>) -> Self {
        ProtocolError { code, message: message.into(), id: None, data: None }
    }

    /// A version of the protocol that isn't served, with those that are (2026-07-28, versioning).
    pub(crate) fn unsupported_version(requested: &str) -> Self {
        let (requested, supported) =
            (json!(shown(requested)), json!(super::supported_versions().collect::<Vec<_>>()));
        let data = format!(r#""supported":{supported},"requested":{requested}"#);
        let fault = ProtocolError::new(code::UNSUPPORTED_VERSION, "Unsupported protocol version");
        ProtocolError { data: Some(data), ..fault }
    }

    pub(crate) fn to(self, id: &Id) -> Self {
        ProtocolError { id: Some(id.clone()), ..self }
    }
}
