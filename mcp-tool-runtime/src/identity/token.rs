//! The token that a caller presented. Its bytes have no way out of the crate.

use std::fmt;

use hyper::{HeaderMap, Uri, body::Bytes, header::AUTHORIZATION};
use mcp_tool_contract::digest::Digest;
use url::form_urlencoded;

use super::challenge::Denied;

/// Bytes of a token.
const MOST: usize = 16 * 1024;

/// A bearer token as it arrived. It is shown nowhere, and no function that is a tool can reach it: only the
/// exchange for an upstream's own credential reads it (RFC 8693).
#[derive(Clone)]
pub(crate) struct InboundToken(Bytes);

impl InboundToken {
    /// Takes the token out of a request's headers (RFC 6750 §2.1), so that nothing behind sees it.
    pub(crate) fn take(uri: &Uri, headers: &mut HeaderMap) -> Result<Self, Denied> {
        let mut given = headers.get_all(AUTHORIZATION).iter();
        let (header, came_twice) = (given.next().cloned(), given.next().is_some());
        headers.remove(AUTHORIZATION);
        if uri.query().is_some_and(has_token) {
            return Err(Denied::Malformed(
                "a token goes into the Authorization header, never into the query",
            ));
        }
        if came_twice {
            return Err(Denied::Malformed("the Authorization header came twice"));
        }
        let Some(header) = header else { return Err(Denied::Missing) };
        let header = Bytes::from_owner(header);
        let end = header.iter().position(|byte| *byte == b' ').unwrap_or(header.len());
        if !header[..end].eq_ignore_ascii_case(b"bearer") {
            return Err(Denied::Missing);
        }
        let token = header.slice_ref(header[end..].trim_ascii());
        if token.len() > MOST {
            return Err(Denied::Invalid("too_long"));
        }
        if !is_b64token(&token) {
            return Err(Denied::Malformed(
                "the Authorization header holds no bearer token: write `Bearer TOKEN`",
            ));
        }
        Ok(InboundToken(token))
    }

    /// A token that nobody verified.
    pub(crate) fn new(token: &str) -> Self {
        InboundToken(Bytes::copy_from_slice(token.as_bytes()))
    }

    /// The bytes, for verification and for an exchange; never for a request to anywhere else.
    pub(crate) fn expose(&self) -> &str {
        // What isn't text never became one.
        str::from_utf8(&self.0).unwrap_or_default()
    }

    /// Under which something is kept for it.
    pub(crate) fn digest(&self) -> Digest {
        Digest::of_bytes(&self.0)
    }
}

fn has_token(query: &str) -> bool {
    form_urlencoded::parse(query.as_bytes()).any(|(name, _)| name == "access_token")
}

/// RFC 6750 §2.1.
fn is_b64token(token: &[u8]) -> bool {
    const TAKEN: [bool; 256] = {
        let mut taken = [false; 256];
        let mut byte = 0;
        while byte < 256 {
            taken[byte] = (byte as u8).is_ascii_alphanumeric();
            byte += 1;
        }
        let others = b"-._~+/";
        let mut at = 0;
        while at < others.len() {
            taken[others[at] as usize] = true;
            at += 1;
        }
        taken
    };
    let padding = token.iter().rev().take_while(|byte| **byte == b'=').count();
    let body = &token[..token.len() - padding];
    // All of it, without a way out on the way: that is quicker than to stop.
    !body.is_empty() && body.iter().fold(true, |all, byte| all & TAKEN[usize::from(*byte)])
}

impl fmt::Debug for InboundToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a token, not shown")
    }
}
