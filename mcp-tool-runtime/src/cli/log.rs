//! The log and, unless they have a file, the records of calls: lines on stderr, as far as anybody reads it.

use std::{
    io::IsTerminal as _,
    sync::{Arc, Mutex, PoisonError},
};

use tracing::level_filters::LevelFilter;
use tracing_appender::non_blocking::{NonBlocking, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::{filter::Targets, fmt, layer::SubscriberExt as _, util::SubscriberInitExt as _};

/// Lines that wait to be written; those beyond are dropped, since no call may wait for a reader of the log.
const WAITING: usize = 16_384;

/// The way to stderr.
#[derive(Clone, Debug)]
pub(super) struct Lines {
    pub(super) writer: NonBlocking,
    guard: Arc<Mutex<Option<WorkerGuard>>>,
}

impl Lines {
    /// Waits about a second for what waits to be written, and ends.
    pub(super) fn end(&self) {
        drop(self.guard.lock().unwrap_or_else(PoisonError::into_inner).take());
    }
}

/// Starts the log, unless the application has one of its own.
pub(super) fn start(level: LevelFilter) -> Lines {
    let builder = NonBlockingBuilder::default().lossy(true).buffered_lines_limit(WAITING).thread_name("log");
    let (writer, guard) = builder.finish(std::io::stderr());
    // rmcp logs whole requests and results, values and all: it is heard only when it fails.
    let rmcp = level.min(LevelFilter::ERROR);
    let targets = Targets::new().with_default(level).with_target("rmcp", rmcp);
    let lines = fmt::layer().with_writer(writer.clone()).with_target(false);
    let lines = lines.with_ansi(std::io::stderr().is_terminal());
    drop(tracing_subscriber::registry().with(lines).with(targets).try_init());
    Lines { writer, guard: Arc::new(Mutex::new(Some(guard))) }
}
