//! The server's own credentials, kept until shortly before they end.

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
    endpoint::{self, Issued},
    fault::Fault,
    settings::{Credential, Settings, TokenEndpoint},
};
use mcp_tool_core::call::token::InboundToken;

/// Callers for whom an exchanged token is kept, for one upstream.
const MAX_CALLERS: u64 = 10_000;
/// How long one is kept of which nobody hears any more.
const IDLE: Duration = Duration::from_secs(15 * 60);
/// The longest time before its end at which a token is given up.
const MARGIN: Duration = Duration::from_secs(30);

/// All credentials for one upstream.
pub(super) struct Credentials {
    secret: SecretFile,
    kind: Kind,
}

enum Kind {
    Own(Slot),
    /// By the digest of the caller's token.
    Exchanged(Cache<Digest, Arc<Slot>>),
    Key {
        header: HeaderName,
        prefix: String,
    },
}

/// What shows a request to be the server's.
#[derive(Clone)]
pub(super) struct Shown {
    pub(super) header: HeaderName,
    pub(super) value: HeaderValue,
}

/// One token: whoever comes first gets it, and whoever comes meanwhile waits for that.
#[derive(Default)]
struct Slot {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    token: Option<Token>,
    /// When the last attempt failed, and why: it answers for all who waited for it.
    failed: Option<(Instant, Fault)>,
}

struct Token {
    value: HeaderValue,
    until: Instant,
    /// The secret that it was got by: with another one, another token is wanted.
    by: Secret,
}

/// Until when a token counts that was asked for then: to 30 s before its end, or a tenth of a short life.
fn until(asked: Instant, lifetime: Duration) -> Instant {
    asked + (lifetime - MARGIN.min(lifetime / 10))
}

impl Slot {
    async fn get(
        &self,
        by: Secret,
        get: impl AsyncFnOnce(&Secret) -> Result<Issued, Fault>,
    ) -> Result<HeaderValue, Fault> {
        let asked = Instant::now();
        let mut state = self.state.lock().await;
        let now = Instant::now();
        if let Some(token) = state.token.as_ref().filter(|token| token.counts(now, &by)) {
            return Ok(token.value.clone());
        }
        if let Some((_, fault)) = state.failed.as_ref().filter(|(failed, _)| *failed >= asked) {
            return Err(fault.clone());
        }
        state.token = None;
        match get(&by).await {
            Ok(Issued { value, lifetime }) => {
                state.token = Some(Token { value: value.clone(), until: until(now, lifetime), by });
                Ok(value)
            }
            Err(fault) => {
                state.failed = Some((Instant::now(), fault.clone()));
                Err(fault)
            }
        }
    }

    /// Gives a token up, unless another one has taken its place.
    async fn forget(&self, value: &HeaderValue) {
        let mut state = self.state.lock().await;
        if state.token.as_ref().is_some_and(|token| token.value == value) {
            state.token = None;
        }
    }
}

impl Token {
    fn counts(&self, now: Instant, by: &Secret) -> bool {
        now < self.until && self.by.is(by)
    }
}

impl Credentials {
    /// The credentials that the settings tell of.
    ///
    /// # Errors
    /// The key of the setting whose file can't be read, and why.
    pub(super) fn open(settings: &Settings) -> Result<Self, String> {
        let open = |setting: &str, file: &Path| {
            SecretFile::open(file).map_err(|error| format!("{setting}: {}: {error}", file.display()))
        };
        Ok(match &settings.credential {
            Credential::ClientCredentials(TokenEndpoint { secret_file, .. }) => {
                Credentials { secret: open("secret_file", secret_file)?, kind: Kind::Own(Slot::default()) }
            }
            Credential::Exchange(TokenEndpoint { secret_file, .. }) => {
                let kept = Cache::builder()
                    .max_capacity(MAX_CALLERS)
                    .eviction_policy(EvictionPolicy::lru())
                    .time_to_idle(IDLE)
                    .build();
                Credentials { secret: open("secret_file", secret_file)?, kind: Kind::Exchanged(kept) }
            }
            Credential::Key { file, header, prefix } => {
                let (header, prefix) = (header.clone(), prefix.clone());
                Credentials { secret: open("key_file", file)?, kind: Kind::Key { header, prefix } }
            }
        })
    }

    /// The header in which the credential goes.
    pub(super) fn header(&self) -> HeaderName {
        match &self.kind {
            Kind::Key { header, .. } => header.clone(),
            Kind::Own(_) | Kind::Exchanged(_) => AUTHORIZATION,
        }
    }

    /// The credential for a request now, on behalf of a caller who came by that token.
    pub(super) async fn get(
        &self,
        client: &Client,
        settings: &Settings,
        token: Option<&InboundToken>,
    ) -> Result<Shown, Fault> {
        // A file that can't be read any more has perhaps been taken away on purpose.
        let unread = |error| Fault::Wrong(format!("the file of its secret can't be read: {error}"));
        let secret = self.secret.read().map_err(unread)?;
        let value = match (&self.kind, &settings.credential) {
            (Kind::Key { header, prefix }, _) => {
                let value = endpoint::sensitive(&format!("{prefix}{}", secret.expose()))?;
                return Ok(Shown { header: header.clone(), value });
            }
            (Kind::Own(slot), Credential::ClientCredentials(from) | Credential::Exchange(from)) => {
                slot.get(secret, async |by| endpoint::ask(client, settings, from, by, None).await).await?
            }
            (Kind::Exchanged(kept), Credential::ClientCredentials(from) | Credential::Exchange(from)) => {
                let token = token.ok_or(Fault::NoToken)?;
                let slot = kept.get_with(subject(token), Arc::default);
                slot.get(secret, async |by| endpoint::ask(client, settings, from, by, Some(token)).await)
                    .await?
            }
            (Kind::Own(_) | Kind::Exchanged(_), Credential::Key { .. }) => {
                return Err(Fault::Wrong("its credential is of two kinds".into()));
            }
        };
        Ok(Shown { header: AUTHORIZATION, value })
    }

    /// Gives up a credential that the upstream didn't take; whether another one can be had.
    pub(super) async fn forget(&self, shown: &Shown, token: Option<&InboundToken>) -> bool {
        match (&self.kind, token) {
            (Kind::Own(slot), _) => slot.forget(&shown.value).await,
            (Kind::Exchanged(kept), Some(token)) => {
                if let Some(slot) = kept.get(&subject(token)) {
                    slot.forget(&shown.value).await;
                }
            }
            // What the file holds is read with each request.
            (Kind::Key { .. } | Kind::Exchanged(_), _) => return false,
        }
        true
    }
}

fn subject(token: &InboundToken) -> Digest {
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
    fn a_token_counts_until_shortly_before_its_end() {
        let asked = Instant::now();
        for (lifetime, counts) in [(3_600, 3_570), (300, 270), (200, 180), (60, 54), (10, 9)] {
            let lived = until(asked, Duration::from_secs(lifetime)).duration_since(asked);
            assert_eq!(lived, Duration::from_secs(counts), "{lifetime}");
        }
        assert!(until(asked, Duration::from_secs(1)) > asked);
    }

    #[test]
    fn a_token_that_has_ended_or_was_got_by_another_secret_does_not_count() {
        let folder = std::env::temp_dir().join(format!("upstream-secret-{}", uuid::Uuid::now_v7()));
        std::fs::create_dir(&folder).unwrap();
        let (path, next) = (folder.join("secret"), folder.join("next"));
        std::fs::write(&path, "one\n").unwrap();
        let file = SecretFile::open(&path).unwrap();
        let (by, until) = (file.read().unwrap(), Instant::now() + Duration::from_secs(60));
        let token = Token { value: HeaderValue::from_static("t"), until, by: by.clone() };
        assert!(token.counts(until - Duration::from_nanos(1), &by) && !token.counts(until, &by));
        std::fs::write(&next, "two").unwrap();
        std::fs::rename(&next, &path).unwrap();
        let changed = file.read().unwrap();
        assert_eq!((by.expose(), changed.expose()), ("one", "two"));
        assert!(!token.counts(until - Duration::from_secs(1), &changed));
        std::fs::remove_file(&path).unwrap();
        assert!(file.read().is_err(), "a secret that was taken away counts no more");
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
