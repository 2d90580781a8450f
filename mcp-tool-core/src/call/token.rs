//! The token that a caller presented.

use std::fmt;

use bytes::Bytes;
use mcp_tool_contract::digest::Digest;

/// A bearer token as it arrived. No function that is a tool can reach it: only the exchange for an upstream's own
/// credential reads it (RFC 8693).
#[derive(Clone)]
pub struct InboundToken(Bytes);

impl InboundToken {
    /// A token that was not verified.
    #[must_use]
    pub const fn new(token: Bytes) -> Self {
        InboundToken(token)
    }

    /// The token's text, for verification and for an exchange.
    #[must_use]
    pub fn expose(&self) -> &str {
        // A token is ASCII (RFC 6750 §2.1); anything else was refused before.
        str::from_utf8(&self.0).unwrap_or_default()
    }

    /// Digest under which something is kept for the token.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of_bytes(&self.0)
    }
}

impl fmt::Debug for InboundToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a token, not shown")
    }
}
