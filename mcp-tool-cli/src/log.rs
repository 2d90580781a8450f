//! The log and, unless they have a file, the records of calls: lines on stderr, as far as anybody reads it.

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

/// Lines that wait to be written; those beyond are dropped, since no call may wait for a reader of the log.
const WAITING: usize = 16_384;
/// How long the last lines may take to be read.
const LAST: Duration = Duration::from_secs(1);

/// The way to the thread that writes to stderr, a line a write. (tracing-appender does so too, but prints to
/// stdout where its reader has stopped reading.)
#[derive(Clone, Debug)]
pub(super) struct Lines {
    sender: SyncSender<Vec<u8>>,
    waiting: Arc<AtomicUsize>,
}

impl Lines {
    fn start() -> io::Result<Self> {
        let (sender, lines) = sync_channel::<Vec<u8>>(WAITING);
        let waiting = Arc::new(AtomicUsize::new(0));
        let still = Arc::clone(&waiting);
        std::thread::Builder::new().name("log".into()).spawn(move || {
            for line in lines {
                // Where stderr is closed there is nobody to tell.
                drop(io::stderr().write_all(&line));
                still.fetch_sub(1, Ordering::Release);
            }
        })?;
        Ok(Lines { sender, waiting })
    }

    /// Waits for what waits to be written, as long as it may take.
    pub(super) fn flush(&self) {
        let begun = Instant::now();
        while self.waiting.load(Ordering::Acquire) > 0 && begun.elapsed() < LAST {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

impl Write for Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        if self.sender.try_send(line.to_vec()).is_err() {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Starts the log, unless the application has one of its own.
///
/// # Errors
/// Where no thread can be started.
pub(super) fn start(level: LevelFilter) -> io::Result<Lines> {
    let lines = Lines::start()?;
    // rmcp logs whole requests and results, values and all: it is heard only when it fails.
    let rmcp = level.min(LevelFilter::ERROR);
    let targets = Targets::new().with_default(level).with_target("rmcp", rmcp);
    let writer = lines.clone();
    let layer = fmt::layer().with_writer(move || writer.clone()).with_target(false);
    let layer = layer.with_ansi(io::stderr().is_terminal());
    drop(tracing_subscriber::registry().with(layer).with(targets).try_init());
    Ok(lines)
}
