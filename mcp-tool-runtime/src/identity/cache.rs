//! Tokens that were verified, under their digests: a token's text isn't kept.

use std::{sync::Arc, time::SystemTime};

use mcp_tool_contract::digest::Digest;
use moka::sync::Cache;

use super::{claims::Verified, issuer::Issuer, jwt::Flaw};

/// Tokens that are remembered.
const MOST: u64 = 20_000;

/// What a token came to.
#[derive(Clone)]
pub(crate) struct Remembered {
    pub(crate) verdict: Result<Arc<Verified>, Flaw>,
    /// By which generation of whose keys.
    issuer: Arc<Issuer>,
    generation: u64,
    until: SystemTime,
}

/// Verified tokens, so many and no more.
pub(crate) struct Tokens {
    tokens: Cache<Digest, Remembered>,
}

impl Tokens {
    pub(crate) fn new() -> Self {
        Tokens { tokens: Cache::new(MOST) }
    }

    /// What the token came to, if that still holds.
    pub(crate) fn get(&self, token: &Digest, now: SystemTime) -> Option<Result<Arc<Verified>, Flaw>> {
        let found = self.tokens.get(token)?;
        if found.until <= now || found.generation != found.issuer.generation() {
            self.tokens.invalidate(token);
            return None;
        }
        found.issuer.keep_fresh();
        Some(found.verdict)
    }

    /// Remembers what a token came to. `generation` was the issuer's before it was verified.
    pub(crate) fn put(
        &self,
        token: Digest,
        verdict: Result<Arc<Verified>, Flaw>,
        until: SystemTime,
        (issuer, generation): (&Arc<Issuer>, u64),
    ) {
        self.tokens.insert(token, Remembered { verdict, issuer: Arc::clone(issuer), generation, until });
    }

    /// Forgets all of them.
    pub(crate) fn clear(&self) {
        self.tokens.invalidate_all();
    }
}
