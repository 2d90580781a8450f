//! Without the feature `http`, a request comes over stdio and has neither extensions nor headers.

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
