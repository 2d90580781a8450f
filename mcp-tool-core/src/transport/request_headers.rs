//! Reads HTTP request headers that must not be repeated, such as the headers that middleware reads.

use http::{HeaderMap, HeaderValue, header::AsHeaderName};

use crate::{
    call::headers::Headers,
    transport::{
        endpoint::Endpoint,
        protocol_error::{ProtocolError, code},
    },
};

/// Error: a header is repeated.
#[derive(Debug)]
pub(super) struct Repeated;

/// Returns the value of a header, `None` if the header is absent, or an error if the header is repeated.
pub(super) fn only(headers: &HeaderMap, name: impl AsHeaderName) -> Result<Option<&HeaderValue>, Repeated> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (first, None) => Ok(first),
        (_, Some(_)) => Err(Repeated),
    }
}

/// Returns the value of a header; `None` if the header is absent. Rejects a header that is repeated or isn't visible
/// ASCII.
pub(super) fn only_text<'h>(headers: &'h HeaderMap, name: &str) -> Result<Option<&'h str>, ProtocolError> {
    let mismatch = |rule| ProtocolError::new(code::HEADER_MISMATCH, format!("the header {name} must {rule}"));
    match only(headers, name) {
        Ok(value) => value.map(HeaderValue::to_str).transpose().map_err(|_| mismatch("be visible ASCII")),
        Err(Repeated) => Err(mismatch("not be repeated")),
    }
}

/// Returns the headers that middleware reads, except those that the request doesn't have. Rejects the request if one of
/// these headers is repeated or isn't visible ASCII.
pub(super) fn middleware_headers(headers: &HeaderMap, endpoint: &Endpoint) -> Result<Headers, ProtocolError> {
    let names = endpoint.pipeline.registry.headers.iter();
    let present = names.filter_map(|name| {
        only_text(headers, name).map(|value| value.map(|value| (*name, value.into()))).transpose()
    });
    present.collect::<Result<_, _>>().map(Headers::new)
}
