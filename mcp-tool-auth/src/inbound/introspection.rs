//! Introspection of opaque tokens at their issuer (RFC 7662).

use std::{
    hash::{BuildHasher as _, RandomState},
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use mcp_tool_contract::digest::Digest;
use url::form_urlencoded;

use mcp_tool_core::{
    address_shares::{AddressPermit, AddressShares},
    call::token::InboundToken,
    redaction::shown_path,
};

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
/// Maximum number of these requests from one network address, so that a client that sends invented tokens doesn't keep
/// others waiting.
const MAX_QUEUED_OF_ADDRESS: usize = 128;
/// Maximum time that a response is cached, in seconds.
pub(crate) const MAX_CACHED_SECONDS: f64 = 30.0;

/// Client of an issuer's introspection endpoint.
pub(crate) struct Introspector {
    pub(crate) issuer: Arc<Issuer>,
    settings: IntrospectionSettings,
    secret: SecretFile,
    /// `true` after a failure was logged, until an introspection succeeds.
    failing: AtomicBool,
    /// Counts the incoming requests that have or wait for a permit.
    queued: AddressShares,
    /// A request holds one of these locks while it introspects a token. A hash of the token's digest selects the lock,
    /// so no two requests introspect the same token at the same time.
    slots: Vec<tokio::sync::Mutex<()>>,
    /// Has a random key, so that a client can't choose tokens that all select the same lock.
    slot_hasher: RandomState,
}

/// Permission to introspect a token. Requests whose tokens select the same lock wait until the permit is dropped.
pub(crate) struct IntrospectionPermit<'a> {
    _slot: tokio::sync::MutexGuard<'a, ()>,
    _queued: AddressPermit,
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
            queued: AddressShares::new(MAX_QUEUED, MAX_QUEUED_OF_ADDRESS),
            slots: std::iter::repeat_with(Default::default).take(SLOTS).collect(),
            slot_hasher: RandomState::new(),
        })
    }

    /// Waits for permission to introspect a token that `remote` sent. Fails if the queue is full, or if `remote` has its
    /// share of the queue, so that a flood of invalid tokens has a bounded cost.
    pub(crate) async fn permit(
        &self,
        token: &Digest,
        remote: IpAddr,
    ) -> Result<IntrospectionPermit<'_>, Unreachable> {
        let queued = self.queued.permit(remote).ok_or(Unreachable)?;
        let slot = self.slot_hasher.hash_one(token.bytes()) % SLOTS as u64;
        let slot = usize::try_from(slot).ok().and_then(|slot| self.slots.get(slot)).ok_or(Unreachable)?;
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

#[cfg(test)]
mod tests {
    use super::{super::trust::IssuerTrust, *};

    /// Returns an introspector whose secret file exists only for the duration of this call.
    fn introspector() -> Result<Introspector, String> {
        let client = fetch::client().map_err(|error| error.to_string())?;
        let issuer = Arc::new(Issuer::new("https://as.example", IssuerTrust::default(), client));
        let file = tempfile::NamedTempFile::new().map_err(|error| error.to_string())?;
        std::fs::write(file.path(), "secret").map_err(|error| error.to_string())?;
        let settings = IntrospectionSettings {
            issuer: "https://as.example".into(),
            client: "server".into(),
            secret_file: file.path().to_owned(),
        };
        Introspector::new(issuer, &settings)
    }

    /// Polls a request for a permit once. Returns `None` if the request waits in the queue.
    fn poll<T>(request: &mut std::pin::Pin<Box<impl Future<Output = T>>>) -> Option<T> {
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        match request.as_mut().poll(&mut context) {
            std::task::Poll::Ready(permit) => Some(permit),
            std::task::Poll::Pending => None,
        }
    }

    #[test]
    fn one_address_has_a_share_of_the_queue() {
        let Ok(introspector) = introspector() else { panic!("no introspector") };
        let tokens: Vec<_> = (0..=MAX_QUEUED).map(|number| Digest::of_bytes(&number.to_le_bytes())).collect();
        let (eve, ann) = (IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2]));
        let mut queued = Vec::new();
        for token in tokens.iter().take(MAX_QUEUED_OF_ADDRESS) {
            let mut request = Box::pin(introspector.permit(token, eve));
            let permit = poll(&mut request);
            assert!(!matches!(permit, Some(Err(_))), "a request within the share was refused");
            queued.push((request, permit));
        }
        let mut refused = Box::pin(introspector.permit(&tokens[MAX_QUEUED], eve));
        assert!(matches!(poll(&mut refused), Some(Err(Unreachable))), "an address exceeds its share");
        let mut other = Box::pin(introspector.permit(&tokens[MAX_QUEUED], ann));
        assert!(!matches!(poll(&mut other), Some(Err(_))), "another address was refused");
        queued.clear();
        let mut again = Box::pin(introspector.permit(&tokens[MAX_QUEUED], eve));
        assert!(!matches!(poll(&mut again), Some(Err(_))), "ended requests still count");
    }

    #[test]
    fn client_cannot_choose_the_lock_of_its_tokens() {
        let (Ok(one), Ok(other)) = (introspector(), introspector()) else { panic!("no introspector") };
        let locks = |introspector: &Introspector| -> Vec<u64> {
            (0..64_u8).map(|token| introspector.slot_hasher.hash_one(token) % SLOTS as u64).collect()
        };
        assert_ne!(locks(&one), locks(&other), "the locks of tokens can be computed by a client");
    }
}
