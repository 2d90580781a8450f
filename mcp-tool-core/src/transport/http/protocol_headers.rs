//! `Mcp-*` headers, which repeat parts of the body and must equal them (2026-07-28, Streamable HTTP §server
//! validation).

use std::borrow::Cow;

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use hyper::{HeaderMap, header::HeaderName};
use mcp_tool_contract::read::violation::escaped_excerpt;

use crate::transport::{
    message::{Era, Meta, ToolCall},
    protocol_error::{ProtocolError, code},
    protocol_version::{MODERN, is_served_over_http},
    request_headers::only_text,
};

const VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");
const METHOD: HeaderName = HeaderName::from_static("mcp-method");
const NAME: HeaderName = HeaderName::from_static("mcp-name");

/// Rejects a request whose `MCP-Protocol-Version`, `Mcp-Method` or `Mcp-Name` is repeated or isn't visible ASCII.
pub(super) fn check_single(headers: &HeaderMap) -> Result<(), ProtocolError> {
    [VERSION, METHOD, NAME].into_iter().try_for_each(|name| header(headers, &name).map(drop))
}

/// Rejects a notification that names an unsupported version (2025-11-25, Streamable HTTP §protocol version header).
pub(super) fn check_version(headers: &HeaderMap) -> Result<(), ProtocolError> {
    check_supported(header(headers, &VERSION)?)
}

/// Checks the headers of a call against its body. The headers of a legacy call, which names no version in `_meta`,
/// repeat nothing, so only its version header is checked.
pub fn check_call(headers: &HeaderMap, call: &ToolCall<'_>) -> Result<(), ProtocolError> {
    let version = header(headers, &VERSION)?;
    match call.meta.era() {
        Era::Legacy => check_legacy(version),
        Era::Modern => {
            check_equal(&VERSION, version, call.meta.protocol_version.as_deref().unwrap_or_default())?;
            check_equal(&METHOD, header(headers, &METHOD)?, "tools/call")?;
            let name = header(headers, &NAME)?.map(|name| decoded(NAME.as_str(), name)).transpose()?;
            check_equal(&NAME, name.as_deref(), &call.name)?;
            // Checked before the capabilities, because another revision may require other members.
            call.meta.check_version()?;
            check_capabilities(&call.meta)
        }
    }
}

/// Checks the headers of a modern request that isn't about one tool, prompt or resource against its body, and its
/// `_meta`.
pub fn check_modern(headers: &HeaderMap, meta: &Meta<'_>, method: &str) -> Result<(), ProtocolError> {
    let named = meta.protocol_version.as_deref().unwrap_or_default();
    if named < MODERN {
        return mismatch(format!("the request doesn't name {MODERN} in its `_meta`"));
    }
    check_single(headers)?;
    check_equal(&VERSION, header(headers, &VERSION)?, named)?;
    check_equal(&METHOD, header(headers, &METHOD)?, method)?;
    if headers.contains_key(NAME) {
        return mismatch(format!("the header {NAME} must be absent"));
    }
    meta.check_version()?;
    check_capabilities(meta)
}

/// Checks the headers of a `tools/list` request against its body. The checks have the order of rmcp's checks, so that a
/// request with several errors gets the same response as a request that rmcp serves.
pub fn check_list(headers: &HeaderMap, meta: &Meta<'_>) -> Result<(), ProtocolError> {
    check_single(headers)?;
    let version = header(headers, &VERSION)?;
    if meta.era() == Era::Legacy {
        check_supported(version)?;
    }
    // Versions are dates, so their order as text is their order in time.
    if version.is_some_and(|version| version >= MODERN) {
        check_equal(&METHOD, header(headers, &METHOD)?, "tools/list")?;
    }
    match &meta.protocol_version {
        None => check_legacy(version),
        Some(named) => check_equal(&VERSION, version, named),
    }
}

/// Checks the version header of a request whose `_meta` names no version. The header may be absent, but must not name
/// 2026-07-28 or later, because such requests name their version in `_meta` too.
fn check_legacy(version: Option<&str>) -> Result<(), ProtocolError> {
    match version {
        Some(version) if version >= MODERN => {
            let message = "`_meta` lacks io.modelcontextprotocol/protocolVersion and clientCapabilities";
            Err(ProtocolError::new(code::INVALID_PARAMS, message))
        }
        version => check_supported(version),
    }
}

/// Rejects a version that this server doesn't speak.
fn check_supported(version: Option<&str>) -> Result<(), ProtocolError> {
    match version {
        Some(version) if !is_served_over_http(version) => Err(ProtocolError::new(
            code::INVALID_REQUEST,
            format!("unsupported MCP-Protocol-Version: {}", escaped_excerpt(version)),
        )),
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

/// Rejects a header that is missing or differs from `body`, the part of the body that it repeats.
fn check_equal(name: &HeaderName, header: Option<&str>, body: &str) -> Result<(), ProtocolError> {
    match header {
        Some(value) if value == body => Ok(()),
        Some(value) => mismatch(format!(
            "the header {name} must equal the body: got \"{}\" and \"{}\"",
            escaped_excerpt(value),
            escaped_excerpt(body)
        )),
        None => mismatch(format!("the header {name} is missing")),
    }
}

/// Returns the error for a header that is missing or differs from the body.
pub(super) fn mismatch<T>(message: String) -> Result<T, ProtocolError> {
    Err(ProtocolError::new(code::HEADER_MISMATCH, message))
}

fn header<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Result<Option<&'h str>, ProtocolError> {
    only_text(headers, name.as_str())
}

/// Decodes a header's value of the form `=?base64?…?=` (Streamable HTTP §value encoding). Returns any other value
/// unchanged. Rejects invalid Base64, and bytes that aren't UTF-8.
pub(super) fn decoded<'v>(name: &str, value: &'v str) -> Result<Cow<'v, str>, ProtocolError> {
    let Some(encoded) = value.strip_prefix("=?base64?").and_then(|rest| rest.strip_suffix("?=")) else {
        return Ok(Cow::Borrowed(value));
    };
    let text = BASE64.decode(encoded).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    match text {
        Some(text) => Ok(Cow::Owned(text)),
        None => mismatch(format!("the header {name} must be Base64 of UTF-8 text")),
    }
}
