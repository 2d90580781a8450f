//! Headers that mirror the body, and must say the same (2026-07-28, Streamable HTTP §server validation).

use std::borrow::Cow;

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use hyper::{HeaderMap, header::HeaderName};
use mcp_tool_contract::read::violation::shown;

use super::super::{
    fault::{ProtocolError, code},
    message::{Call, Era, MODERN, Meta},
    supported,
};
use crate::call::headers::Headers;

const VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");
const METHOD: HeaderName = HeaderName::from_static("mcp-method");
const NAME: HeaderName = HeaderName::from_static("mcp-name");

/// Holds each of these headers to one value, whatever the request.
pub(super) fn check_single(headers: &HeaderMap) -> Result<(), ProtocolError> {
    [VERSION, METHOD, NAME].into_iter().try_for_each(|name| header(headers, &name).map(drop))
}

/// Holds a notification to a version that is served: whatever is sent under another is refused (2025-11-25,
/// Streamable HTTP §protocol version header).
pub(super) fn check_version(headers: &HeaderMap) -> Result<(), ProtocolError> {
    known(header(headers, &VERSION)?)
}

/// Holds the headers of a call to its body.
pub(super) fn check(headers: &HeaderMap, call: &Call<'_>) -> Result<(), ProtocolError> {
    let version = header(headers, &VERSION)?;
    match call.meta.era() {
        Era::Legacy => check_legacy(version),
        Era::Modern => {
            same(&VERSION, version, call.meta.protocol_version.as_deref().unwrap_or_default())?;
            same(&METHOD, header(headers, &METHOD)?, "tools/call")?;
            let name = header(headers, &NAME)?.map(|name| decoded(NAME.as_str(), name)).transpose()?;
            same(&NAME, name.as_deref(), &call.name)?;
            // What another revision wants of a request, nobody here knows.
            supported(&call.meta)?;
            check_capabilities(&call.meta)
        }
    }
}

/// Holds the headers of a `tools/list` to its body, in the order in which rmcp does it for the rest.
pub(super) fn check_list(headers: &HeaderMap, meta: &Meta<'_>) -> Result<(), ProtocolError> {
    check_single(headers)?;
    let version = header(headers, &VERSION)?;
    if meta.era() == Era::Legacy {
        known(version)?;
    }
    if version.is_some_and(|version| version >= MODERN) {
        same(&METHOD, header(headers, &METHOD)?, "tools/list")?;
    }
    match &meta.protocol_version {
        None => check_legacy(version),
        Some(named) => same(&VERSION, version, named),
    }
}

/// What layers ask for of a request: each header came once, or not at all.
pub(in crate::transport) fn asked_for(
    headers: &HeaderMap,
    names: &[&'static str],
) -> Result<Headers, ProtocolError> {
    let came = names.iter().filter_map(|name| match single(headers, name) {
        Ok(value) => value.map(|value| Ok((*name, value.into()))),
        Err(fault) => Some(Err(fault)),
    });
    came.collect::<Result<_, _>>().map(Headers::new)
}

fn check_legacy(version: Option<&str>) -> Result<(), ProtocolError> {
    match version {
        Some(version) if version >= MODERN => {
            let message = "`_meta` lacks io.modelcontextprotocol/protocolVersion and clientCapabilities";
            Err(ProtocolError::new(code::INVALID_PARAMS, message))
        }
        version => known(version),
    }
}

/// Refuses a version that isn't served.
fn known(version: Option<&str>) -> Result<(), ProtocolError> {
    match version {
        Some(version) if !super::super::supported_versions().any(|known| known == version) => {
            Err(ProtocolError::new(
                code::INVALID_REQUEST,
                format!("unsupported MCP-Protocol-Version: {}", shown(version)),
            ))
        }
        _ => Ok(()),
    }
}

fn check_capabilities(meta: &Meta<'_>) -> Result<(), ProtocolError> {
    if !meta.has_capabilities {
        let message = "`_meta` lacks io.modelcontextprotocol/clientCapabilities";
        return Err(ProtocolError::new(code::INVALID_PARAMS, message));
    }
    Ok(())
}

fn same(name: &HeaderName, header: Option<&str>, body: &str) -> Result<(), ProtocolError> {
    match header {
        Some(value) if value == body => Ok(()),
        Some(value) => {
            mismatch(format!("the header {name} says \"{}\", the body \"{}\"", shown(value), shown(body)))
        }
        None => mismatch(format!("the header {name} is missing")),
    }
}

pub(super) fn mismatch<T>(message: String) -> Result<T, ProtocolError> {
    Err(ProtocolError::new(code::HEADER_MISMATCH, message))
}

fn header<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Result<Option<&'h str>, ProtocolError> {
    single(headers, name.as_str())
}

/// The only value of a header.
pub(super) fn single<'h>(headers: &'h HeaderMap, name: &str) -> Result<Option<&'h str>, ProtocolError> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return mismatch(format!("the header {name} came twice"));
    }
    match value.to_str() {
        Ok(value) => Ok(Some(value)),
        Err(_) => mismatch(format!("the header {name} holds characters that it can't")),
    }
}

/// A value that came as `=?base64?…?=` (§value encoding).
pub(super) fn decoded<'v>(name: &str, value: &'v str) -> Result<Cow<'v, str>, ProtocolError> {
    let Some(encoded) = value.strip_prefix("=?base64?").and_then(|rest| rest.strip_suffix("?=")) else {
        return Ok(Cow::Borrowed(value));
    };
    let text = BASE64.decode(encoded).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    match text {
        Some(text) => Ok(Cow::Owned(text)),
        None => mismatch(format!("the header {name} isn't Base64 of UTF-8")),
    }
}
