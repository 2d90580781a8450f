//! Settings of `[limits]`, `[gate]`, `[contract]` and `[local]`.

use mcp_tool_core::{
    pipeline::versions::ClientPin,
    setting::{Setting, list, single_value, text},
};

use super::{
    config::Config,
    value::{parse_count, parse_percent, parse_size, parse_time, set, show_file, show_size, show_time},
};

pub(super) const SETTINGS: &[Setting<Config>] = &[
    Setting {
        key: "limits.timeout",
        flag: Some("timeout"),
        value: "TIME",
        help: "Time limit of a call whose tool sets no timeout",
        many: false,
        show: |config| show_time(config.settings.timeout),
        set: |config, values| set(&mut config.settings.timeout, parse_time(single_value(values)?)),
    },
    Setting {
        key: "limits.concurrency",
        flag: Some("concurrency"),
        value: "N",
        help: "Maximum number of calls of all tools that run at a time",
        many: false,
        show: |config| Some(config.settings.concurrency.to_string()),
        set: |config, values| set(&mut config.settings.concurrency, parse_count(single_value(values)?)),
    },
    Setting {
        key: "limits.user_share",
        flag: Some("user-share"),
        value: "PERCENT",
        help: "Maximum share of one user in calls, sessions, questions and tasks that run at a time",
        many: false,
        show: |config| Some(config.settings.user_share.to_string()),
        set: |config, values| set(&mut config.settings.user_share, parse_percent(single_value(values)?)),
    },
    Setting {
        key: "limits.max_result",
        flag: Some("max-result"),
        value: "SIZE",
        help: "Largest result that is sent",
        many: false,
        show: |config| show_size(config.settings.max_result),
        set: |config, values| set(&mut config.settings.max_result, parse_size(single_value(values)?)),
    },
    Setting {
        key: "limits.list_page",
        flag: Some("list-page"),
        value: "N",
        help: "Tools on a page of tools/list; many clients read only the first page",
        many: false,
        show: |config| Some(config.settings.list_page.to_string()),
        set: |config, values| set(&mut config.settings.list_page, parse_count(single_value(values)?)),
    },
    Setting {
        key: "gate.allow_destructive",
        flag: Some("allow-destructive"),
        value: "NAME",
        help: "Allow calls of this destructive tool, which has no gate",
        many: true,
        show: |config| {
            let mut names: Vec<String> = config.settings.allow_destructive.iter().cloned().collect();
            names.sort();
            list(&names)
        },
        set: |config, values| {
            config.settings.allow_destructive = values.iter().cloned().collect();
            Ok(())
        },
    },
    Setting {
        key: "contract.pins",
        flag: Some("pin"),
        value: "PIN",
        help: "Version requirement of a client: \"CLIENT TOOL REQUIREMENT\", such as \"acme-agent list_invoices ^1\"; * means all tools",
        many: true,
        show: |config| list(&config.settings.pins.iter().map(ToString::to_string).collect::<Vec<_>>()),
        set: |config, values| {
            let pins = values.iter().map(|pin| ClientPin::parse(pin)).collect::<Result<_, _>>();
            set(&mut config.settings.pins, pins)
        },
    },
    Setting {
        key: "contract.last_listed_file",
        flag: Some("last-listed-file"),
        value: "FILE",
        help: "File that keeps the contracts that callers last listed; written when the server stops normally, and read when it starts",
        many: false,
        show: |config| show_file(config.settings.last_listed_file.as_ref(), ""),
        set: |config, values| {
            config.settings.last_listed_file =
                Some(single_value(values)?).filter(|path| !path.is_empty()).map(Into::into);
            Ok(())
        },
    },
    Setting {
        key: "local.scopes",
        flag: Some("local-scopes"),
        value: "SCOPE",
        help: "Scopes of the local user, instead of all; every caller over stdio is local, and without authorization also every caller over HTTP",
        many: true,
        show: |config| match &config.settings.local_scopes {
            None => text("all"),
            Some(scopes) => list(scopes),
        },
        set: |config, values| {
            config.settings.local_scopes = (values != ["all"]).then(|| values.to_vec());
            Ok(())
        },
    },
];
