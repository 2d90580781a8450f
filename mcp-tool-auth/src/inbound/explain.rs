//! Reports about issuers and about a sample token, for the command `doctor`.

use std::{sync::Arc, time::SystemTime};

use futures_util::future::BoxFuture;
use mcp_tool_contract::read::violation::{escaped, escaped_excerpt};
use serde_json::Value;

use super::{
    advice, claims,
    issuer::{Issuer, KeysMissing},
    jwt::Jwt,
    proof,
    resource::ResourceServer,
};

/// Line of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DoctorFinding {
    /// A fact that needs no action.
    Ok(String),
    /// A weakness that the operator may accept.
    Warn(String),
    /// A problem that must be fixed.
    Fail(String),
}

/// Report about one issuer.
#[derive(Clone, Debug)]
pub struct IssuerReport {
    /// URL of the issuer.
    pub issuer: Arc<str>,
    /// Findings about its metadata, its keys, and its settings.
    pub findings: Vec<DoctorFinding>,
}

impl ResourceServer {
    /// Fetches the metadata and keys of each issuer, and reports what is wrong or weak.
    // Boxed, so that the code of the HTTP client is compiled in this crate and not in each crate that awaits the
    // future.
    pub fn examine_issuers(&self) -> BoxFuture<'_, Vec<IssuerReport>> {
        Box::pin(async {
            let mut reports = Vec::with_capacity(self.issuers.len());
            for issuer in &self.issuers {
                let mut findings = examined(issuer).await;
                findings.extend(exceptions(issuer));
                reports.push(IssuerReport { issuer: Arc::clone(&issuer.name), findings });
            }
            reports
        })
    }

    /// Reports whether a token would be accepted, and the setting that fixes each problem. Introspects no token.
    pub fn explain<'t>(&'t self, token: &'t str) -> BoxFuture<'t, Vec<DoctorFinding>> {
        Box::pin(self.explained(token))
    }

    async fn explained(&self, token: &str) -> Vec<DoctorFinding> {
        let fail = |text: String| vec![DoctorFinding::Fail(text)];
        if !Jwt::has_form(token) {
            return match &self.introspector {
                Some(introspector) => vec![DoctorFinding::Warn(format!(
                    "It is opaque: only {} can verify it by introspection, which wasn't requested.",
                    introspector.issuer.name
                ))],
                None => fail(format!("{}: {}.", advice::OPAQUE, advice::OPAQUE_ADVICE)),
            };
        }
        let jwt = match Jwt::read(token) {
            Ok(jwt) => jwt,
            Err(flaw) => return fail(format!("It can't be used: {flaw}.")),
        };
        let Some(Value::String(named)) = jwt.claims.get("iss") else {
            return fail("It has no iss.".into());
        };
        let Some(issuer) = self.issuers.iter().find(|issuer| *issuer.name == **named) else {
            return fail(match self.similar_issuer(named) {
                Some(issuer) => format!("{}.", advice::slash(named, issuer)),
                None => format!(
                    "Its iss is {:?}, which no setting names: set oauth.issuers or [issuer.NAME] url to it, if you trust it.",
                    escaped_excerpt(named)
                ),
            });
        };
        let mut findings = Vec::new();
        match issuer.keys(jwt.kid.as_deref()).await {
            Ok(keys) => match proof::verify_signature(&jwt, &keys) {
                Ok(()) => findings.push(DoctorFinding::Ok(format!("It is signed by {}.", escaped(named)))),
                Err(flaw) => {
                    findings.push(DoctorFinding::Fail(format!("Its signature can't be verified: {flaw}.")));
                }
            },
            Err(KeysMissing::Unreachable | KeysMissing::UnknownKid(_)) => {
                findings.push(DoctorFinding::Fail(
                    "Its signature can't be verified: the issuer doesn't answer.".into(),
                ));
            }
        }
        findings.extend(judged(&jwt, issuer));
        findings
    }
}

/// Returns the findings about the type and the claims of a token. Checks every rule, so that the operator sees all
/// problems at once.
fn judged(jwt: &Jwt<'_>, issuer: &Issuer) -> Vec<DoctorFinding> {
    let (rules, claims) = (&issuer.trust.rules, &jwt.claims);
    let now = claims::unix_seconds(SystemTime::now());
    let expires = claims::expiry(claims);
    let caller = rules.verified_token(claims, &issuer.name, now);
    let verdicts = [
        proof::is_access_token(jwt, issuer.trust.typ),
        rules.check_audience(claims),
        expires.and_then(|expires| rules.check_times(claims, Some(expires), now)),
        caller.as_ref().map(|_| ()).map_err(|flaw| *flaw),
    ];
    let mut findings: Vec<DoctorFinding> = verdicts
        .into_iter()
        .filter_map(Result::err)
        .map(|flaw| {
            let advice = advice::advice(flaw, issuer, jwt.typ, claims);
            DoctorFinding::Fail(
                advice.map_or_else(|| format!("{flaw}."), |advice| format!("{flaw}: {advice}.")),
            )
        })
        .collect();
    if let Ok(verified) = caller {
        let caller = verified.caller;
        let part = |text: Option<&str>| text.map_or_else(|| "none".into(), escaped);
        findings.push(DoctorFinding::Ok(format!(
            "user {}, client {}, agent {}",
            escaped(caller.user()),
            part(caller.client()),
            part(caller.agent())
        )));
        let missing = advice::advice(advice::CLIENT_MISSING, issuer, jwt.typ, claims);
        if let Some(advice) = missing.filter(|_| caller.client().is_none()) {
            findings.push(DoctorFinding::Warn(format!("{}: {advice}.", advice::CLIENT_MISSING)));
        }
    }
    findings
}

/// Returns the findings about the metadata and keys of an issuer.
async fn examined(issuer: &Issuer) -> Vec<DoctorFinding> {
    let (metadata, keys) = match issuer.examine().await {
        Ok(examined) => examined,
        Err(reason) => {
            return vec![DoctorFinding::Fail(format!(
                "which doesn't answer: its tokens are refused with 503 ({reason})"
            ))];
        }
    };
    let mut findings = vec![match keys.len() {
        0 if metadata.jwks.is_some() => DoctorFinding::Fail("which has no key to verify tokens with".into()),
        keys => DoctorFinding::Ok(format!("which answers (number of keys: {keys})")),
    }];
    if !keys.broken().is_empty() {
        findings.push(DoctorFinding::Fail(format!(
            "RSA keys whose private keys can be computed (ROCA, CVE-2017-15361, or a small factor), which are refused: {}. Replace them at the issuer",
            keys.broken().join(", ")
        )));
    }
    match metadata.code_challenge_methods.as_deref() {
        Some(methods) if methods.iter().any(|method| method == "S256") => {}
        Some(_) => findings.push(DoctorFinding::Fail(
            "its metadata doesn't list S256 in code_challenge_methods_supported: clients can't use PKCE, and refuse it".into(),
        )),
        None => findings.push(DoctorFinding::Warn(
            "its metadata has no code_challenge_methods_supported: clients that follow the MCP specification refuse it. \
             Enable PKCE with S256 at the issuer"
                .into(),
        )),
    }
    for endpoint in &metadata.insecure {
        findings.push(DoctorFinding::Fail(format!(
            "its {endpoint} isn't https: codes and tokens would cross the network unencrypted"
        )));
    }
    findings
}

/// Returns the weaknesses that an issuer's exceptions from the standards cause.
fn exceptions(issuer: &Issuer) -> Vec<DoctorFinding> {
    let trust = &issuer.trust;
    let mut findings = Vec::new();
    if !trust.rules.audiences.is_empty() {
        let shown: Vec<String> = trust.rules.audiences.iter().map(|text| escaped_excerpt(text)).collect();
        findings.push(DoctorFinding::Warn(format!(
            "tokens with the audience {} are accepted too. Clients don't request them for this server's URL (RFC 8707): a token \
             that a client got for another purpose with this audience opens this server",
            shown.join(", ")
        )));
    }
    if trust.typ != Default::default() {
        findings.push(DoctorFinding::Warn(
            "access tokens may have a typ that its ID tokens may have too: this server's audiences must never be in an ID token"
                .into(),
        ));
    }
    findings
}
