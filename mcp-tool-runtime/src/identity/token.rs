//! The token that a caller presented. Its bytes have no way out of the crate.

use std::{fmt, sync::Arc};

use hyper::{
    HeaderMap, Uri,
    header::{AUTHORIZATION, HeaderValue},
};
use mcp_tool_contract::digest::Digest;
use url::form_urlencoded;

use super::challenge::Denied;

/// Bytes of a token.
const MOST: usize = 16 * 1024;

/// A bearer token as it arrived. It is shown nowhere, and no function that is a tool can reach it: only the
/// exchange for an upstream's own credential reads it (RFC 8693).
#[derive(Clone)]
pub(crate) struct InboundToken(Arc<str>);

impl InboundToken {
    /// Takes the token out of a request's headers (RFC 6750 §2.1), so that nothing behind sees it.
    pub(crate) fn take(uri: &Uri, headers: &mut HeaderMap) -> Result<Self, Denied> {
        let given: Vec<HeaderValue> = headers.get_all(AUTHORIZATION).iter().cloned().collect();
        headers.remove(AUTHORIZATION);
        let query = uri.query().unwrap_or_default();
        if form_urlencoded::parse(query.as_bytes()).any(|(name, _)| name == "access_token") {
            return Err(Denied::Malformed(
                "a token goes into the Authorization header, never into the query",
            ));
        }
        let header = match given.as_slice() {
            [] => return Err(Denied::Missing),
            [header] => header
                .to_str()
                .map_err(|_| Denied::Malformed("the Authorization header holds characters that it can't"))?,
            _ => return Err(Denied::Malformed("the Authorization header came twice")),
        };
        let (scheme, token) = header.split_once(' ').unwrap_or((header, ""));
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(Denied::Missing);
        }
        let token = token.trim_matches(' ');
        if token.len() > MOST {
            return Err(Denied::Invalid("too_long"));
        }
        if !is_b64token(token) {
            return Err(Denied::Malformed(
                "the Authorization header holds no bearer token: write `Bearer TOKEN`",
            ));
        }
        Ok(InboundToken(token.into()))
    }

    /// A token that nobody verified.
    pub(crate) fn new(token: &str) -> Self {
        InboundToken(token.into())
    }

    /// The bytes, for verification and for an exchange; never for a request to anywhere else.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }

    /// Under which something is kept for it.
    pub(crate) fn digest(&self) -> Digest {
        Digest::of_bytes(self.0.as_bytes())
    }
}

/// RFC 6750 §2.1.
fn is_b64token(token: &str) -> bool {
    let body = token.trim_end_matches('=');
    !body.is_empty() && body.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte))
}

impl fmt::Debug for InboundToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a token, not shown")
    }
}
