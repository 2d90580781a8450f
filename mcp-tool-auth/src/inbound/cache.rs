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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{super::fetch, *};

    #[tokio::test]
    async fn a_remembered_token_has_its_issuers_keys_looked_at() {
        let Ok(listener) = tokio::net::TcpListener::bind("127.0.0.1:0").await else { panic!("no port") };
        let name = listener.local_addr().map(|address| format!("http://{address}")).unwrap_or_default();
        let Ok(client) = fetch::client() else { panic!("no client") };
        let issuer = Arc::new(Issuer::new(&name, false, client));
        let (tokens, token, now) = (Tokens::new(), Digest::of_bytes(b"token"), SystemTime::now());
        let until = now + Duration::from_secs(60);
        tokens.put(token, Err("inactive"), until, (&issuer, issuer.generation()));
        assert!(tokens.get(&token, until).is_none(), "its time is over");

        tokens.put(token, Err("inactive"), until, (&issuer, issuer.generation()));
        assert_eq!(tokens.get(&token, now), Some(Err("inactive")));
        let asked = tokio::time::timeout(Duration::from_secs(30), listener.accept()).await;
        assert!(asked.is_ok_and(|asked| asked.is_ok()), "a withdrawn key would never be noticed");
    }
}
