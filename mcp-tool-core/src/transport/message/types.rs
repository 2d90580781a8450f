//! Client messages as the parsers return them.

use std::borrow::Cow;

use crate::{
    ask::PresentedAnswers,
    call::{log_level::LogLevel, trace::TraceContext},
    pipeline::versions::Requirement,
    transport::{id::Id, protocol_error::ProtocolError, protocol_version::is_supported},
};

/// Maximum bytes of `requestState`, of `inputResponses`, and of the client's capabilities.
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

/// A client's message. Each variant is routed in its own way.
#[derive(Debug)]
pub enum ClientMessage<'m> {
    /// `tools/call`, which goes to the pipeline.
    Call(ToolCall<'m>),
    /// Any other request.
    Request {
        /// The request id.
        id: Id,
        /// The method.
        method: Cow<'m, str>,
        /// `_meta` of the request.
        meta: Meta<'m>,
        /// `cursor` of a list request.
        cursor: Option<Cow<'m, str>>,
    },
    /// `notifications/cancelled`; without an id if it is malformed.
    Cancelled {
        /// The id of the request to cancel.
        request: Option<Id>,
    },
    /// Any other notification.
    Notification,
    /// The answer to a request of the server.
    Response,
}

/// A `tools/call` request, its arguments unparsed.
#[derive(Debug)]
pub struct ToolCall<'m> {
    /// The request id.
    pub id: Id,
    /// Name of the tool.
    pub name: Cow<'m, str>,
    /// JSON text of an object.
    pub arguments: &'m str,
    /// `_meta` of the call.
    pub meta: Meta<'m>,
    /// The client's answers to an earlier input-required result.
    pub(crate) presented: Option<Box<PresentedAnswers>>,
    /// The reason to reject the call. It is part of the call because a rejected call is recorded too.
    pub error: Option<Box<ProtocolError>>,
}

/// A request's `_meta`.
#[derive(Debug, Default)]
pub struct Meta<'m> {
    pub(crate) protocol_version: Option<Cow<'m, str>>,
    pub(crate) has_capabilities: bool,
    /// The client's capabilities, as JSON text.
    pub(crate) capabilities: Option<&'m str>,
    /// `clientInfo` as JSON text: a label, never a proof of identity.
    pub client: Option<&'m str>,
    /// JSON text of a string or an integer.
    pub(crate) progress_token: Option<&'m str>,
    /// The tool version that the caller requires.
    pub(crate) requires: Option<Requirement>,
    /// Minimum severity of the log messages that this request sends.
    pub(crate) level: Option<LogLevel>,
    /// The request's trace context.
    pub(crate) trace: Option<TraceContext>,
}

/// The protocol generation of a request. Legacy clients send `initialize` once, and modern ones send `_meta` with each
/// request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Era {
    /// Up to 2025-11-25.
    Legacy,
    /// From 2026-07-28.
    Modern,
}

impl Meta<'_> {
    /// `Modern` if the request names its protocol version.
    pub fn era(&self) -> Era {
        if self.protocol_version.is_some() { Era::Modern } else { Era::Legacy }
    }

    /// Rejects a protocol version that this server doesn't speak.
    pub(crate) fn check_version(&self) -> Result<(), ProtocolError> {
        match self.protocol_version.as_deref() {
            Some(version) if !is_supported(version) => Err(ProtocolError::unsupported_version(version)),
            _ => Ok(()),
        }
    }
}
