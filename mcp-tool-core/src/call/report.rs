//! Progress and log messages that a running call sends to its client, if the client asked for them.

use std::sync::Mutex;

use serde::Serialize;
use serde_json::Value;
use tokio::sync::mpsc;

use super::{cut::prefix, log_level::LogLevel};
use crate::sync;

/// Maximum number of reports buffered for one call. While the buffer is full, further reports are dropped, so that a
/// call never waits for a slow client.
const MAX_BUFFERED: usize = 64;
/// Maximum size of a log message's data as JSON, in bytes. Longer data is cut and sent as a string.
const MAX_DATA: usize = 4 * 1024;

/// A progress or log message that a running call sends to its client. `logger` is the name of the tool.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum CallReport {
    Progress { progress: f64, total: Option<f64>, message: String },
    Message { level: LogLevel, logger: &'static str, data: Value },
}

/// Sender of one call's reports. The call's transport receives them and writes them to the client.
#[derive(Debug)]
pub struct Reports {
    sender: mpsc::Sender<CallReport>,
    /// Last progress sent, if any. The field is `None` if the client sent no `progressToken`.
    progress: Option<Mutex<Option<f64>>>,
    /// Least severe level that the client asked for; `None` if it asked for no log messages.
    level: Option<LogLevel>,
}

impl Reports {
    /// Returns a channel for the reports that the client asked for; `None` if the client asked for none. `progress` is
    /// `true` if the client sent a `progressToken`.
    pub(crate) fn channel(
        progress: bool,
        level: Option<LogLevel>,
    ) -> Option<(Self, mpsc::Receiver<CallReport>)> {
        if !progress && level.is_none() {
            return None;
        }
        let (sender, receiver) = mpsc::channel(MAX_BUFFERED);
        Some((Reports { sender, progress: progress.then(Mutex::default), level }, receiver))
    }

    /// Sends progress, if the client asked for it, and if `progress` is finite and has grown.
    pub(crate) fn progress(&self, progress: f64, total: Option<f64>, message: String) {
        let Some(last) = &self.progress else { return };
        let total = total.filter(|total| total.is_finite());
        let mut last = sync::lock(last);
        let has_grown = progress.is_finite() && last.is_none_or(|last| progress > last);
        if has_grown && self.sender.try_send(CallReport::Progress { progress, total, message }).is_ok() {
            *last = Some(progress);
        }
    }

    /// Sends a log message, if the client asked for messages of this level or a less severe one.
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
        drop(self.sender.try_send(CallReport::Message { level, logger, data }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_are_sent_only_if_requested_and_only_with_growing_progress() {
        assert!(Reports::channel(false, None).is_none());
        let (reports, mut receiver) = Reports::channel(false, Some(LogLevel::Warning)).unwrap();
        reports.progress(1.0, None, String::new());
        reports.log(LogLevel::Notice, "x", "less severe");
        reports.log(LogLevel::Error, "x", "more severe");
        // `é` has two bytes, so the data has twice the maximum size.
        reports.log(LogLevel::Alert, "x", "é".repeat(MAX_DATA));
        assert_eq!(
            receiver.try_recv().unwrap(),
            CallReport::Message { level: LogLevel::Error, logger: "x", data: "more severe".into() }
        );
        let CallReport::Message { data: Value::String(cut), .. } = receiver.try_recv().unwrap() else {
            panic!("long data was not sent as a string")
        };
        // `…` has three bytes.
        assert!(cut.len() < MAX_DATA + 8 && cut.ends_with('…'), "{}", cut.len());
        let (reports, mut receiver) = Reports::channel(true, None).unwrap();
        reports.log(LogLevel::Emergency, "x", "not asked for");
        for progress in [1.0, 1.0, 0.5, f64::NAN, 2.0] {
            reports.progress(progress, None, String::new());
        }
        let sent = std::iter::from_fn(|| receiver.try_recv().ok());
        let sent: Vec<f64> = sent
            .map(|report| match report {
                CallReport::Progress { progress, .. } => progress,
                // NaN equals no number, so a log message fails the comparison below.
                CallReport::Message { .. } => f64::NAN,
            })
            .collect();
        assert_eq!(sent, [1.0, 2.0]);
    }
}
