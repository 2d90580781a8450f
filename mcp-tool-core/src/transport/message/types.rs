//! Types of client messages, as the parsers return them.

use std::borrow::Cow;

use crate::{
    ask::InputAnswers,
    call::{log_level::LogLevel, trace::TraceContext},
    pipeline::versions::Requirement,
    transport::{id::Id, protocol_error::ProtocolError, protocol_version::is_offered},
};

/// Maximum size of the JSON text of `requestState`, of `inputResponses`, and of the client's capabilities, in bytes
/// each.
pub(super) const MAX_MEMBER_BYTES: usize = 64 << 10;

/// Keys of `_meta`.
pub(super) mod keys {
    pub(in super::super) const PROGRESS_TOKEN: &str = "progressToken";
    pub(in super::super) const PROTOCOL_VERSION: &str = "io.modelcontextprotocol/protocolVersion";
    pub(in super::super) const CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";
    pub(in super::super) const CLIENT: &str = "io.modelcontextprotocol/clientInfo";
    pub(in super::super) const LOG_LEVEL: &str = "io.modelcontextprotocol/logLevel";
    pub(in super::super) const TRACE_PARENT: &str = "traceparent";
    pub(in super::super) const TRACE_STATE: &str = "tracestate";
}

/// A client's message, with the members that the transports need. The transports handle each variant in a different
/// way.
#[derive(Debug)]
pub enum ClientMessage<'m> {
    /// `tools/call`, which goes to the pipeline.
    Call(ToolCall<'m>),
    /// A request other than `tools/call`.
    Request {
        /// The request id.
        id: Id,
        /// The method.
        method: Cow<'m, str>,
        /// `_meta` of the request.
        meta: Meta<'m>,
        /// `cursor` of a request whose method ends in `/list`.
        cursor: Option<Cow<'m, str>>,
    },
    /// The notification `notifications/cancelled`.
    Cancelled {
        /// The id of the request to cancel; `None` if the notification has no valid id.
        request: Option<Id>,
    },
    /// A notification other than `notifications/cancelled`.
    Notification,
    /// An invalid message with a method and without an id. It is dropped, because a notification has no answer
    /// (JSON-RPC 2.0 §4.1).
    InvalidNotification,
    /// The client's answer to a request that the server sent.
    Response,
}

/// A `tools/call` request. Its arguments are not parsed yet.
#[derive(Debug)]
pub struct ToolCall<'m> {
    /// The request id.
    pub id: Id,
    /// Name of the tool.
    pub name: Cow<'m, str>,
    /// The arguments as JSON text; `{}` if they are absent. An object, unless `error` is set.
    pub arguments: &'m str,
    /// `_meta` of the call.
    pub meta: Meta<'m>,
    /// The client's answers to the questions in an earlier result of this call (`inputResponses`), and that result's
    /// `requestState`.
    pub(crate) answers: Option<Box<InputAnswers>>,
    /// The error with which the call must be rejected. Kept in the call, because the audit record of a rejected call
    /// also contains the tool's name.
    pub error: Option<Box<ProtocolError>>,
}

/// A request's `_meta`.
#[derive(Debug, Default)]
pub struct Meta<'m> {
    pub(crate) protocol_version: Option<Cow<'m, str>>,
    /// `capabilities` is a JSON object.
    pub(crate) has_capabilities: bool,
    /// The client's capabilities, as JSON text of any type.
    pub(crate) capabilities: Option<&'m str>,
    /// `clientInfo` as JSON text, which doesn't prove the client's identity.
    pub client: Option<&'m str>,
    /// The progress token, as JSON text of a string or an integer.
    pub(crate) progress_token: Option<&'m str>,
    /// The tool version that the caller requires.
    pub(crate) requires: Option<Requirement>,
    /// Minimum severity of the log messages that the client wants while this request runs; `None` for no log messages.
    pub(crate) level: Option<LogLevel>,
    /// The W3C trace context; `None` if it is absent or malformed.
    pub(crate) trace: Option<TraceContext>,
}

/// The protocol generation of a request. Legacy clients send `initialize` once. Modern clients name their protocol
/// version and capabilities in the `_meta` of each request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Era {
    /// The form of revisions up to 2025-11-25: `_meta` names no protocol version.
    Legacy,
    /// The form of revision 2026-07-28 and later: `_meta` names a protocol version.
    Modern,
}

impl Meta<'_> {
    /// Returns `Modern` if the request names a protocol version, even an earlier or unknown version, else `Legacy`. A
    /// version in the `_meta` of a request is the modern form. `check_version` rejects unknown versions.
    pub fn era(&self) -> Era {
        if self.protocol_version.is_some() { Era::Modern } else { Era::Legacy }
    }

    /// Rejects a protocol version that this server doesn't speak.
    pub(crate) fn check_version(&self) -> Result<(), ProtocolError> {
        match self.protocol_version.as_deref() {
            Some(version) if !is_offered(version) => Err(ProtocolError::unsupported_version(version)),
            _ => Ok(()),
        }
    }
}
