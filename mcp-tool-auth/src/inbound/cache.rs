//! Cache of the results of token verification (verdicts), by the digest of the token. The token's text isn't kept.

use std::{sync::Arc, time::SystemTime};

use mcp_tool_contract::digest::Digest;
use moka::sync::Cache;

use super::{claims::VerifiedToken, issuer::Issuer, jwt::Flaw};

/// Maximum number of cached tokens.
const MAX_TOKENS: u64 = 20_000;

/// Verdict on a token, with the conditions under which it is still valid.
#[derive(Clone)]
pub(crate) struct CachedVerdict {
    pub(crate) verdict: Result<Arc<VerifiedToken>, Flaw>,
    issuer: Arc<Issuer>,
    /// Generation of the issuer's keys at the verification. The verdict is invalid in any other generation.
    generation: u64,
    /// Expiry of the verdict.
    until: SystemTime,
}

/// Bounded cache of verdicts.
pub(crate) struct TokenCache {
    tokens: Cache<Digest, CachedVerdict>,
}

impl TokenCache {
    pub(crate) fn new() -> Self {
        TokenCache { tokens: Cache::new(MAX_TOKENS) }
    }

    /// Returns the verdict on a token, unless it has expired or the issuer's keys have changed since.
    pub fn get(&self, token: &Digest, now: SystemTime) -> Option<Result<Arc<VerifiedToken>, Flaw>> {
        let cached = self.tokens.get(token)?;
        if cached.until <= now || cached.generation != cached.issuer.generation() {
            self.tokens.invalidate(token);
            return None;
        }
        cached.issuer.keep_fresh();
        Some(cached.verdict)
    }

    /// Stores the verdict on a token. `generation` is that of the issuer's keys with which the token was verified.
    pub(crate) fn put(
        &self,
        token: Digest,
        verdict: Result<Arc<VerifiedToken>, Flaw>,
        until: SystemTime,
        (issuer, generation): (&Arc<Issuer>, u64),
    ) {
        self.tokens.insert(token, CachedVerdict { verdict, issuer: Arc::clone(issuer), generation, until });
    }

    /// Removes all verdicts.
    pub(crate) fn clear(&self) {
        self.tokens.invalidate_all();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{super::fetch, *};

    #[tokio::test]
    async fn cached_token_still_refreshes_its_issuer_s_keys() {
        let Ok(listener) = tokio::net::TcpListener::bind("127.0.0.1:0").await else { panic!("no port") };
        let name = listener.local_addr().map(|address| format!("http://{address}")).unwrap_or_default();
        let Ok(client) = fetch::client() else { panic!("no client") };
        let issuer = Arc::new(Issuer::new(&name, false, client));
        let (tokens, token, now) = (TokenCache::new(), Digest::of_bytes(b"token"), SystemTime::now());
        let until = now + Duration::from_secs(60);
        tokens.put(token, Err("inactive"), until, (&issuer, issuer.generation()));
        assert!(tokens.get(&token, until).is_none(), "the verdict has expired");

        tokens.put(token, Err("inactive"), until, (&issuer, issuer.generation()));
        assert_eq!(tokens.get(&token, now), Some(Err("inactive")));
        let connected = tokio::time::timeout(Duration::from_secs(30), listener.accept()).await;
        assert!(
            connected.is_ok_and(|connected| connected.is_ok()),
            "reading a cached verdict must refresh the issuer's keys"
        );
    }
}
