//! Used in place of `extensions.rs` when the feature `http` is off. Every request then comes over stdio, so it has
//! neither extensions nor headers.

use rmcp::{RoleServer, service::RequestContext};

use crate::{
    call::headers::Headers,
    transport::{endpoint::Endpoint, protocol_error::ProtocolError},
};

pub(super) fn extension<T>(_: &RequestContext<RoleServer>) -> Option<&T> {
    None
}

pub(super) fn middleware_headers(
    _: &RequestContext<RoleServer>,
    _: &Endpoint,
) -> Result<Headers, ProtocolError> {
    Ok(Headers::default())
}
