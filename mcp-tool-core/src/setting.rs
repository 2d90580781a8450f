//! Rows of a settings table. Flags, environment variables, file keys and help are all derived from them.

use serde_json::Value;

/// One setting of a section whose values are stored in `T`.
#[derive(Debug)]
pub struct Setting<T: 'static> {
    /// Key in the settings file, such as `http.listen`. In a section with one table per name, such as
    /// `[upstream.billing]`, it is the key within that table, such as `url`.
    pub key: &'static str,
    /// Flag without `--`; `None` for secrets, since other users of the machine can read command lines.
    pub flag: Option<&'static str>,
    /// Placeholder of the value in the help.
    pub value: &'static str,
    /// Description in the help.
    pub help: &'static str,
    /// True if the setting accepts several values: by a repeated flag, by commas in the environment variable, or by a
    /// list in the file.
    pub many: bool,
    /// Returns the value as TOML; `None` if it isn't set or doesn't apply.
    pub show: fn(&T) -> Option<String>,
    /// Stores the values, or returns why they are invalid.
    pub set: fn(&mut T, &[String]) -> Result<(), String>,
}

impl<T> Setting<T> {
    /// Splits the text of a flag or an environment variable into values.
    #[must_use]
    pub fn split(&self, text: &str) -> Vec<String> {
        split(text, self.many)
    }
}

/// Splits text at commas if `many` values are allowed.
#[must_use]
pub fn split(text: &str, many: bool) -> Vec<String> {
    if !many {
        return vec![text.to_owned()];
    }
    let values = text.split(',').map(str::trim).filter(|value| !value.is_empty());
    values.map(str::to_owned).collect()
}

/// Returns the only value.
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
    Some(Value::from(text).to_string())
}

/// Formats a list of texts as TOML, for [`Setting::show`].
#[must_use]
pub fn list(texts: &[String]) -> Option<String> {
    let texts: Vec<String> = texts.iter().filter_map(|item| text(item)).collect();
    Some(format!("[{}]", texts.join(", ")))
}
