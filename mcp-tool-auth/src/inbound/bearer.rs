//! Reads the bearer token of a request (RFC 6750 §2.1).

use bytes::Bytes;
use hyper::{HeaderMap, Uri, header::AUTHORIZATION};
use mcp_tool_core::{call::token::InboundToken, ports::Denied};
use url::form_urlencoded;

/// Maximum length of a token, in bytes.
const MAX_TOKEN: usize = 16 * 1024;

/// Returns the bearer token of a request, and removes the `Authorization` header, so that no later stage sees the
/// token.
///
/// # Errors
/// - `Missing`: no `Authorization` header, or one of another scheme.
/// - `Malformed`: a token in the query, a repeated header, or a token that isn't a `b64token`.
/// - `Invalid`: a token that is too long.
pub(crate) fn take(uri: &Uri, headers: &mut HeaderMap) -> Result<InboundToken, Denied> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (header, is_repeated) = (values.next().cloned(), values.next().is_some());
    headers.remove(AUTHORIZATION);
    if uri.query().is_some_and(has_access_token) {
        return Err(Denied::Malformed("send the token in the Authorization header, not in the query"));
    }
    if is_repeated {
        return Err(Denied::Malformed("the Authorization header must appear once"));
    }
    let Some(header) = header else { return Err(Denied::Missing) };
    let header = Bytes::from_owner(header);
    let end = header.iter().position(|byte| *byte == b' ').unwrap_or(header.len());
    if !header[..end].eq_ignore_ascii_case(b"bearer") {
        return Err(Denied::Missing);
    }
    let token = header.slice_ref(header[end..].trim_ascii());
    if token.len() > MAX_TOKEN {
        return Err(Denied::Invalid("too_long"));
    }
    if !is_b64token(&token) {
        return Err(Denied::Malformed("the Authorization header must be `Bearer TOKEN`"));
    }
    Ok(InboundToken::new(token))
}

fn has_access_token(query: &str) -> bool {
    form_urlencoded::parse(query.as_bytes()).any(|(name, _)| name == "access_token")
}

/// Returns `true` if the token has the syntax `b64token` (RFC 6750 §2.1).
fn is_b64token(token: &[u8]) -> bool {
    const ALLOWED: [bool; 256] = {
        let mut allowed = [false; 256];
        let mut byte = 0;
        while byte < 256 {
            allowed[byte] = (byte as u8).is_ascii_alphanumeric();
            byte += 1;
        }
        let symbols = b"-._~+/";
        let mut at = 0;
        while at < symbols.len() {
            allowed[symbols[at] as usize] = true;
            at += 1;
        }
        allowed
    };
    let padding = token.iter().rev().take_while(|byte| **byte == b'=').count();
    let body = &token[..token.len() - padding];
    // `fold` is faster than `all` here, because it doesn't branch at each byte.
    !body.is_empty() && body.iter().fold(true, |all, byte| all & ALLOWED[usize::from(*byte)])
}
