//! Parses and formats values of settings. The functions `show_…` return an `Option` because `Setting::show` does; it is
//! never `None`.

use std::{num::NonZeroU32, path::PathBuf, time::Duration};

use mcp_tool_contract::quantity;
use mcp_tool_core::setting;

/// Stores a parsed value, or returns the error of parsing it.
pub(super) fn set<T>(target: &mut T, value: Result<T, String>) -> Result<(), String> {
    *target = value?;
    Ok(())
}

/// Parses a duration from 1 ms to a day, such as `5s`.
pub(super) fn parse_time(text: &str) -> Result<Duration, String> {
    quantity::milliseconds(text)
        .map(Duration::from_millis)
        .ok_or_else(|| "must be a time from 1ms to 24h, such as 250ms, 5s, 2m or 1h".into())
}

/// Formats a duration as quoted text, such as `"5s"` or `"250ms"`.
pub(super) fn show_time(time: Duration) -> Option<String> {
    setting::text(&match time.as_millis() {
        ms if ms % 1_000 == 0 => format!("{}s", ms / 1_000),
        ms => format!("{ms}ms"),
    })
}

/// Parses a size from 1 KiB to 1 GiB, such as `4MiB`, and returns it in bytes.
pub(super) fn parse_size(text: &str) -> Result<usize, String> {
    quantity::bytes(text)
        .and_then(|bytes| usize::try_from(bytes).ok())
        .filter(|bytes| (1_024..=1 << 30).contains(bytes))
        .ok_or_else(|| "must be a size from 1KiB to 1GiB, such as 65536, 64KiB or 4MiB".into())
}

/// Formats a size of `bytes` as quoted text, such as `"4MiB"`.
pub(super) fn show_size(bytes: usize) -> Option<String> {
    setting::text(&match bytes {
        bytes if bytes % (1 << 20) == 0 => format!("{}MiB", bytes >> 20),
        bytes if bytes % (1 << 10) == 0 => format!("{}KiB", bytes >> 10),
        bytes => bytes.to_string(),
    })
}

/// Parses a whole number from 1 to 1,000,000.
pub(super) fn parse_count(text: &str) -> Result<NonZeroU32, String> {
    text.parse::<NonZeroU32>()
        .ok()
        .filter(|count| count.get() <= 1_000_000)
        .ok_or_else(|| "must be a whole number from 1 to 1000000".into())
}

/// Parses a percentage.
pub(super) fn parse_percent(text: &str) -> Result<NonZeroU32, String> {
    text.parse::<NonZeroU32>()
        .ok()
        .filter(|percent| percent.get() <= 100)
        .ok_or_else(|| "must be a whole number from 1 to 100, in percent".into())
}

/// Parses a number of the unsigned type `N`, which may be 0.
pub(super) fn parse_number<N: std::str::FromStr>(text: &str) -> Result<N, String> {
    text.parse().map_err(|_| "must be 0 or a positive whole number, and not too large".into())
}

/// Formats a path, or `otherwise` if no path is set, as quoted text.
pub(super) fn show_file(file: Option<&PathBuf>, otherwise: &str) -> Option<String> {
    setting::text(&file.map_or_else(|| otherwise.to_owned(), |file| file.display().to_string()))
}

/// Converts a value of the settings file to a list of texts. Returns `None` unless the value is text, an integer, or a
/// list of these.
pub(super) fn texts(value: toml::Value) -> Option<Vec<String>> {
    match value {
        toml::Value::Array(values) => values.iter().map(scalar).collect(),
        single => scalar(&single).map(|value| vec![value]),
    }
}

fn scalar(value: &toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Integer(number) => Some(number.to_string()),
        _ => None,
    }
}
