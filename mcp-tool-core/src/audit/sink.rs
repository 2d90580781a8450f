//! The writer of audit records: a thread that writes the records to a sink, in order, as JSON lines.

use std::{
    io::{self, Write},
    sync::{
        Arc, Condvar, Mutex, MutexGuard,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use crate::{error::ToolError, sync};

/// Maximum records that wait to be written. Further records are dropped. If the sink is
/// [required](Sink::is_required), new calls are refused, and the records of running calls are kept.
const MAX_WAITING: usize = 16_384;
/// Time after which the writer tries a failed sink again.
const RETRY: Duration = Duration::from_millis(250);
/// Time for which the writer collects records into one batch, after the first record of the batch.
const BATCH_DELAY: Duration = Duration::from_millis(5);
/// Maximum capacity of the batch buffer that is kept for the next batch, in bytes.
const MAX_CAPACITY: usize = 256 * 1024;

/// Destination of audit records.
pub trait Sink: Send + 'static {
    /// Prepares the destination. If opening fails, the writer tries again later.
    ///
    /// # Errors
    /// The destination can't be opened, so lines can't be written to it.
    fn open(&mut self) -> io::Result<()>;

    /// Writes lines, and removes the written lines from the front of `lines`.
    ///
    /// # Errors
    /// Not all lines were written. The caller passes the remaining lines again.
    fn write(&mut self, lines: &mut &[u8]) -> io::Result<()>;

    /// Returns `true` if the server must refuse calls whose records could be lost: calls of tools that aren't
    /// `read_only` while this sink fails, and all calls while too many records wait.
    fn is_required(&self) -> bool;
}

/// Sink that writes lines to a stream, such as stderr. If writing fails, records are dropped and calls still run.
pub struct LineSink(pub(crate) Box<dyn Write + Send>);

impl Sink for LineSink {
    fn open(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn write(&mut self, lines: &mut &[u8]) -> io::Result<()> {
        for line in lines.split_inclusive(|byte| *byte == b'\n') {
            self.0.write_all(line)?;
            *lines = &lines[line.len()..];
        }
        Ok(())
    }

    fn is_required(&self) -> bool {
        false
    }
}

/// Accepts the audit records of a server, and passes them to the writing thread. Dropping it waits until the waiting
/// records are written; if the sink fails, they are dropped.
#[derive(Debug)]
pub struct Audit {
    writer: Mutex<Option<JoinHandle<()>>>,
    state: Arc<WriterState>,
}

#[derive(Debug)]
struct WriterState {
    /// [`Sink::is_required`] of the sink.
    required: bool,
    /// The sink's last operation failed.
    failing: AtomicBool,
    /// Number of records that are neither written nor dropped yet.
    waiting: AtomicUsize,
    /// Number of records that were dropped since the sink last recovered.
    dropped: AtomicU64,
    pending: Mutex<PendingLines>,
    /// Wakes the writer.
    wake: Condvar,
}

/// Lines that the writer hasn't taken yet, and the state of the writer.
#[derive(Debug, Default)]
struct PendingLines {
    lines: Vec<u8>,
    /// Number of records in `lines`.
    count: usize,
    /// The writer waits for [`WriterState::wake`].
    asleep: bool,
    /// The writer ends after the lines that it already has.
    stopping: bool,
    /// The writing thread has ended or panicked.
    ended: bool,
}

impl Audit {
    /// Starts the writing thread. If the sink can't be opened, it counts as failed, and the thread tries it again.
    ///
    /// # Errors
    /// The thread can't be started.
    pub(crate) fn start(mut sink: Box<dyn Sink>) -> io::Result<Self> {
        let state = Arc::new(WriterState {
            required: sink.is_required(),
            failing: AtomicBool::new(false),
            waiting: AtomicUsize::new(0),
            dropped: AtomicU64::new(0),
            pending: Mutex::default(),
            wake: Condvar::new(),
        });
        if let Err(error) = sink.open() {
            state.failed(&error);
        }
        let writer_state = Arc::clone(&state);
        let writer = std::thread::Builder::new().name("audit".into()).spawn(move || {
            let _ended = EndGuard(&writer_state);
            write_all(sink, &writer_state);
        })?;
        Ok(Audit { writer: Mutex::new(Some(writer)), state })
    }

    /// Returns an error if a call must not run, because its record could be lost. With a required sink, no call may run
    /// while too many records wait, and no call that `writes` (whose tool isn't `read_only`) may run while the sink
    /// fails.
    pub(crate) fn permits(&self, writes: bool) -> Result<(), ToolError> {
        let WriterState { required, failing, .. } = &*self.state;
        let refused = *required && ((writes && failing.load(Ordering::Relaxed)) || self.state.is_full());
        if refused {
            let message = "the audit record can't be written, so the call was refused: \
                           tell the operator, and try again later";
            return Err(ToolError::unavailable(message, Duration::from_secs(10)));
        }
        Ok(())
    }

    /// Waits until all records are written or dropped, for at most `timeout`.
    pub fn flush(&self, timeout: Duration) {
        let start = Instant::now();
        while self.state.waiting.load(Ordering::Acquire) > 0 && start.elapsed() < timeout {
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Appends the record of a call; `line` ends with a newline. The record is dropped if the writing thread has ended,
    /// or if too many records wait. With a required sink, a call whose function `has_started` is recorded even if too
    /// many records wait. Because no further calls are started then, the limit is exceeded by at most one record for
    /// each running call.
    pub(crate) fn append(&self, line: &[u8], has_started: bool) {
        let state = &*self.state;
        if state.is_full() && !(has_started && state.required) {
            return state.drop_records(1);
        }
        let mut pending = state.lock();
        if pending.ended {
            drop(pending);
            state.failed(&io::ErrorKind::BrokenPipe.into());
            return state.drop_records(1);
        }
        state.waiting.fetch_add(1, Ordering::Relaxed);
        pending.lines.extend_from_slice(line);
        pending.count += 1;
        let wake = std::mem::take(&mut pending.asleep);
        drop(pending);
        if wake {
            state.wake.notify_one();
        }
    }
}

impl Drop for Audit {
    fn drop(&mut self) {
        self.state.lock().stopping = true;
        self.state.wake.notify_one();
        let writer = sync::lock(&self.writer).take();
        if let Some(writer) = writer
            && writer.join().is_err()
        {
            tracing::error!("the audit writer panicked");
        }
        let dropped = self.state.dropped.load(Ordering::Relaxed);
        if dropped > 0 {
            tracing::error!(dropped, "audit records were never written");
        }
    }
}

/// Marks the writer as ended when the writing thread drops it, even if the thread panics.
struct EndGuard<'s>(&'s WriterState);

impl Drop for EndGuard<'_> {
    fn drop(&mut self) {
        self.0.lock().ended = true;
    }
}

impl WriterState {
    fn lock(&self) -> MutexGuard<'_, PendingLines> {
        sync::lock(&self.pending)
    }

    /// Returns `true` if too many records wait to be written.
    fn is_full(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) >= MAX_WAITING
    }

    /// Marks the sink as failing. Logs the error if the sink wasn't failing before.
    fn failed(&self, error: &io::Error) {
        if !self.failing.swap(true, Ordering::Relaxed) {
            let effect = if self.required { "tools that write are refused" } else { "they are dropped" };
            tracing::error!(%error, "audit records can't be written: {effect}");
        }
    }

    /// Marks the sink as working. Logs the number of dropped records if the sink was failing before.
    fn recovered(&self) {
        if self.failing.swap(false, Ordering::Relaxed) {
            let dropped = self.dropped.swap(0, Ordering::Relaxed);
            tracing::warn!(dropped, "audit records are written again");
        }
    }

    /// Counts records that the caller of this method drops. Logs an error for the first of them.
    fn drop_records(&self, records: usize) {
        let before = self.dropped.fetch_add(records as u64, Ordering::Relaxed);
        if before == 0 {
            tracing::error!("audit records are dropped from now on");
        }
    }
}

/// Writes all records until the [`Audit`] is dropped. Records that the sink fails to write are tried again if the sink
/// is required and the writer isn't stopping, else dropped.
fn write_all(mut sink: Box<dyn Sink>, state: &WriterState) {
    let mut batch = Vec::new();
    while let Some(count) = next(&mut batch, &mut *sink, state) {
        let mut rest = batch.as_slice();
        loop {
            match sink.write(&mut rest) {
                Ok(()) => break state.recovered(),
                Err(error) => state.failed(&error),
            }
            if !state.required || state.lock().stopping {
                break state.drop_records(rest.split_inclusive(|byte| *byte == b'\n').count());
            }
            std::thread::sleep(RETRY);
        }
        state.waiting.fetch_sub(count, Ordering::Release);
        batch.clear();
        batch.shrink_to(MAX_CAPACITY);
    }
}

/// Waits for lines, moves them into `batch`, and returns their number. `None` if the writer is stopping and no lines
/// are left. While there are no lines, tries a failed sink again.
fn next(batch: &mut Vec<u8>, sink: &mut dyn Sink, state: &WriterState) -> Option<usize> {
    let mut pending = state.lock();
    while pending.lines.is_empty() && !pending.stopping {
        pending.asleep = true;
        if state.failing.load(Ordering::Relaxed) {
            let (woken, waited) = sync::unpoisoned(state.wake.wait_timeout(pending, RETRY));
            // The lock is released, so that calls don't wait while the sink is opened.
            drop(woken);
            if waited.timed_out() && sink.open().is_ok() {
                state.recovered();
            }
            pending = state.lock();
        } else {
            pending = sync::unpoisoned(state.wake.wait(pending));
        }
    }
    pending.asleep = false;
    // Collects a batch, because waking up and writing for each record would take more time than the calls themselves.
    let waited = state.wake.wait_timeout_while(pending, BATCH_DELAY, |pending| !pending.stopping);
    let (mut pending, _) = sync::unpoisoned(waited);
    std::mem::swap(&mut pending.lines, batch);
    let count = std::mem::take(&mut pending.count);
    (count > 0).then_some(count)
}
