//! Reads properties of a request from rmcp's `RequestContext`.

use std::{net::IpAddr, sync::Arc};

use mcp_tool_contract::json::META_REQUIRES;
use rmcp::{ErrorData, RoleServer, model::ProtocolVersion, service::RequestContext};

use super::{Protocol, extensions::extension};
use crate::{
    call::{origin::CallOrigin, trace::TraceContext},
    pipeline::versions::Requirement,
    ports::Authenticated,
    shares::Share,
};

/// Parts of a call in a session. The HTTP listener attaches them to the request, and leaves them out of the message
/// that rmcp parses. The tree of values that rmcp makes of a message takes many times the message's size.
#[derive(Clone, Debug)]
pub(crate) struct SessionCall {
    /// The arguments as JSON text.
    pub(crate) arguments: Arc<str>,
    /// The version of the tool that the client requires.
    pub(crate) requires: Option<Requirement>,
    pub(crate) trace: Option<TraceContext>,
}

/// Counts a session in the share of its user. The HTTP listener attaches it to `initialize`.
#[derive(Clone, Debug)]
pub(crate) struct SessionShare(pub(crate) Arc<Share>);

/// The client's network address, which the HTTP listener attaches to the request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RemoteAddress(pub(crate) IpAddr);

impl Protocol {
    /// Returns the request's caller, network address and token, without headers, which the caller of this method adds.
    ///
    /// # Errors
    /// The listener requires authentication, and the request has no caller.
    pub(super) fn origin(&self, context: &RequestContext<RoleServer>) -> Result<CallOrigin, ErrorData> {
        let remote = extension::<RemoteAddress>(context).map(|RemoteAddress(address)| *address);
        Ok(CallOrigin {
            remote,
            token: extension::<Authenticated>(context).map(|authenticated| authenticated.token.clone()),
            ..self.caller(context)?.into()
        })
    }
}

/// Returns `true` if the request names the protocol revision 2026-07-28 or later.
pub(super) fn is_modern(context: &RequestContext<RoleServer>) -> bool {
    let named = context.meta.protocol_version();
    named.is_some_and(|version| version.as_str() >= ProtocolVersion::V_2026_07_28.as_str())
}

/// Returns the version requirement in the `_meta` member `dev.mcp-tool/requires`; `None` if the request has none. An
/// invalid requirement is an error.
pub(super) fn required_version(
    context: &RequestContext<RoleServer>,
) -> Result<Option<Requirement>, ErrorData> {
    let invalid = |reason: String| ErrorData::invalid_params(format!("`{META_REQUIRES}`: {reason}"), None);
    match context.meta.get(META_REQUIRES) {
        None => Ok(None),
        Some(serde_json::Value::String(text)) => Requirement::parse(text).map(Some).map_err(invalid),
        Some(_) => Err(invalid("must be a string".into())),
    }
}
