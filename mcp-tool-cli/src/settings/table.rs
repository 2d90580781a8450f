//! All tables of settings, with the flags and environment variables that follow from their rows.

use clap::{Arg, ArgAction, builder::NonEmptyStringValueParser};
#[cfg(feature = "oauth")]
use mcp_tool_auth::{
    inbound::{self, IssuerSettings},
    outbound::{self, UpstreamSettings},
};
use mcp_tool_core::{redaction::Secrecy, setting::Setting};

use super::config::Config;

/// Prefix of every environment variable.
pub(super) const PREFIX: &str = "MCP_TOOL_";

/// Tables in the order in which they are printed.
const TABLES: &[&[Setting<Config>]] = &[
    super::http::SETTINGS,
    super::calls::SETTINGS,
    #[cfg(feature = "oauth")]
    super::oauth::SETTINGS,
    super::operation::SETTINGS,
];

/// Named sections, which have one table per name.
pub(super) const NAMED_SECTIONS: &[NamedSection] = &[
    #[cfg(feature = "oauth")]
    NamedSection {
        name: "issuer",
        keys: || IssuerSettings::SETTINGS.iter().map(NamedKey::of).collect(),
        canonical_name: inbound::canonical_name,
    },
    #[cfg(feature = "oauth")]
    NamedSection {
        name: "upstream",
        keys: || UpstreamSettings::SETTINGS.iter().map(NamedKey::of).collect(),
        canonical_name: outbound::canonical_name,
    },
];

/// Section with one table per name, such as `[upstream.NAME]`.
pub(super) struct NamedSection {
    pub(super) name: &'static str,
    pub(super) keys: fn() -> Vec<NamedKey>,
    /// Converts a name to the spelling that is used in environment variables, or returns why the name is invalid.
    pub(super) canonical_name: fn(&str) -> Result<String, String>,
}

/// Key of a table in a named section.
#[derive(Clone, Copy)]
pub(super) struct NamedKey {
    pub(super) name: &'static str,
    /// True if the key accepts several values.
    pub(super) many: bool,
    pub(super) secrecy: Secrecy,
}

#[cfg(feature = "oauth")]
impl NamedKey {
    fn of<T>(setting: &Setting<T>) -> Self {
        NamedKey { name: setting.key, many: setting.many, secrecy: setting.secrecy() }
    }
}

impl NamedSection {
    /// Returns the prefix of the section's environment variables, such as `MCP_TOOL_UPSTREAM_`.
    pub(super) fn prefix(&self) -> String {
        format!("{PREFIX}{}_", self.name.to_uppercase())
    }
}

/// Returns all settings outside of named sections.
pub(super) fn settings() -> impl Iterator<Item = &'static Setting<Config>> {
    TABLES.iter().copied().flatten()
}

/// Returns the environment variable of a key.
pub(super) fn variable(key: &str) -> String {
    format!("{PREFIX}{}", key.replace('.', "_").to_uppercase())
}

/// Refuses settings of a feature that isn't compiled in. `key` is a section, a key, or an environment variable in lower
/// case without `MCP_TOOL_`.
pub(super) fn check_compiled(key: &str) -> Result<(), String> {
    // Prefixes of the settings that need the feature `oauth`, each with its name in the error.
    const OAUTH: [(&str, &str); 4] =
        [("oauth", "OAuth"), ("issuer", "OAuth"), ("upstream", "upstreams"), ("http.tls_", "TLS")];
    match OAUTH.iter().find(|(prefix, _)| !cfg!(feature = "oauth") && key.starts_with(prefix)) {
        None => Ok(()),
        Some((_, what)) => {
            Err(format!("this server was built without {what}: add the feature `oauth` of mcp-tool-runtime"))
        }
    }
}

/// Returns the flags of all settings.
pub(crate) fn flags() -> impl Iterator<Item = Arg> {
    settings().filter_map(arg)
}

/// Returns the flag of the setting `key` and `--config`, for commands that need only this setting.
pub(crate) fn flag(key: &str) -> impl Iterator<Item = Arg> {
    settings().filter(move |setting| setting.key == key).filter_map(arg).chain([config_flag()])
}

/// Returns `--config`, the flag of the settings file.
pub(crate) fn config_flag() -> Arg {
    Arg::new("config").long("config").value_name("FILE").value_parser(NonEmptyStringValueParser::new()).help(
        "Read settings from this file [default: mcp-tool.toml in the folder of this program, else \
             PROGRAM/mcp-tool.toml in the user's configuration folder] [env: MCP_TOOL_CONFIG]",
    )
}

/// Returns the flag of a setting; `None` if the setting has no flag.
fn arg(setting: &'static Setting<Config>) -> Option<Arg> {
    let action = if setting.many { ArgAction::Append } else { ArgAction::Set };
    let mut help = setting.help.to_owned();
    let default = (setting.show)(&Config::default());
    if let Some(default) = default.filter(|default| !matches!(default.as_str(), "\"\"" | "[]")) {
        help.push_str(&format!(" [default: {}]", default.trim_matches('"')));
    }
    help.push_str(&format!(" [env: {}]", variable(setting.key)));
    let arg = Arg::new(setting.key).long(setting.flag?).value_name(setting.value).help(help).action(action);
    Some(arg.value_parser(NonEmptyStringValueParser::new()))
}
