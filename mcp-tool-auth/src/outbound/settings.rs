//! One upstream's settings, judged before anything is asked of it.

use std::path::PathBuf;

use mcp_tool_contract::quantity;
use reqwest::{Url, header::HeaderName};

use mcp_tool_core::network::Network;

use super::{
    given::{Given, Key, Kind, Wrong},
    headers, resolve,
};

/// Bytes of a response, where nothing else is set.
pub(crate) const MAX_RESPONSE: usize = 4 * 1024 * 1024;

/// What is known of an upstream.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Ends in `/`.
    pub(super) base: Url,
    pub(super) credential: Credential,
    pub(super) allow_private: Vec<Network>,
    pub(super) redirect_hosts: Vec<RedirectHost>,
    pub(super) max_response: usize,
}

/// The server's own credential, and where it comes from.
#[derive(Clone, Debug)]
pub(super) enum Credential {
    ClientCredentials(TokenEndpoint),
    Exchange(TokenEndpoint),
    Key { file: PathBuf, header: HeaderName, prefix: String },
}

/// Where tokens for the upstream come from.
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

/// How the server shows itself to the token endpoint (RFC 6749 §2.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ClientAuth {
    Basic,
    Post,
}

/// A host to which a redirect may lead, without the credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RedirectHost {
    host: String,
    /// None for the scheme's own.
    port: Option<u16>,
}

impl RedirectHost {
    fn parse(text: &str) -> Option<Self> {
        let url = Url::parse(&format!("https://{text}")).ok()?;
        let plain = url.path() == "/" && !text.contains(['/', '\\', '@', '?', '#', '*']);
        Some(RedirectHost { host: url.host_str()?.to_owned(), port: url.port() }).filter(|_| plain)
    }

    pub(super) fn is_of(&self, url: &Url) -> bool {
        url.host_str() == Some(&self.host) && url.port() == self.port
    }
}

impl Settings {
    /// What an operator said, as rules: nothing missing, nothing that means nothing.
    pub fn judge(given: &Given) -> Result<Self, Wrong> {
        let missing = |key, why: &str| Wrong { key, reason: format!("is missing: {why}") };
        let Some(kind) = given.one(Key::Credential)? else {
            return Err(missing(Key::Credential, "say client_credentials, token_exchange or key"));
        };
        let kind = Kind::parse(kind).map_err(|reason| Wrong { key: Key::Credential, reason })?;
        if let Some(key) = given.keys().find(|key| !kind.takes(*key)) {
            let reason = format!("means nothing with credential = \"{}\": leave it out", kind.name());
            return Err(Wrong { key, reason });
        }
        let needed = |key| {
            let why = format!("credential = \"{}\" needs it", kind.name());
            given.one(key)?.ok_or_else(|| missing(key, &why))
        };

        let allow_private = parsed(given, Key::AllowPrivate, Network::parse)?;
        let base =
            address(Key::Url, given.one(Key::Url)?.ok_or_else(|| missing(Key::Url, "say where it is"))?)?;
        if base.query().is_some() {
            return Err(Wrong { key: Key::Url, reason: "has no query: it stands before every path".into() });
        }
        check_literal(Key::Url, &allow_private, &base)?;
        let base = folder(base);
        let credential = match kind {
            Kind::Key => {
                let header = given.one(Key::Header)?.unwrap_or("Authorization");
                let header = headers::of_key(header).map_err(|reason| Wrong { key: Key::Header, reason })?;
                let usual = if header == reqwest::header::AUTHORIZATION { "Bearer " } else { "" };
                let prefix = given.one(Key::Prefix)?.unwrap_or(usual).to_owned();
                if !prefix.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
                    return Err(Wrong { key: Key::Prefix, reason: "visible ASCII is wanted".into() });
                }
                Credential::Key { file: needed(Key::File)?.into(), header, prefix }
            }
            Kind::ClientCredentials | Kind::TokenExchange => {
                let endpoint = TokenEndpoint {
                    url: address(Key::TokenUrl, needed(Key::TokenUrl)?)?,
                    client_id: needed(Key::ClientId)?.to_owned(),
                    secret_file: needed(Key::SecretFile)?.into(),
                    auth: client_auth(given)?,
                    audience: given.one(Key::Audience)?.map(str::to_owned),
                    resource: given.one(Key::Resource)?.map(str::to_owned),
                    scope: given.one(Key::Scope)?.map(str::to_owned),
                };
                check_literal(Key::TokenUrl, &allow_private, &endpoint.url)?;
                match kind {
                    Kind::TokenExchange if endpoint.audience.is_none() && endpoint.resource.is_none() => {
                        let why = "say by audience or resource for whom the exchanged token is";
                        return Err(missing(Key::Audience, why));
                    }
                    Kind::TokenExchange => Credential::Exchange(endpoint),
                    Kind::ClientCredentials | Kind::Key => Credential::ClientCredentials(endpoint),
                }
            }
        };
        let redirect_hosts = parsed(given, Key::RedirectHosts, |text| {
            RedirectHost::parse(text).ok_or_else(|| {
                format!("{text:?}: a host is wanted, such as files.example.com or files.example.com:8443")
            })
        })?;
        let max_response = match given.one(Key::MaxResponse)? {
            None => MAX_RESPONSE,
            Some(size) => bytes(size).ok_or_else(|| Wrong {
                key: Key::MaxResponse,
                reason: "a size from 1KiB to 1GiB is wanted, such as 65536, 64KiB or 4MiB".into(),
            })?,
        };
        Ok(Settings { base, credential, allow_private, redirect_hosts, max_response })
    }

    /// What holds where a key says nothing, for those who read the settings.
    pub fn default_of(key: Key, given: &Given) -> Option<&'static str> {
        let kind = given.one(Key::Credential).ok().flatten().and_then(|kind| Kind::parse(kind).ok())?;
        let is_bearer =
            given.one(Key::Header).ok()?.is_none_or(|header| header.eq_ignore_ascii_case("authorization"));
        match key {
            Key::ClientAuth => Some("basic"),
            Key::Header => Some("Authorization"),
            Key::Prefix => Some(if is_bearer { "Bearer " } else { "" }),
            Key::MaxResponse => Some("4MiB"),
            Key::AllowPrivate | Key::RedirectHosts => Some(""),
            Key::Url
            | Key::Credential
            | Key::TokenUrl
            | Key::ClientId
            | Key::SecretFile
            | Key::Audience
            | Key::Resource
            | Key::Scope
            | Key::File => None,
        }
        .filter(|_| kind.takes(key))
    }
}

fn parsed<T>(given: &Given, key: Key, parse: impl Fn(&str) -> Result<T, String>) -> Result<Vec<T>, Wrong> {
    let wrong = |reason| Wrong { key, reason };
    given.list(key).iter().map(|text| parse(text).map_err(wrong)).collect()
}

fn client_auth(given: &Given) -> Result<ClientAuth, Wrong> {
    match given.one(Key::ClientAuth)? {
        None | Some("basic") => Ok(ClientAuth::Basic),
        Some("post") => Ok(ClientAuth::Post),
        Some(_) => Err(Wrong { key: Key::ClientAuth, reason: "basic or post is wanted".into() }),
    }
}

fn bytes(text: &str) -> Option<usize> {
    let bytes = quantity::bytes(text).and_then(|bytes| usize::try_from(bytes).ok());
    bytes.filter(|bytes| (1_024..=1 << 30).contains(bytes))
}

/// The address of an upstream or a token endpoint. What is wrong with it doesn't show it: somebody may have put
/// a password there.
fn address(key: Key, text: &str) -> Result<Url, Wrong> {
    let wrong = |reason: &str| Wrong { key, reason: reason.into() };
    let url = Url::parse(text)
        .map_err(|_| wrong("an address is wanted, such as https://billing.example.com/api"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong("holds a name or a password: keep these in files"));
    }
    if url.fragment().is_some() {
        return Err(wrong("has no fragment"));
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if resolve::is_loopback(&url) => Ok(url),
        "http" => Err(wrong("https is wanted: http does on this machine alone")),
        _ => Err(wrong("https is wanted")),
    }
}

fn check_literal(key: Key, allowed: &[Network], url: &Url) -> Result<(), Wrong> {
    resolve::check_literal(allowed, url).map_err(|private| Wrong { key, reason: private.to_string() })
}

fn folder(mut base: Url) -> Url {
    if !base.path().ends_with('/') {
        base.set_path(&format!("{}/", base.path()));
    }
    base
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(pairs: &[(&str, &str)]) -> Result<Settings, String> {
        let mut given = Given::default();
        for (name, value) in pairs {
            given = given.with(Key::named(name).unwrap(), value);
        }
        Settings::judge(&given).map_err(|wrong| format!("{}: {}", wrong.key.name(), wrong.reason))
    }

    const CLIENT: [(&str, &str); 5] = [
        ("url", "https://billing.example.com/api"),
        ("credential", "client_credentials"),
        ("token_url", "https://issuer.example.com/token"),
        ("client_id", "tools"),
        ("secret_file", "/run/secrets/billing"),
    ];
    const KEY: [(&str, &str); 3] =
        [("url", "https://billing.example.com"), ("credential", "key"), ("key_file", "/run/secrets/key")];

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
    fn what_is_missing_is_named() {
        assert!(judged(&CLIENT).is_ok() && judged(&KEY).is_ok());
        for (at, (key, _)) in CLIENT.iter().enumerate() {
            let mut pairs = CLIENT.to_vec();
            pairs.remove(at);
            let said = judged(&pairs).unwrap_err();
            assert!(said.starts_with(&format!("{key}: is missing")), "{said}");
        }
        let said = judged(&KEY[..2]).unwrap_err();
        assert_eq!(said, "key_file: is missing: credential = \"key\" needs it");
        let exchange = with(&CLIENT, "credential", "token_exchange");
        assert!(judged(&exchange).unwrap_err().contains("for whom the exchanged token is"));
        assert!(judged(&with(&exchange, "audience", "billing")).is_ok());
        assert!(judged(&with(&exchange, "resource", "https://billing.example.com")).is_ok());
    }

    #[test]
    fn a_key_of_another_credential_is_refused() {
        let said = judged(&with(&KEY, "client_id", "tools")).unwrap_err();
        assert_eq!(said, "client_id: means nothing with credential = \"key\": leave it out");
        let said = judged(&with(&CLIENT, "key_header", "X-Api-Key")).unwrap_err();
        assert_eq!(said, "key_header: means nothing with credential = \"client_credentials\": leave it out");
    }

    #[test]
    fn a_value_that_can_not_be_used_is_refused() {
        let cases = [
            ("url", "http://billing.example.com", "https is wanted"),
            ("url", "ftp://billing.example.com", "https is wanted"),
            ("url", "billing", "an address is wanted"),
            ("url", "https://ann:pw@billing.example.com", "keep these in files"),
            ("url", "https://billing.example.com/?a=b", "has no query"),
            ("url", "https://billing.example.com/#a", "has no fragment"),
            ("url", "https://10.0.0.1/", "name it in `allow_private`"),
            ("url", "http://127.0.0.1:1/", "name it in `allow_private`"),
            ("url", "https://[::ffff:10.0.0.1]/", "name it in `allow_private`"),
            ("credential", "password", "client_credentials, token_exchange or key"),
            ("token_url", "http://issuer.example.com/token", "https is wanted"),
            ("token_url", "https://169.254.169.254/token", "name it in `allow_private`"),
            ("client_auth", "none", "basic or post"),
            ("allow_private", "localhost", "an address or a network"),
            ("redirect_hosts", "https://files.example.com", "a host is wanted"),
            ("redirect_hosts", "*.example.com", "a host is wanted"),
            ("max_response", "1", "a size from 1KiB to 1GiB"),
            ("client_id", "", "one value"),
        ];
        for (key, value, wanted) in cases {
            let said = judged(&with(&CLIENT, key, value)).unwrap_err();
            assert!(
                said.starts_with(&format!("{key}: ")) && said.contains(wanted),
                "{key} = {value}: {said}"
            );
            assert!(!said.contains("ann:pw"), "{said}");
        }
        for header in ["Host", "Connection", "Proxy-Authorization", "Content-Length", "a b", ""] {
            assert!(judged(&with(&KEY, "key_header", header)).is_err(), "{header}");
        }
    }

    #[test]
    fn a_base_is_a_folder_and_loopback_needs_no_tls() {
        assert_eq!(judged(&CLIENT).unwrap().base.as_str(), "https://billing.example.com/api/");
        let local = with(&with(&CLIENT, "url", "http://127.0.0.1:8080"), "allow_private", "127.0.0.1");
        assert_eq!(judged(&local).unwrap().base.as_str(), "http://127.0.0.1:8080/");
    }

    #[test]
    fn a_redirect_host_is_one_host_and_port() {
        let host = |text: &str| RedirectHost::parse(text).unwrap();
        let url = |text: &str| Url::parse(text).unwrap();
        assert!(host("files.example.com").is_of(&url("https://files.example.com/x")));
        assert!(!host("files.example.com").is_of(&url("https://files.example.com:8443/x")));
        assert!(host("files.example.com:8443").is_of(&url("https://files.example.com:8443/x")));
        assert!(!host("files.example.com").is_of(&url("https://evil.files.example.com/x")));
    }
}
