//! Credentials that the server presents to upstreams. Access tokens are cached until shortly before their expiry.

use std::{fmt, path::Path, sync::Arc, time::Duration};

use mcp_tool_contract::digest::Digest;
use moka::{policy::EvictionPolicy, sync::Cache};
use reqwest::{
    Client,
    header::{AUTHORIZATION, HeaderName, HeaderValue},
};
use tokio::{sync::Mutex, time::Instant};

use crate::secret::{Secret, SecretFile};

use super::{
    config::{CredentialConfig, TokenEndpoint, UpstreamConfig},
    failure::UpstreamFailure,
    token_endpoint::{self, IssuedToken},
};
use mcp_tool_core::{call::token::InboundToken, redaction::shown_path};

/// Maximum number of callers' tokens for which each upstream caches a token from a token exchange (RFC 8693).
const MAX_CALLERS: u64 = 10_000;
/// Time after which an unused token from a token exchange is dropped.
const IDLE: Duration = Duration::from_secs(15 * 60);
/// Time before the expiry of a token at which the token is replaced, for lifetimes of at least 300 s.
const MARGIN: Duration = Duration::from_secs(30);

/// Credentials for one upstream.
pub(super) struct Credentials {
    /// Client secret or API key, depending on the kind of credential.
    secret: SecretFile,
    store: CredentialStore,
}

enum CredentialStore {
    /// Client credentials: one access token for all callers.
    Shared(CachedToken),
    /// Token exchange: one access token for each caller's token, by the digest of the caller's token.
    Exchanged(Cache<Digest, Arc<CachedToken>>),
    /// Header and prefix of the API key. The key is read from its file.
    Key { header: HeaderName, prefix: String },
}

/// Header that carries the credential of a request.
#[derive(Clone)]
pub(super) struct CredentialHeader {
    pub(super) name: HeaderName,
    pub(super) value: HeaderValue,
}

/// Cached access token. If several requests need a new token, the first request fetches it and the others wait.
#[derive(Default)]
struct CachedToken {
    state: Mutex<TokenState>,
}

#[derive(Default)]
struct TokenState {
    token: Option<AccessToken>,
    /// Time and reason of the last failed fetch. Requests that waited for that fetch fail for the same reason.
    failed: Option<(Instant, UpstreamFailure)>,
}

struct AccessToken {
    value: HeaderValue,
    valid_until: Instant,
    /// Client secret that authenticated the token request. When the secret changes, the token is no longer used.
    secret: Secret,
}

/// Returns the time from which a token isn't used: 30 s before its expiry, or after 90 % of a lifetime under 300 s.
fn valid_until(requested: Instant, lifetime: Duration) -> Instant {
    requested + (lifetime - MARGIN.min(lifetime / 10))
}

impl CachedToken {
    /// Returns the cached token if it is valid, else fetches a token with `request`. If another call is already
    /// fetching a token, waits for it and returns its token or failure.
    async fn get(
        &self,
        secret: Secret,
        request: impl AsyncFnOnce(&Secret) -> Result<IssuedToken, UpstreamFailure>,
    ) -> Result<HeaderValue, UpstreamFailure> {
        let called = Instant::now();
        let mut state = self.state.lock().await;
        let now = Instant::now();
        if let Some(token) = state.token.as_ref().filter(|token| token.is_valid(now, &secret)) {
            return Ok(token.value.clone());
        }
        if let Some((_, failure)) = state.failed.as_ref().filter(|(failed, _)| *failed >= called) {
            return Err(failure.clone());
        }
        state.token = None;
        match request(&secret).await {
            Ok(IssuedToken { value, lifetime }) => {
                let valid_until = valid_until(now, lifetime);
                state.token = Some(AccessToken { value: value.clone(), valid_until, secret });
                Ok(value)
            }
            Err(failure) => {
                state.failed = Some((Instant::now(), failure.clone()));
                Err(failure)
            }
        }
    }

    /// Drops the cached token if its value is still `value`.
    async fn forget(&self, value: &HeaderValue) {
        let mut state = self.state.lock().await;
        if state.token.as_ref().is_some_and(|token| token.value == value) {
            state.token = None;
        }
    }
}

impl AccessToken {
    fn is_valid(&self, now: Instant, secret: &Secret) -> bool {
        now < self.valid_until && self.secret.is_same_as(secret)
    }
}

impl Credentials {
    /// Opens the file of the client secret or the API key.
    ///
    /// # Errors
    /// An unreadable file. The message begins with the name of its setting.
    pub(super) fn open(config: &UpstreamConfig) -> Result<Self, String> {
        let open = |setting: &str, file: &Path| {
            SecretFile::open(file).map_err(|error| format!("{setting}: {}: {error}", shown_path(file)))
        };
        Ok(match &config.credential {
            CredentialConfig::ClientCredentials(TokenEndpoint { secret_file, .. }) => Credentials {
                secret: open("secret_file", secret_file)?,
                store: CredentialStore::Shared(CachedToken::default()),
            },
            CredentialConfig::TokenExchange(TokenEndpoint { secret_file, .. }) => {
                let tokens = Cache::builder()
                    .max_capacity(MAX_CALLERS)
                    .eviction_policy(EvictionPolicy::lru())
                    .time_to_idle(IDLE)
                    .build();
                Credentials {
                    secret: open("secret_file", secret_file)?,
                    store: CredentialStore::Exchanged(tokens),
                }
            }
            CredentialConfig::Key { file, header, prefix } => {
                let (header, prefix) = (header.clone(), prefix.clone());
                Credentials {
                    secret: open("key_file", file)?,
                    store: CredentialStore::Key { header, prefix },
                }
            }
        })
    }

    /// Returns the name of the header that carries the credential.
    pub(super) fn header(&self) -> HeaderName {
        match &self.store {
            CredentialStore::Key { header, .. } => header.clone(),
            CredentialStore::Shared(_) | CredentialStore::Exchanged(_) => AUTHORIZATION,
        }
    }

    /// Returns the credential for a request. `token` is the caller's token, which only a token exchange uses.
    pub(super) async fn get(
        &self,
        client: &Client,
        config: &UpstreamConfig,
        token: Option<&InboundToken>,
    ) -> Result<CredentialHeader, UpstreamFailure> {
        // The secret is read even while a token is cached, so that an operator can stop all requests by removing the
        // file.
        let unreadable =
            |error| UpstreamFailure::Misconfigured(format!("the file of its secret can't be read: {error}"));
        let secret = self.secret.read().await.map_err(unreadable)?;
        let value = match (&self.store, &config.credential) {
            (CredentialStore::Key { header, prefix }, _) => {
                let value = token_endpoint::sensitive(&format!("{prefix}{}", secret.expose()))?;
                return Ok(CredentialHeader { name: header.clone(), value });
            }
            (
                CredentialStore::Shared(cached),
                CredentialConfig::ClientCredentials(endpoint) | CredentialConfig::TokenExchange(endpoint),
            ) => {
                cached
                    .get(secret, async |secret| {
                        token_endpoint::request(client, config, endpoint, secret, None).await
                    })
                    .await?
            }
            (
                CredentialStore::Exchanged(tokens),
                CredentialConfig::ClientCredentials(endpoint) | CredentialConfig::TokenExchange(endpoint),
            ) => {
                let token = token.ok_or(UpstreamFailure::MissingToken)?;
                let cached = tokens.get_with(cache_key(token), Arc::default);
                cached
                    .get(secret, async |secret| {
                        token_endpoint::request(client, config, endpoint, secret, Some(token)).await
                    })
                    .await?
            }
            // Never happens, because `open` chose the store by the same configuration.
            (CredentialStore::Shared(_) | CredentialStore::Exchanged(_), CredentialConfig::Key { .. }) => {
                return Err(UpstreamFailure::Misconfigured(
                    "its credential was opened as another kind".into(),
                ));
            }
        };
        Ok(CredentialHeader { name: AUTHORIZATION, value })
    }

    /// Drops a credential that the upstream refused. Returns `true` if a new credential can be requested.
    pub(super) async fn forget(&self, refused: &CredentialHeader, token: Option<&InboundToken>) -> bool {
        match (&self.store, token) {
            (CredentialStore::Shared(cached), _) => cached.forget(&refused.value).await,
            (CredentialStore::Exchanged(tokens), Some(token)) => {
                if let Some(cached) = tokens.get(&cache_key(token)) {
                    cached.forget(&refused.value).await;
                }
            }
            // An API key can't be requested, and without a caller's token there is nothing to exchange.
            (CredentialStore::Key { .. } | CredentialStore::Exchanged(_), _) => return false,
        }
        true
    }
}

fn cache_key(token: &InboundToken) -> Digest {
    Digest::of_bytes(token.expose().as_bytes())
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("credentials, not shown")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn token_is_valid_until_shortly_before_its_expiry() {
        let requested = Instant::now();
        for (lifetime, valid) in [(3_600, 3_570), (300, 270), (200, 180), (60, 54), (10, 9)] {
            let used_for = valid_until(requested, Duration::from_secs(lifetime)).duration_since(requested);
            assert_eq!(used_for, Duration::from_secs(valid), "lifetime: {lifetime} s");
        }
        assert!(valid_until(requested, Duration::from_secs(1)) > requested);
    }

    #[tokio::test]
    async fn token_is_invalid_after_its_expiry_or_a_change_of_its_secret() {
        let folder = tempfile::tempdir().unwrap();
        let (path, next) = (folder.path().join("secret"), folder.path().join("next"));
        std::fs::write(&path, "one\n").unwrap();
        let file = SecretFile::open(&path).unwrap();
        let (secret, valid_until) = (file.read().await.unwrap(), Instant::now() + Duration::from_secs(60));
        let token = AccessToken { value: HeaderValue::from_static("t"), valid_until, secret: secret.clone() };
        assert!(
            token.is_valid(valid_until - Duration::from_nanos(1), &secret)
                && !token.is_valid(valid_until, &secret)
        );
        // Replaces the file. So its inode differs, even if its modification time is the same.
        std::fs::write(&next, "two").unwrap();
        std::fs::rename(&next, &path).unwrap();
        let changed = file.read().await.unwrap();
        assert_eq!((secret.expose(), changed.expose()), ("one", "two"));
        assert!(!token.is_valid(valid_until - Duration::from_secs(1), &changed));
        // `Credentials::get` reads the file before each request, so an operator stops all requests by removing it.
        std::fs::remove_file(&path).unwrap();
        assert!(file.read().await.is_err(), "reading a secret must fail after its file was removed");
    }
}
