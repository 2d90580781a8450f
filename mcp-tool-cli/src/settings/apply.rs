//! Applies values from flags, environment and file to the settings of a table, and formats settings for printing.

use std::collections::BTreeMap;

use mcp_tool_contract::read::violation::escaped_excerpt;
use mcp_tool_core::setting::Setting;

use super::{
    sources::{Origin, Sources},
    table::check_compiled,
};

/// Settings with a flag whose values errors don't show, because they may contain a secret instead of its file.
const MAY_BE_SECRET: [&str; 1] = ["oauth.introspection"];

/// Source of each value that isn't a default, by `Setting::key`.
pub(super) type Origins = BTreeMap<&'static str, Origin>;

/// Setting as `serve --print-config` prints it.
#[derive(Debug)]
pub(super) struct PrintedSetting {
    pub(super) key: String,
    /// Value, in a syntax that is valid in TOML and in JSON.
    pub(super) value: String,
    pub(super) origin: Origin,
}

/// Stores the value of each setting in `target`, from its source of the highest precedence, and returns the sources.
/// `prefix` is put before each key: it is empty for keys that contain their section, such as `http.listen`, and
/// `upstream.billing.` for the key `url` of the table `[upstream.billing]`.
///
/// # Errors
/// A value is invalid, or its setting needs a feature that isn't compiled in.
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
            let value = match setting.flag {
                Some(_) if !MAY_BE_SECRET.contains(&setting.key) => {
                    format!("\"{}\": ", escaped_excerpt(&values.join(",")))
                }
                // A setting without a flag may be a secret.
                Some(_) | None => String::new(),
            };
            format!("{key} (from {origin}): {value}{reason}")
        })?;
        origins.insert(setting.key, origin);
    }
    Ok(origins)
}

/// Appends each setting of `target` that has a value to `printed`. `prefix` is as in [`apply`].
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
