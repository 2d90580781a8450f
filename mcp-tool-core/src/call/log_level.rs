//! Severity levels of the log messages that a call sends to its client.

use serde::Serialize;

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
    /// A failure that needs immediate action.
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

    /// Returns the number that a client's session stores for the level: 1 (debug) to 8 (emergency). A session stores 0
    /// until its client sets a level. RFC 5424 instead numbers the levels from 7 (debug) to 0 (emergency).
    pub(crate) const fn number(self) -> u8 {
        self as u8 + 1
    }

    /// Returns the level with this number; `None` for 0 and for numbers above 8.
    pub(crate) fn of_number(number: u8) -> Option<Self> {
        LogLevel::ALL.get(usize::from(number).checked_sub(1)?).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_found_by_name_and_by_number() {
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
