//! What an operator can say of an upstream: one key each, as text.

use std::collections::BTreeMap;

use mcp_tool_contract::name;

/// A key of `[upstream.NAME]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    Url,
    Credential,
    TokenUrl,
    ClientId,
    SecretFile,
    ClientAuth,
    Audience,
    Resource,
    Scope,
    File,
    Header,
    Prefix,
    AllowPrivate,
    RedirectHosts,
    MaxResponse,
}

/// By what the server shows itself to an upstream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A token of the server's own (RFC 6749 §4.4).
    ClientCredentials,
    /// A token for the caller, got for the caller's own (RFC 8693).
    TokenExchange,
    /// A key that the upstream's operator gave out.
    Key,
}

impl Kind {
    const ALL: [Kind; 3] = [Kind::ClientCredentials, Kind::TokenExchange, Kind::Key];

    pub const fn name(self) -> &'static str {
        match self {
            Kind::ClientCredentials => "client_credentials",
            Kind::TokenExchange => "token_exchange",
            Kind::Key => "key",
        }
    }

    /// The kind of that name.
    ///
    /// # Errors
    /// What is wanted.
    pub fn parse(text: &str) -> Result<Self, String> {
        let named = Kind::ALL.into_iter().find(|kind| kind.name() == text);
        named.ok_or_else(|| "client_credentials, token_exchange or key is wanted".into())
    }

    /// Whether the key says something of this kind of credential.
    pub const fn takes(self, key: Key) -> bool {
        match key {
            Key::Url | Key::Credential | Key::AllowPrivate | Key::RedirectHosts | Key::MaxResponse => true,
            Key::TokenUrl
            | Key::ClientId
            | Key::SecretFile
            | Key::ClientAuth
            | Key::Audience
            | Key::Resource
            | Key::Scope => matches!(self, Kind::ClientCredentials | Kind::TokenExchange),
            Key::File | Key::Header | Key::Prefix => matches!(self, Kind::Key),
        }
    }
}

impl Key {
    pub const ALL: [Key; 15] = [
        Key::Url,
        Key::Credential,
        Key::TokenUrl,
        Key::ClientId,
        Key::SecretFile,
        Key::ClientAuth,
        Key::Audience,
        Key::Resource,
        Key::Scope,
        Key::File,
        Key::Header,
        Key::Prefix,
        Key::AllowPrivate,
        Key::RedirectHosts,
        Key::MaxResponse,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Key::Url => "url",
            Key::Credential => "credential",
            Key::TokenUrl => "token_url",
            Key::ClientId => "client_id",
            Key::SecretFile => "secret_file",
            Key::ClientAuth => "client_auth",
            Key::Audience => "audience",
            Key::Resource => "resource",
            Key::Scope => "scope",
            Key::File => "key_file",
            Key::Header => "key_header",
            Key::Prefix => "key_prefix",
            Key::AllowPrivate => "allow_private",
            Key::RedirectHosts => "redirect_hosts",
            Key::MaxResponse => "max_response",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Key::ALL.into_iter().find(|key| key.name() == name)
    }

    /// Whether it takes a list.
    pub const fn is_list(self) -> bool {
        matches!(self, Key::AllowPrivate | Key::RedirectHosts)
    }
}

/// What was said of one upstream.
#[derive(Clone, Debug, Default)]
pub struct Given(BTreeMap<Key, Vec<String>>);

impl Given {
    /// Takes a value, in a list those between commas.
    #[must_use]
    pub fn with(mut self, key: Key, text: &str) -> Self {
        let parts = text.split(',').map(|part| part.trim().to_owned()).filter(|part| !part.is_empty());
        self.set(key, if key.is_list() { parts.collect() } else { vec![text.to_owned()] });
        self
    }

    pub fn set(&mut self, key: Key, values: Vec<String>) {
        self.0.insert(key, values);
    }

    /// What was said by that key, moved out.
    pub fn take(&mut self, key: Key) -> Vec<String> {
        self.0.remove(&key).unwrap_or_default()
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = Key> {
        self.0.keys().copied()
    }

    pub(super) fn list(&self, key: Key) -> &[String] {
        self.0.get(&key).map(Vec::as_slice).unwrap_or_default()
    }

    /// The one value of a key.
    ///
    /// # Errors
    /// Where there are several, or it is empty.
    pub(super) fn one(&self, key: Key) -> Result<Option<&str>, Wrong> {
        match self.list(key) {
            [] if !self.0.contains_key(&key) => Ok(None),
            [one] if !one.is_empty() || key == Key::Prefix => Ok(Some(one)),
            _ => Err(Wrong { key, reason: "one value is wanted".into() }),
        }
    }
}

/// A key that has to be mended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    pub key: Key,
    pub reason: String,
}

/// The name of an upstream as all its spellings have it: an environment variable can't hold a `-`.
///
/// # Errors
/// What a name may be.
pub fn canonical(name: &str) -> Result<String, String> {
    name::check_upstream(name).map(|()| name.replace('-', "_"))
}
