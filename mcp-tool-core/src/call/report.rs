//! Progress and log messages that a running call sends to its client, if the client asked for them.

use std::{borrow::Cow, sync::Mutex};

use crate::sync;
use serde::Serialize;
use serde_json::Value;
use tokio::sync::mpsc;

/// Maximum reports buffered per call. Further reports are dropped, so that a call never waits for a slow client.
const MAX_BUFFERED: usize = 64;
/// Maximum size of a progress or error message, in bytes.
const MAX_TEXT: usize = 4 * 1024;
/// Maximum size of the data of one log message as JSON, in bytes.
const MAX_DATA: usize = 4 * 1024;

/// Severity of a log message (RFC 5424 §6.2.1), least severe first.
///
/// `Ord` follows the severity: `LogLevel::Error > LogLevel::Warning`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum LogLevel {
    /// Details for debugging.
    Debug,
    /// Normal progress of the work.
    Info,
    /// A normal but significant event.
    Notice,
    /// A problem that doesn't fail the call.
    Warning,
    /// A failure.
    Error,
    /// A failure of a component.
    Critical,
    /// A failure that needs action at once.
    Alert,
    /// The system is unusable.
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

    /// Returns the level's name in messages, such as `warning`.
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

    /// Number of the level, counted from 1.
    pub(crate) const fn number(self) -> u8 {
        self as u8 + 1
    }

    /// Level with this number; `None` for 0 and for unknown numbers.
    pub(crate) fn of_number(number: u8) -> Option<Self> {
        LogLevel::ALL.get(usize::from(number).checked_sub(1)?).copied()
    }
}

/// A report that a running call sends to its client.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Report {
    Progress { progress: f64, total: Option<f64>, message: String },
    Message { level: LogLevel, logger: &'static str, data: Value },
}

/// Sender of one call's reports to its transport.
#[derive(Debug)]
pub struct Reports {
    sender: mpsc::Sender<Report>,
    /// Last progress sent; `None` if the client sent no `progressToken`.
    progress: Option<Mutex<Option<f64>>>,
    /// Least severe level that the client asked for; `None` if it asked for no log messages.
    level: Option<LogLevel>,
}

impl Reports {
    /// Returns a channel for the reports that the client asked for, if it asked for any.
    pub(crate) fn wanted(progress: bool, level: Option<LogLevel>) -> Option<(Self, mpsc::Receiver<Report>)> {
        if !progress && level.is_none() {
            return None;
        }
        let (sender, receiver) = mpsc::channel(MAX_BUFFERED);
        Some((Reports { sender, progress: progress.then(Mutex::default), level }, receiver))
    }

    pub(crate) fn progress(&self, progress: f64, total: Option<f64>, message: String) {
        let Some(last) = &self.progress else { return };
        let total = total.filter(|total| total.is_finite());
        let mut last = sync::lock(last);
        let has_grown = progress.is_finite() && last.is_none_or(|last| progress > last);
        if has_grown && self.sender.try_send(Report::Progress { progress, total, message }).is_ok() {
            *last = Some(progress);
        }
    }

    pub(crate) fn log(&self, level: LogLevel, logger: &'static str, data: impl Serialize) {
        if self.level.is_none_or(|least| level < least) {
            return;
        }
        let data = match serde_json::to_string(&data) {
            Ok(json) if json.len() <= MAX_DATA => serde_json::from_str(&json).unwrap_or_default(),
            Ok(json) => Value::String(format!("{}…", prefix(&json, MAX_DATA))),
            Err(error) => Value::String(format!("log data can't be serialized to JSON: {error}")),
        };
        // If the buffer is full, the message is dropped.
        drop(self.sender.try_send(Report::Message { level, logger, data }));
    }
}

/// Returns as many characters from the start of a text as fit into `max` bytes.
// `str::floor_char_boundary` needs Rust 1.91.
fn prefix(text: &str, max: usize) -> &str {
    let end = (0..=max.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    &text[..end.unwrap_or_default()]
}

/// Cuts a progress or error message after [`MAX_TEXT`] bytes.
pub(crate) fn cut(text: Cow<'_, str>) -> Cow<'_, str> {
    match text.len() {
        0..=MAX_TEXT => text,
        _ => Cow::Owned(format!("{}…", prefix(&text, MAX_TEXT))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn client_gets_only_reports_it_asked_for() {
        assert!(Reports::wanted(false, None).is_none());
        let (reports, mut receiver) = Reports::wanted(false, Some(LogLevel::Warning)).unwrap();
        reports.progress(1.0, None, String::new());
        reports.log(LogLevel::Notice, "x", "less");
        reports.log(LogLevel::Error, "x", "more");
        reports.log(LogLevel::Alert, "x", "é".repeat(MAX_DATA));
        assert_eq!(
            receiver.try_recv().unwrap(),
            Report::Message { level: LogLevel::Error, logger: "x", data: "more".into() }
        );
        let Report::Message { data: Value::String(cut), .. } = receiver.try_recv().unwrap() else { panic!() };
        assert!(cut.len() < MAX_DATA + 8 && cut.ends_with('…'), "{}", cut.len());
        let (reports, mut receiver) = Reports::wanted(true, None).unwrap();
        reports.log(LogLevel::Emergency, "x", "not asked for");
        for progress in [1.0, 1.0, 0.5, f64::NAN, 2.0] {
            reports.progress(progress, None, String::new());
        }
        let sent = std::iter::from_fn(|| receiver.try_recv().ok());
        let sent: Vec<f64> = sent
            .map(|report| match report {
                Report::Progress { progress, .. } => progress,
                Report::Message { .. } => f64::NAN,
            })
            .collect();
        assert_eq!(sent, [1.0, 2.0]);
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
