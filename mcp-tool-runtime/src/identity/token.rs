//! The token that a caller presented. Its bytes have no way out of the crate.

use std::{fmt, sync::Arc};

/// A bearer token as it arrived. It is shown nowhere, and no function that is a tool can reach it: only the
/// exchange for an upstream's own credential reads it (RFC 8693).
#[derive(Clone)]
pub(crate) struct InboundToken(Arc<str>);

impl InboundToken {
    pub(crate) fn new(token: &str) -> Self {
        InboundToken(token.into())
    }

    /// The bytes, for verification and for an exchange; never for a request to anywhere else.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for InboundToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a token, not shown")
    }
}
