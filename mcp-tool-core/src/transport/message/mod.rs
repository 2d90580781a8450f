//! Parses the members of client messages that the transports need to route messages and to start calls. [`fast_path`]
//! parses calls in the form that clients usually send. [`full_parser`] parses all other messages, and explains why a
//! message is invalid.

mod fast_path;
mod full_parser;
mod limits;
#[cfg(test)]
mod tests;
mod types;

pub use self::types::{ClientMessage, Era, Meta, ToolCall};
use super::{
    protocol_error::{ProtocolError, code},
    read_paths::{self, ReadPath},
};

/// The byte order mark in UTF-8, which both transports remove from the beginning of a message.
pub const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Parses the members of a message that the transports need.
///
/// # Errors
/// The message isn't valid. A call whose envelope, name and member names are valid is returned even if other parameters
/// are invalid, so that the refusal is recorded with the tool's name; see [`ToolCall::error`].
pub fn parse(bytes: &[u8]) -> Result<ClientMessage<'_>, ProtocolError> {
    let text = std::str::from_utf8(bytes)
        .map_err(|error| ProtocolError::new(code::PARSE, format!("the message isn't UTF-8: {error}")))?;
    // The differential tests disable the fast path and count the calls of each parser, to compare the two.
    if !read_paths::is_fast_path_disabled()
        && let Some(call) = fast_path::parse_call(text)
    {
        read_paths::record(ReadPath::Fast);
        return Ok(ClientMessage::Call(call));
    }
    let message = full_parser::parse(text)?;
    if let ClientMessage::Call(_) = message {
        read_paths::record(ReadPath::Full);
    }
    Ok(message)
}
