//! An issuer: its metadata (RFC 8414, OpenID Connect Discovery) and its keys, fetched when they are needed, and
//! kept as long as they may be.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use reqwest::Client;
use serde_json::Value;
use url::Url;

use super::{
    fetch::{self, Failed},
    keys::KeySet,
    strict,
};

/// How long keys are taken for the current ones.
const FRESH: Duration = Duration::from_secs(300);
/// How long they serve while the issuer can't be asked.
const STALE: Duration = Duration::from_secs(3_600);
/// How often a key that isn't there makes the issuer be asked.
const UNKNOWN: Duration = Duration::from_secs(30);
/// How soon an issuer that failed is asked again.
const AGAIN: Duration = Duration::from_secs(2);

/// The issuer can't be asked, and nothing that is known of it may serve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unreachable;

/// One of the issuers whose tokens are taken.
pub(crate) struct Issuer {
    pub(crate) name: Arc<str>,
    /// Whether its access tokens may say `JWT`.
    pub(crate) typ_jwt: bool,
    pub(crate) client: Client,
    state: Mutex<State>,
    fetching: tokio::sync::Mutex<()>,
    generation: AtomicU64,
    /// When it is asked next although no token needs it, in milliseconds after `born`.
    due: AtomicU64,
    born: Instant,
}

/// What its metadata says.
#[derive(Debug)]
pub(crate) struct Document {
    /// None for one whose tokens are all opaque.
    jwks: Option<Url>,
    pub(crate) introspection: Option<Url>,
}

/// What is known of it, and since when.
#[derive(Clone, Default)]
struct State {
    document: Option<(Arc<Document>, Instant)>,
    keys: Option<(Arc<KeySet>, Instant)>,
    /// The text of the keys, by which a change is seen.
    text: Arc<Vec<u8>>,
    failed: Option<Instant>,
    /// When a key that isn't there made it be asked, and after how many fetches.
    unknown: Option<(Instant, u64)>,
    /// Fetches that ended, so that who waited for one doesn't begin another.
    fetches: u64,
}

/// Whether the issuer has to be asked before what is known may serve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Need {
    Nothing,
    /// In the background.
    Soon,
    Now,
    /// Now; and it has just failed.
    Failed,
}

impl State {
    fn need(&self, now: Instant) -> Need {
        let has_failed = self.failed.is_some_and(|failed| now.duration_since(failed) < AGAIN);
        match &self.keys {
            Some((_, at)) if now.duration_since(*at) < FRESH => Need::Nothing,
            Some((_, at)) if now.duration_since(*at) < STALE => {
                if has_failed {
                    Need::Nothing
                } else {
                    Need::Soon
                }
            }
            _ if has_failed => Need::Failed,
            _ => Need::Now,
        }
    }

    /// Whether a key that isn't there may make the issuer be asked; this time is the last for a while.
    fn may_ask_for_unknown(&mut self, now: Instant) -> bool {
        let may = self.unknown.is_none_or(|(asked, _)| now.duration_since(asked) >= UNKNOWN);
        if may {
            self.unknown = Some((now, self.fetches));
        }
        may
    }

    /// The fetch that a key which isn't there asked for, until it ended.
    fn asked_for(&self) -> Option<u64> {
        self.unknown.map(|(_, fetches)| fetches).filter(|fetches| *fetches == self.fetches)
    }
}

impl Issuer {
    pub(crate) fn new(name: &str, typ_jwt: bool, client: Client) -> Self {
        Issuer {
            name: name.into(),
            typ_jwt,
            client,
            state: Mutex::default(),
            fetching: tokio::sync::Mutex::default(),
            generation: AtomicU64::new(0),
            due: AtomicU64::new(0),
            born: Instant::now(),
        }
    }

    /// Grows when the keys change: what was verified by earlier ones is verified anew.
    pub(crate) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// Asks for the keys anew when they are old, though a remembered token needs none: one that was withdrawn is
    /// noticed by that.
    pub(crate) fn keep_fresh(self: &Arc<Self>) {
        let now = milliseconds(self.born.elapsed());
        let due = self.due.load(Ordering::Relaxed);
        let next = now + milliseconds(UNKNOWN);
        let is_ours =
            now >= due && self.due.compare_exchange(due, next, Ordering::Relaxed, Ordering::Relaxed).is_ok();
        if is_ours {
            let fetches = self.state().fetches;
            drop(tokio::spawn(Arc::clone(self).fetch(fetches)));
        }
    }

    /// The keys for a token that names that one.
    pub(crate) async fn keys(self: &Arc<Self>, kid: Option<&str>) -> Result<Arc<KeySet>, Unreachable> {
        let (mut need, fetches) = {
            let state = self.state();
            (state.need(Instant::now()), state.fetches)
        };
        match need {
            Need::Nothing => {}
            Need::Soon => drop(tokio::spawn(Arc::clone(self).fetch(fetches))),
            Need::Now => {
                self.fetched(fetches).await;
                need = self.state().need(Instant::now());
            }
            Need::Failed => {}
        }
        if matches!(need, Need::Now | Need::Failed) {
            return Err(Unreachable);
        }
        let known = |state: &State| state.keys.as_ref().map(|(keys, _)| Arc::clone(keys)).ok_or(Unreachable);
        let keys = known(&self.state())?;
        if kid.is_none_or(|kid| keys.has(kid)) {
            return Ok(keys);
        }
        let asked = {
            let mut state = self.state();
            // Who came while another asked sees what that one found.
            let newer = state.fetches != fetches
                && state.keys.as_ref().is_some_and(|(now, _)| !Arc::ptr_eq(now, &keys));
            if !newer {
                state.may_ask_for_unknown(Instant::now());
            }
            state.asked_for()
        };
        match asked {
            // Somebody else may have asked for it: whoever comes first fetches, and the others have waited.
            Some(fetches) => self.fetched(fetches).await,
            // One may be on its way for another reason.
            None => drop(self.fetching.lock().await),
        }
        let state = self.state();
        let keys = known(&state)?;
        // While the issuer doesn't answer, nobody can say that it hasn't that key.
        if state.failed.is_some() && !kid.is_none_or(|kid| keys.has(kid)) {
            return Err(Unreachable);
        }
        Ok(keys)
    }

    /// Its metadata.
    pub(crate) async fn document(self: &Arc<Self>) -> Result<Arc<Document>, Unreachable> {
        let known = |state: &State| state.document.as_ref().map(|(document, _)| Arc::clone(document));
        if let Some(document) = known(&self.state()) {
            return Ok(document);
        }
        drop(self.keys(None).await);
        known(&self.state()).ok_or(Unreachable)
    }

    /// Asks the issuer, in a task of its own: a caller that hangs up takes nobody else's answer with it.
    async fn fetched(self: &Arc<Self>, fetches: u64) {
        drop(tokio::spawn(Arc::clone(self).fetch(fetches)).await);
    }

    /// Asks for metadata and keys, one at a time, unless somebody did since.
    async fn fetch(self: Arc<Self>, fetches: u64) {
        let _alone = self.fetching.lock().await;
        let document = {
            let state = self.state();
            if state.fetches != fetches {
                return;
            }
            state.document.clone().filter(|(_, at)| at.elapsed() < STALE && state.failed.is_none())
        };
        let fetched = self.ask(document.map(|(document, _)| document)).await;
        let mut state = self.state();
        state.fetches += 1;
        match fetched {
            Ok((document, keys, text)) => {
                let now = Instant::now();
                if state.failed.take().is_some() {
                    tracing::info!(issuer = &*self.name, "the issuer answers again");
                }
                if state.document.as_ref().is_none_or(|(known, _)| !Arc::ptr_eq(known, &document)) {
                    state.document = Some((document, now));
                }
                self.due.store(milliseconds(self.born.elapsed() + FRESH), Ordering::Relaxed);
                state.keys = Some((Arc::new(keys), now));
                if *state.text != text {
                    state.text = Arc::new(text);
                    self.generation.fetch_add(1, Ordering::Release);
                }
            }
            Err(reason) => {
                let reason = match reason {
                    Failed::NotFound => "its metadata isn't there".to_owned(),
                    Failed::Unusable(reason) => reason,
                };
                if state.failed.replace(Instant::now()).is_none() {
                    tracing::error!(issuer = &*self.name, reason, "the issuer can't be asked");
                }
            }
        }
    }

    async fn ask(&self, document: Option<Arc<Document>>) -> Result<(Arc<Document>, KeySet, Vec<u8>), Failed> {
        let document = match document {
            Some(document) => document,
            None => Arc::new(self.discover().await?),
        };
        let Some(jwks) = &document.jwks else { return Ok((document, KeySet::default(), Vec::new())) };
        let text = fetch::answer(self.client.get(jwks.clone())).await.map_err(|failed| match failed {
            Failed::NotFound => Failed::Unusable("its key set isn't there".into()),
            Failed::Unusable(_) => failed,
        })?;
        let keys = KeySet::read(&text).map_err(|reason| format!("its key set can't be used: {reason}"))?;
        Ok((document, keys, text))
    }

    async fn discover(&self) -> Result<Document, Failed> {
        for place in places(&self.name)? {
            match fetch::answer(self.client.get(place)).await {
                Ok(text) => return Ok(self.read(&text)?),
                Err(Failed::NotFound) => {}
                Err(failed) => return Err(failed),
            }
        }
        Err(Failed::NotFound)
    }

    fn read(&self, text: &[u8]) -> Result<Document, String> {
        let metadata =
            strict::object(text).map_err(|reason| format!("its metadata can't be used: {reason}"))?;
        let member = |name: &str| metadata.get(name).and_then(Value::as_str);
        if member("issuer") != Some(&self.name) {
            return Err("its metadata is another issuer's (RFC 8414 §3.3)".into());
        }
        let jwks = member("jwks_uri").map(fetch::trusted_url).transpose()?;
        let introspection = member("introspection_endpoint").map(fetch::trusted_url).transpose()?;
        if jwks.is_none() && introspection.is_none() {
            return Err("its metadata has neither `jwks_uri` nor `introspection_endpoint`".into());
        }
        Ok(Document { jwks, introspection })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// Where an issuer's metadata may be (RFC 8414 §3.1, §5; OpenID Connect Discovery §4.1).
fn places(issuer: &str) -> Result<Vec<Url>, String> {
    let url = fetch::trusted_url(issuer)?;
    let path = url.path().trim_end_matches('/').to_owned();
    let at = |path: &str| {
        let mut place = url.clone();
        place.set_path(path);
        place.set_query(None);
        place
    };
    let mut places = vec![
        at(&format!("/.well-known/oauth-authorization-server{path}")),
        at(&format!("/.well-known/openid-configuration{path}")),
    ];
    if !path.is_empty() {
        places.push(at(&format!("{path}/.well-known/openid-configuration")));
    }
    Ok(places)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(now: Instant, age: Duration) -> State {
        State { keys: now.checked_sub(age).map(|at| (Arc::default(), at)), ..State::default() }
    }

    #[test]
    fn keys_are_fresh_for_minutes_and_serve_for_an_hour_at_most() {
        let now = Instant::now() + STALE * 2;
        assert_eq!(State::default().need(now), Need::Now);
        assert_eq!(held(now, FRESH - Duration::from_secs(1)).need(now), Need::Nothing);
        assert_eq!(held(now, FRESH).need(now), Need::Soon);
        assert_eq!(held(now, STALE - Duration::from_secs(1)).need(now), Need::Soon);
        assert_eq!(held(now, STALE).need(now), Need::Now);
    }

    #[tokio::test]
    async fn a_fetch_that_somebody_asked_for_and_that_has_not_begun_is_waited_for() {
        // Nobody answers there, which shows that it was asked.
        let issuer = Arc::new(Issuer::new("http://127.0.0.1:1", false, Client::new()));
        let now = Instant::now();
        *issuer.state() = State { unknown: Some((now, 0)), ..held(now, Duration::ZERO) };
        assert_eq!(issuer.keys(Some("new")).await.err(), Some(Unreachable));
        assert_eq!(issuer.state().fetches, 1);
        // It has ended, and there is no other for a while.
        issuer.state().failed = None;
        assert!(issuer.keys(Some("new")).await.is_ok());
        assert_eq!(issuer.state().fetches, 1);
    }

    #[test]
    fn an_issuer_that_failed_is_left_alone_for_a_moment() {
        let now = Instant::now() + STALE * 2;
        let failed = |age, state: State| State { failed: now.checked_sub(age), ..state }.need(now);
        assert_eq!(failed(Duration::ZERO, State::default()), Need::Failed);
        assert_eq!(failed(AGAIN, State::default()), Need::Now);
        assert_eq!(failed(Duration::ZERO, held(now, FRESH)), Need::Nothing);
        assert_eq!(failed(Duration::ZERO, held(now, STALE)), Need::Failed);
    }

    #[test]
    fn an_unknown_key_is_asked_for_once_in_a_while() {
        let now = Instant::now();
        let mut state = State::default();
        assert!(state.may_ask_for_unknown(now));
        assert!(!state.may_ask_for_unknown(now + UNKNOWN - Duration::from_millis(1)));
        assert!(state.may_ask_for_unknown(now + UNKNOWN));
    }

    #[tokio::test]
    async fn an_issuer_whose_tokens_are_only_remembered_is_asked_all_the_same() {
        let Ok(listener) = tokio::net::TcpListener::bind("127.0.0.1:0").await else { panic!("no port") };
        let name = listener.local_addr().map(|address| format!("http://{address}")).unwrap_or_default();
        let Ok(client) = fetch::client() else { panic!("no client") };
        let issuer = Arc::new(Issuer::new(&name, false, client));
        issuer.keep_fresh();
        assert!(listener.accept().await.is_ok(), "it is asked");
        let due = issuer.due.load(Ordering::Relaxed);
        issuer.keep_fresh();
        assert_eq!(issuer.due.load(Ordering::Relaxed), due, "and not again for a while");
        assert!(due > milliseconds(issuer.born.elapsed()));
    }

    #[test]
    fn metadata_is_looked_for_where_the_standards_put_it() {
        let paths = |issuer| -> Vec<String> {
            places(issuer).unwrap_or_default().iter().map(|place| place.path().to_owned()).collect()
        };
        assert_eq!(
            paths("https://as.example/"),
            ["/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"]
        );
        assert_eq!(
            paths("https://as.example/one/"),
            [
                "/.well-known/oauth-authorization-server/one",
                "/.well-known/openid-configuration/one",
                "/one/.well-known/openid-configuration"
            ]
        );
        assert!(paths("http://as.example").is_empty());
    }
}
