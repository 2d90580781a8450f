//! Issuers. Their metadata and keys are fetched when needed, and cached.

use std::{
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use reqwest::Client;

use super::{
    advice::AdviceLog,
    discovery::{self, IssuerMetadata},
    fetch::{self, FetchError},
    keys::KeySet,
    trust::IssuerTrust,
};

/// Age at which keys are refreshed in the background.
const FRESH: Duration = Duration::from_secs(300);
/// Age at which keys are no longer used, even if the issuer is unreachable. Metadata of this age is fetched again
/// together with the keys.
const STALE: Duration = Duration::from_secs(3_600);
/// Minimum time between fetches for an unknown `kid`, and between fetches that [`Issuer::keep_fresh`] starts when the
/// cache returns a verdict (the result of an earlier verification of a token).
const UNKNOWN_KID_INTERVAL: Duration = Duration::from_secs(30);
/// Minimum time between a failed fetch and the next fetch for old or missing keys. [`Issuer::keep_fresh`] waits for
/// [`UNKNOWN_KID_INTERVAL`] instead.
const RETRY_DELAY: Duration = Duration::from_secs(2);

/// A token can't be verified now. Either its issuer gives no usable response and the cached data doesn't suffice, or
/// too many requests wait for introspection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unreachable;

/// Reason why [`Issuer::keys`] returns no keys for a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeysMissing {
    /// There are no keys that may be used, or the last fetch failed and the cached keys lack the `kid`.
    Unreachable,
    /// The cached keys lack the `kid`, and were last fetched for another one. The issuer may have begun to use this key
    /// since then. Contains the time until the next fetch may start.
    UnknownKid(Duration),
}

impl From<KeysMissing> for Unreachable {
    fn from(_: KeysMissing) -> Self {
        Unreachable
    }
}

/// Issuer whose tokens are accepted.
pub(crate) struct Issuer {
    pub(crate) name: Arc<str>,
    pub(crate) trust: IssuerTrust,
    pub(crate) client: Client,
    /// Log lines about the issuer's tokens.
    pub(crate) advised: AdviceLog,
    state: Mutex<IssuerState>,
    /// Locked while metadata and keys are fetched.
    fetching: tokio::sync::Mutex<()>,
    /// Number of times that the keys have changed.
    generation: AtomicU64,
    /// Time from which [`Issuer::keep_fresh`] starts a fetch, in milliseconds after `created`.
    due: AtomicU64,
    created: Instant,
}

/// Cached metadata and keys, with the times of their fetches.
#[derive(Clone, Default)]
struct IssuerState {
    metadata: Option<(Arc<IssuerMetadata>, Instant)>,
    keys: Option<(Arc<KeySet>, Instant)>,
    /// Text of the key set, compared to detect changes.
    text: Arc<Vec<u8>>,
    /// Time of the last fetch, if that fetch failed.
    failed: Option<Instant>,
    /// Last fetch for an unknown `kid`.
    unknown: Option<UnknownFetch>,
    /// Number of finished fetches. A request remembers the number before it waits. If the number has changed after the
    /// wait, the request starts no fetch.
    fetches: u64,
}

/// Fetch for an unknown `kid`.
#[derive(Clone)]
struct UnknownFetch {
    started: Instant,
    /// Value of `IssuerState::fetches` at the start.
    fetches: u64,
    /// The `kid` for which the fetch was started.
    kid: String,
}

/// Fetch that the age of the cached keys requires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refresh {
    /// The keys are younger than `FRESH`. Or they are younger than `STALE`, and the last fetch failed less than
    /// `RETRY_DELAY` ago.
    NotNeeded,
    /// The keys aren't fresh, but younger than `STALE`.
    InBackground,
    /// There are no keys, or they are too old to be used.
    Now,
    /// A fetch is needed now, but the last fetch failed less than `RETRY_DELAY` ago.
    Failed,
}

impl IssuerState {
    fn refresh(&self, now: Instant) -> Refresh {
        let failed_recently = self.failed.is_some_and(|failed| now.duration_since(failed) < RETRY_DELAY);
        match &self.keys {
            Some((_, at)) if now.duration_since(*at) < FRESH => Refresh::NotNeeded,
            Some((_, at)) if now.duration_since(*at) < STALE => {
                if failed_recently {
                    Refresh::NotNeeded
                } else {
                    Refresh::InBackground
                }
            }
            _ if failed_recently => Refresh::Failed,
            _ => Refresh::Now,
        }
    }

    /// Claims the fetch for an unknown `kid`: records a start at `now` if none started within `UNKNOWN_KID_INTERVAL`.
    /// Returns `true` if the last fetch was started for this `kid`, so that the fetched keys decide about it.
    fn claim_unknown_fetch(&mut self, kid: &str, now: Instant) -> bool {
        if self.until_unknown_fetch(now).is_zero() {
            self.unknown = Some(UnknownFetch { started: now, fetches: self.fetches, kid: kid.to_owned() });
        }
        self.unknown.as_ref().is_some_and(|last| last.kid == kid)
    }

    /// Returns the time until a fetch for an unknown `kid` may start.
    fn until_unknown_fetch(&self, now: Instant) -> Duration {
        let since = self.unknown.as_ref().map(|last| now.duration_since(last.started));
        since.map_or(Duration::ZERO, |since| UNKNOWN_KID_INTERVAL.saturating_sub(since))
    }

    /// Returns the in-flight fetch for an unknown `kid`, identified by the value of `fetches` at its start.
    fn unknown_fetch(&self) -> Option<u64> {
        self.unknown.as_ref().map(|last| last.fetches).filter(|fetches| *fetches == self.fetches)
    }
}

impl Issuer {
    pub(crate) fn new(name: &str, trust: IssuerTrust, client: Client) -> Self {
        Issuer {
            name: name.into(),
            trust,
            client,
            advised: AdviceLog::default(),
            state: Mutex::default(),
            fetching: tokio::sync::Mutex::default(),
            generation: AtomicU64::new(0),
            due: AtomicU64::new(0),
            created: Instant::now(),
        }
    }

    /// Returns a number that grows when the keys change. A token whose cached verdict has an earlier generation is
    /// verified again.
    pub(crate) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// Starts a fetch of the keys in the background if a fetch is due. The cache calls this whenever it returns a
    /// verdict. Without the call, a withdrawn key would stay unnoticed, because a cached verdict is used without the
    /// keys.
    pub(crate) fn keep_fresh(self: &Arc<Self>) {
        let now = milliseconds(self.created.elapsed());
        let due = self.due.load(Ordering::Relaxed);
        let next = now + milliseconds(UNKNOWN_KID_INTERVAL);
        let is_claimed =
            now >= due && self.due.compare_exchange(due, next, Ordering::Relaxed, Ordering::Relaxed).is_ok();
        if is_claimed {
            let fetches = self.state().fetches;
            drop(tokio::spawn(Arc::clone(self).fetch(fetches)));
        }
    }

    /// Returns the issuer's keys, fetched if needed. If the keys lack `kid`, they are fetched again, but at most once
    /// per `UNKNOWN_KID_INTERVAL`, so that forged tokens can't make this server ask more often. The returned keys lack
    /// `kid` only if they were fetched because of this `kid`.
    ///
    /// # Errors
    /// There are no keys younger than `STALE`; or the keys lack `kid`, and the last fetch failed or was for another
    /// `kid`.
    pub async fn keys(self: &Arc<Self>, kid: Option<&str>) -> Result<Arc<KeySet>, KeysMissing> {
        let (mut refresh, fetches) = {
            let state = self.state();
            (state.refresh(Instant::now()), state.fetches)
        };
        match refresh {
            Refresh::NotNeeded => {}
            Refresh::InBackground => drop(tokio::spawn(Arc::clone(self).fetch(fetches))),
            Refresh::Now => {
                self.fetch_detached(fetches).await;
                refresh = self.state().refresh(Instant::now());
            }
            Refresh::Failed => {}
        }
        if matches!(refresh, Refresh::Now | Refresh::Failed) {
            return Err(KeysMissing::Unreachable);
        }
        let cached = |state: &IssuerState| {
            state.keys.as_ref().map(|(keys, _)| Arc::clone(keys)).ok_or(KeysMissing::Unreachable)
        };
        let keys = cached(&self.state())?;
        let Some(kid) = kid.filter(|kid| !keys.decides_about(kid)) else { return Ok(keys) };
        let (is_decided, in_flight) = {
            let mut state = self.state();
            // Another request may have replaced the cached keys after this request read `keys`. The new keys may
            // contain `kid`, so this request then claims no fetch.
            let are_replaced = state.fetches != fetches
                && state.keys.as_ref().is_some_and(|(current, _)| !Arc::ptr_eq(current, &keys));
            // If another request has claimed the fetch, `unknown_fetch` returns that fetch until it has finished.
            let is_decided = !are_replaced && state.claim_unknown_fetch(kid, Instant::now());
            (is_decided, state.unknown_fetch())
        };
        match in_flight {
            // The first of the waiting requests fetches the keys, and the others use its result.
            Some(fetches) => self.fetch_detached(fetches).await,
            // Waits for a fetch that was started for another reason, if one is in flight.
            None => drop(self.fetching.lock().await),
        }
        let state = self.state();
        let keys = cached(&state)?;
        if keys.decides_about(kid) {
            return Ok(keys);
        }
        // The unreachable issuer may have this key, so the token isn't refused as invalid.
        if state.failed.is_some() {
            return Err(KeysMissing::Unreachable);
        }
        match is_decided {
            true => Ok(keys),
            false => Err(KeysMissing::UnknownKid(state.until_unknown_fetch(Instant::now()))),
        }
    }

    /// Fetches metadata and keys now, without the cache.
    ///
    /// # Errors
    /// The reason why they can't be used.
    pub(crate) async fn examine(&self) -> Result<(Arc<IssuerMetadata>, KeySet), String> {
        let fetched = self.fetch_all(None).await;
        fetched.map(|(metadata, keys, _)| (metadata, keys)).map_err(FetchError::reason)
    }

    /// Returns the cached metadata of any age. If there is none, fetches metadata and keys.
    pub(crate) async fn metadata(self: &Arc<Self>) -> Result<Arc<IssuerMetadata>, Unreachable> {
        let cached = |state: &IssuerState| state.metadata.as_ref().map(|(metadata, _)| Arc::clone(metadata));
        if let Some(metadata) = cached(&self.state()) {
            return Ok(metadata);
        }
        drop(self.keys(None).await);
        cached(&self.state()).ok_or(Unreachable)
    }

    /// Fetches in a separate task, so that a caller who disconnects doesn't cancel the fetch for other requests.
    async fn fetch_detached(self: &Arc<Self>, fetches: u64) {
        drop(tokio::spawn(Arc::clone(self).fetch(fetches)).await);
    }

    /// Waits for a running fetch, then fetches metadata and keys. Fetches nothing if a fetch has finished since
    /// `fetches` was read.
    async fn fetch(self: Arc<Self>, fetches: u64) {
        let _lock = self.fetching.lock().await;
        let metadata = {
            let state = self.state();
            if state.fetches != fetches {
                return;
            }
            // After a failure, the metadata is fetched too, because the URL of the keys may have changed.
            state.metadata.clone().filter(|(_, at)| at.elapsed() < STALE && state.failed.is_none())
        };
        let fetched = self.fetch_all(metadata.map(|(metadata, _)| metadata)).await;
        let mut state = self.state();
        state.fetches += 1;
        match fetched {
            Ok((metadata, mut keys, text)) => {
                if let Some((earlier, _)) = &state.keys {
                    keys.replaces(earlier);
                }
                let now = Instant::now();
                if state.failed.take().is_some() {
                    tracing::info!(issuer = &*self.name, "the issuer is reachable again");
                }
                if state.metadata.as_ref().is_none_or(|(cached, _)| !Arc::ptr_eq(cached, &metadata)) {
                    state.metadata = Some((metadata, now));
                }
                self.due.store(milliseconds(self.created.elapsed() + FRESH), Ordering::Relaxed);
                let keys = Arc::new(keys);
                state.keys = Some((Arc::clone(&keys), now));
                if *state.text != text {
                    if !keys.broken().is_empty() {
                        let refused = keys.broken().join(", ");
                        tracing::error!(
                            issuer = &*self.name,
                            keys = refused,
                            "RSA keys of the issuer are refused, because their private keys can be computed from them (ROCA, \
                             CVE-2017-15361, or a small factor): replace them at the issuer"
                        );
                    }
                    state.text = Arc::new(text);
                    self.generation.fetch_add(1, Ordering::Release);
                }
            }
            Err(reason) => {
                let reason = reason.reason();
                if state.failed.replace(Instant::now()).is_none() {
                    tracing::error!(issuer = &*self.name, reason, "the issuer is unreachable");
                }
            }
        }
    }

    async fn fetch_all(
        &self,
        metadata: Option<Arc<IssuerMetadata>>,
    ) -> Result<(Arc<IssuerMetadata>, KeySet, Vec<u8>), FetchError> {
        let metadata = match metadata {
            Some(metadata) => metadata,
            None => Arc::new(discovery::discover(&self.client, &self.name).await?),
        };
        let Some(jwks) = &metadata.jwks else { return Ok((metadata, KeySet::default(), Vec::new())) };
        let text = fetch::body(self.client.get(jwks.clone())).await.map_err(|failed| match failed {
            FetchError::NotFound => FetchError::Unusable("its key set can't be found".into()),
            FetchError::Unusable(_) | FetchError::Failed(_) => failed,
        })?;
        let keys = KeySet::read(&text).map_err(|reason| format!("its key set can't be used: {reason}"))?;
        Ok((metadata, keys, text))
    }

    fn state(&self) -> MutexGuard<'_, IssuerState> {
        mcp_tool_core::sync::lock(&self.state)
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns a state whose keys were fetched `age` before `now`.
    fn with_keys(now: Instant, age: Duration) -> IssuerState {
        IssuerState { keys: now.checked_sub(age).map(|at| (Arc::default(), at)), ..IssuerState::default() }
    }

    #[test]
    fn keys_are_fresh_for_5_minutes_and_usable_for_an_hour() {
        // In the future, because an `Instant` before the machine's start may not exist.
        let now = Instant::now() + STALE * 2;
        assert_eq!(IssuerState::default().refresh(now), Refresh::Now);
        assert_eq!(with_keys(now, FRESH - Duration::from_secs(1)).refresh(now), Refresh::NotNeeded);
        assert_eq!(with_keys(now, FRESH).refresh(now), Refresh::InBackground);
        assert_eq!(with_keys(now, STALE - Duration::from_secs(1)).refresh(now), Refresh::InBackground);
        assert_eq!(with_keys(now, STALE).refresh(now), Refresh::Now);
    }

    #[tokio::test]
    async fn unknown_kid_waits_for_the_pending_fetch_and_starts_no_other() {
        // Nothing listens on port 1, so each fetch fails.
        let issuer = Arc::new(Issuer::new("http://127.0.0.1:1", IssuerTrust::default(), Client::new()));
        let now = Instant::now();
        // A fetch for an unknown `kid` has been requested and hasn't finished.
        let pending = UnknownFetch { started: now, fetches: 0, kid: "other".into() };
        *issuer.state() = IssuerState { unknown: Some(pending), ..with_keys(now, Duration::ZERO) };
        assert_eq!(issuer.keys(Some("new")).await.err(), Some(KeysMissing::Unreachable));
        assert_eq!(issuer.state().fetches, 1);
        // The fetch has finished. Within `UNKNOWN_KID_INTERVAL` an unknown `kid` starts no other fetch. Unless the last
        // fetch failed, the fetched keys decide about the `kid` for which they were fetched, and about no other.
        issuer.state().failed = None;
        assert!(issuer.keys(Some("other")).await.is_ok());
        let Some(KeysMissing::UnknownKid(wait)) = issuer.keys(Some("new")).await.err() else {
            panic!("keys that were fetched for another `kid` decide about a new one");
        };
        assert!(wait <= UNKNOWN_KID_INTERVAL, "{wait:?}");
        assert_eq!(issuer.state().fetches, 1);
    }

    #[test]
    fn failed_issuer_is_not_fetched_again_until_the_retry_delay_has_passed() {
        let now = Instant::now() + STALE * 2;
        let after_failure =
            |age, state: IssuerState| IssuerState { failed: now.checked_sub(age), ..state }.refresh(now);
        assert_eq!(after_failure(Duration::ZERO, IssuerState::default()), Refresh::Failed);
        assert_eq!(after_failure(RETRY_DELAY, IssuerState::default()), Refresh::Now);
        assert_eq!(after_failure(Duration::ZERO, with_keys(now, FRESH)), Refresh::NotNeeded);
        assert_eq!(after_failure(Duration::ZERO, with_keys(now, STALE)), Refresh::Failed);
    }

    #[test]
    fn unknown_kid_starts_one_fetch_per_interval() {
        let now = Instant::now();
        let mut state = IssuerState::default();
        assert!(state.claim_unknown_fetch("one", now));
        let soon = now + UNKNOWN_KID_INTERVAL - Duration::from_millis(1);
        assert!(!state.claim_unknown_fetch("other", soon), "a second fetch started");
        assert_eq!(state.until_unknown_fetch(soon), Duration::from_millis(1));
        assert!(state.claim_unknown_fetch("one", soon), "the keys were fetched for this `kid`");
        assert!(state.claim_unknown_fetch("other", now + UNKNOWN_KID_INTERVAL));
    }

    #[tokio::test]
    async fn keep_fresh_fetches_once() {
        let Ok(listener) = tokio::net::TcpListener::bind("127.0.0.1:0").await else { panic!("no port") };
        let name = listener.local_addr().map(|address| format!("http://{address}")).unwrap_or_default();
        let Ok(client) = fetch::client() else { panic!("no client") };
        let issuer = Arc::new(Issuer::new(&name, IssuerTrust::default(), client));
        issuer.keep_fresh();
        assert!(listener.accept().await.is_ok(), "`keep_fresh` must connect to the issuer");
        let due = issuer.due.load(Ordering::Relaxed);
        issuer.keep_fresh();
        assert_eq!(issuer.due.load(Ordering::Relaxed), due, "a second call must not start another fetch");
        assert!(due > milliseconds(issuer.created.elapsed()));
    }
}
