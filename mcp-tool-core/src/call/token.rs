//! The bearer token of a request.

use std::fmt;

use bytes::Bytes;
use mcp_tool_contract::digest::Digest;

/// Bearer token as it arrived. Only token verification and token exchange for an upstream (RFC 8693) read the token;
/// tool functions can't.
#[derive(Clone)]
pub struct InboundToken(Bytes);

impl InboundToken {
    /// Wraps a token, without verifying it.
    #[must_use]
    pub const fn new(token: Bytes) -> Self {
        InboundToken(token)
    }

    /// Returns the token's text, for verification and token exchange.
    #[must_use]
    pub fn expose(&self) -> &str {
        // Requests with a token that isn't ASCII are refused (RFC 6750 §2.1), so the default is never used.
        str::from_utf8(&self.0).unwrap_or_default()
    }

    /// Returns the token's digest, for use as a cache key.
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
