//! Checks and parses messages for rmcp, and reads the ids of rmcp's answers.

use mcp_tool_contract::read::violation::escaped_excerpt;
use rmcp::model::{ClientJsonRpcMessage, ServerJsonRpcMessage};

use crate::transport::{
    id::Id,
    protocol_error::{ProtocolError, code},
};

/// Maximum bytes of a request that opens a session or a stream. rmcp keeps the request's parameters until the session
/// or stream ends.
const MAX_RETAINED_BYTES: usize = 16 << 10;

/// Parses a message as rmcp's type.
pub(crate) fn to_rmcp(bytes: &[u8]) -> Result<ClientJsonRpcMessage, ProtocolError> {
    serde_json::from_slice(bytes).map_err(|error| {
        let message = format!("not a message of the protocol: {}", escaped_excerpt(&error.to_string()));
        ProtocolError::new(code::INVALID_REQUEST, message)
    })
}

/// Rejects a request above [`MAX_RETAINED_BYTES`] that rmcp would keep in memory, where it takes several times its
/// length.
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

/// The id of the request that `message` answers; `None` if `message` is a request or a notification.
pub(crate) fn answered_id(message: &ServerJsonRpcMessage) -> Option<Id> {
    let id = match message {
        ServerJsonRpcMessage::Response(response) => Some(&response.id),
        ServerJsonRpcMessage::Error(error) => error.id.as_ref(),
        ServerJsonRpcMessage::Request(_) | ServerJsonRpcMessage::Notification(_) => None,
    };
    Id::new(&serde_json::to_string(id?).ok()?)
}
