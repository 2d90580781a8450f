//! Conversion of messages from and to rmcp: checks and parses messages for rmcp, and reads the ids of rmcp's answers.

use mcp_tool_contract::read::violation::escaped_excerpt;
use rmcp::model::{ClientJsonRpcMessage, ClientRequest, ServerJsonRpcMessage};

use super::{
    adaptation::{for_rmcp, from_rmcp},
    invalid_params,
};
use crate::{
    json::JsonWriter,
    transport::{
        id::Id,
        message::ToolCall,
        protocol_error::{ProtocolError, code},
    },
};

/// Parses a client's message as rmcp's type.
pub(crate) fn to_rmcp(bytes: &[u8]) -> Result<ClientJsonRpcMessage, ProtocolError> {
    serde_json::from_slice(&for_rmcp(bytes)).map_err(|error| {
        let message = format!("not a message of the protocol: {}", escaped_excerpt(&error.to_string()));
        ProtocolError::new(code::INVALID_REQUEST, message)
    })
}

/// Returns the error for an `initialize` request that rmcp could not parse; `None` for any other message. Until a
/// client has initialized, rmcp would answer such a request without the name of the invalid parameter.
pub(crate) fn invalid_initialize(message: &ClientJsonRpcMessage) -> Option<ProtocolError> {
    let ClientJsonRpcMessage::Request(request) = message else { return None };
    let ClientRequest::CustomRequest(request) = &request.request else { return None };
    if request.method != "initialize" {
        return None;
    }
    let message = invalid_params::message(&request.method, request.params.as_ref(), None)?;
    Some(ProtocolError::new(code::INVALID_PARAMS, message))
}

/// Returns the message of a call in a session with only the members that rmcp needs: id, name and progress token.
pub(crate) fn call_message(call: &ToolCall<'_>) -> Vec<u8> {
    let mut json = JsonWriter::default();
    json.raw(r#"{"jsonrpc":"2.0","method":"tools/call","id":"#);
    call.id.write(&mut json);
    json.raw(r#","params":{"name":"#);
    json.string(&call.name);
    if let Some(token) = call.meta.progress_token {
        json.raw(r#","_meta":{"progressToken":"#);
        json.raw(token);
        json.raw("}");
    }
    json.raw("}}");
    json.into_bytes()
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
