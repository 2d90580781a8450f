//! Authenticates requests by the tokens of the configured issuers.

use std::{
    collections::BTreeSet,
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime},
};

use futures_util::future::BoxFuture;
use hyper::{HeaderMap, Uri};
use jsonwebtoken::crypto::aws_lc;
use mcp_tool_contract::digest::Digest;
use serde_json::Value;
use url::Url;

use mcp_tool_core::{
    call::token::InboundToken,
    ports::{Authenticated, Authentication, Authenticator, Denied, Revocations, TokenClaims as _},
    tool::ToolEntry,
};

use super::{
    bearer,
    cache::TokenCache,
    challenge,
    claims::{self, VerifiedToken},
    fetch,
    introspection::{self, Introspector},
    issuer::{Issuer, Unreachable},
    jwt::{Flaw, Jwt},
    metadata::Metadata,
    proof,
    settings::{OAuthSettings, TokenRules},
};

/// Time limit for the verification of a token.
const DEADLINE: Duration = Duration::from_secs(10);

/// OAuth 2.1 resource server: verifies the tokens of the configured issuers.
pub struct ResourceServer {
    pub(crate) resource: Url,
    issuers: Vec<Arc<Issuer>>,
    introspector: Option<Introspector>,
    rules: TokenRules,
    revocations: Option<Arc<dyn Revocations>>,
    /// [`Revocations::generation`] for which the cache was last cleared. The generation grows when the operator revokes
    /// tokens. A new generation clears the cache, so that every token is verified again.
    generation: AtomicU64,
    tokens: TokenCache,
    metadata: Metadata,
    /// Scopes that a client should request for its first token: the scopes that read-only tools require.
    first_scopes: Vec<String>,
}

impl ResourceServer {
    /// Creates a resource server. Challenges and metadata name the scopes of `tools`. `name` is the resource's name in
    /// the metadata, and `path` is the path of the MCP endpoint.
    ///
    /// # Errors
    /// A missing or invalid setting.
    pub fn new(
        settings: &OAuthSettings,
        tools: &[ToolEntry],
        name: &str,
        path: &str,
    ) -> Result<Self, String> {
        // Selects the backend, because `jsonwebtoken` has no default if another crate enables a second backend.
        let _ = aws_lc::DEFAULT_PROVIDER.install_default();
        if settings.issuers.is_empty() {
            return Err(
                "oauth.issuers is missing: set it to the authorization servers whose tokens are accepted"
                    .into(),
            );
        }
        let resource = resource_of(settings)?;
        let client =
            fetch::client().map_err(|error| format!("oauth: the HTTP client can't be created: {error}"))?;
        let mut issuers: Vec<Arc<Issuer>> = Vec::new();
        for name in &settings.issuers {
            let url = fetch::trusted_url(name).map_err(|reason| format!("oauth.issuers: {reason}"))?;
            if url.query().is_some() || issuers.iter().any(|other| *other.name == **name) {
                return Err(format!("oauth.issuers: {name:?} must have no query and appear once"));
            }
            issuers.push(Arc::new(Issuer::new(name, settings.typ_jwt.contains(name), client.clone())));
        }
        let find = |name: &str, key: &str| {
            let found = issuers.iter().find(|issuer| &*issuer.name == name).cloned();
            found.ok_or_else(|| format!("{key}: {name:?} must be one of oauth.issuers"))
        };
        for name in &settings.typ_jwt {
            find(name, "oauth.typ_jwt")?;
        }
        let introspector = match settings.introspection.as_slice() {
            [] => None,
            [only] => Some(Introspector::new(find(&only.issuer, "oauth.introspection")?, only)?),
            [..] => {
                return Err("oauth.introspection: must be one issuer. An opaque token doesn't name its issuer, and would \
                            be sent to issuers that could use it"
                    .into());
            }
        };
        // Scopes that the tools require: of all tools, or of only the read-only tools.
        let scopes = |only_read_only: bool| -> BTreeSet<&'static str> {
            let contracts = tools.iter().map(ToolEntry::contract);
            let contracts = contracts.filter(|contract| !only_read_only || contract.hints().read_only());
            contracts.flat_map(|contract| contract.required_scopes()).collect()
        };
        let all: Vec<&str> = scopes(false).into_iter().collect();
        let metadata =
            Metadata::new(&resource, &settings.rules.audience, path, &settings.issuers, &all, name);
        Ok(ResourceServer {
            resource,
            issuers,
            introspector,
            rules: settings.rules.clone(),
            revocations: None,
            generation: AtomicU64::new(0),
            tokens: TokenCache::new(),
            metadata,
            first_scopes: scopes(true).into_iter().map(str::to_owned).collect(),
        })
    }

    /// Returns the name of each issuer with the number of its keys, which are fetched if needed. The number is `None`
    /// for an unreachable issuer.
    // Boxed, so that the code of the HTTP client is compiled in this crate and not in each crate that awaits the
    // future.
    pub fn issuer_keys(&self) -> BoxFuture<'_, Vec<(Arc<str>, Option<usize>)>> {
        Box::pin(async {
            let mut found = Vec::with_capacity(self.issuers.len());
            for issuer in &self.issuers {
                let keys = issuer.keys(None).await.ok();
                found.push((Arc::clone(&issuer.name), keys.map(|keys| keys.len())));
            }
            found
        })
    }

    /// Returns the caller together with the token, or a refusal if the token was revoked.
    fn accept(&self, verified: Arc<VerifiedToken>, token: InboundToken) -> Result<Authenticated, Denied> {
        let caller = verified.caller.clone();
        let issued = verified.issued();
        if self.revocations.as_ref().is_some_and(|revocations| revocations.is_revoked(&issued)) {
            return Err(Denied::Revoked(Box::new(caller)));
        }
        Ok(Authenticated { caller, token, claims: verified })
    }

    /// Clears the cache if revocations have changed since the cache was last cleared.
    fn clear_if_revoked(&self) {
        let Some(revocations) = &self.revocations else { return };
        let current = revocations.generation();
        if self.generation.load(Ordering::Acquire) != current
            && self.generation.swap(current, Ordering::AcqRel) != current
        {
            self.tokens.clear();
        }
    }

    async fn verify(&self, token: &InboundToken, digest: Digest) -> Result<Arc<VerifiedToken>, Denied> {
        if Jwt::has_form(token.expose()) {
            self.verify_jwt(token, digest).await
        } else {
            self.introspect(token, digest).await
        }
    }

    /// Verifies a JWT. Caches the result only if the token is valid.
    async fn verify_jwt(&self, token: &InboundToken, digest: Digest) -> Result<Arc<VerifiedToken>, Denied> {
        let jwt = Jwt::read(token.expose()).map_err(Denied::Invalid)?;
        let issuer = self.issuer_of(&jwt).map_err(Denied::Invalid)?;
        // Read before the keys. If the keys change in between, the cached result has an old generation and isn't used.
        let generation = issuer.generation();
        let keys = issuer.keys(jwt.kid.as_deref()).await.map_err(|Unreachable| Denied::Unreachable)?;
        let now = claims::unix_seconds(SystemTime::now());
        let verified = proof::verify(&jwt, &keys, &issuer.name, &self.rules, now).map_err(Denied::Invalid)?;
        let verified = Arc::new(verified);
        self.tokens.put(digest, Ok(Arc::clone(&verified)), verified.until, (issuer, generation));
        Ok(verified)
    }

    /// Returns the configured issuer that the token's `iss` names. Fails for another issuer, and for a `typ` that isn't
    /// allowed for this issuer.
    fn issuer_of(&self, jwt: &Jwt<'_>) -> Result<&Arc<Issuer>, Flaw> {
        let Some(Value::String(named)) = jwt.claims.get("iss") else { return Err("iss_missing") };
        let issuer = self.issuers.iter().find(|issuer| *issuer.name == **named).ok_or("iss_of_another")?;
        proof::is_access_token(jwt, issuer.typ_jwt).map(|()| issuer)
    }

    /// Introspects an opaque token, and caches the result, also a refusal. Fails if no issuer is configured for
    /// introspection.
    async fn introspect(&self, token: &InboundToken, digest: Digest) -> Result<Arc<VerifiedToken>, Denied> {
        let Some(introspector) = &self.introspector else { return Err(Denied::Invalid("not_a_jwt")) };
        let _permit = introspector.permit(&digest).await.map_err(|Unreachable| Denied::Unreachable)?;
        // While a request has a permit, no other request introspects the same token. Another request may have done so
        // while this request waited for its permit.
        if let Some(verdict) = self.tokens.get(&digest, SystemTime::now()) {
            return verdict.map_err(Denied::Invalid);
        }
        let response = introspector.introspect(token).await.map_err(|Unreachable| Denied::Unreachable)?;
        let now = SystemTime::now();
        let issuer = &introspector.issuer;
        let longest = introspection::MAX_CACHED_SECONDS;
        let verdict = self
            .rules
            .judge_introspected(&response, &issuer.name, claims::unix_seconds(now), longest)
            .map(Arc::new);
        let until = match &verdict {
            Ok(verified) => verified.until,
            Err(_) => now + Duration::from_secs_f64(longest),
        };
        self.tokens.put(digest, verdict.clone(), until, (issuer, issuer.generation()));
        verdict.map_err(Denied::Invalid)
    }
}

impl Authenticator for ResourceServer {
    fn authenticate<'a>(&'a self, uri: &'a Uri, headers: &mut HeaderMap) -> Authentication<'a> {
        let token = match bearer::take(uri, headers) {
            Ok(token) => token,
            Err(denied) => return Authentication::Ready(Err(denied)),
        };
        let digest = token.digest();
        self.clear_if_revoked();
        if let Some(verdict) = self.tokens.get(&digest, SystemTime::now()) {
            let accepted = verdict.map_err(Denied::Invalid);
            return Authentication::Ready(accepted.and_then(|verified| self.accept(verified, token)));
        }
        Authentication::Pending(Box::pin(async move {
            match tokio::time::timeout(DEADLINE, self.verify(&token, digest)).await {
                Ok(verdict) => self.accept(verdict?, token),
                Err(_) => Err(Denied::Unreachable),
            }
        }))
    }

    fn apply(&mut self, revocations: Arc<dyn Revocations>) {
        self.revocations = Some(revocations);
    }

    fn host(&self) -> String {
        let host = self.resource.host_str().unwrap_or_default();
        self.resource.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }

    fn challenge(&self, denied: &Denied) -> Option<String> {
        challenge::denied(denied, &self.metadata.url, &self.first_scopes)
    }

    fn insufficient_scope(&self, scopes: &str) -> String {
        challenge::insufficient_scope(&self.metadata.url, scopes)
    }

    fn metadata(&self, path: &str) -> Option<&str> {
        self.metadata.is_at(path).then_some(&*self.metadata.document)
    }
}

/// Parses the setting `oauth.resource`, which is also the audience of all tokens.
fn resource_of(settings: &OAuthSettings) -> Result<Url, String> {
    let resource = &settings.rules.audience;
    if resource.is_empty() {
        return Err(
            "oauth.resource is missing: set it to the URL by which clients reach this server, such as \
                    https://mcp.example.com/mcp"
                .into(),
        );
    }
    let url = fetch::trusted_url(resource).map_err(|reason| format!("oauth.resource: {reason}"))?;
    match url.query() {
        None => Ok(url),
        Some(_) => Err(format!("oauth.resource: {resource:?} must have no query")),
    }
}

impl fmt::Debug for ResourceServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let issuers = self.issuers.iter().map(|issuer| &*issuer.name);
        write!(f, "{} for tokens of ", self.resource)?;
        f.debug_list().entries(issuers).finish()
    }
}
