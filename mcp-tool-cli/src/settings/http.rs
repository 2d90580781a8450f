//! Settings of `[http]`.

use std::num::NonZeroU32;

use mcp_tool_core::{
    network::Network,
    setting::{SECRET_FILE, Setting, list, single_value, text},
};

use super::{
    config::Config,
    value::{parse_count, parse_number, parse_size, parse_time, set, show_file, show_size, show_time},
};

pub(super) const SETTINGS: &[Setting<Config>] = &[
    Setting {
        key: "http.listen",
        flag: Some("http"),
        value: "ADDR",
        help: "Listen on this address, such as 127.0.0.1:8080",
        many: false,
        show: |config| text(&config.listen.map(|address| address.to_string()).unwrap_or_default()),
        set: |config, values| {
            let address = single_value(values)?.parse();
            let address =
                address.map_err(|_| "must be an address such as 127.0.0.1:8080 or [::1]:8080".to_owned())?;
            config.listen = Some(address);
            Ok(())
        },
    },
    Setting {
        key: "http.allowed_hosts",
        flag: Some("allowed-host"),
        value: "HOST",
        help: "Serve requests with this Host, in addition to the loopback names",
        many: true,
        show: |config| list(&config.http.allowed_hosts),
        set: |config, values| {
            check_origins(values, &[])?;
            config.http.allowed_hosts = values.to_vec();
            Ok(())
        },
    },
    Setting {
        key: "http.allowed_origins",
        flag: Some("allowed-origin"),
        value: "ORIGIN",
        help: "Serve requests from web pages of this origin, such as https://app.example.com",
        many: true,
        show: |config| list(&config.http.allowed_origins),
        set: |config, values| {
            check_origins(&[], values)?;
            config.http.allowed_origins = values.to_vec();
            Ok(())
        },
    },
    Setting {
        key: "http.tls_cert",
        flag: Some("tls-cert"),
        value: "FILE",
        help: "Certificate chain in PEM for TLS; read again when it changes",
        many: false,
        show: |config| show_file(config.http.tls_cert.as_ref(), ""),
        set: |config, values| {
            config.http.tls_cert = Some(single_value(values)?.into());
            Ok(())
        },
    },
    Setting {
        key: "http.tls_key",
        flag: Some("tls-key"),
        value: SECRET_FILE,
        help: "Key of the certificate in PEM; read again when it changes",
        many: false,
        show: |config| show_file(config.http.tls_key.as_ref(), ""),
        set: |config, values| {
            config.http.tls_key = Some(single_value(values)?.into());
            Ok(())
        },
    },
    Setting {
        key: "http.trusted_proxies",
        flag: Some("trusted-proxy"),
        value: "ADDR",
        help: "Proxy or network of proxies that ends TLS for this server, such as 10.0.0.7 or 10.0.0.0/8; its X-Forwarded-For is trusted; without http.tls_cert, other clients that aren't loopback can only check health",
        many: true,
        show: |config| list(&config.http.trusted_proxies.iter().map(ToString::to_string).collect::<Vec<_>>()),
        set: |config, values| {
            let proxies = values.iter().map(|text| Network::parse(text)).collect();
            set(&mut config.http.trusted_proxies, proxies)
        },
    },
    Setting {
        key: "http.max_body",
        flag: Some("max-body"),
        value: "SIZE",
        help: "Largest body of a request",
        many: false,
        show: |config| show_size(config.http.max_body),
        set: |config, values| set(&mut config.http.max_body, parse_size(single_value(values)?)),
    },
    Setting {
        key: "http.max_connections",
        flag: Some("max-connections"),
        value: "N",
        help: "Maximum number of open connections",
        many: false,
        show: |config| Some(config.http.max_connections.to_string()),
        set: |config, values| {
            set(&mut config.http.max_connections, parse_count(single_value(values)?).map(NonZeroU32::get))
        },
    },
    Setting {
        key: "http.legacy_sessions",
        flag: Some("legacy-sessions"),
        value: "N",
        help: "Maximum number of sessions for clients of 2025-11-25 and before; 0 serves them without sessions",
        many: false,
        show: |config| Some(config.http.legacy_sessions.to_string()),
        set: |config, values| {
            let sessions = parse_number(single_value(values)?);
            set(&mut config.http.legacy_sessions, sessions)
        },
    },
    Setting {
        key: "http.session_idle",
        flag: Some("session-idle"),
        value: "TIME",
        help: "Time until an idle session is dropped",
        many: false,
        show: |config| show_time(config.http.session_idle),
        set: |config, values| set(&mut config.http.session_idle, parse_time(single_value(values)?)),
    },
    Setting {
        key: "http.grace",
        flag: Some("grace"),
        value: "TIME",
        help: "Time that running calls have to finish after a signal",
        many: false,
        show: |config| show_time(config.http.grace),
        set: |config, values| set(&mut config.http.grace, parse_time(single_value(values)?)),
    },
];

/// Refuses hosts and origins that no client sends, because such a value would never match.
#[cfg(feature = "http")]
fn check_origins(hosts: &[String], origins: &[String]) -> Result<(), String> {
    mcp_tool_core::transport::http::Origins::new(hosts, origins).map(drop)
}

/// Accepts every value: without the feature `http`, these settings have no effect.
#[cfg(not(feature = "http"))]
fn check_origins(_: &[String], _: &[String]) -> Result<(), String> {
    Ok(())
}
