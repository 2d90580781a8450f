//! Opaque tokens, which only their issuer can read (RFC 7662).

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use mcp_tool_contract::digest::Digest;
use url::form_urlencoded;

use mcp_tool_core::call::token::InboundToken;

use crate::secret::SecretFile;

use super::{
    fetch::{self, Failed},
    issuer::{Issuer, Unreachable},
    settings::Introspection,
    strict,
};

/// Questions to the issuer at one time.
const PLACES: usize = 64;
/// Those that wait for their turn, and those that are asked.
const WAITING: usize = 1_024;
/// The longest that an answer counts.
pub(crate) const LONGEST: f64 = 30.0;

/// An issuer that is asked.
pub(crate) struct Asking {
    pub(crate) issuer: Arc<Issuer>,
    by: Introspection,
    secret: SecretFile,
    failing: AtomicBool,
    waiting: AtomicUsize,
    /// One question about a token at a time, by a digit of its digest.
    places: Vec<tokio::sync::Mutex<()>>,
}

/// The right to ask about a token, after whoever asks about it already.
pub(crate) struct Turn<'a> {
    _place: tokio::sync::MutexGuard<'a, ()>,
    _waiting: Waiting<'a>,
}

struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Asking {
    /// # Errors
    /// Where the secret can't be read.
    pub(crate) fn new(issuer: Arc<Issuer>, by: &Introspection) -> Result<Self, String> {
        let secret = SecretFile::open(&by.secret_file)
            .map_err(|error| format!("oauth.introspection: {}: {error}", by.secret_file.display()))?;
        Ok(Asking {
            issuer,
            by: by.clone(),
            secret,
            failing: AtomicBool::new(false),
            waiting: AtomicUsize::new(0),
            places: std::iter::repeat_with(Default::default).take(PLACES).collect(),
        })
    }

    /// Waits for a turn; none where as many wait as may, so that nonsense from strangers takes no more than that.
    pub(crate) async fn turn(&self, token: &Digest) -> Result<Turn<'_>, Unreachable> {
        let waiting = Waiting(&self.waiting);
        if self.waiting.fetch_add(1, Ordering::Relaxed) >= WAITING {
            return Err(Unreachable);
        }
        let place = self.places.get(usize::from(token.bytes()[0]) % PLACES).ok_or(Unreachable)?;
        Ok(Turn { _place: place.lock().await, _waiting: waiting })
    }

    /// What the issuer says of the token.
    pub(crate) async fn ask(
        &self,
        token: &InboundToken,
    ) -> Result<serde_json::Map<String, serde_json::Value>, Unreachable> {
        let failed = |reason: String| {
            // Once, however many ask.
            if !self.failing.swap(true, Ordering::Relaxed) {
                tracing::error!(issuer = &*self.issuer.name, reason, "tokens can't be introspected");
            }
            Unreachable
        };
        let document = self.issuer.document().await?;
        let Some(endpoint) = document.introspection.clone() else {
            return Err(failed("its metadata has no `introspection_endpoint`".into()));
        };
        let secret = self
            .secret
            .read()
            .map_err(|error| failed(format!("{}: {error}", self.by.secret_file.display())))?;
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("token", token.expose())
            .append_pair("token_type_hint", "access_token")
            .finish();
        // Both parts are form-encoded before they are joined (RFC 6749 §2.3.1).
        let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let request = self
            .issuer
            .client
            .post(endpoint)
            .basic_auth(encoded(&self.by.client), Some(encoded(secret.expose())))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form);
        let answer = fetch::answer(request).await.map_err(|error| match error {
            Failed::NotFound => {
                failed("it refuses this server's client id or secret, or has no introspection".into())
            }
            Failed::Unusable(reason) => failed(reason),
        })?;
        let answer = strict::object(&answer).map_err(failed)?;
        if self.failing.swap(false, Ordering::Relaxed) {
            tracing::info!(issuer = &*self.issuer.name, "tokens are introspected again");
        }
        Ok(answer)
    }
}
