//! Authenticates requests by the tokens of the configured issuers.

use std::{
    collections::BTreeSet,
    fmt,
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant, SystemTime},
};

use hyper::{HeaderMap, Uri};
use jsonwebtoken::crypto::aws_lc;
use mcp_tool_contract::digest::Digest;
use serde_json::Value;
use url::Url;

use mcp_tool_core::{
    call::token::InboundToken,
    ports::{Authenticated, Authentication, Authenticator, Denied, Revocations, TokenClaims as _},
    redaction::excerpt,
    tool::ToolEntry,
};

use super::{
    advice::{self, AdviceLog},
    bearer,
    cache::TokenCache,
    challenge,
    claims::{self, VerifiedToken},
    discovery::differs_in_last_slash,
    fetch,
    introspection::{self, Introspector},
    issuer::{Issuer, KeysMissing, Unreachable},
    issuer_settings,
    jwt::{Flaw, Jwt, Typ},
    metadata::Metadata,
    proof,
    settings::OAuthSettings,
    trust::IssuerTrust,
};

/// Time limit for the verification of a token.
const DEADLINE: Duration = Duration::from_secs(10);

/// OAuth 2.1 resource server: verifies the tokens of the configured issuers.
pub struct ResourceServer {
    pub(crate) resource: Url,
    pub(super) issuers: Vec<Arc<Issuer>>,
    pub(super) introspector: Option<Introspector>,
    /// Log lines about tokens of unknown issuers.
    advised: AdviceLog,
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
        let resource = resource_of(settings)?;
        let client =
            fetch::client().map_err(|error| format!("oauth: the HTTP client can't be created: {error}"))?;
        let issuers = trusted_issuers(settings, &client)?;
        if issuers.is_empty() {
            return Err("oauth.issuers is missing: set it to the authorization servers whose tokens are accepted, or add a \
                        section [issuer.NAME] for each"
                .into());
        }
        let find = |name: &str, key: &str| {
            let found = issuers.iter().find(|issuer| &*issuer.name == name).cloned();
            found.ok_or_else(|| {
                // A URL may contain a password.
                let shown =
                    Url::parse(name).map_or_else(|_| "the issuer".to_owned(), |url| fetch::shown(&url));
                format!("{key}: {shown} must be one of oauth.issuers or of the sections [issuer.NAME]")
            })
        };
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
        let urls: Vec<&str> = settings.issuer_urls().collect();
        let metadata = Metadata::new(&resource, &settings.rules.audience, path, &urls, &all, name);
        Ok(ResourceServer {
            resource,
            issuers,
            introspector,
            advised: AdviceLog::default(),
            revocations: None,
            generation: AtomicU64::new(0),
            tokens: TokenCache::new(),
            metadata,
            first_scopes: scopes(true).into_iter().map(str::to_owned).collect(),
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

    async fn verify(
        &self,
        token: &InboundToken,
        digest: Digest,
        remote: IpAddr,
    ) -> Result<Arc<VerifiedToken>, Denied> {
        if Jwt::has_form(token.expose()) {
            self.verify_jwt(token, digest).await
        } else {
            self.introspect(token, digest, remote).await
        }
    }

    /// Verifies a JWT. Caches the result only if the token is valid.
    async fn verify_jwt(&self, token: &InboundToken, digest: Digest) -> Result<Arc<VerifiedToken>, Denied> {
        let jwt = Jwt::read(token.expose()).map_err(Denied::Invalid)?;
        let issuer = self.issuer_of(&jwt).map_err(Denied::Invalid)?;
        // Read before the keys. If the keys change in between, the cached result has an old generation and isn't used.
        let generation = issuer.generation();
        let keys = issuer.keys(jwt.kid.as_deref()).await.map_err(|missing| match missing {
            KeysMissing::Unreachable => Denied::Unreachable,
            KeysMissing::UnknownKid(wait) => Denied::UnknownKey { retry_after: wait },
        })?;
        proof::verify_signature(&jwt, &keys).map_err(Denied::Invalid)?;
        // From here on, the token is known to come from the issuer, so the log may advise changing its settings.
        let now = claims::unix_seconds(SystemTime::now());
        let verified = proof::is_access_token(&jwt, issuer.trust.typ)
            .and_then(|()| issuer.trust.rules.judge(&jwt.claims, &issuer.name, now))
            .inspect_err(|flaw| advice::log(flaw, issuer, jwt.typ, &jwt.claims))
            .map_err(Denied::Invalid)?;
        if verified.caller.client().is_none() {
            advice::log(advice::CLIENT_MISSING, issuer, jwt.typ, &jwt.claims);
        }
        let verified = Arc::new(verified);
        self.tokens.put(digest, Ok(Arc::clone(&verified)), verified.until, (issuer, generation));
        Ok(verified)
    }

    /// Returns the configured issuer that the token's `iss` names. Logs an `iss` that differs from a configured issuer
    /// only in its last slash.
    fn issuer_of(&self, jwt: &Jwt<'_>) -> Result<&Arc<Issuer>, Flaw> {
        let Some(Value::String(named)) = jwt.claims.get("iss") else { return Err("iss_missing") };
        if let Some(issuer) = self.issuers.iter().find(|issuer| *issuer.name == **named) {
            return Ok(issuer);
        }
        if let Some(issuer) = self.similar_issuer(named)
            && issuer.advised.is_due(advice::SLASH, Instant::now())
        {
            tracing::warn!("a token was refused because of its issuer: {}", advice::slash(named, issuer));
        }
        Err("iss_of_another")
    }

    /// Returns the configured issuer that differs from `named` only in its last slash.
    pub(super) fn similar_issuer(&self, named: &str) -> Option<&Arc<Issuer>> {
        self.issuers.iter().find(|issuer| differs_in_last_slash(&issuer.name, named))
    }

    /// Introspects an opaque token, and caches the result, also a refusal. Fails if no issuer is configured for
    /// introspection.
    async fn introspect(
        &self,
        token: &InboundToken,
        digest: Digest,
        remote: IpAddr,
    ) -> Result<Arc<VerifiedToken>, Denied> {
        let Some(introspector) = &self.introspector else {
            if self.advised.is_due(advice::OPAQUE, Instant::now()) {
                tracing::warn!("a token that isn't a JWT was refused: {}", advice::OPAQUE_ADVICE);
            }
            return Err(Denied::Invalid(advice::OPAQUE));
        };
        let _permit =
            introspector.permit(&digest, remote).await.map_err(|Unreachable| Denied::Unreachable)?;
        // While a request has a permit, no other request introspects the same token. Another request may have done so
        // while this request waited for its permit.
        if let Some(verdict) = self.tokens.get(&digest, SystemTime::now()) {
            return verdict.map_err(Denied::Invalid);
        }
        let response = introspector.introspect(token).await.map_err(|Unreachable| Denied::Unreachable)?;
        let now = SystemTime::now();
        let issuer = &introspector.issuer;
        let longest = introspection::MAX_CACHED_SECONDS;
        let verdict = issuer
            .trust
            .rules
            .judge_introspected(&response, &issuer.name, claims::unix_seconds(now), longest)
            .map(Arc::new);
        match &verdict {
            Ok(verified) if verified.caller.client().is_none() => {
                advice::log(advice::CLIENT_MISSING, issuer, Typ::AccessToken, &response);
            }
            Ok(_) => {}
            Err(flaw) => advice::log(flaw, issuer, Typ::AccessToken, &response),
        }
        let until = match &verdict {
            Ok(verified) => verified.until,
            Err(_) => now + Duration::from_secs_f64(longest),
        };
        self.tokens.put(digest, verdict.clone(), until, (issuer, issuer.generation()));
        verdict.map_err(Denied::Invalid)
    }
}

impl Authenticator for ResourceServer {
    fn authenticate<'a>(
        &'a self,
        uri: &'a Uri,
        headers: &mut HeaderMap,
        remote: IpAddr,
    ) -> Authentication<'a> {
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
            match tokio::time::timeout(DEADLINE, self.verify(&token, digest, remote)).await {
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
        Some(_) => Err(format!("oauth.resource: {:?} must have no query", fetch::shown(&url))),
    }
}

/// Checks that the path of the setting `oauth.resource` is `path`, the path at which this server serves MCP. Clients
/// send their requests to this URL. Behind a proxy, which may replace the path, any path is accepted.
///
/// # Errors
/// The path is a different one.
pub fn check_resource_path(settings: &OAuthSettings, path: &str, has_proxies: bool) -> Result<(), String> {
    let mut resource = resource_of(settings)?;
    // One final slash is ignored in requests too.
    if has_proxies || resource.path().strip_suffix('/').unwrap_or(resource.path()) == path {
        return Ok(());
    }
    let given = fetch::shown(&resource);
    resource.set_path(path);
    Err(format!(
        "oauth.resource: {given:?} isn't served: this server serves MCP at {:?}. Set that URL or, if a proxy in front of it \
         replaces the path, http.trusted_proxies",
        fetch::shown(&resource)
    ))
}

/// Creates the issuers of the settings.
///
/// # Errors
/// An invalid URL, two issuers whose URLs are equal except for a last slash, or an audience that is an issuer or
/// `oauth.resource`.
fn trusted_issuers(settings: &OAuthSettings, client: &reqwest::Client) -> Result<Vec<Arc<Issuer>>, String> {
    let rules = &settings.rules;
    let listed = settings.issuers.iter().map(|url| (url, IssuerTrust::listed(rules)));
    let named = settings
        .named_issuers
        .iter()
        .map(|(name, config)| (&config.url, IssuerTrust::named(name, config, rules)));
    let mut issuers: Vec<Arc<Issuer>> = Vec::new();
    for (url, trust) in listed.chain(named) {
        let place = trust.place("url");
        issuer_settings::check_url(url).map_err(|reason| format!("{place}: {reason}"))?;
        let is_same = |other: &&Arc<Issuer>| *other.name == **url || differs_in_last_slash(&other.name, url);
        if let Some(other) = issuers.iter().find(is_same) {
            let other = other.trust.place("url");
            return Err(format!(
                "{place}: {url:?} must appear once, and is in {other} too, with or without a last slash"
            ));
        }
        let is_reserved = |audience: &&String| {
            settings
                .issuer_urls()
                .any(|issuer| issuer == **audience || differs_in_last_slash(issuer, audience))
        };
        if let Some(audience) = trust.rules.audiences.iter().find(is_reserved) {
            return Err(format!(
                "{}: \"{}\" is an issuer: tokens for an issuer's own services must not open this server",
                trust.place("audiences"),
                excerpt(audience)
            ));
        }
        if trust.rules.audiences.contains(&rules.audience) {
            return Err(format!(
                "{}: {:?} is oauth.resource, which is always accepted: remove it",
                trust.place("audiences"),
                rules.audience
            ));
        }
        issuers.push(Arc::new(Issuer::new(url, trust, client.clone())));
    }
    Ok(issuers)
}

impl fmt::Debug for ResourceServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let issuers = self.issuers.iter().map(|issuer| &*issuer.name);
        write!(f, "{} for tokens of ", self.resource)?;
        f.debug_list().entries(issuers).finish()
    }
}
