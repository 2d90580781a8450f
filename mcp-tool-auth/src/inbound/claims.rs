//! Validates a token's claims (RFC 9068 §2.2, §4), and builds the caller from them.

use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde_json::{Map, Value};

use mcp_tool_core::{
    call::caller::{Caller, CallerKind, Scopes},
    ports::{Issued, TokenClaims},
};

use super::{jwt::Flaw, settings::TokenRules};

/// Tolerated difference between the clocks of this server and of an issuer, in seconds.
pub(crate) const SKEW: f64 = 30.0;
/// Maximum length of `jti` and of a claim that names a user, client, agent or tenant, in bytes.
const MAX_NAME: usize = 256;
/// Maximum number of scopes of a token.
const MAX_SCOPES: usize = 256;

/// Caller of a verified token, with the claims by which the token can be revoked.
#[derive(Clone, Debug, PartialEq)]
pub struct VerifiedToken {
    pub(crate) caller: Caller,
    pub(crate) jti: Option<String>,
    pub(crate) issued_at: Option<SystemTime>,
    /// `exp`; `None` for an introspected token without it.
    pub(crate) expires: Option<SystemTime>,
    /// Time until which this result may be used: `exp` plus `SKEW`. For an introspected token, also at most the maximum
    /// cache time (`longest` in [`TokenRules::judge_introspected`]) after the introspection.
    pub(crate) until: SystemTime,
}

impl VerifiedToken {
    /// Returns an estimate of the memory that the token's claims take while they are cached, in bytes.
    pub(crate) fn size(&self) -> usize {
        /// Memory of the values that don't depend on the claims' lengths.
        const FIXED: usize = 1_024;
        /// Memory of a scope in the set, apart from its text.
        const SCOPE: usize = 80;
        let caller = &self.caller;
        let names =
            [Some(caller.user()), caller.agent(), caller.client(), caller.tenant(), self.jti.as_deref()];
        // The caller caches names and scopes a second time, as they are in records.
        let names: usize = names.into_iter().flatten().map(|name| 2 * name.len()).sum();
        let scopes: usize = match caller.scopes() {
            Scopes::Only(scopes) => scopes.iter().map(|scope| 2 * scope.len() + SCOPE).sum(),
            _ => 0,
        };
        FIXED + names + scopes
    }
}

impl TokenClaims for VerifiedToken {
    fn issued(&self) -> Issued<'_> {
        Issued {
            jti: self.jti.as_deref(),
            subject: Some(self.caller.user()),
            client: self.caller.client(),
            agent: self.caller.agent(),
            issued_at: self.issued_at,
        }
    }

    fn expires(&self) -> Option<SystemTime> {
        self.expires
    }
}

// `user`, `clients`, `agents`, `tenant`, `scopes` and `machine` of `TokenRules` are names of claims. `machine` also has
// the value that marks the token of a service account.
impl TokenRules {
    /// Validates the claims of a JWT whose signature was verified. `iss` isn't checked, because `issuer` was found by
    /// it. `now` is in seconds since 1970.
    pub fn judge(
        &self,
        claims: &Map<String, Value>,
        issuer: &Arc<str>,
        now: f64,
    ) -> Result<VerifiedToken, Flaw> {
        let expires = expiry(claims)?;
        self.check_audience(claims)?;
        self.check_times(claims, Some(expires), now)?;
        self.verified_token(claims, issuer, expires)
    }

    /// Validates an introspection response (RFC 7662 §2.2). The result may be cached for at most `longest` seconds.
    pub(crate) fn judge_introspected(
        &self,
        claims: &Map<String, Value>,
        issuer: &Arc<str>,
        now: f64,
        longest: f64,
    ) -> Result<VerifiedToken, Flaw> {
        match claims.get("active") {
            Some(Value::Bool(true)) => {}
            Some(Value::Bool(false)) => return Err("inactive"),
            _ => return Err("introspection_unreadable"),
        }
        if claims.get("iss").is_some_and(|named| *named != **issuer) {
            return Err("iss_of_another");
        }
        if claims.get("token_type").is_some_and(|kind| {
            !kind.as_str().is_some_and(|kind| {
                ["bearer", "access_token"].iter().any(|known| kind.eq_ignore_ascii_case(known))
            })
        }) {
            return Err("not_a_bearer_token");
        }
        let expires = date_claim(claims, "exp")?;
        self.check_audience(claims)?;
        self.check_times(claims, expires, now)?;
        let mut verified = self.verified_token(claims, issuer, expires.unwrap_or(now))?;
        verified.expires = expires.map(system_time);
        verified.until =
            system_time(expires.map_or(now + longest, |expires| (expires + SKEW).min(now + longest)));
        Ok(verified)
    }

    pub(crate) fn check_audience(&self, claims: &Map<String, Value>) -> Result<(), Flaw> {
        let is_ours = |audience: &str| {
            audience == self.audience || self.audiences.iter().any(|accepted| accepted == audience)
        };
        match claims.get("aud") {
            None => Err("aud_missing"),
            Some(Value::String(audience)) if is_ours(audience) => Ok(()),
            Some(Value::Array(audiences)) if audiences.iter().all(Value::is_string) => {
                let names_us = audiences.iter().filter_map(Value::as_str).any(is_ours);
                if names_us { Ok(()) } else { Err("aud_of_another") }
            }
            Some(Value::String(_)) => Err("aud_of_another"),
            Some(_) => Err("aud_unreadable"),
        }
    }

    pub(crate) fn check_times(
        &self,
        claims: &Map<String, Value>,
        expires: Option<f64>,
        now: f64,
    ) -> Result<(), Flaw> {
        if expires.is_some_and(|expires| expires + SKEW <= now) {
            return Err("expired");
        }
        if date_claim(claims, "nbf")?.is_some_and(|begins| begins - SKEW > now) {
            return Err("not_yet");
        }
        let issued = date_claim(claims, "iat")?;
        if issued.is_some_and(|issued| issued - SKEW > now) {
            return Err("issued_in_the_future");
        }
        let lifetime = expires.map(|expires| expires - issued.unwrap_or(now));
        if lifetime.is_some_and(|lifetime| lifetime > self.max_lifetime.as_secs_f64()) {
            return Err("lives_too_long");
        }
        Ok(())
    }

    /// Builds the result from claims whose audience and times are valid. Refuses a token that is bound to a key, and
    /// missing or invalid claims about the caller.
    pub(crate) fn verified_token(
        &self,
        claims: &Map<String, Value>,
        issuer: &Arc<str>,
        expires: f64,
    ) -> Result<VerifiedToken, Flaw> {
        if claims.contains_key("cnf") {
            // Such a token needs a proof of possession, which isn't supported (RFC 7800, RFC 9449 §7.2, RFC 8705 §3).
            return Err("bound_to_a_key");
        }
        let jti = text_claim(claims, "jti")?;
        let mut clients = Vec::with_capacity(self.clients.len());
        for claim in &self.clients {
            clients.push(claim_at(claims, claim).map(short_text).transpose()?);
        }
        let client = clients.iter().find_map(|client| *client);
        let (user, has_user_claim) = match (claim_at(claims, &self.user), clients.first().copied().flatten())
        {
            (Some(user), _) => (short_text(user)?, true),
            // Some issuers omit `sub` from tokens without a user.
            (None, Some(client)) if self.user == "sub" => (client, false),
            (None, _) => return Err("user_missing"),
        };
        let mut caller =
            Caller::new(user).with_issuer(Arc::clone(issuer)).with_scopes(self.scopes_of(claims)?);
        if let Some(client) = client {
            caller = caller.with_client(client);
        }
        if let Some(agent) = self.agents.iter().find_map(|claim| claim_at(claims, claim)) {
            caller = caller.with_agent(short_text(agent)?);
        }
        if let Some(claim) = &self.tenant {
            caller = caller.with_tenant(short_text(claim_at(claims, claim).ok_or("tenant_missing")?)?);
        }
        let is_marked = self
            .machine
            .as_ref()
            .is_some_and(|(claim, value)| claim_at(claims, claim).is_some_and(|found| found == value));
        if !has_user_claim || client == Some(user) || is_marked {
            caller = caller.with_kind(CallerKind::Machine);
        }
        if let Some(signed_in) = date_claim(claims, "auth_time")? {
            caller = caller.with_authenticated_at(system_time(signed_in));
        }
        Ok(VerifiedToken {
            caller,
            jti: jti.map(str::to_owned),
            issued_at: date_claim(claims, "iat")?.map(system_time),
            expires: Some(system_time(expires)),
            until: system_time(expires + SKEW),
        })
    }

    fn scopes_of(&self, claims: &Map<String, Value>) -> Result<Vec<String>, Flaw> {
        let mut scopes = Vec::new();
        for claim in &self.scopes {
            match claim_at(claims, claim) {
                None => {}
                Some(Value::String(text)) => {
                    scopes.extend(text.split(' ').filter(|scope| !scope.is_empty()).map(str::to_owned));
                }
                Some(Value::Array(items)) => {
                    for item in items {
                        scopes.push(item.as_str().ok_or("scope_unreadable")?.to_owned());
                    }
                }
                Some(_) => return Err("scope_unreadable"),
            }
        }
        // Characters of a scope (RFC 6749 §3.3).
        let is_scope = |scope: &String| {
            !scope.is_empty() && scope.bytes().all(|byte| matches!(byte, b'!' | b'#'..=b'[' | b']'..=b'~'))
        };
        if scopes.len() > MAX_SCOPES || !scopes.iter().all(is_scope) {
            return Err("scope_unreadable");
        }
        Ok(scopes)
    }
}

/// Returns the claim `exp` in seconds since 1970.
pub(crate) fn expiry(claims: &Map<String, Value>) -> Result<f64, Flaw> {
    date_claim(claims, "exp")?.ok_or("exp_missing")
}

/// Returns the claim named `path`. If there is none, follows `path` through nested objects, such as `act.sub`.
fn claim_at<'c>(claims: &'c Map<String, Value>, path: &str) -> Option<&'c Value> {
    if let Some(value) = claims.get(path) {
        return Some(value);
    }
    let (first, rest) = path.split_once('.')?;
    claim_at(claims.get(first)?.as_object()?, rest)
}

/// Returns a claim's value as text. The text must have 1 to `MAX_NAME` bytes and no control characters.
fn short_text(value: &Value) -> Result<&str, Flaw> {
    value
        .as_str()
        .filter(|name| !name.is_empty() && name.len() <= MAX_NAME && !name.chars().any(char::is_control))
        .ok_or("name_unreadable")
}

fn text_claim<'c>(claims: &'c Map<String, Value>, claim: &str) -> Result<Option<&'c str>, Flaw> {
    claims.get(claim).map(short_text).transpose()
}

/// Returns a NumericDate (RFC 7519 §2) in seconds since 1970; `None` if the claim is missing. The maximum is 2^53,
/// because `f64` rounds larger integers.
fn date_claim(claims: &Map<String, Value>, claim: &str) -> Result<Option<f64>, Flaw> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    match claims.get(claim) {
        None => Ok(None),
        Some(value) => match value.as_f64() {
            Some(seconds) if (0.0..=EXACT).contains(&seconds) => Ok(Some(seconds)),
            _ => Err("date_unreadable"),
        },
    }
}

/// Returns the time `seconds` after 1970, or 1970 for a time that the platform can't represent.
fn system_time(seconds: f64) -> SystemTime {
    Duration::try_from_secs_f64(seconds)
        .ok()
        .and_then(|since| UNIX_EPOCH.checked_add(since))
        .unwrap_or(UNIX_EPOCH)
}

/// Returns `now` in seconds since 1970.
pub(crate) fn unix_seconds(now: SystemTime) -> f64 {
    now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: f64 = 1_000_000.0;
    /// Maximum cache time of an introspection response, in seconds.
    const LONGEST: f64 = 30.0;

    /// Replaces `members` in a valid introspection response, and validates the result. A `null` removes the member.
    fn introspected(members: Value) -> Result<VerifiedToken, Flaw> {
        let mut response = json!({
            "active": true, "iss": "https://as.example", "aud": "https://mcp.example/mcp", "sub": "ann",
            "client_id": "agent", "scope": "read", "token_type": "Bearer", "exp": NOW + 600.0, "iat": NOW - 5.0,
        });
        for (name, value) in members.as_object().into_iter().flatten() {
            response[name] = value.clone();
        }
        let Value::Object(mut response) = response else { return Err("no object") };
        response.retain(|_, value| !value.is_null());
        let rules = TokenRules { audience: "https://mcp.example/mcp".into(), ..TokenRules::default() };
        rules.judge_introspected(&response, &"https://as.example".into(), NOW, LONGEST)
    }

    #[test]
    fn introspected_token_is_valid_for_at_most_the_maximum_cache_time() {
        let until = |members| introspected(members).map(|verified| unix_seconds(verified.until) - NOW);
        assert_eq!(until(json!({})), Ok(LONGEST));
        assert_eq!(until(json!({ "exp": null })), Ok(LONGEST));
        assert_eq!(until(json!({ "exp": NOW - 20.0 })), Ok(SKEW - 20.0));
    }

    #[test]
    fn invalid_introspection_response_is_refused() {
        for (members, flaw) in [
            (json!({ "active": false }), "inactive"),
            (json!({ "active": null }), "introspection_unreadable"),
            (json!({ "active": "true" }), "introspection_unreadable"),
            (json!({ "iss": "https://other.example" }), "iss_of_another"),
            (json!({ "iss": 7 }), "iss_of_another"),
            (json!({ "token_type": "DPoP" }), "not_a_bearer_token"),
            (json!({ "token_type": "refresh_token" }), "not_a_bearer_token"),
            (json!({ "aud": null }), "aud_missing"),
            (json!({ "aud": "https://other.example" }), "aud_of_another"),
            (json!({ "aud": ["https://mcp.example/mcp", 7] }), "aud_unreadable"),
            (json!({ "exp": NOW - 31.0 }), "expired"),
            (json!({ "exp": "soon" }), "date_unreadable"),
            (json!({ "nbf": NOW + 31.0 }), "not_yet"),
            // The default of `max_lifetime` is 86,400 s.
            (json!({ "exp": NOW + 90_000.0 }), "lives_too_long"),
            (json!({ "sub": null, "client_id": null }), "user_missing"),
            (json!({ "scope": "a\"b" }), "scope_unreadable"),
            (json!({ "cnf": { "jkt": "x" } }), "bound_to_a_key"),
        ] {
            assert_eq!(introspected(members.clone()), Err(flaw), "response with {members}");
        }
        // `iss` and `token_type` are optional, and `aud` may name other audiences too.
        assert!(
            introspected(json!({ "iss": null, "token_type": null, "aud": ["x", "https://mcp.example/mcp"] }))
                .is_ok()
        );
    }

    #[test]
    fn caller_is_built_from_the_default_claims() {
        let verified = introspected(json!({ "act": { "sub": "bot" }, "auth_time": NOW - 60.0 }));
        // If the response is refused, the reason is the caller's user, and the failed assertion shows it.
        let caller = verified.map(|verified| verified.caller).unwrap_or_else(Caller::new);
        assert_eq!((caller.user(), caller.agent(), caller.client()), ("ann", Some("bot"), Some("agent")));
        assert_eq!((caller.issuer(), caller.kind()), (Some("https://as.example"), CallerKind::Human));
        assert_eq!(caller.authenticated_at().map(unix_seconds), Some(NOW - 60.0));
        // A caller whose user is its own client id is a service account.
        let machine = introspected(json!({ "sub": "agent" })).map(|verified| verified.caller.kind());
        assert_eq!(machine, Ok(CallerKind::Machine));
    }
}
