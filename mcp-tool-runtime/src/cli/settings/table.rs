//! One table, from which flags, environment, file and help come alike.

use std::num::NonZeroU32;

use clap::{Arg, ArgAction, builder::NonEmptyStringValueParser};

use crate::{identity::Introspection, network::Network, versions::ClientPin};

use super::{
    Config,
    value::{count, file_shown, listed, one, quoted, set, size, size_shown, time, time_shown},
};

/// The prefix of every environment variable.
pub(super) const PREFIX: &str = "MCP_TOOL_";

/// One setting.
pub(super) struct Setting {
    /// Section and name in the file.
    pub(super) key: &'static str,
    /// The flag; none for secrets, which every user of the machine could read there.
    pub(super) flag: Option<&'static str>,
    value: &'static str,
    help: &'static str,
    pub(super) many: bool,
    pub(super) show: fn(&Config) -> String,
    pub(super) set: fn(&mut Config, &[String]) -> Result<(), String>,
}

impl Setting {
    pub(super) fn variable(&self) -> String {
        format!("{PREFIX}{}", self.key.replace('.', "_").to_uppercase())
    }
}

pub(super) const SETTINGS: &[Setting] = &[
    Setting {
        key: "http.listen",
        flag: Some("http"),
        value: "ADDR",
        help: "Listen on this address, such as 127.0.0.1:8080",
        many: false,
        show: |config| quoted(config.listen.as_deref().unwrap_or_default()),
        set: |config, given| {
            config.listen = Some(one(given)?.to_owned());
            Ok(())
        },
    },
    Setting {
        key: "http.allowed_hosts",
        flag: Some("allowed-host"),
        value: "HOST",
        help: "Serve requests that name this Host, besides the loopback names",
        many: true,
        show: |config| listed(&config.http.allowed_hosts),
        set: |config, given| {
            config.http.allowed_hosts = given.to_vec();
            Ok(())
        },
    },
    Setting {
        key: "http.allowed_origins",
        flag: Some("allowed-origin"),
        value: "ORIGIN",
        help: "Serve requests from web pages of this origin, such as https://app.example.com",
        many: true,
        show: |config| listed(&config.http.allowed_origins),
        set: |config, given| {
            config.http.allowed_origins = given.to_vec();
            Ok(())
        },
    },
    Setting {
        key: "http.tls_cert",
        flag: Some("tls-cert"),
        value: "FILE",
        help: "Speak TLS, with this chain of certificates in PEM; read again when it changes",
        many: false,
        show: |config| quoted(&file_shown(config.http.tls_cert.as_ref())),
        set: |config, given| {
            config.http.tls_cert = Some(one(given)?.into());
            Ok(())
        },
    },
    Setting {
        key: "http.tls_key",
        flag: Some("tls-key"),
        value: "FILE",
        help: "The key of that certificate, in PEM; read again when it changes",
        many: false,
        show: |config| quoted(&file_shown(config.http.tls_key.as_ref())),
        set: |config, given| {
            config.http.tls_key = Some(one(given)?.into());
            Ok(())
        },
    },
    Setting {
        key: "http.trusted_proxies",
        flag: Some("trusted-proxy"),
        value: "ADDR",
        help: "A proxy, or a network of them, that ends TLS for this server: 10.0.0.7 or 10.0.0.0/8; others aren't heard, and its X-Forwarded-For is believed",
        many: true,
        show: |config| {
            listed(&config.http.trusted_proxies.iter().map(ToString::to_string).collect::<Vec<_>>())
        },
        set: |config, given| {
            let proxies = given.iter().map(|text| Network::parse(text)).collect();
            set(&mut config.http.trusted_proxies, proxies)
        },
    },
    Setting {
        key: "http.max_body",
        flag: Some("max-body"),
        value: "SIZE",
        help: "Largest body of a request",
        many: false,
        show: |config| quoted(&size_shown(config.http.max_body)),
        set: |config, given| set(&mut config.http.max_body, size(one(given)?)),
    },
    Setting {
        key: "http.max_connections",
        flag: Some("max-connections"),
        value: "N",
        help: "Connections at one time",
        many: false,
        show: |config| config.http.max_connections.to_string(),
        set: |config, given| set(&mut config.http.max_connections, count(one(given)?).map(NonZeroU32::get)),
    },
    Setting {
        key: "http.legacy_sessions",
        flag: Some("legacy-sessions"),
        value: "N",
        help: "Sessions at one time for clients of 2025-11-25 and before; 0 serves them without",
        many: false,
        show: |config| config.http.legacy_sessions.to_string(),
        set: |config, given| {
            let sessions = one(given)?.parse().map_err(|_| "a whole number is wanted".to_owned());
            set(&mut config.http.legacy_sessions, sessions)
        },
    },
    Setting {
        key: "http.session_idle",
        flag: Some("session-idle"),
        value: "TIME",
        help: "How long an idle session is kept",
        many: false,
        show: |config| quoted(&time_shown(config.http.session_idle)),
        set: |config, given| set(&mut config.http.session_idle, time(one(given)?)),
    },
    Setting {
        key: "http.grace",
        flag: Some("grace"),
        value: "TIME",
        help: "How long calls in flight may take to finish after a signal",
        many: false,
        show: |config| quoted(&time_shown(config.http.grace)),
        set: |config, given| set(&mut config.http.grace, time(one(given)?)),
    },
    Setting {
        key: "limits.timeout",
        flag: Some("timeout"),
        value: "TIME",
        help: "Longest a call may run, where its tool says nothing",
        many: false,
        show: |config| quoted(&time_shown(config.settings.timeout)),
        set: |config, given| set(&mut config.settings.timeout, time(one(given)?)),
    },
    Setting {
        key: "limits.concurrency",
        flag: Some("concurrency"),
        value: "N",
        help: "Calls of all tools together that may run at one time",
        many: false,
        show: |config| config.settings.concurrency.to_string(),
        set: |config, given| set(&mut config.settings.concurrency, count(one(given)?)),
    },
    Setting {
        key: "limits.max_result",
        flag: Some("max-result"),
        value: "SIZE",
        help: "Largest result that is sent",
        many: false,
        show: |config| quoted(&size_shown(config.settings.max_result)),
        set: |config, given| set(&mut config.settings.max_result, size(one(given)?)),
    },
    Setting {
        key: "limits.list_page",
        flag: Some("list-page"),
        value: "N",
        help: "Tools on one page of tools/list; many clients ask for the first page alone",
        many: false,
        show: |config| config.settings.list_page.to_string(),
        set: |config, given| set(&mut config.settings.list_page, count(one(given)?)),
    },
    Setting {
        key: "gate.allow_destructive",
        flag: Some("allow-destructive"),
        value: "NAME",
        help: "Let this destructive tool run although nobody approves its calls",
        many: true,
        show: |config| {
            let mut names: Vec<String> = config.settings.allow_destructive.iter().cloned().collect();
            names.sort();
            listed(&names)
        },
        set: |config, given| {
            config.settings.allow_destructive = given.iter().cloned().collect();
            Ok(())
        },
    },
    Setting {
        key: "contract.pins",
        flag: Some("pin"),
        value: "PIN",
        help: "Hold a client to a version: \"CLIENT TOOL REQUIREMENT\", such as \"acme-agent list_invoices ^1\"; * means all tools",
        many: true,
        show: |config| listed(&config.settings.pins.iter().map(ToString::to_string).collect::<Vec<_>>()),
        set: |config, given| {
            let pins = given.iter().map(|pin| ClientPin::parse(pin)).collect::<Result<_, _>>();
            set(&mut config.settings.pins, pins)
        },
    },
    Setting {
        key: "contract.known_file",
        flag: Some("known-file"),
        value: "FILE",
        help: "Keep what callers listed last in this file, written at an orderly end, so that they are held to it by the next run",
        many: false,
        show: |config| {
            quoted(&config.settings.known_file.as_ref().map_or("".into(), |path| path.to_string_lossy()))
        },
        set: |config, given| {
            config.settings.known_file = Some(one(given)?).filter(|path| !path.is_empty()).map(Into::into);
            Ok(())
        },
    },
    Setting {
        key: "local.scopes",
        flag: Some("local-scopes"),
        value: "SCOPE",
        help: "Scopes of the local user, instead of all: while no authorization is configured, every caller is local",
        many: true,
        show: |config| match &config.settings.local_scopes {
            None => quoted("all"),
            Some(scopes) => listed(scopes),
        },
        set: |config, given| {
            config.settings.local_scopes = (given != ["all"]).then(|| given.to_vec());
            Ok(())
        },
    },
    Setting {
        key: "oauth.issuers",
        flag: Some("oauth-issuer"),
        value: "URL",
        help: "Take access tokens of this authorization server, over HTTP; with oauth.resource, nobody is let in without one",
        many: true,
        show: |config| listed(&config.oauth.issuers),
        set: |config, given| {
            config.oauth.issuers = given.to_vec();
            Ok(())
        },
    },
    Setting {
        key: "oauth.resource",
        flag: Some("oauth-resource"),
        value: "URL",
        help: "The URL by which clients reach this server, such as https://mcp.example.com/mcp: the audience of their tokens",
        many: false,
        show: |config| quoted(&config.oauth.rules.audience),
        set: |config, given| set(&mut config.oauth.rules.audience, one(given).map(str::to_owned)),
    },
    Setting {
        key: "oauth.typ_jwt",
        flag: Some("oauth-typ-jwt"),
        value: "URL",
        help: "Take access tokens of this issuer although they say `typ: JWT`; such an issuer must never put this resource into an ID token's audience",
        many: true,
        show: |config| listed(&config.oauth.typ_jwt),
        set: |config, given| {
            config.oauth.typ_jwt = given.to_vec();
            Ok(())
        },
    },
    Setting {
        key: "oauth.introspection",
        flag: Some("oauth-introspection"),
        value: "ASKING",
        help: "Ask an issuer about opaque tokens: \"ISSUER CLIENT FILE\", with this server's client id there and the file of its secret",
        many: true,
        show: |config| {
            let asked = config.oauth.introspection.iter();
            listed(
                &asked
                    .map(|by| format!("{} {} {}", by.issuer, by.client, by.secret_file.display()))
                    .collect::<Vec<_>>(),
            )
        },
        set: |config, given| {
            let asked = given.iter().map(|text| Introspection::parse(text)).collect();
            set(&mut config.oauth.introspection, asked)
        },
    },
    Setting {
        key: "oauth.max_lifetime",
        flag: Some("oauth-max-lifetime"),
        value: "TIME",
        help: "Longest that a token may be good for, from its issue to its expiry",
        many: false,
        show: |config| quoted(&time_shown(config.oauth.rules.max_lifetime)),
        set: |config, given| set(&mut config.oauth.rules.max_lifetime, time(one(given)?)),
    },
    Setting {
        key: "oauth.user_claim",
        flag: None,
        value: "CLAIM",
        help: "The claim that names the user; a dot leads into an object",
        many: false,
        show: |config| quoted(&config.oauth.rules.user),
        set: |config, given| set(&mut config.oauth.rules.user, one(given).map(str::to_owned)),
    },
    Setting {
        key: "oauth.agent_claims",
        flag: None,
        value: "CLAIM",
        help: "The claims that may name the agent, the first that is there",
        many: true,
        show: |config| listed(&config.oauth.rules.agents),
        set: |config, given| {
            config.oauth.rules.agents = given.to_vec();
            Ok(())
        },
    },
    Setting {
        key: "oauth.tenant_claim",
        flag: None,
        value: "CLAIM",
        help: "The claim that names the tenant; a token without it isn't taken",
        many: false,
        show: |config| quoted(config.oauth.rules.tenant.as_deref().unwrap_or_default()),
        set: |config, given| {
            config.oauth.rules.tenant = Some(one(given)?.to_owned()).filter(|claim| !claim.is_empty());
            Ok(())
        },
    },
    Setting {
        key: "oauth.scope_claims",
        flag: None,
        value: "CLAIM",
        help: "The claims that hold scopes, as text with spaces or as an array; all of them count",
        many: true,
        show: |config| listed(&config.oauth.rules.scopes),
        set: |config, given| {
            config.oauth.rules.scopes = given.to_vec();
            Ok(())
        },
    },
    Setting {
        key: "oauth.machine_claim",
        flag: None,
        value: "CLAIM=VALUE",
        help: "What a token says of a caller behind whom nobody stands, such as idtyp=app; one whose user is its client is one anyway",
        many: false,
        show: |config| {
            let machine = config.oauth.rules.machine.as_ref();
            quoted(&machine.map(|(claim, value)| format!("{claim}={value}")).unwrap_or_default())
        },
        set: |config, given| {
            let pair =
                one(given)?.split_once('=').ok_or("a claim and its value are wanted, such as idtyp=app")?;
            config.oauth.rules.machine = Some((pair.0.to_owned(), pair.1.to_owned()));
            Ok(())
        },
    },
    Setting {
        key: "oauth.scope_hierarchy",
        flag: None,
        value: "LINE",
        help: "A scope and those that it includes: \"invoices:admin invoices:read invoices:write\"",
        many: true,
        show: |config| listed(&config.settings.scope_hierarchy),
        set: |config, given| {
            config.settings.scope_hierarchy = given.to_vec();
            Ok(())
        },
    },
    Setting {
        key: "oauth.discovery",
        flag: None,
        value: "WHICH",
        help: "Which tools a caller's list shows: permitted, or grantable, with those that more scopes would open",
        many: false,
        show: |config| quoted(if config.settings.shows_grantable { "grantable" } else { "permitted" }),
        set: |config, given| {
            config.settings.shows_grantable = match one(given)? {
                "permitted" => false,
                "grantable" => true,
                _ => return Err("permitted or grantable is wanted".into()),
            };
            Ok(())
        },
    },
    Setting {
        key: "audit.file",
        flag: Some("audit-file"),
        value: "FILE",
        help: "Append a line for each call to this file, instead of stderr; while it can't be written, tools that write are refused",
        many: false,
        show: |config| {
            quoted(
                &config.settings.audit_file.as_ref().map_or("stderr".into(), |path| path.to_string_lossy()),
            )
        },
        set: |config, given| {
            config.settings.audit_file = Some(one(given)?).filter(|path| *path != "stderr").map(Into::into);
            Ok(())
        },
    },
    Setting {
        key: "audit.max_size",
        flag: Some("audit-max-size"),
        value: "SIZE",
        help: "Rotate the file of records before it is larger: to FILE.20261114T093000.123456Z, by its time",
        many: false,
        show: |config| {
            quoted(&size_shown(usize::try_from(config.settings.audit_max_size).unwrap_or(usize::MAX)))
        },
        set: |config, given| {
            set(&mut config.settings.audit_max_size, size(one(given)?).map(|size| size as u64))
        },
    },
    Setting {
        key: "audit.keep",
        flag: Some("audit-keep"),
        value: "N",
        help: "Rotated files that are kept, the oldest being deleted; 0 keeps all, since evidence isn't deleted unless asked",
        many: false,
        show: |config| config.settings.audit_keep.to_string(),
        set: |config, given| {
            let files = one(given)?.parse().map_err(|_| "a whole number is wanted".to_owned());
            set(&mut config.settings.audit_keep, files)
        },
    },
    Setting {
        key: "control.file",
        flag: Some("control-file"),
        value: "FILE",
        help: "Heed the orders in this file: what `disable`, `enable` and `revoke` say holds within a second",
        many: false,
        show: |config| {
            quoted(&config.settings.control_file.as_ref().map_or("".into(), |path| path.to_string_lossy()))
        },
        set: |config, given| {
            config.settings.control_file = Some(one(given)?).filter(|path| !path.is_empty()).map(Into::into);
            Ok(())
        },
    },
    Setting {
        key: "seal.keys",
        flag: None,
        value: "KEY",
        help: "Keys that seal cursors, 32 bytes in base64url each; the first seals, all open",
        many: true,
        show: |config| quoted(&format!("{} keys, not shown", config.settings.seal_keys.len())),
        set: |config, given| {
            config.settings.seal_keys = given.to_vec();
            Ok(())
        },
    },
    Setting {
        key: "log.level",
        flag: Some("log-level"),
        value: "LEVEL",
        help: "What is logged: off, error, warn, info, debug or trace",
        many: false,
        show: |config| quoted(&config.log.to_string()),
        set: |config, given| {
            let level = one(given)?
                .parse()
                .map_err(|_| "off, error, warn, info, debug or trace is wanted".to_owned());
            set(&mut config.log, level)
        },
    },
];

/// The flags of all settings.
pub(in crate::cli) fn flags() -> impl Iterator<Item = Arg> {
    SETTINGS.iter().filter_map(Setting::arg)
}

/// The flag of one setting, and that of the file that settings are read from, for commands that need no more.
pub(in crate::cli) fn flag(key: &str) -> impl Iterator<Item = Arg> {
    SETTINGS.iter().filter(move |setting| setting.key == key).filter_map(Setting::arg).chain([config()])
}

/// The flag of the file that settings are read from.
pub(in crate::cli) fn config() -> Arg {
    Arg::new("config")
        .long("config")
        .value_name("FILE")
        .help("Read settings from this file [default: mcp-tool.toml, if it is there] [env: MCP_TOOL_CONFIG]")
}

impl Setting {
    fn arg(&self) -> Option<Arg> {
        let (setting, flag) = (self, self.flag?);
        let action = if setting.many { ArgAction::Append } else { ArgAction::Set };
        let default = (setting.show)(&Config::default());
        let help = match default.as_str() {
            "\"\"" | "[]" => format!("{} [env: {}]", setting.help, setting.variable()),
            default => format!(
                "{} [default: {}] [env: {}]",
                setting.help,
                default.trim_matches('"'),
                setting.variable()
            ),
        };
        let arg = Arg::new(setting.key).long(flag).value_name(setting.value).help(help).action(action);
        Some(arg.value_parser(NonEmptyStringValueParser::new()))
    }
}
