//! Settings of `[upstream.NAME]` as an operator writes them, before validation. An upstream is an HTTP service that
//! tools call.

use mcp_tool_contract::name;
use mcp_tool_core::setting::{SECRET_FILE, Setting, list, single_value, text};

/// Settings of one upstream as written; `UpstreamConfig::validate` checks them.
#[derive(Clone, Debug, Default)]
pub struct UpstreamSettings {
    pub(super) url: Option<String>,
    pub(super) credential: Option<CredentialKind>,
    pub(super) token_url: Option<String>,
    pub(super) client_id: Option<String>,
    pub(super) secret_file: Option<String>,
    pub(super) client_auth: Option<String>,
    pub(super) audience: Option<String>,
    pub(super) resource: Option<String>,
    pub(super) scope: Option<String>,
    pub(super) key_file: Option<String>,
    pub(super) key_header: Option<String>,
    pub(super) key_prefix: Option<String>,
    pub(super) allow_private: Option<Vec<String>>,
    pub(super) redirect_hosts: Option<Vec<String>>,
    pub(super) max_response: Option<String>,
}

/// Kind of credential that the server presents to an upstream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CredentialKind {
    /// Access token that is issued to the server (RFC 6749 §4.4).
    ClientCredentials,
    /// Access token for the caller, which the server gets in exchange for the caller's token (RFC 8693).
    TokenExchange,
    /// API key that the upstream's operator issued.
    Key,
}

/// Error: a setting is missing, is invalid, or doesn't apply to the kind of credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidSetting {
    /// Key of the setting in `[upstream.NAME]`.
    pub key: &'static str,
    /// Reason, and how to correct the setting.
    pub reason: String,
}

impl CredentialKind {
    /// Returns the value of the setting `credential` that selects this kind.
    pub(super) const fn name(self) -> &'static str {
        match self {
            CredentialKind::ClientCredentials => "client_credentials",
            CredentialKind::TokenExchange => "token_exchange",
            CredentialKind::Key => "key",
        }
    }

    fn parse(name: &str) -> Result<Self, String> {
        let all = [CredentialKind::ClientCredentials, CredentialKind::TokenExchange, CredentialKind::Key];
        let kind = all.into_iter().find(|kind| kind.name() == name);
        kind.ok_or_else(|| "must be client_credentials, token_exchange or key".into())
    }
}

impl UpstreamSettings {
    /// Table of the settings, in the order in which `serve --print-config` prints them.
    pub const SETTINGS: &[Setting<Self>] = &[
        Setting {
            key: "url",
            flag: None,
            value: "URL",
            help: "Base URL; paths stay below it. HTTPS, except on loopback",
            many: false,
            show: |upstream| upstream.url.as_deref().and_then(text),
            set: |upstream, values| set(&mut upstream.url, values),
        },
        Setting {
            key: "credential",
            flag: None,
            value: "KIND",
            help: "Credential of this server: client_credentials, token_exchange or key",
            many: false,
            show: |upstream| text(upstream.credential?.name()),
            set: |upstream, values| {
                upstream.credential = Some(CredentialKind::parse(single_value(values)?)?);
                Ok(())
            },
        },
        Setting {
            key: "token_url",
            flag: None,
            value: "URL",
            help: "Token endpoint. HTTPS, except on loopback",
            many: false,
            show: |upstream| upstream.token_url.as_deref().and_then(text),
            set: |upstream, values| set(&mut upstream.token_url, values),
        },
        Setting {
            key: "client_id",
            flag: None,
            value: "ID",
            help: "Client id of this server",
            many: false,
            show: |upstream| upstream.client_id.as_deref().and_then(text),
            set: |upstream, values| set(&mut upstream.client_id, values),
        },
        Setting {
            key: "secret_file",
            flag: None,
            value: SECRET_FILE,
            help: "File of the client secret; read again when it changes",
            many: false,
            show: |upstream| upstream.secret_file.as_deref().and_then(text),
            set: |upstream, values| set(&mut upstream.secret_file, values),
        },
        Setting {
            key: "client_auth",
            flag: None,
            value: "METHOD",
            help: "Client authentication at the token endpoint: basic or post",
            many: false,
            show: |upstream| upstream.client_auth.as_deref().and_then(text),
            set: |upstream, values| set(&mut upstream.client_auth, values),
        },
        Setting {
            key: "audience",
            flag: None,
            value: "AUDIENCE",
            help: "`audience` of the token request; token_exchange needs it or resource",
            many: false,
            show: |upstream| upstream.audience.as_deref().and_then(text),
            set: |upstream, values| set(&mut upstream.audience, values),
        },
        Setting {
            key: "resource",
            flag: None,
            value: "URL",
            help: "`resource` of the token request (RFC 8707)",
            many: false,
            show: |upstream| upstream.resource.as_deref().and_then(text),
            set: |upstream, values| set(&mut upstream.resource, values),
        },
        Setting {
            key: "scope",
            flag: None,
            value: "SCOPE",
            help: "`scope` of the token request",
            many: false,
            show: |upstream| upstream.scope.as_deref().and_then(text),
            set: |upstream, values| set(&mut upstream.scope, values),
        },
        Setting {
            key: "key_file",
            flag: None,
            value: SECRET_FILE,
            help: "File of the key; read again when it changes",
            many: false,
            show: |upstream| upstream.key_file.as_deref().and_then(text),
            set: |upstream, values| set(&mut upstream.key_file, values),
        },
        Setting {
            key: "key_header",
            flag: None,
            value: "HEADER",
            help: "Header that carries the key",
            many: false,
            show: |upstream| upstream.key_header.as_deref().and_then(text),
            set: |upstream, values| set(&mut upstream.key_header, values),
        },
        Setting {
            key: "key_prefix",
            flag: None,
            value: "TEXT",
            help: "Text before the key in its header; may be empty",
            many: false,
            show: |upstream| upstream.key_prefix.as_deref().and_then(text),
            set: |upstream, values| {
                upstream.key_prefix = Some(single_value(values)?.to_owned());
                Ok(())
            },
        },
        Setting {
            key: "allow_private",
            flag: None,
            value: "ADDR",
            help: "Addresses or networks that aren't public and may be called",
            many: true,
            show: |upstream| upstream.allow_private.as_deref().and_then(list),
            set: |upstream, values| {
                upstream.allow_private = Some(values.to_vec());
                Ok(())
            },
        },
        Setting {
            key: "redirect_hosts",
            flag: None,
            value: "HOST",
            help: "Hosts to which a redirect may lead, with no credential, no body, and no header except Accept",
            many: true,
            show: |upstream| upstream.redirect_hosts.as_deref().and_then(list),
            set: |upstream, values| {
                upstream.redirect_hosts = Some(values.to_vec());
                Ok(())
            },
        },
        Setting {
            key: "max_response",
            flag: None,
            value: "SIZE",
            help: "Largest body of a response",
            many: false,
            show: |upstream| upstream.max_response.as_deref().and_then(text),
            set: |upstream, values| set(&mut upstream.max_response, values),
        },
    ];

    /// Sets the setting `key` from text; commas separate the values of a list.
    ///
    /// # Errors
    /// An unknown key, or an invalid value.
    pub fn set(&mut self, key: &str, text: &str) -> Result<(), String> {
        let setting = Self::SETTINGS.iter().find(|setting| setting.key == key);
        let setting = setting.ok_or("unknown setting")?;
        (setting.set)(self, &setting.split(text))
    }

    /// Fills in the defaults for the kind of credential. Without a kind, changes nothing, because such settings are
    /// invalid.
    #[must_use]
    pub fn with_defaults(mut self) -> Self {
        let Some(kind) = self.credential else { return self };
        if kind == CredentialKind::Key {
            let header = self.key_header.get_or_insert_with(|| "Authorization".into());
            let prefix = if header.eq_ignore_ascii_case("authorization") { "Bearer " } else { "" };
            self.key_prefix.get_or_insert_with(|| prefix.into());
        } else {
            self.client_auth.get_or_insert_with(|| "basic".into());
        }
        self.allow_private.get_or_insert_default();
        self.redirect_hosts.get_or_insert_default();
        self.max_response.get_or_insert_with(|| "4MiB".into());
        self
    }

    /// Returns the first key that is set although it doesn't apply to this kind of credential, or `None`.
    pub(super) fn inapplicable(&self, kind: CredentialKind) -> Option<&'static str> {
        let token_settings = [
            ("token_url", &self.token_url),
            ("client_id", &self.client_id),
            ("secret_file", &self.secret_file),
            ("client_auth", &self.client_auth),
            ("audience", &self.audience),
            ("resource", &self.resource),
            ("scope", &self.scope),
        ];
        let api_key_settings = [
            ("key_file", &self.key_file),
            ("key_header", &self.key_header),
            ("key_prefix", &self.key_prefix),
        ];
        let others = if kind == CredentialKind::Key { &token_settings[..] } else { &api_key_settings[..] };
        others.iter().find(|(_, value)| value.is_some()).map(|(key, _)| *key)
    }
}

/// Stores the value of a setting that accepts one non-empty text.
fn set(setting: &mut Option<String>, values: &[String]) -> Result<(), String> {
    match single_value(values)? {
        "" => Err("must not be empty".into()),
        value => {
            *setting = Some(value.to_owned());
            Ok(())
        }
    }
}

/// Returns an upstream's name with `-` replaced by `_`. Environment variables, such as `MCP_TOOL_UPSTREAM_BILLING_URL`,
/// contain this form of the name, because the name of an environment variable can't contain `-`.
///
/// # Errors
/// A name other than `[a-z][a-z0-9_-]*` with 1 to 64 characters. A contract can't declare such an upstream.
pub fn canonical_name(name: &str) -> Result<String, String> {
    name::check_upstream(name).map(|()| name.replace('-', "_"))
}
