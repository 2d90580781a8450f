//! This server as an OAuth 2.1 resource server: whose tokens it takes, and for whom each speaks.

use std::{
    collections::BTreeSet,
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime},
};

use hyper::{HeaderMap, Uri};
use jsonwebtoken::crypto::aws_lc;
use mcp_tool_contract::digest::Digest;
use serde_json::Value;
use url::Url;

use mcp_tool_core::{
    call::token::InboundToken,
    ports::{Authenticated, Authentication, Authenticator, Denied, Issued, Revocations},
    tool::ToolEntry,
};

use super::{
    bearer,
    cache::Tokens,
    challenge,
    claims::{self, Verified},
    fetch,
    introspection::{self, Asking},
    issuer::{Issuer, Unreachable},
    jwt::{Flaw, Jwt},
    metadata::Metadata,
    proof,
    settings::{OAuth, Rules},
};

/// How long it may take to find out whether a token is good.
const DEADLINE: Duration = Duration::from_secs(10);

/// The verifier of tokens.
pub struct ResourceServer {
    pub(crate) resource: Url,
    issuers: Vec<Arc<Issuer>>,
    /// Whom to ask about opaque tokens.
    asked: Option<Asking>,
    rules: Rules,
    revocations: Option<Arc<dyn Revocations>>,
    /// The generation of revocations under which tokens are cached.
    generation: AtomicU64,
    tokens: Tokens,
    metadata: Metadata,
    /// Scopes that a first token should have: those of tools that only read.
    first_scopes: Vec<String>,
}

impl ResourceServer {
    /// # Errors
    /// Which setting can't be used, and why.
    pub fn new(settings: &OAuth, tools: &[ToolEntry], name: &str, path: &str) -> Result<Self, String> {
        // Where a crate beside this one turns on another backend, the library would find none by itself.
        let _ = aws_lc::DEFAULT_PROVIDER.install_default();
        if settings.issuers.is_empty() {
            return Err(
                "oauth.issuers is missing: name the authorization servers whose tokens are taken".into()
            );
        }
        let resource = resource_of(settings)?;
        let client =
            fetch::client().map_err(|error| format!("oauth: no HTTP client can be made: {error}"))?;
        let mut issuers: Vec<Arc<Issuer>> = Vec::new();
        for name in &settings.issuers {
            let url = fetch::trusted_url(name).map_err(|reason| format!("oauth.issuers: {reason}"))?;
            if url.query().is_some() || issuers.iter().any(|other| *other.name == **name) {
                return Err(format!("oauth.issuers: {name:?} has a query, or stands twice"));
            }
            issuers.push(Arc::new(Issuer::new(name, settings.typ_jwt.contains(name), client.clone())));
        }
        let find = |name: &str, key: &str| {
            let found = issuers.iter().find(|issuer| &*issuer.name == name).cloned();
            found.ok_or_else(|| format!("{key}: {name:?} isn't among oauth.issuers"))
        };
        for name in &settings.typ_jwt {
            find(name, "oauth.typ_jwt")?;
        }
        let asked = match settings.introspection.as_slice() {
            [] => None,
            [by] => Some(Asking::new(find(&by.issuer, "oauth.introspection")?, by)?),
            [..] => {
                return Err("oauth.introspection: one issuer can be asked. An opaque token doesn't say whose it is, and \
                            would be shown to issuers that could use it"
                    .into());
            }
        };
        let scopes = |of_reading_alone: bool| -> BTreeSet<&'static str> {
            let contracts = tools.iter().map(ToolEntry::contract);
            let contracts = contracts.filter(|contract| !of_reading_alone || contract.hints.read_only);
            contracts.flat_map(|contract| contract.required_scopes()).collect()
        };
        let all: Vec<&str> = scopes(false).into_iter().collect();
        let metadata =
            Metadata::new(&resource, &settings.rules.audience, path, &settings.issuers, &all, name);
        Ok(ResourceServer {
            resource,
            issuers,
            asked,
            rules: settings.rules.clone(),
            revocations: None,
            generation: AtomicU64::new(0),
            tokens: Tokens::new(),
            metadata,
            first_scopes: scopes(true).into_iter().map(str::to_owned).collect(),
        })
    }

    /// Asks each issuer for its keys: how many of them may verify, or nothing where it doesn't answer.
    pub async fn look_at_issuers(&self) -> Vec<(Arc<str>, Option<usize>)> {
        let mut seen = Vec::with_capacity(self.issuers.len());
        for issuer in &self.issuers {
            let keys = issuer.keys(None).await.ok();
            seen.push((Arc::clone(&issuer.name), keys.map(|keys| keys.len())));
        }
        seen
    }

    /// Refuses a token that was revoked since it was verified.
    fn accept(&self, verified: &Verified, token: InboundToken) -> Result<Authenticated, Denied> {
        let caller = &verified.caller;
        let issued = Issued {
            jti: verified.jti.as_deref(),
            subject: Some(caller.user()),
            client: caller.client(),
            agent: caller.agent(),
            issued_at: verified.issued_at,
        };
        if self.revocations.as_ref().is_some_and(|revocations| revocations.is_revoked(&issued)) {
            return Err(Denied::Revoked(Box::new(caller.clone())));
        }
        Ok(Authenticated { caller: caller.clone(), token })
    }

    /// Forgets cached tokens when revocations changed.
    fn forget_if_revoked(&self) {
        let Some(revocations) = &self.revocations else { return };
        let current = revocations.generation();
        if self.generation.load(Ordering::Acquire) != current
            && self.generation.swap(current, Ordering::AcqRel) != current
        {
            self.tokens.clear();
        }
    }

    async fn verify(&self, token: &InboundToken, digest: Digest) -> Result<Arc<Verified>, Denied> {
        if Jwt::is_one(token.expose()) {
            self.verify_jwt(token, digest).await
        } else {
            self.introspect(token, digest).await
        }
    }

    async fn verify_jwt(&self, token: &InboundToken, digest: Digest) -> Result<Arc<Verified>, Denied> {
        let jwt = Jwt::read(token.expose()).map_err(Denied::Invalid)?;
        let issuer = self.issuer_of(&jwt).map_err(Denied::Invalid)?;
        let generation = issuer.generation();
        let keys = issuer.keys(jwt.kid.as_deref()).await.map_err(|Unreachable| Denied::Unreachable)?;
        let now = claims::seconds(SystemTime::now());
        let verified = proof::prove(&jwt, &keys, &issuer.name, &self.rules, now).map_err(Denied::Invalid)?;
        let verified = Arc::new(verified);
        self.tokens.put(digest, Ok(Arc::clone(&verified)), verified.until, (issuer, generation));
        Ok(verified)
    }

    /// The issuer that a token names, if it takes tokens of that kind.
    fn issuer_of(&self, jwt: &Jwt<'_>) -> Result<&Arc<Issuer>, Flaw> {
        let Some(Value::String(named)) = jwt.claims.get("iss") else { return Err("iss_missing") };
        let issuer = self.issuers.iter().find(|issuer| *issuer.name == **named).ok_or("iss_of_another")?;
        proof::is_access_token(jwt, issuer.typ_jwt).map(|()| issuer)
    }

    /// Asks the issuer of opaque tokens; one question a token at a time.
    async fn introspect(&self, token: &InboundToken, digest: Digest) -> Result<Arc<Verified>, Denied> {
        let Some(asked) = &self.asked else { return Err(Denied::Invalid("not_a_jwt")) };
        let _turn = asked.turn(&digest).await.map_err(|Unreachable| Denied::Unreachable)?;
        // Whoever was before may have asked about the same.
        if let Some(verdict) = self.tokens.get(&digest, SystemTime::now()) {
            return verdict.map_err(Denied::Invalid);
        }
        let answer = asked.ask(token).await.map_err(|Unreachable| Denied::Unreachable)?;
        let now = SystemTime::now();
        let issuer = &asked.issuer;
        let longest = introspection::LONGEST;
        let verdict =
            self.rules.judge_introspected(&answer, &issuer.name, claims::seconds(now), longest).map(Arc::new);
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
        self.forget_if_revoked();
        if let Some(verdict) = self.tokens.get(&digest, SystemTime::now()) {
            let accepted = verdict.map_err(Denied::Invalid);
            return Authentication::Ready(accepted.and_then(|verified| self.accept(&verified, token)));
        }
        Authentication::Pending(Box::pin(async move {
            match tokio::time::timeout(DEADLINE, self.verify(&token, digest)).await {
                Ok(verdict) => self.accept(&*verdict?, token),
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

fn resource_of(settings: &OAuth) -> Result<Url, String> {
    let resource = &settings.rules.audience;
    if resource.is_empty() {
        return Err("oauth.resource is missing: name the URL by which clients reach this server, such as \
                    https://mcp.example.com/mcp"
            .into());
    }
    let url = fetch::trusted_url(resource).map_err(|reason| format!("oauth.resource: {reason}"))?;
    match url.query() {
        None => Ok(url),
        Some(_) => Err(format!("oauth.resource: {resource:?} has a query, which can't stand there")),
    }
}

impl fmt::Debug for ResourceServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let issuers = self.issuers.iter().map(|issuer| &*issuer.name);
        write!(f, "{} for tokens of ", self.resource)?;
        f.debug_list().entries(issuers).finish()
    }
}
