//! Discovery of an issuer's metadata (RFC 8414, OpenID Connect Discovery).

use mcp_tool_contract::read::violation::escaped_excerpt;
use reqwest::Client;
use serde_json::{Map, Value};
use url::Url;

use crate::secure_url::is_secure;

use super::{
    fetch::{self, FetchError},
    strict,
};

/// Metadata members with URLs to which clients and servers send secrets.
const ENDPOINTS: [&str; 8] = [
    "authorization_endpoint",
    "token_endpoint",
    "registration_endpoint",
    "revocation_endpoint",
    "userinfo_endpoint",
    "device_authorization_endpoint",
    "pushed_authorization_request_endpoint",
    "end_session_endpoint",
];

/// Facts from the metadata.
#[derive(Debug)]
pub(crate) struct IssuerMetadata {
    /// URL of the key set; `None` for an issuer whose tokens are all opaque.
    pub(super) jwks: Option<Url>,
    pub(super) introspection: Option<Url>,
    /// Member `code_challenge_methods_supported`; `None` if it is missing.
    pub(super) code_challenge_methods: Option<Vec<String>>,
    /// Endpoints that are neither HTTPS nor on loopback.
    pub(super) insecure: Vec<&'static str>,
}

/// Fetches the metadata of an issuer. Tries each possible URL until one has a JSON object of this issuer, because sites
/// respond to unknown paths in many ways: with an error, a redirect, or a page with status 200.
///
/// # Errors
/// - `NotFound`: no possible URL exists.
/// - `Unusable`: no URL has usable metadata. Contains the reason; that of a JSON object takes precedence.
/// - `Failed`: the issuer can't be reached, or doesn't answer in time.
pub(super) async fn discover(client: &Client, issuer: &str) -> Result<IssuerMetadata, FetchError> {
    // Reason, and `true` if it is about a JSON object.
    let mut unusable: Option<(String, bool)> = None;
    for url in metadata_urls(issuer)? {
        let (reason, is_of_object) = match fetch::body(client.get(url)).await {
            Ok(text) => match strict::object(&text) {
                Ok(document) => match read(issuer, &document) {
                    Ok(metadata) => return Ok(metadata),
                    Err(reason) => (reason, true),
                },
                Err(reason) => (format!("its metadata can't be used: {reason}"), false),
            },
            Err(FetchError::NotFound) => continue,
            Err(FetchError::Unusable(reason)) => (reason, false),
            Err(failed @ FetchError::Failed(_)) => return Err(failed),
        };
        if unusable.as_ref().is_none_or(|(_, is_known)| is_of_object && !is_known) {
            unusable = Some((reason, is_of_object));
        }
    }
    Err(unusable.map_or(FetchError::NotFound, |(reason, _)| FetchError::Unusable(reason)))
}

/// Reads the metadata.
///
/// # Errors
/// The metadata is of another issuer, has no URL of keys or introspection, or has an insecure one.
fn read(issuer: &str, metadata: &Map<String, Value>) -> Result<IssuerMetadata, String> {
    let member = |name: &str| metadata.get(name).and_then(Value::as_str);
    match member("issuer") {
        Some(named) if named == issuer => {}
        Some(named) if differs_in_last_slash(named, issuer) => {
            return Err(format!(
                "its metadata names the issuer {named:?}, the settings name {issuer:?}: set the URL with the same last slash \
                 as in the metadata"
            ));
        }
        Some(named) => {
            return Err(format!(
                "its metadata names another issuer, {:?} (RFC 8414 §3.3)",
                escaped_excerpt(named)
            ));
        }
        None => return Err("its metadata has no `issuer` (RFC 8414 §2)".into()),
    }
    let url = |name: &str| member(name).map(fetch::trusted_url).transpose();
    let url = |name: &str| url(name).map_err(|reason| format!("its `{name}`: {reason}"));
    let (jwks, introspection) = (url("jwks_uri")?, url("introspection_endpoint")?);
    if jwks.is_none() && introspection.is_none() {
        return Err("its metadata has neither `jwks_uri` nor `introspection_endpoint`".into());
    }
    let methods = metadata.get("code_challenge_methods_supported");
    let code_challenge_methods = methods.map(|methods| {
        methods.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    });
    let is_insecure = |name: &&str| {
        metadata.get(*name).is_some_and(|url| {
            !url.as_str().and_then(|url| Url::parse(url).ok()).is_some_and(|url| is_secure(&url))
        })
    };
    let insecure = ENDPOINTS.into_iter().filter(is_insecure).collect();
    Ok(IssuerMetadata { jwks, introspection, code_challenge_methods, insecure })
}

/// Returns `true` if two URLs of issuers are equal except for one slash at the end.
pub(super) fn differs_in_last_slash(one: &str, other: &str) -> bool {
    one.strip_suffix('/') == Some(other) || other.strip_suffix('/') == Some(one)
}

/// Returns the possible URLs of an issuer's metadata (RFC 8414 §3.1, §5; OpenID Connect Discovery §4.1).
fn metadata_urls(issuer: &str) -> Result<Vec<Url>, String> {
    let url = fetch::trusted_url(issuer)?;
    let path = url.path().trim_end_matches('/').to_owned();
    let at_path = |path: &str| {
        let mut url = url.clone();
        url.set_path(path);
        url.set_query(None);
        url
    };
    let mut urls = vec![
        at_path(&format!("/.well-known/oauth-authorization-server{path}")),
        at_path(&format!("/.well-known/openid-configuration{path}")),
    ];
    if !path.is_empty() {
        urls.push(at_path(&format!("{path}/.well-known/openid-configuration")));
    }
    Ok(urls)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn metadata_urls_are_those_of_oauth_and_openid_connect() {
        let paths = |issuer| -> Vec<String> {
            metadata_urls(issuer).unwrap_or_default().iter().map(|url| url.path().to_owned()).collect()
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
        assert!(paths("http://as.example").is_empty(), "an issuer without TLS must have no metadata URL");
    }

    #[test]
    fn metadata_is_read_only_from_the_configured_issuer() {
        let read = |changes: Value| {
            let mut document = json!({
                "issuer": "https://as.example", "jwks_uri": "https://as.example/jwks",
                "token_endpoint": "https://as.example/token",
            });
            for (name, value) in changes.as_object().into_iter().flatten() {
                document[name] = value.clone();
            }
            let document = document.as_object().cloned().unwrap_or_default();
            super::read("https://as.example", &document)
        };
        let found = read(json!({})).unwrap();
        assert!(found.code_challenge_methods.is_none() && found.insecure.is_empty());
        for (changes, wanted) in [
            (json!({ "issuer": "https://as.example/" }), "with the same last slash as in the metadata"),
            (json!({ "issuer": "https://as.example//" }), "names another issuer"),
            (json!({ "issuer": "https://\u{202e}" }), "another issuer, \"https://\\\\u{202e}\""),
            (json!({ "issuer": null }), "has no `issuer`"),
            (
                json!({ "jwks_uri": "http://as.example/jwks" }),
                "its `jwks_uri`: \"http://as.example/jwks\" must be https",
            ),
            (json!({ "jwks_uri": null }), "neither `jwks_uri` nor"),
        ] {
            let error = read(changes.clone()).unwrap_err();
            assert!(error.contains(wanted), "wrong error of {changes}: {error}");
        }
        let found = read(json!({
            "token_endpoint": "http://as.example/token", "authorization_endpoint": "http://127.0.0.1/authorize",
            "registration_endpoint": 7, "code_challenge_methods_supported": ["plain", 7],
        }));
        let found = found.unwrap();
        assert_eq!(found.insecure, ["token_endpoint", "registration_endpoint"]);
        assert_eq!(found.code_challenge_methods, Some(vec!["plain".to_owned()]));
    }
}
