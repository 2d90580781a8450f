//! Access to the data that the HTTP listener attaches to a request before it forwards the request to rmcp.

use http::request::Parts;
use rmcp::{RoleServer, service::RequestContext};

use crate::{
    call::headers::Headers,
    transport::{endpoint::Endpoint, protocol_error::ProtocolError, request_headers},
};

/// Returns the value of type `T` that the listener attached to the request; always `None` over stdio. rmcp makes the
/// HTTP request's [`Parts`], which contain the attached values, an extension of the MCP request.
pub(super) fn extension<T: Send + Sync + 'static>(context: &RequestContext<RoleServer>) -> Option<&T> {
    context.extensions.get::<Parts>()?.extensions.get()
}

/// Returns the headers of the request that middleware reads; empty over stdio. Rejects the request if one of these
/// headers is repeated or isn't visible ASCII.
pub(super) fn middleware_headers(
    context: &RequestContext<RoleServer>,
    endpoint: &Endpoint,
) -> Result<Headers, ProtocolError> {
    match context.extensions.get::<Parts>() {
        Some(parts) => request_headers::middleware_headers(&parts.headers, endpoint),
        None => Ok(Headers::default()),
    }
}
