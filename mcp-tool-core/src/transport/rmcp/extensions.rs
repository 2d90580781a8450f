//! Data that the HTTP listener attached to a request.

use http::request::Parts;
use rmcp::{RoleServer, service::RequestContext};

use crate::{
    call::headers::Headers,
    transport::{endpoint::Endpoint, protocol_error::ProtocolError, request_headers},
};

/// The request extension of type `T`; always `None` over stdio.
pub(super) fn extension<T: Send + Sync + 'static>(context: &RequestContext<RoleServer>) -> Option<&T> {
    context.extensions.get::<Parts>()?.extensions.get()
}

/// The request headers that middleware reads; empty over stdio.
pub(super) fn middleware_headers(
    context: &RequestContext<RoleServer>,
    endpoint: &Endpoint,
) -> Result<Headers, ProtocolError> {
    match context.extensions.get::<Parts>() {
        Some(parts) => request_headers::middleware_headers(&parts.headers, endpoint),
        None => Ok(Headers::default()),
    }
}
