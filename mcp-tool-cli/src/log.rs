//! Log on stderr, which includes the audit records if no audit file is set. If stderr isn't read, lines are queued, and
//! dropped once the queue is full.

use std::{
    io::{self, IsTerminal as _, Write},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc::{SyncSender, sync_channel},
    },
    time::{Duration, Instant},
};

use tracing::level_filters::LevelFilter;
use tracing_subscriber::{filter::Targets, fmt, layer::SubscriberExt as _, util::SubscriberInitExt as _};

/// Maximum number of queued lines. Further lines are dropped, since no call may wait for a reader of the log.
const MAX_QUEUED: usize = 16_384;
/// Maximum time that the process waits at its end until the queued lines are written.
const FLUSH: Duration = Duration::from_secs(1);

/// Queue of lines for the thread that writes to stderr. Each `write` adds one line.
// The queue of the crate tracing-appender isn't used, because it prints to stdout when stderr isn't read.
#[derive(Clone, Debug)]
pub(crate) struct LogLines {
    sender: SyncSender<Vec<u8>>,
    /// Number of lines that aren't written yet.
    queued: Arc<AtomicUsize>,
}

impl LogLines {
    fn start() -> io::Result<Self> {
        let (sender, lines) = sync_channel::<Vec<u8>>(MAX_QUEUED);
        let queued = Arc::new(AtomicUsize::new(0));
        let remaining = Arc::clone(&queued);
        std::thread::Builder::new().name("log".into()).spawn(move || {
            for line in lines {
                // If stderr is closed, the error can't be reported anywhere.
                drop(io::stderr().write_all(&line));
                remaining.fetch_sub(1, Ordering::Release);
            }
        })?;
        Ok(LogLines { sender, queued })
    }

    /// Waits until the queued lines are written, but at most 1 s.
    pub(crate) fn flush(&self) {
        let started = Instant::now();
        while self.queued.load(Ordering::Acquire) > 0 && started.elapsed() < FLUSH {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

impl Write for LogLines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.queued.fetch_add(1, Ordering::Relaxed);
        if self.sender.try_send(line.to_vec()).is_err() {
            self.queued.fetch_sub(1, Ordering::Relaxed);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Starts the thread that writes the log, and sends events of `tracing` to this thread, unless the application has
/// already set a subscriber.
///
/// # Errors
/// The thread can't be started.
pub(crate) fn start(level: LevelFilter) -> io::Result<LogLines> {
    let lines = LogLines::start()?;
    // rmcp logs whole requests and results with their values, so only its errors are logged.
    let rmcp = level.min(LevelFilter::ERROR);
    let targets = Targets::new().with_default(level).with_target("rmcp", rmcp);
    let writer = lines.clone();
    let layer = fmt::layer().with_writer(move || writer.clone()).with_target(false);
    let layer = layer.with_ansi(io::stderr().is_terminal());
    drop(tracing_subscriber::registry().with(layer).with(targets).try_init());
    Ok(lines)
}
