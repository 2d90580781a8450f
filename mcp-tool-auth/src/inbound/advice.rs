//! Advice for the operator about tokens that are refused or name no client: the setting that would fix this.

use std::{
    collections::HashMap,
    sync::Mutex,
    time::{Duration, Instant},
};

use mcp_tool_contract::read::violation::escaped_excerpt;
use serde_json::{Map, Value};

use super::{
    claims,
    discovery::differs_in_last_slash,
    issuer::Issuer,
    jwt::{Flaw, Typ},
};

/// Minimum time between two log lines about the same issuer and reason.
const INTERVAL: Duration = Duration::from_secs(600);
/// Maximum number of audiences of a token that are shown.
const MAX_SHOWN: usize = 4;
/// Claims by which some issuers name the OAuth client.
const CLIENT_CLAIMS: [&str; 4] = ["cid", "appid", "client", "clientId"];

/// Reason for advice about a valid token that names no client.
pub(crate) const CLIENT_MISSING: Flaw = "client_missing";
/// Reason for advice about a token that isn't a JWT, on a server without introspection.
pub(crate) const OPAQUE: Flaw = "not_a_jwt";
/// Advice about tokens that aren't JWTs.
pub(crate) const OPAQUE_ADVICE: &str = "it is opaque: make the issuer issue JWTs for oauth.resource or, if it has introspection \
                                        (RFC 7662), set oauth.introspection";
/// Reason for advice about an issuer that differs from a configured one in its last slash.
pub(crate) const SLASH: Flaw = "iss_differs_in_last_slash";

/// Times of the last log lines, by reason. Reasons are constants, so the map is small.
#[derive(Debug, Default)]
pub(crate) struct AdviceLog(Mutex<HashMap<Flaw, Instant>>);

impl AdviceLog {
    /// Returns `true` if a line about this reason may be logged now, and records `now` as its time.
    pub(crate) fn is_due(&self, reason: Flaw, now: Instant) -> bool {
        let mut last = mcp_tool_core::sync::lock(&self.0);
        let is_due = last.get(reason).is_none_or(|last| now.duration_since(*last) >= INTERVAL);
        if is_due {
            last.insert(reason, now);
        }
        is_due
    }
}

/// Logs the advice about a token that is known to come from its issuer, at most once per issuer, reason and `INTERVAL`.
/// Other tokens are never shown, because their authors could choose the text that the operator is told to set.
pub(crate) fn log(reason: Flaw, issuer: &Issuer, typ: Typ, claims: &Map<String, Value>) {
    let Some(advice) = advice(reason, issuer, typ, claims) else { return };
    if issuer.advised.is_due(reason, Instant::now()) {
        // The advice is in the message, because the log escapes quotes in other fields.
        match reason {
            CLIENT_MISSING => {
                tracing::warn!(issuer = &*issuer.name, "tokens of the issuer name no client: {advice}");
            }
            _ => {
                tracing::warn!(issuer = &*issuer.name, reason, "a token of the issuer was refused: {advice}");
            }
        }
    }
}

/// Returns the advice about an `iss` that differs from a configured issuer only in its last slash.
pub(crate) fn slash(named: &str, configured: &Issuer) -> String {
    let (named, configured, place) =
        (escaped_excerpt(named), escaped_excerpt(&configured.name), configured.trust.place("url"));
    format!(
        "the token's iss is {named:?}, and {place} is {configured:?}: set it with the same last slash as in tokens"
    )
}

/// Returns the advice that tells how to get such tokens accepted; `None` if there is none.
pub(crate) fn advice(reason: Flaw, issuer: &Issuer, typ: Typ, claims: &Map<String, Value>) -> Option<String> {
    let Issuer { name: issuer, trust, .. } = issuer;
    let setting = |key: &str, value: &str| trust.setting(key, value);
    Some(match reason {
        "not_an_access_token" => {
            let (found, value) = match typ {
                Typ::Jwt => ("its typ is JWT", "JWT"),
                Typ::Absent => ("it has no typ", "absent"),
                Typ::AccessToken => return None,
            };
            let setting = setting("typ", &format!("[\"{value}\"]"));
            format!("{found}: issue tokens with typ at+jwt (RFC 9068) or, if the issuer can't, set {setting}")
        }
        "an_id_token" => {
            "it has claims of an ID token: clients must send the access token, requested for oauth.resource"
                .into()
        }
        "aud_of_another" => {
            let audiences = audiences(claims, issuer);
            if audiences.is_empty() {
                return Some(
                    "its aud is the issuer itself, so it is for the issuer's own services: request a token for oauth.resource, from \
                     an authorization server that issues tokens for other services"
                        .into(),
                );
            }
            let setting = setting("audiences", &format!("[{}]", audiences.first()?));
            format!(
                "its aud is {}: issue tokens for oauth.resource or, if the issuer can't, and if this audience is this \
                 server's alone, set {setting}",
                audiences.join(", ")
            )
        }
        "aud_missing" => {
            "it has no aud, and no setting replaces it: add oauth.resource to the audience at the issuer"
                .into()
        }
        "lives_too_long" => {
            let time = |name| claims.get(name).and_then(Value::as_f64);
            let lifetime = time("exp")?
                - time("iat").unwrap_or_else(|| claims::unix_seconds(std::time::SystemTime::now()));
            let most = trust.rules.max_lifetime.as_secs();
            format!(
                "it is valid for {lifetime:.0} s, and oauth.max_lifetime is {most} s: issue tokens for a shorter time, or \
                 raise the setting"
            )
        }
        "bound_to_a_key" => "it is bound to a key (cnf), which isn't supported: issue bearer tokens".into(),
        "user_missing" => {
            format!(
                "it has no claim {}: set oauth.user_claim to the claim that names the user",
                escaped_excerpt(&trust.rules.user)
            )
        }
        "tenant_missing" => {
            let claim = trust.rules.tenant.as_deref().unwrap_or_default();
            format!(
                "it has no claim {}: add it at the issuer, or correct oauth.tenant_claim",
                escaped_excerpt(claim)
            )
        }
        CLIENT_MISSING => {
            let found = CLIENT_CLAIMS.iter().find(|claim| claims.get(**claim).is_some_and(Value::is_string));
            let setting = setting("client_claim", &format!("\"{}\"", found.unwrap_or(&"CLAIM")));
            format!(
                "{} isn't in them, so `disable --client` doesn't find them: set {setting}",
                trust.rules.clients.join(" or ")
            )
        }
        _ => return None,
    })
}

/// Returns the first audiences of a token, except its issuer, each as an escaped text in quotes.
fn audiences(claims: &Map<String, Value>, issuer: &str) -> Vec<String> {
    let all = match claims.get("aud") {
        Some(Value::Array(all)) => all.as_slice(),
        Some(one) => std::slice::from_ref(one),
        None => &[],
    };
    let is_other = |text: &&str| *text != issuer && !differs_in_last_slash(text, issuer);
    let texts = all.iter().filter_map(Value::as_str).filter(is_other).take(MAX_SHOWN);
    texts.map(|text| format!("\"{}\"", escaped_excerpt(text))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advice_about_a_reason_is_logged_once_per_interval() {
        let (log, now) = (AdviceLog::default(), Instant::now());
        assert!(log.is_due("expired", now) && log.is_due(SLASH, now));
        assert!(!log.is_due("expired", now + INTERVAL - Duration::from_secs(1)));
        assert!(log.is_due("expired", now + INTERVAL));
    }
}
