//! Caches verdicts, which are the results of token verification: the caller, or the reason of a refusal. The key of a
//! verdict is the digest of its token, so the token's text isn't kept.

use std::{sync::Arc, time::SystemTime};

use mcp_tool_contract::digest::Digest;
use moka::sync::Cache;

use super::{claims::VerifiedToken, issuer::Issuer, jwt::Flaw};

/// Maximum number of cached verdicts.
const MAX_TOKENS: u32 = 20_000;
/// Maximum memory of all cached verdicts together, in bytes (64 MiB). An ordinary verdict takes a 20,000th of it.
const MAX_BYTES: u32 = 64 << 20;

/// Verdict on a token, with the expiry and the key generation that limit its use.
#[derive(Clone)]
pub(crate) struct CachedVerdict {
    pub(crate) verdict: Result<Arc<VerifiedToken>, Flaw>,
    issuer: Arc<Issuer>,
    /// [`Issuer::generation`] at the verification. The generation changes with the issuer's keys, and the verdict isn't
    /// used after a change.
    generation: u64,
    /// Time from which the verdict isn't used.
    until: SystemTime,
}

/// Bounded cache of verdicts.
pub(crate) struct TokenCache {
    tokens: Cache<Digest, CachedVerdict>,
}

impl TokenCache {
    pub(crate) fn new() -> Self {
        TokenCache::with_capacity(MAX_BYTES)
    }

    /// Limits the memory of all verdicts to `max_bytes`. Each verdict counts with at least a [`MAX_TOKENS`]th of
    /// `max_bytes`, which limits their number.
    fn with_capacity(max_bytes: u32) -> Self {
        let size = move |_: &Digest, cached: &CachedVerdict| {
            let bytes = cached.verdict.as_ref().map_or(0, |verified| verified.size());
            u32::try_from(bytes).unwrap_or(u32::MAX).max(max_bytes / MAX_TOKENS)
        };
        TokenCache { tokens: Cache::builder().max_capacity(max_bytes.into()).weigher(size).build() }
    }

    /// Returns the cached verdict on a token. Returns `None` if there is no verdict, if the verdict has expired, or if
    /// the issuer's keys have changed since the verification. To detect such changes, starts a fetch of the keys in the
    /// background if one is due.
    pub fn get(&self, token: &Digest, now: SystemTime) -> Option<Result<Arc<VerifiedToken>, Flaw>> {
        let cached = self.tokens.get(token)?;
        if cached.until <= now || cached.generation != cached.issuer.generation() {
            self.tokens.invalidate(token);
            return None;
        }
        cached.issuer.keep_fresh();
        Some(cached.verdict)
    }

    /// Stores the verdict on a token. `generation` is the generation of the issuer's keys at the verification.
    pub(crate) fn put(
        &self,
        token: Digest,
        verdict: Result<Arc<VerifiedToken>, Flaw>,
        until: SystemTime,
        (issuer, generation): (&Arc<Issuer>, u64),
    ) {
        self.tokens.insert(token, CachedVerdict { verdict, issuer: Arc::clone(issuer), generation, until });
    }

    /// Removes all verdicts, so that every token is verified again.
    pub(crate) fn clear(&self) {
        self.tokens.invalidate_all();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{
        super::{fetch, trust::IssuerTrust},
        *,
    };

    #[test]
    fn memory_of_cached_verdicts_is_limited() {
        let Ok(client) = fetch::client() else { panic!("no client") };
        let issuer = Arc::new(Issuer::new("https://as.example", IssuerTrust::default(), client));
        let until = SystemTime::now() + Duration::from_secs(60);
        let max = 1 << 20;
        let tokens = TokenCache::with_capacity(max);
        let put = |number: u32, verdict| {
            tokens.put(Digest::of_bytes(&number.to_le_bytes()), verdict, until, (&issuer, 0));
        };
        // A token of 16 KiB has at most about 256 scopes of 60 bytes.
        let scopes = (0..256).map(|number| format!("{number:060}"));
        let caller = mcp_tool_core::call::caller::Caller::new("eve").with_scopes(scopes);
        let large = VerifiedToken { caller, jti: None, issued_at: None, expires: None, until };
        let size = large.size();
        assert!(size > 2 * 256 * 60, "the scopes don't count: {size} bytes");
        let large = Arc::new(large);
        for number in 0..1_000 {
            put(number, Ok(Arc::clone(&large)));
        }
        tokens.tokens.run_pending_tasks();
        let count = tokens.tokens.entry_count();
        assert!((1..=u64::from(max) / size as u64).contains(&count), "{count} tokens of {size} bytes");
        tokens.clear();
        tokens.tokens.run_pending_tasks();
        for number in 0..MAX_TOKENS + 2_000 {
            put(number, Err("inactive"));
        }
        tokens.tokens.run_pending_tasks();
        let small = tokens.tokens.entry_count();
        assert!(small > 1_000 && small <= u64::from(max / (max / MAX_TOKENS)), "{small} refusals");
    }

    #[tokio::test]
    async fn cached_verdict_expires_and_its_use_starts_a_fetch_of_the_keys() {
        let Ok(listener) = tokio::net::TcpListener::bind("127.0.0.1:0").await else { panic!("no port") };
        let name = listener.local_addr().map(|address| format!("http://{address}")).unwrap_or_default();
        let Ok(client) = fetch::client() else { panic!("no client") };
        let issuer = Arc::new(Issuer::new(&name, IssuerTrust::default(), client));
        let (tokens, token, now) = (TokenCache::new(), Digest::of_bytes(b"token"), SystemTime::now());
        let until = now + Duration::from_secs(60);
        tokens.put(token, Err("inactive"), until, (&issuer, issuer.generation()));
        assert!(tokens.get(&token, until).is_none(), "an expired verdict must not be returned");

        tokens.put(token, Err("inactive"), until, (&issuer, issuer.generation()));
        assert_eq!(tokens.get(&token, now), Some(Err("inactive")));
        let connected = tokio::time::timeout(Duration::from_secs(30), listener.accept()).await;
        assert!(
            connected.is_ok_and(|connected| connected.is_ok()),
            "the use of a cached verdict must start a fetch of the issuer's keys"
        );
    }
}
