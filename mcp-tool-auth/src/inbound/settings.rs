//! Settings of the section `[oauth]`.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use super::issuer_settings::IssuerConfig;

/// Accepted issuers, and the rules for their tokens.
#[derive(Clone, Debug, Default)]
pub struct OAuthSettings {
    /// Issuers without a section of their own, written as in the claim `iss`.
    pub issuers: Vec<String>,
    /// Issuers by the name of their section `[issuer.NAME]`.
    pub named_issuers: BTreeMap<String, IssuerConfig>,
    /// Issuers that introspect opaque tokens. With more than one, the server doesn't start, because an opaque token
    /// doesn't name its issuer.
    pub introspection: Vec<IntrospectionSettings>,
    /// Rules for the tokens of every issuer.
    pub rules: TokenRules,
}

impl OAuthSettings {
    /// Returns `true` if an issuer, `introspection` or the audience is set. If only some of the required
    /// settings are set, the server refuses to start instead of serving unauthenticated callers.
    pub fn is_set(&self) -> bool {
        !self.issuers.is_empty()
            || !self.named_issuers.is_empty()
            || !self.introspection.is_empty()
            || !self.rules.audience.is_empty()
    }

    /// Returns the URL of each issuer.
    pub fn issuer_urls(&self) -> impl Iterator<Item = &str> {
        let named = self.named_issuers.values().map(|issuer| issuer.url.as_str());
        self.issuers.iter().map(String::as_str).chain(named)
    }
}

/// Introspection of opaque tokens at an issuer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IntrospectionSettings {
    /// URL of the issuer, one of [`OAuthSettings::issuer_urls`].
    pub issuer: String,
    /// Client id of this server at the issuer.
    pub client: String,
    /// File of the client secret. If the file changes, the next introspection reads it again.
    pub secret_file: PathBuf,
}

impl IntrospectionSettings {
    /// Parses a value of the setting `oauth.introspection`: `ISSUER CLIENT FILE`, separated by spaces.
    ///
    /// # Errors
    /// Text of another form.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut words = text.trim().splitn(3, ' ');
        match (words.next(), words.next(), words.next()) {
            (Some(issuer), Some(client), Some(file)) if !file.trim().is_empty() => {
                Ok(IntrospectionSettings {
                    issuer: issuer.to_owned(),
                    client: client.to_owned(),
                    secret_file: file.trim().into(),
                })
            }
            _ => Err("must be an issuer, a client id and the file of its secret: \
                      \"https://as.example.com mcp-server /run/secrets/introspection\""
                .into()),
        }
    }
}

/// Requirements of every token, and the names of the claims that describe its caller. A dot in a name leads into a
/// nested object, as in `act.sub`.
#[derive(Clone, Debug)]
pub struct TokenRules {
    /// Canonical URI of this server (RFC 8707 §2), which `aud` must contain: the setting `oauth.resource`.
    pub audience: String,
    /// Audiences that `aud` may contain instead: the setting `audiences` of the issuer.
    pub audiences: Vec<String>,
    /// Maximum time from `iat`, or from now if `iat` is missing, to `exp`. Isn't checked for an introspected token
    /// without `exp`.
    pub max_lifetime: Duration,
    /// Name of the claim that contains the user. If it is `sub`, the user of a token without `sub` is its client, if
    /// the first claim in `clients` names it.
    pub user: String,
    /// Names of claims that may contain the OAuth client. The first claim that a token has is used.
    pub clients: Vec<String>,
    /// Names of claims that may contain the agent. The first claim that a token has is used.
    pub agents: Vec<String>,
    /// Name of the claim that contains the tenant. Every token must have this claim. `None` for servers without
    /// tenants.
    pub tenant: Option<String>,
    /// Names of claims that may contain scopes, as text with spaces or as an array. A token has the scopes of all these
    /// claims.
    pub scopes: Vec<String>,
    /// Name and value of a claim that marks the token of a service account.
    pub machine: Option<(String, String)>,
}

impl Default for TokenRules {
    fn default() -> Self {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        TokenRules {
            audience: String::new(),
            audiences: Vec::new(),
            max_lifetime: Duration::from_secs(24 * 60 * 60),
            user: "sub".into(),
            clients: names(&["client_id", "azp"]),
            agents: names(&["act.sub", "client_id", "azp"]),
            tenant: None,
            scopes: names(&["scope", "scp"]),
            machine: None,
        }
    }
}
