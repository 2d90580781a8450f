//! Settings put together from their sources.

use std::{collections::BTreeMap, ffi::OsString};

use clap::ArgMatches;
use mcp_tool_core::setting::Setting;
use serde_json::{Value, json};

use super::{
    config::Config,
    sources::{Origin, Sources},
    table::{check_compiled, settings},
};

/// Sources of the values that aren't defaults, by key within the section.
pub(super) type Origins = BTreeMap<&'static str, Origin>;

/// Settings with the source of each.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) config: Config,
    printed: Vec<PrintedSetting>,
}

/// Setting as `serve --print-config` prints it.
#[derive(Debug)]
pub(super) struct PrintedSetting {
    key: String,
    /// TOML that is also JSON.
    value: String,
    origin: Origin,
}

impl Loaded {
    /// Returns each setting as a line of TOML, with its source in a comment.
    pub(crate) fn text(&self) -> String {
        let lines = self.printed.iter();
        lines.map(|PrintedSetting { key, value, origin }| format!("{key} = {value}  # {origin}\n")).collect()
    }

    /// Returns each setting as `{"key", "value", "source"}`.
    pub(crate) fn json(&self) -> Value {
        let value = |text: &str| serde_json::from_str(text).unwrap_or_else(|_| Value::from(text));
        let settings = self.printed.iter().map(|PrintedSetting { key, value: text, origin }| {
            json!({ "key": key, "value": value(text), "source": origin.to_string() })
        });
        settings.collect()
    }
}

/// Loads all settings: from flags, else the environment, else the file, else the defaults.
///
/// # Errors
/// An invalid value or an unknown name, with its source.
pub(crate) fn load(
    matches: &ArgMatches,
    environment: impl IntoIterator<Item = (OsString, OsString)>,
    defaults: Config,
) -> Result<Loaded, String> {
    let sources = Sources::read(matches, environment)?;
    let mut config = defaults;
    let origins = apply(&sources, "", settings(), &mut config)?;
    let mut printed = Vec::new();
    print("", settings(), &config, &origins, &mut printed);
    #[cfg(feature = "oauth")]
    {
        use mcp_tool_auth::outbound::{InvalidSetting, UpstreamConfig, UpstreamSettings};
        config.upstreams = super::named::load(
            &sources,
            "upstream",
            UpstreamSettings::SETTINGS,
            UpstreamSettings::with_defaults,
            |settings| {
                UpstreamConfig::validate(settings).map_err(|InvalidSetting { key, reason }| (key, reason))
            },
            &mut printed,
        )?;
    }
    Ok(Loaded { config, printed })
}

/// Stores the values of all sources in `target`. `prefix` is the section of keys that don't contain it.
pub(super) fn apply<T: 'static>(
    sources: &Sources<'_>,
    prefix: &str,
    settings: impl Iterator<Item = &'static Setting<T>>,
    target: &mut T,
) -> Result<Origins, String> {
    let mut origins = Origins::new();
    for setting in settings {
        let key = format!("{prefix}{}", setting.key);
        let Some((origin, values)) = sources.get(&key, setting) else { continue };
        let stored = check_compiled(&key).and_then(|()| (setting.set)(target, &values));
        stored.map_err(|reason| {
            // A setting without a flag may be a secret.
            let value =
                if setting.flag.is_some() { format!("{:?}: ", values.join(",")) } else { String::new() };
            format!("{key} (from {origin}): {value}{reason}")
        })?;
        origins.insert(setting.key, origin);
    }
    Ok(origins)
}

/// Appends the settings of a table that have a value.
pub(super) fn print<T: 'static>(
    prefix: &str,
    settings: impl Iterator<Item = &'static Setting<T>>,
    target: &T,
    origins: &Origins,
    printed: &mut Vec<PrintedSetting>,
) {
    printed.extend(settings.filter_map(|setting| {
        let origin = origins.get(setting.key).cloned().unwrap_or(Origin::Default);
        let value = (setting.show)(target)?;
        Some(PrintedSetting { key: format!("{prefix}{}", setting.key), value, origin })
    }));
}
