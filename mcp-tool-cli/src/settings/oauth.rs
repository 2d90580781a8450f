//! Settings of `[oauth]`.

use mcp_tool_auth::inbound::IntrospectionSettings;
use mcp_tool_core::setting::{INTROSPECTION, Setting, list, single_value, text};

use super::{
    config::Config,
    value::{parse_time, set, show_time},
};

pub(super) const SETTINGS: &[Setting<Config>] = &[
    Setting {
        key: "oauth.issuers",
        flag: Some("oauth-issuer"),
        value: "URL",
        help: "Accept access tokens of this authorization server over HTTP; with oauth.resource, every MCP request over HTTP needs a token",
        many: true,
        show: |config| list(&config.oauth.issuers),
        set: |config, values| {
            config.oauth.issuers = values.to_vec();
            Ok(())
        },
    },
    Setting {
        key: "oauth.resource",
        flag: Some("oauth-resource"),
        value: "URL",
        help: "URL by which clients reach this server, such as https://mcp.example.com/mcp; the required audience of tokens",
        many: false,
        show: |config| text(&config.oauth.rules.audience),
        set: |config, values| set(&mut config.oauth.rules.audience, single_value(values).map(str::to_owned)),
    },
    Setting {
        key: "oauth.introspection",
        flag: Some("oauth-introspection"),
        value: INTROSPECTION,
        help: "Introspect opaque tokens at an issuer: \"ISSUER CLIENT FILE\", with the client id of this server and the file of its secret",
        many: true,
        show: |config| {
            let introspection = config.oauth.introspection.iter();
            list(
                &introspection
                    .map(|entry| format!("{} {} {}", entry.issuer, entry.client, entry.secret_file.display()))
                    .collect::<Vec<_>>(),
            )
        },
        set: |config, values| {
            let introspection = values.iter().map(|text| IntrospectionSettings::parse(text)).collect();
            set(&mut config.oauth.introspection, introspection)
        },
    },
    Setting {
        key: "oauth.max_lifetime",
        flag: Some("oauth-max-lifetime"),
        value: "TIME",
        help: "Longest lifetime of a token, from issue to expiry",
        many: false,
        show: |config| show_time(config.oauth.rules.max_lifetime),
        set: |config, values| set(&mut config.oauth.rules.max_lifetime, parse_time(single_value(values)?)),
    },
    Setting {
        key: "oauth.user_claim",
        flag: None,
        value: "CLAIM",
        help: "Claim that names the user; a dot leads into an object",
        many: false,
        show: |config| text(&config.oauth.rules.user),
        set: |config, values| set(&mut config.oauth.rules.user, single_value(values).map(str::to_owned)),
    },
    Setting {
        key: "oauth.agent_claims",
        flag: None,
        value: "CLAIM",
        help: "Claims that name the agent; the first one that a token has is used",
        many: true,
        show: |config| list(&config.oauth.rules.agents),
        set: |config, values| {
            config.oauth.rules.agents = values.to_vec();
            Ok(())
        },
    },
    Setting {
        key: "oauth.tenant_claim",
        flag: None,
        value: "CLAIM",
        help: "Claim that names the tenant; a token without it is refused",
        many: false,
        show: |config| text(config.oauth.rules.tenant.as_deref().unwrap_or_default()),
        set: |config, values| {
            config.oauth.rules.tenant =
                Some(single_value(values)?.to_owned()).filter(|claim| !claim.is_empty());
            Ok(())
        },
    },
    Setting {
        key: "oauth.scope_claims",
        flag: None,
        value: "CLAIM",
        help: "Claims with scopes, as text with spaces or as an array; all of them count",
        many: true,
        show: |config| list(&config.oauth.rules.scopes),
        set: |config, values| {
            config.oauth.rules.scopes = values.to_vec();
            Ok(())
        },
    },
    Setting {
        key: "oauth.machine_claim",
        flag: None,
        value: "CLAIM=VALUE",
        help: "`claim=value` that marks a service account, such as idtyp=app; a token whose user equals its client always counts as a service account",
        many: false,
        show: |config| {
            let machine = config.oauth.rules.machine.as_ref();
            text(&machine.map(|(claim, value)| format!("{claim}={value}")).unwrap_or_default())
        },
        set: |config, values| {
            let pair = single_value(values)?
                .split_once('=')
                .ok_or("must be a claim and its value, such as idtyp=app")?;
            config.oauth.rules.machine = Some((pair.0.to_owned(), pair.1.to_owned()));
            Ok(())
        },
    },
    Setting {
        key: "oauth.scope_hierarchy",
        flag: None,
        value: "LINE",
        help: "Scope and the scopes that it includes: \"invoices:admin invoices:read invoices:write\"",
        many: true,
        show: |config| list(&config.settings.scope_hierarchy),
        set: |config, values| {
            config.settings.scope_hierarchy = values.to_vec();
            Ok(())
        },
    },
    Setting {
        key: "oauth.discovery",
        flag: None,
        value: "MODE",
        help: "Tools in a caller's list: permitted (those that the caller may call) or grantable (also those that more scopes would permit)",
        many: false,
        show: |config| text(if config.settings.shows_grantable { "grantable" } else { "permitted" }),
        set: |config, values| {
            config.settings.shows_grantable = match single_value(values)? {
                "permitted" => false,
                "grantable" => true,
                _ => return Err("must be permitted or grantable".into()),
            };
            Ok(())
        },
    },
];
