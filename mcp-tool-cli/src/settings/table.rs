//! One table, from which flags, environment, file and help come alike.

use clap::{Arg, ArgAction, builder::NonEmptyStringValueParser};

use mcp_tool_core::pipeline::versions::ClientPin;

use super::{
    Config,
    value::{count, listed, one, quoted, set, size, size_shown, time, time_shown},
};

/// The prefix of every environment variable.
pub(super) const PREFIX: &str = "MCP_TOOL_";

/// One setting.
pub(super) struct Setting {
    /// Section and name in the file.
    pub(super) key: &'static str,
    /// The flag; none for secrets, which every user of the machine could read there.
    pub(super) flag: Option<&'static str>,
    pub(super) value: &'static str,
    pub(super) help: &'static str,
    pub(super) many: bool,
    pub(super) show: fn(&Config) -> String,
    pub(super) set: fn(&mut Config, &[String]) -> Result<(), String>,
}

impl Setting {
    pub(super) fn variable(&self) -> String {
        format!("{PREFIX}{}", self.key.replace('.', "_").to_uppercase())
    }
}

/// Settings by section, in the order in which they are printed.
const SECTIONS: &[&[Setting]] = &[
    super::http::SETTINGS,
    CALLS,
    #[cfg(feature = "oauth")]
    super::oauth::SETTINGS,
    OPERATION,
];

/// All settings.
pub(super) fn settings() -> impl Iterator<Item = &'static Setting> {
    SECTIONS.iter().copied().flatten()
}

/// `[limits]`, `[gate]`, `[contract]` and `[local]`.
const CALLS: &[Setting] = &[
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
];

/// `[audit]`, `[control]`, `[seal]` and `[log]`.
const OPERATION: &[Setting] = &[
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
pub(crate) fn flags() -> impl Iterator<Item = Arg> {
    settings().filter_map(Setting::arg)
}

/// The flag of one setting, and that of the file that settings are read from, for commands that need no more.
pub(crate) fn flag(key: &str) -> impl Iterator<Item = Arg> {
    settings().filter(move |setting| setting.key == key).filter_map(Setting::arg).chain([config()])
}

/// The flag of the file that settings are read from.
pub(crate) fn config() -> Arg {
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
