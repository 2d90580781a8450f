//! What a running call tells its caller: how far it has come, and what it logs. Only what the caller asked to hear.

use std::{
    borrow::Cow,
    sync::{Mutex, PoisonError},
};

use serde::Serialize;
use serde_json::Value;
use tokio::sync::mpsc;

/// Reports that wait for the wire; what comes faster is dropped, so that a call never waits for its reader.
const WAITING: usize = 64;
/// Bytes of a report's words, and of an error's.
const MAX_WORDS: usize = 4 * 1024;
/// Bytes of what one message logs, as JSON.
const MAX_DATA: usize = 4 * 1024;

/// How grave a log message is (RFC 5424 §6.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names are those of the RFC")]
pub enum LogLevel {
    Debug,
    Info,
    Notice,
    Warning,
    Error,
    Critical,
    Alert,
    Emergency,
}

impl LogLevel {
    const ALL: [LogLevel; 8] = [
        LogLevel::Debug,
        LogLevel::Info,
        LogLevel::Notice,
        LogLevel::Warning,
        LogLevel::Error,
        LogLevel::Critical,
        LogLevel::Alert,
        LogLevel::Emergency,
    ];

    /// As messages have it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            LogLevel::Debug => "debug",
            LogLevel::Info => "info",
            LogLevel::Notice => "notice",
            LogLevel::Warning => "warning",
            LogLevel::Error => "error",
            LogLevel::Critical => "critical",
            LogLevel::Alert => "alert",
            LogLevel::Emergency => "emergency",
        }
    }

    pub(crate) fn of_name(name: &str) -> Option<Self> {
        LogLevel::ALL.into_iter().find(|level| level.name() == name)
    }

    /// As a number from 1, and back; 0 is none.
    pub(crate) const fn number(self) -> u8 {
        self as u8 + 1
    }

    pub(crate) fn of_number(number: u8) -> Option<Self> {
        LogLevel::ALL.get(usize::from(number).checked_sub(1)?).copied()
    }
}

/// A report on a call that is still running.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Report {
    Progress { progress: f64, total: Option<f64>, message: String },
    Message { level: LogLevel, logger: &'static str, data: Value },
}

/// Where reports go: to whatever carries the call.
#[derive(Debug)]
pub struct Reports {
    sender: mpsc::Sender<Report>,
    /// The latest progress, where the caller gave a token for it.
    progress: Option<Mutex<Option<f64>>>,
    /// The least grave messages that the caller wants.
    level: Option<LogLevel>,
}

impl Reports {
    /// A channel for what the caller wants to hear, if it wants anything.
    pub(crate) fn wanted(progress: bool, level: Option<LogLevel>) -> Option<(Self, mpsc::Receiver<Report>)> {
        if !progress && level.is_none() {
            return None;
        }
        let (sender, receiver) = mpsc::channel(WAITING);
        Some((Reports { sender, progress: progress.then(Mutex::default), level }, receiver))
    }

    pub(crate) fn progress(&self, progress: f64, total: Option<f64>, message: String) {
        let Some(last) = &self.progress else { return };
        let total = total.filter(|total| total.is_finite());
        let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
        let forward = progress.is_finite() && last.is_none_or(|last| progress > last);
        if forward && self.sender.try_send(Report::Progress { progress, total, message }).is_ok() {
            *last = Some(progress);
        }
    }

    pub(crate) fn log(&self, level: LogLevel, logger: &'static str, data: impl Serialize) {
        if self.level.is_none_or(|least| level < least) {
            return;
        }
        let data = match serde_json::to_string(&data) {
            Ok(json) if json.len() <= MAX_DATA => serde_json::from_str(&json).unwrap_or_default(),
            Ok(json) => Value::String(format!("{}…", &json[..json.floor_char_boundary(MAX_DATA)])),
            Err(error) => Value::String(format!("what was logged can't be JSON: {error}")),
        };
        // What comes faster than the caller reads is left out.
        drop(self.sender.try_send(Report::Message { level, logger, data }));
    }
}

/// Errors and reports are for reading: what goes beyond the most is left out.
pub(crate) fn cut(text: Cow<'_, str>) -> Cow<'_, str> {
    match text.len() {
        0..=MAX_WORDS => text,
        _ => Cow::Owned(format!("{}…", &text[..text.floor_char_boundary(MAX_WORDS)])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_asked_for_is_told() {
        assert!(Reports::wanted(false, None).is_none());
        let (reports, mut heard) = Reports::wanted(false, Some(LogLevel::Warning)).unwrap();
        reports.progress(1.0, None, String::new());
        reports.log(LogLevel::Notice, "x", "less");
        reports.log(LogLevel::Error, "x", "more");
        reports.log(LogLevel::Alert, "x", "é".repeat(MAX_DATA));
        assert_eq!(
            heard.try_recv().unwrap(),
            Report::Message { level: LogLevel::Error, logger: "x", data: "more".into() }
        );
        let Report::Message { data: Value::String(cut), .. } = heard.try_recv().unwrap() else { panic!() };
        assert!(cut.len() < MAX_DATA + 8 && cut.ends_with('…'), "{}", cut.len());
        let (reports, mut heard) = Reports::wanted(true, None).unwrap();
        reports.log(LogLevel::Emergency, "x", "not asked for");
        for progress in [1.0, 1.0, 0.5, f64::NAN, 2.0] {
            reports.progress(progress, None, String::new());
        }
        let told = std::iter::from_fn(|| heard.try_recv().ok());
        let told: Vec<f64> = told
            .map(|report| match report {
                Report::Progress { progress, .. } => progress,
                Report::Message { .. } => f64::NAN,
            })
            .collect();
        assert_eq!(told, [1.0, 2.0]);
    }

    #[test]
    fn levels_have_names_and_numbers() {
        for level in LogLevel::ALL {
            assert_eq!(
                (LogLevel::of_name(level.name()), LogLevel::of_number(level.number())),
                (Some(level), Some(level))
            );
        }
        assert_eq!(
            (LogLevel::of_name("verbose"), LogLevel::of_number(0), LogLevel::of_number(9)),
            (None, None, None)
        );
    }
}
