//! Conversion of messages from and to rmcp: checks and parses messages for rmcp, and reads the ids of rmcp's answers.

use mcp_tool_contract::read::violation::escaped_excerpt;
use rmcp::model::{ClientJsonRpcMessage, ClientRequest, ServerJsonRpcMessage};

use super::{
    adaptation::{for_rmcp, from_rmcp},
    invalid_params,
};
use crate::transport::{
    id::Id,
    protocol_error::{ProtocolError, code},
};

/// Maximum size of a request that opens a session or a stream, in bytes. Limited, because rmcp keeps the request's
/// parameters until the session or the stream ends.
const MAX_RETAINED_BYTES: usize = 16 << 10;

/// Parses a client's message as rmcp's type.
pub(crate) fn to_rmcp(bytes: &[u8]) -> Result<ClientJsonRpcMessage, ProtocolError> {
    serde_json::from_slice(&for_rmcp(bytes)).map_err(|error| {
        let message = format!("not a message of the protocol: {}", escaped_excerpt(&error.to_string()));
        ProtocolError::new(code::INVALID_REQUEST, message)
    })
}

/// Returns the error for an `initialize` request that rmcp could not parse; `None` for any other message. Until a client
/// has initialized, rmcp would answer such a request without the name of the invalid parameter.
pub(crate) fn invalid_initialize(message: &ClientJsonRpcMessage) -> Option<ProtocolError> {
    let ClientJsonRpcMessage::Request(request) = message else { return None };
    let ClientRequest::CustomRequest(request) = &request.request else { return None };
    if request.method != "initialize" {
        return None;
    }
    let message = invalid_params::message(&request.method, request.params.as_ref(), None)?;
    Some(ProtocolError::new(code::INVALID_PARAMS, message))
}

/// Rejects a request that opens a session or a stream if it is larger than [`MAX_RETAINED_BYTES`]. In memory, rmcp's
/// form of a request takes several times the request's size.
pub(crate) fn check_retained_size(method: &str, bytes: &[u8]) -> Result<(), ProtocolError> {
    if !["initialize", "subscriptions/listen"].contains(&method) || bytes.len() <= MAX_RETAINED_BYTES {
        return Ok(());
    }
    let message = format!(
        "a message of `{method}` must be at most {MAX_RETAINED_BYTES} bytes, got {}: leave out optional members",
        bytes.len()
    );
    Err(ProtocolError::new(code::INVALID_PARAMS, message))
}

/// Returns the id of the request that `message` answers. `None` if `message` is a request, a notification, or an error
/// without an id.
pub(crate) fn answered_id(message: &ServerJsonRpcMessage) -> Option<Id> {
    let id = match message {
        ServerJsonRpcMessage::Response(response) => Some(&response.id),
        ServerJsonRpcMessage::Error(error) => error.id.as_ref(),
        ServerJsonRpcMessage::Request(_) | ServerJsonRpcMessage::Notification(_) => None,
    };
    let id = serde_json::to_vec(id?).ok()?;
    let id = from_rmcp(&id).unwrap_or(id);
    Id::new(std::str::from_utf8(&id).ok()?)
}
