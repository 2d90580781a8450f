//! Settings of `[http]`.

use std::num::NonZeroU32;

use mcp_tool_core::network::Network;

use super::{
    table::Setting,
    value::{count, file_shown, listed, one, quoted, set, size, size_shown, time, time_shown},
};

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
];
