//! Introspection of opaque tokens at their issuer (RFC 7662).

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use mcp_tool_contract::digest::Digest;
use url::form_urlencoded;

use mcp_tool_core::{call::token::InboundToken, redaction::shown_path};

use crate::{basic, secret::SecretFile};

use super::{
    fetch::{self, FetchError},
    issuer::{Issuer, Unreachable},
    settings::IntrospectionSettings,
    strict,
};

/// Number of locks in `Introspector::slots`, which is also the maximum number of introspection requests at the same
/// time.
const SLOTS: usize = 64;
/// Maximum number of incoming requests that wait for permission to introspect or for an introspection response.
const MAX_QUEUED: usize = 1_024;
/// Maximum time that a response is cached, in seconds.
pub(crate) const MAX_CACHED_SECONDS: f64 = 30.0;

/// Client of an issuer's introspection endpoint.
pub(crate) struct Introspector {
    pub(crate) issuer: Arc<Issuer>,
    settings: IntrospectionSettings,
    secret: SecretFile,
    /// `true` after a failure was logged, until an introspection succeeds.
    failing: AtomicBool,
    /// Number of incoming requests that have or wait for a permit.
    queued: AtomicUsize,
    /// A request holds one of these locks while it introspects a token. The first byte of the token's digest selects
    /// the lock, so no two requests introspect the same token at the same time.
    slots: Vec<tokio::sync::Mutex<()>>,
}

/// Permission to introspect a token. Requests whose tokens select the same lock wait until the permit is dropped.
pub(crate) struct IntrospectionPermit<'a> {
    _slot: tokio::sync::MutexGuard<'a, ()>,
    _queued: QueueGuard<'a>,
}

/// Subtracts 1 from `Introspector::queued` when it is dropped.
struct QueueGuard<'a>(&'a AtomicUsize);

impl Drop for QueueGuard<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Introspector {
    /// Creates the client, and reads the secret file once, to find errors early.
    ///
    /// # Errors
    /// The file can't be read.
    pub(crate) fn new(issuer: Arc<Issuer>, settings: &IntrospectionSettings) -> Result<Self, String> {
        let secret = SecretFile::open(&settings.secret_file).map_err(|error| {
            format!("oauth.introspection: {}: {error}", shown_path(&settings.secret_file))
        })?;
        Ok(Introspector {
            issuer,
            settings: settings.clone(),
            secret,
            failing: AtomicBool::new(false),
            queued: AtomicUsize::new(0),
            slots: std::iter::repeat_with(Default::default).take(SLOTS).collect(),
        })
    }

    /// Waits for permission to introspect a token. Fails if the queue is full, so that a flood of invalid tokens has a
    /// bounded cost.
    pub(crate) async fn permit(&self, token: &Digest) -> Result<IntrospectionPermit<'_>, Unreachable> {
        let queued = QueueGuard(&self.queued);
        if self.queued.fetch_add(1, Ordering::Relaxed) >= MAX_QUEUED {
            return Err(Unreachable);
        }
        let slot = self.slots.get(usize::from(token.bytes()[0]) % SLOTS).ok_or(Unreachable)?;
        Ok(IntrospectionPermit { _slot: slot.lock().await, _queued: queued })
    }

    /// Introspects a token at the issuer. Returns the response without validating its claims.
    pub(crate) async fn introspect(
        &self,
        token: &InboundToken,
    ) -> Result<serde_json::Map<String, serde_json::Value>, Unreachable> {
        let failed = |reason: String| {
            // Of consecutive failures, only the first is logged.
            if !self.failing.swap(true, Ordering::Relaxed) {
                tracing::error!(issuer = &*self.issuer.name, reason, "tokens can't be introspected");
            }
            Unreachable
        };
        let metadata = self.issuer.metadata().await?;
        let Some(endpoint) = metadata.introspection.clone() else {
            return Err(failed("its metadata has no `introspection_endpoint`".into()));
        };
        let secret = self
            .secret
            .read()
            .await
            .map_err(|error| failed(format!("{}: {error}", self.settings.secret_file.display())))?;
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("token", token.expose())
            .append_pair("token_type_hint", "access_token")
            .finish();
        let authorization = basic::authorization(&self.settings.client, &secret)
            .map_err(|error| failed(format!("its client id or secret can't be sent: {error}")))?;
        let request = self
            .issuer
            .client
            .post(endpoint)
            .header("authorization", authorization)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form);
        let response = fetch::body(request).await.map_err(|error| match error {
            FetchError::NotFound => {
                failed("it refuses the client id or secret of this server, or has no introspection".into())
            }
            FetchError::Unusable(reason) | FetchError::Failed(reason) => failed(reason),
        })?;
        let response = strict::object(&response).map_err(failed)?;
        if self.failing.swap(false, Ordering::Relaxed) {
            tracing::info!(issuer = &*self.issuer.name, "the issuer introspects tokens again");
        }
        Ok(response)
    }
}
