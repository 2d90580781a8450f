//! How a setting's value is written and read.

use std::{num::NonZeroU32, time::Duration};

use mcp_tool_contract::quantity;

pub(super) fn set<T>(place: &mut T, value: Result<T, String>) -> Result<(), String> {
    *place = value?;
    Ok(())
}

pub(super) fn one(given: &[String]) -> Result<&str, String> {
    match given {
        [one] => Ok(one),
        _ => Err("one value is wanted".into()),
    }
}

pub(super) fn time(text: &str) -> Result<Duration, String> {
    quantity::milliseconds(text)
        .map(Duration::from_millis)
        .ok_or_else(|| "a time is wanted, such as 250ms, 5s, 2m or 1h, a day at most".into())
}

pub(super) fn time_shown(time: Duration) -> String {
    match time.as_millis() {
        ms if ms % 1_000 == 0 => format!("{}s", ms / 1_000),
        ms => format!("{ms}ms"),
    }
}

pub(super) fn size(text: &str) -> Result<usize, String> {
    quantity::bytes(text)
        .and_then(|bytes| usize::try_from(bytes).ok())
        .filter(|bytes| (1_024..=1 << 30).contains(bytes))
        .ok_or_else(|| "a size from 1KiB to 1GiB is wanted, such as 65536, 64KiB or 4MiB".into())
}

pub(super) fn size_shown(bytes: usize) -> String {
    match bytes {
        bytes if bytes % (1 << 20) == 0 => format!("{}MiB", bytes >> 20),
        bytes if bytes % (1 << 10) == 0 => format!("{}KiB", bytes >> 10),
        bytes => bytes.to_string(),
    }
}

pub(super) fn count(text: &str) -> Result<NonZeroU32, String> {
    text.parse::<NonZeroU32>()
        .ok()
        .filter(|count| count.get() <= 1_000_000)
        .ok_or_else(|| "a whole number from 1 to 1000000 is wanted".into())
}

pub(super) fn file_shown(file: Option<&std::path::PathBuf>) -> String {
    file.map(|file| file.display().to_string()).unwrap_or_default()
}

pub(super) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

pub(super) fn listed(texts: &[String]) -> String {
    format!("[{}]", texts.iter().map(|text| quoted(text)).collect::<Vec<_>>().join(", "))
}

/// Text, a number, or a list of these.
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
