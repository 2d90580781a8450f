//! Validates the settings of one upstream.

use std::path::PathBuf;

use mcp_tool_contract::quantity;
use reqwest::{
    Url,
    header::{AUTHORIZATION, HeaderName},
};

use mcp_tool_core::{network::Network, redaction::excerpt};

use super::{
    headers, resolve,
    settings::{CredentialKind, InvalidSetting, UpstreamSettings},
};
use crate::secure_url::is_secure;

/// Configuration of an upstream whose settings are valid.
#[derive(Clone, Debug)]
pub struct UpstreamConfig {
    /// Base URL of all requests. Ends in `/`.
    pub(super) base: Url,
    pub(super) credential: CredentialConfig,
    /// Networks that aren't public and to which requests may be sent.
    pub(super) allow_private: Vec<Network>,
    pub(super) redirect_hosts: Vec<RedirectHost>,
    /// Maximum size of a response body, in bytes.
    pub(super) max_response: usize,
}

/// Credential that the server presents to the upstream, with its source.
#[derive(Clone, Debug)]
pub(super) enum CredentialConfig {
    /// Access token of the server (RFC 6749 §4.4).
    ClientCredentials(TokenEndpoint),
    /// Access token for the caller, exchanged for the caller's token (RFC 8693).
    TokenExchange(TokenEndpoint),
    /// API key, which is sent in `header` after `prefix`.
    Key { file: PathBuf, header: HeaderName, prefix: String },
}

/// Token endpoint that issues tokens for the upstream.
#[derive(Clone, Debug)]
pub(super) struct TokenEndpoint {
    pub(super) url: Url,
    pub(super) client_id: String,
    pub(super) secret_file: PathBuf,
    pub(super) auth: ClientAuth,
    pub(super) audience: Option<String>,
    pub(super) resource: Option<String>,
    pub(super) scope: Option<String>,
}

/// Client authentication at the token endpoint (RFC 6749 §2.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ClientAuth {
    Basic,
    Post,
}

/// Host to which a redirect may lead out of the upstream's base URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RedirectHost {
    host: String,
    /// `None` for port 443, the default of HTTPS.
    port: Option<u16>,
}

impl RedirectHost {
    fn parse(text: &str) -> Result<Self, String> {
        let has_other_parts = text.contains(['/', '\\', '@', '?', '#', '*']);
        let url =
            Url::parse(&format!("https://{text}")).ok().filter(|url| url.path() == "/" && !has_other_parts);
        let host =
            url.and_then(|url| Some(RedirectHost { host: url.host_str()?.to_owned(), port: url.port() }));
        host.ok_or_else(|| {
            format!(
                "\"{}\": must be a host such as files.example.com or files.example.com:8443",
                excerpt(text)
            )
        })
    }

    pub(super) fn matches(&self, url: &Url) -> bool {
        url.host_str() == Some(&self.host) && url.port() == self.port
    }
}

impl UpstreamConfig {
    /// Validates the settings of one upstream.
    ///
    /// # Errors
    /// The first setting that is missing, is invalid, or doesn't apply to the kind of credential.
    pub fn validate(settings: &UpstreamSettings) -> Result<Self, InvalidSetting> {
        let Some(kind) = settings.credential else {
            return Err(missing("credential", "set client_credentials, token_exchange or key"));
        };
        if let Some(key) = settings.inapplicable(kind) {
            let reason = format!("doesn't apply to credential = \"{}\": remove it", kind.name());
            return Err(InvalidSetting { key, reason });
        }
        let settings = settings.clone().with_defaults();
        let required = |key, value: &Option<String>| {
            let reason = format!("credential = \"{}\" needs it", kind.name());
            value.clone().ok_or_else(|| missing(key, &reason))
        };

        let allow_private = parse_all("allow_private", &settings.allow_private, Network::parse)?;
        let base = settings.url.as_deref().ok_or_else(|| missing("url", "set the upstream's base URL"))?;
        let base = parse_url("url", base)?;
        if base.query().is_some() {
            return Err(invalid("url", "must have no query, because paths are appended to the URL"));
        }
        check_literal("url", &allow_private, &base)?;
        let base = with_trailing_slash(base);
        let credential = match kind {
            CredentialKind::Key => key_credential(&settings, required("key_file", &settings.key_file)?)?,
            CredentialKind::ClientCredentials | CredentialKind::TokenExchange => {
                let endpoint = TokenEndpoint {
                    url: parse_url("token_url", &required("token_url", &settings.token_url)?)?,
                    client_id: required("client_id", &settings.client_id)?,
                    secret_file: required("secret_file", &settings.secret_file)?.into(),
                    auth: client_auth(settings.client_auth.as_deref())?,
                    audience: settings.audience,
                    resource: settings.resource,
                    scope: settings.scope,
                };
                check_literal("token_url", &allow_private, &endpoint.url)?;
                let has_target = endpoint.audience.is_some() || endpoint.resource.is_some();
                match kind {
                    CredentialKind::TokenExchange if !has_target => {
                        let reason = "set audience or resource to the target of the exchanged token";
                        return Err(missing("audience", reason));
                    }
                    CredentialKind::TokenExchange => CredentialConfig::TokenExchange(endpoint),
                    // `Key` was matched before.
                    CredentialKind::ClientCredentials | CredentialKind::Key => {
                        CredentialConfig::ClientCredentials(endpoint)
                    }
                }
            }
        };
        let redirect_hosts = parse_all("redirect_hosts", &settings.redirect_hosts, RedirectHost::parse)?;
        let max_response = settings.max_response.as_deref().and_then(parse_size).ok_or_else(|| {
            invalid("max_response", "must be a size from 1KiB to 1GiB, such as 65536, 64KiB or 4MiB")
        })?;
        Ok(UpstreamConfig { base, credential, allow_private, redirect_hosts, max_response })
    }
}

impl UpstreamConfig {
    /// Returns `true` if tokens with this audience are for the upstream: the audience is its URL, or the audience or
    /// the resource of its tokens. A slash at the end makes no difference.
    pub fn is_target(&self, audience: &str) -> bool {
        let endpoint = match &self.credential {
            CredentialConfig::ClientCredentials(endpoint) | CredentialConfig::TokenExchange(endpoint) => {
                Some(endpoint)
            }
            CredentialConfig::Key { .. } => None,
        };
        let targets = endpoint.into_iter().flat_map(|endpoint| [&endpoint.audience, &endpoint.resource]);
        let mut targets = targets.flatten().map(String::as_str).chain([self.base.as_str()]);
        targets.any(|target| target.trim_end_matches('/') == audience.trim_end_matches('/'))
    }
}

fn missing(key: &'static str, reason: &str) -> InvalidSetting {
    invalid(key, &format!("is missing: {reason}"))
}

fn invalid(key: &'static str, reason: &str) -> InvalidSetting {
    InvalidSetting { key, reason: reason.to_owned() }
}

fn parse_all<T>(
    key: &'static str,
    texts: &Option<Vec<String>>,
    parse: impl Fn(&str) -> Result<T, String>,
) -> Result<Vec<T>, InvalidSetting> {
    let texts = texts.as_deref().unwrap_or_default();
    texts.iter().map(|text| parse(text).map_err(|reason| InvalidSetting { key, reason })).collect()
}

fn key_credential(settings: &UpstreamSettings, file: String) -> Result<CredentialConfig, InvalidSetting> {
    let header = match settings.key_header.as_deref() {
        None => AUTHORIZATION,
        Some(name) => {
            headers::parse_key_header(name).map_err(|reason| InvalidSetting { key: "key_header", reason })?
        }
    };
    let prefix = settings.key_prefix.clone().unwrap_or_default();
    if !prefix.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return Err(invalid("key_prefix", "must be printable ASCII"));
    }
    Ok(CredentialConfig::Key { file: file.into(), header, prefix })
}

fn client_auth(name: Option<&str>) -> Result<ClientAuth, InvalidSetting> {
    match name {
        None | Some("basic") => Ok(ClientAuth::Basic),
        Some("post") => Ok(ClientAuth::Post),
        Some(_) => Err(invalid("client_auth", "must be basic or post")),
    }
}

fn parse_size(text: &str) -> Option<usize> {
    let bytes = quantity::bytes(text).and_then(|bytes| usize::try_from(bytes).ok());
    bytes.filter(|bytes| (1_024..=1 << 30).contains(bytes))
}

/// Parses the URL of an upstream or a token endpoint. Errors don't repeat `text`, which may contain a password.
fn parse_url(key: &'static str, text: &str) -> Result<Url, InvalidSetting> {
    let url = Url::parse(text)
        .map_err(|_| invalid(key, "must be a URL such as https://billing.example.com/api"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(invalid(
            key,
            "must not contain a user name or a password: set `credential`, with the secret in a file",
        ));
    }
    if url.fragment().is_some() {
        return Err(invalid(key, "must have no fragment"));
    }
    match url.scheme() {
        _ if is_secure(&url) => Ok(url),
        "http" => Err(invalid(key, "must be https: http is allowed on loopback only")),
        _ => Err(invalid(key, "must be https")),
    }
}

/// Refuses a URL whose host is an IP address to which no request may be sent. Host names are checked when they are
/// resolved for a connection.
fn check_literal(key: &'static str, allowed: &[Network], url: &Url) -> Result<(), InvalidSetting> {
    resolve::check_literal(allowed, url).map_err(|private| invalid(key, &private.to_string()))
}

fn with_trailing_slash(mut base: Url) -> Url {
    if !base.path().ends_with('/') {
        base.set_path(&format!("{}/", base.path()));
    }
    base
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Validates the settings that `pairs` contains by key.
    fn validated(pairs: &[(&str, &str)]) -> Result<UpstreamConfig, String> {
        let mut settings = UpstreamSettings::default();
        for (key, value) in pairs {
            settings.set(key, value).map_err(|reason| format!("{key}: {reason}"))?;
        }
        UpstreamConfig::validate(&settings)
            .map_err(|InvalidSetting { key, reason }| format!("{key}: {reason}"))
    }

    /// Valid settings of an upstream with client credentials.
    const CLIENT: [(&str, &str); 5] = [
        ("url", "https://billing.example.com/api"),
        ("credential", "client_credentials"),
        ("token_url", "https://issuer.example.com/token"),
        ("client_id", "tools"),
        ("secret_file", "/run/secrets/billing"),
    ];
    /// Valid settings of an upstream with an API key.
    const KEY: [(&str, &str); 3] =
        [("url", "https://billing.example.com"), ("credential", "key"), ("key_file", "/run/secrets/key")];

    /// Returns `pairs` with the value of `key` added or replaced.
    fn with(
        pairs: &[(&'static str, &'static str)],
        key: &'static str,
        value: &'static str,
    ) -> Vec<(&'static str, &'static str)> {
        let mut pairs: Vec<_> = pairs.iter().copied().filter(|(name, _)| *name != key).collect();
        pairs.push((key, value));
        pairs
    }

    #[test]
    fn error_names_the_missing_setting() {
        assert!(validated(&CLIENT).is_ok() && validated(&KEY).is_ok());
        for (at, (key, _)) in CLIENT.iter().enumerate() {
            let mut pairs = CLIENT.to_vec();
            pairs.remove(at);
            let error = validated(&pairs).unwrap_err();
            assert!(error.starts_with(&format!("{key}: is missing")), "wrong error without {key}: {error}");
        }
        // The third setting is `key_file`.
        let error = validated(&KEY[..2]).unwrap_err();
        assert_eq!(error, "key_file: is missing: credential = \"key\" needs it");
        let exchange = with(&CLIENT, "credential", "token_exchange");
        assert!(validated(&exchange).unwrap_err().contains("target of the exchanged token"));
        assert!(validated(&with(&exchange, "audience", "billing")).is_ok());
        assert!(validated(&with(&exchange, "resource", "https://billing.example.com")).is_ok());
    }

    #[test]
    fn setting_of_another_kind_of_credential_is_refused() {
        let error = validated(&with(&KEY, "client_id", "tools")).unwrap_err();
        assert_eq!(error, "client_id: doesn't apply to credential = \"key\": remove it");
        let error = validated(&with(&CLIENT, "key_header", "X-Api-Key")).unwrap_err();
        assert_eq!(error, "key_header: doesn't apply to credential = \"client_credentials\": remove it");
    }

    #[test]
    fn invalid_value_is_refused() {
        let cases = [
            ("url", "http://billing.example.com", "must be https"),
            ("url", "ftp://billing.example.com", "must be https"),
            ("url", "billing", "must be a URL"),
            ("url", "https://ann:pw@billing.example.com", "with the secret in a file"),
            ("url", "https://billing.example.com/?a=b", "must have no query"),
            ("url", "https://billing.example.com/#a", "must have no fragment"),
            ("url", "https://10.0.0.1/", "add it to `allow_private`"),
            ("url", "http://127.0.0.1:1/", "add it to `allow_private`"),
            ("url", "https://[::ffff:10.0.0.1]/", "add it to `allow_private`"),
            ("credential", "password", "client_credentials, token_exchange or key"),
            ("token_url", "http://issuer.example.com/token", "must be https"),
            ("token_url", "https://169.254.169.254/token", "add it to `allow_private`"),
            ("client_auth", "none", "basic or post"),
            ("allow_private", "localhost", "10.0.0.0/8"),
            ("redirect_hosts", "https://files.example.com", "must be a host"),
            ("redirect_hosts", "*.example.com", "must be a host"),
            ("max_response", "1", "must be a size from 1KiB to 1GiB"),
            ("client_id", "", "must not be empty"),
        ];
        for (key, value, wanted) in cases {
            let error = validated(&with(&CLIENT, key, value)).unwrap_err();
            assert!(
                error.starts_with(&format!("{key}: ")) && error.contains(wanted),
                "wrong error for {key} = {value}: {error}"
            );
            assert!(!error.contains("ann:pw"), "the error contains a password: {error}");
        }
        for header in ["Host", "Connection", "Proxy-Authorization", "Content-Length", "a b", ""] {
            assert!(validated(&with(&KEY, "key_header", header)).is_err(), "{header:?} is accepted");
        }
    }

    #[test]
    fn base_url_ends_in_a_slash_and_loopback_needs_no_tls() {
        assert_eq!(validated(&CLIENT).unwrap().base.as_str(), "https://billing.example.com/api/");
        let local = with(&with(&CLIENT, "url", "http://127.0.0.1:8080"), "allow_private", "127.0.0.1");
        assert_eq!(validated(&local).unwrap().base.as_str(), "http://127.0.0.1:8080/");
    }

    #[test]
    fn redirect_host_matches_only_its_host_and_port() {
        let host = |text: &str| RedirectHost::parse(text).unwrap();
        let url = |text: &str| Url::parse(text).unwrap();
        assert!(host("files.example.com").matches(&url("https://files.example.com/x")));
        assert!(!host("files.example.com").matches(&url("https://files.example.com:8443/x")));
        assert!(host("files.example.com:8443").matches(&url("https://files.example.com:8443/x")));
        assert!(!host("files.example.com").matches(&url("https://evil.files.example.com/x")));
    }
}
