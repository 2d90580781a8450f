//! Rows of the tables of settings, [`Setting`]. The flag, environment variable, file key and help of a setting come
//! from its row.

use serde_json::Value;

use crate::redaction::Secrecy;

/// Placeholder for a value that is a secret.
pub const SECRET: &str = "KEY";
/// Placeholder for the path of a file that contains a secret.
pub const SECRET_FILE: &str = "SECRET_FILE";
/// Placeholder for an issuer, a client id and the path of a file that contains a secret, separated by spaces.
pub const INTROSPECTION: &str = "INTROSPECTION";

/// One setting. `T` is the struct that stores the setting's value, such as the settings of one upstream.
#[derive(Debug)]
pub struct Setting<T: 'static> {
    /// Key in the settings file, such as `http.listen`. For sections with a table for each name, such as
    /// `[upstream.billing]`, the key within that table, such as `url`. The environment variable is `MCP_TOOL_` and the
    /// whole key, in upper case and with `_` for `.`: `MCP_TOOL_HTTP_LISTEN`, `MCP_TOOL_UPSTREAM_BILLING_URL`.
    pub key: &'static str,
    /// Command-line flag without `--`; `None` if the setting has no flag. Secrets have none, since other users of the
    /// machine can read command lines.
    pub flag: Option<&'static str>,
    /// Placeholder for the value in the help, such as `FILE`. [`SECRET`], [`SECRET_FILE`] and [`INTROSPECTION`] also
    /// determine that messages don't show a secret.
    pub value: &'static str,
    /// Description in the help.
    pub help: &'static str,
    /// True if the setting accepts several values: as a repeated flag, separated by commas in a flag or the environment
    /// variable, or as a list in the file.
    pub many: bool,
    /// Returns the current value as TOML, or a text instead of a [`SECRET`]; `None` if there is nothing to show.
    pub show: fn(&T) -> Option<String>,
    /// Stores the values in the `T`, or returns an error that says what is wrong with them.
    pub set: fn(&mut T, &[String]) -> Result<(), String>,
}

impl<T> Setting<T> {
    /// Splits the text of a flag or an environment variable into the setting's values.
    #[must_use]
    pub fn split(&self, text: &str) -> Vec<String> {
        split(text, self.many)
    }

    /// Returns which secrets a value of the setting may contain.
    #[must_use]
    pub fn secrecy(&self) -> Secrecy {
        match self.value {
            SECRET => Secrecy::Secret,
            SECRET_FILE => Secrecy::SecretFile { words_before: 0 },
            INTROSPECTION => Secrecy::SecretFile { words_before: 2 },
            _ => Secrecy::Plain,
        }
    }
}

/// Splits text at commas into trimmed, non-empty values if `many` is true. Otherwise returns the text as one value.
#[must_use]
pub fn split(text: &str, many: bool) -> Vec<String> {
    if !many {
        return vec![text.to_owned()];
    }
    let values = text.split(',').map(str::trim).filter(|value| !value.is_empty());
    values.map(str::to_owned).collect()
}

/// Returns the value of a setting that accepts one value.
///
/// # Errors
/// If there is no value, or more than one.
pub fn single_value(values: &[String]) -> Result<&str, String> {
    match values {
        [value] => Ok(value),
        _ => Err("must be one value".into()),
    }
}

/// Formats text as TOML, for [`Setting::show`].
#[must_use]
pub fn text(text: &str) -> Option<String> {
    // Every escape that serde_json writes is also an escape of TOML.
    Some(Value::from(text).to_string())
}

/// Formats a list of texts as TOML, for [`Setting::show`].
#[must_use]
pub fn list(texts: &[String]) -> Option<String> {
    let texts: Vec<String> = texts.iter().filter_map(|item| text(item)).collect();
    Some(format!("[{}]", texts.join(", ")))
}
