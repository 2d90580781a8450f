//! Applies values from flags, environment and file to the settings of a table, and formats settings for printing.

use std::collections::BTreeMap;

use mcp_tool_core::{
    redaction::{Secrecy, excerpt, shown_reason, shown_value, shown_values},
    setting::Setting,
};
use serde_json::Value;

use super::{origin::Origin, sources::Sources, table::check_compiled};

/// Source of each value that isn't a default, by `Setting::key`.
pub(super) type Origins = BTreeMap<&'static str, Origin>;

/// Setting as `serve --print-config` prints it.
#[derive(Debug)]
pub(super) struct PrintedSetting {
    pub(super) key: String,
    /// Value, which may contain secrets.
    pub(super) value: Value,
    pub(super) secrecy: Secrecy,
    pub(super) origin: Origin,
}

impl PrintedSetting {
    /// Returns the value without secrets. Its text is valid in TOML and in JSON.
    pub(super) fn shown(&self) -> Value {
        match &self.value {
            // `show` returns no text of a secret.
            value if self.secrecy == Secrecy::Secret => value.clone(),
            Value::Array(values) => {
                let texts: Vec<&str> = values.iter().filter_map(Value::as_str).collect();
                shown_values(self.secrecy, &texts).into_iter().map(Value::from).collect()
            }
            Value::String(text) => Value::from(shown_value(self.secrecy, text)),
            value => value.clone(),
        }
    }

    /// Returns the value as a line of TOML.
    pub(super) fn line(&self) -> String {
        let PrintedSetting { key, origin, .. } = self;
        let value = match self.shown() {
            Value::Array(values) => {
                let values: Vec<String> = values.iter().map(Value::to_string).collect();
                format!("[{}]", values.join(", "))
            }
            value => value.to_string(),
        };
        format!("{key} = {value}  # {origin}\n")
    }
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
            let reason = shown_reason(setting.secrecy(), reason, &values);
            let value = match setting.flag {
                Some(_) if setting.secrecy() == Secrecy::Plain => {
                    format!("\"{}\": ", excerpt(&values.join(",")))
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
        // Shown values are TOML that is also JSON.
        let value = serde_json::from_str(&value).unwrap_or_else(|_| Value::from(value));
        Some(PrintedSetting {
            key: format!("{prefix}{}", setting.key),
            value,
            secrecy: setting.secrecy(),
            origin,
        })
    }));
}
