//! The log: lines on stderr.

use std::io::IsTerminal as _;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::{filter::Targets, fmt, layer::SubscriberExt as _, util::SubscriberInitExt as _};

/// Starts the log, unless the application has one of its own.
pub(super) fn start(level: LevelFilter) {
    // rmcp logs whole requests and results, values and all: it is heard only when it fails.
    let rmcp = level.min(LevelFilter::ERROR);
    let targets = Targets::new().with_default(level).with_target("rmcp", rmcp);
    let lines = fmt::layer().with_writer(std::io::stderr).with_target(false);
    let lines = lines.with_ansi(std::io::stderr().is_terminal());
    drop(tracing_subscriber::registry().with(lines).with(targets).try_init());
}
