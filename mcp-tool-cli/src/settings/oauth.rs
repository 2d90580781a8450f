//! Settings of `[oauth]`.

use mcp_tool_auth::inbound::Introspection;

use super::{
    table::Setting,
    value::{listed, one, quoted, set, time, time_shown},
};

pub(super) const SETTINGS: &[Setting] = &[
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
];
