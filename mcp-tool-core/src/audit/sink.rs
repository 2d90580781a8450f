//! The writer of audit records: a thread that writes the records to a sink, in order, as JSON lines.

use std::{
    io::{self, Write},
    sync::{
        Arc, Condvar, Mutex, MutexGuard,
        atomic::{AtomicU8, AtomicU64, AtomicUsize, Ordering},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use super::refusals::Refusals;
use crate::{
    call::caller::Caller,
    clock::Moment,
    error::ToolError,
    sync,
    watchdog::{self, StallDetector},
};

/// Maximum records that wait to be written. Further records are dropped. If the sink is
/// [required](Sink::is_required), new calls are refused, and the records of running calls are kept.
const MAX_WAITING: usize = 16_384;
/// Time after which the writer tries a failed sink again.
const RETRY: Duration = Duration::from_millis(250);
/// Time for which the writer collects records into one batch, after the first record of the batch.
const BATCH_DELAY: Duration = Duration::from_millis(5);
/// Maximum time for which the end of the server waits for the last records, if the writer hangs.
const LAST_RECORDS: Duration = Duration::from_secs(5);
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
/// records are written, for at most 5 s; if the sink fails, they are dropped.
#[derive(Debug)]
pub struct Audit {
    writer: Mutex<Option<JoinHandle<()>>>,
    state: Arc<WriterState>,
}

#[derive(Debug)]
struct WriterState {
    /// [`Sink::is_required`] of the sink.
    required: bool,
    /// Reasons why records can't be written now, as bits: [`FAILING`], [`STALLED`] and [`ENDED`].
    problems: AtomicU8,
    /// Number of records that are neither written nor dropped yet.
    waiting: AtomicUsize,
    /// Number of records that the writer has written or dropped since the start.
    done: AtomicU64,
    /// Number of records that were dropped since the sink last recovered.
    dropped: AtomicU64,
    pending: Mutex<PendingLines>,
    /// The refused calls without a record of their own.
    refusals: Refusals,
    /// Wakes the writer.
    wake: Condvar,
    /// Signals that the writer has ended.
    end: Condvar,
}

/// The sink's last operation failed.
const FAILING: u8 = 1;
/// A record has waited for 2 s, and no operation of the sink failed: the writer hangs.
const STALLED: u8 = 1 << 1;
/// The writing thread panicked, so it writes no further record.
const ENDED: u8 = 1 << 2;

/// Lines that the writer hasn't taken yet, and the state of the writer.
#[derive(Debug, Default)]
struct PendingLines {
    lines: Vec<u8>,
    /// Number of records in `lines`.
    count: usize,
    /// The writer waits for [`WriterState::wake`].
    asleep: bool,
    /// The writer opens the sink again before it waits for lines.
    reopen: bool,
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
            problems: AtomicU8::new(0),
            waiting: AtomicUsize::new(0),
            done: AtomicU64::new(0),
            dropped: AtomicU64::new(0),
            pending: Mutex::default(),
            refusals: Refusals::default(),
            wake: Condvar::new(),
            end: Condvar::new(),
        });
        if let Err(error) = sink.open() {
            state.failed(&error);
        }
        let (watched, mut detector) = (Arc::downgrade(&state), StallDetector::default());
        watchdog::start("audit watch", move || {
            watched.upgrade().is_some_and(|state| {
                state.record_refusals(Some(Instant::now()));
                state.check_writer(&mut detector)
            })
        })?;
        let writer_state = Arc::clone(&state);
        let writer = std::thread::Builder::new().name("audit".into()).spawn(move || {
            let _ended = EndGuard(&writer_state);
            write_all(sink, &writer_state);
        })?;
        Ok(Audit { writer: Mutex::new(Some(writer)), state })
    }

    /// Returns an error if a call must not run, because its record could be lost. With a required sink, no call may run
    /// while too many records wait or after the writer panicked, and no call that `writes` (whose tool isn't
    /// `read_only`) may run while the sink fails or hangs.
    pub(crate) fn permits(&self, writes: bool) -> Result<(), ToolError> {
        let WriterState { required, problems, .. } = &*self.state;
        let problems = problems.load(Ordering::Relaxed);
        let is_closed = problems != 0 && (writes || problems & ENDED != 0);
        if *required && (is_closed || self.state.is_full()) {
            let message = "the audit record can't be written, so the call was refused: \
                           tell the operator, and try again later";
            return Err(ToolError::unavailable(message, Duration::from_secs(10)));
        }
        Ok(())
    }

    /// Opens the destination again, because another program has renamed the file.
    pub fn reopen(&self) {
        self.state.lock().reopen = true;
        self.state.wake.notify_one();
    }

    /// Waits until all records are written or dropped, for at most `timeout`.
    pub fn flush(&self, timeout: Duration) {
        self.state.record_refusals(None);
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
        self.state.append(line, has_started);
    }

    /// Returns `true` if a refused call that began at `start` has a record of its own. Otherwise counts the call, and
    /// records the number of such calls later.
    pub(super) fn records_refusal(&self, caller: &Caller, reason: &str, start: Moment) -> bool {
        self.state.refusals.take(caller, reason, start)
    }
}

impl Drop for Audit {
    fn drop(&mut self) {
        self.state.record_refusals(None);
        let mut pending = self.state.lock();
        pending.stopping = true;
        self.state.wake.notify_one();
        let waited = self.state.end.wait_timeout_while(pending, LAST_RECORDS, |pending| !pending.ended);
        let has_ended = sync::unpoisoned(waited).0.ended;
        let writer = sync::lock(&self.writer).take().filter(|_| has_ended);
        if !has_ended {
            let waiting = self.state.waiting.load(Ordering::Relaxed);
            tracing::error!(waiting, "audit records were never written, because writing them hangs");
        }
        // A panic of the writer was logged by `EndGuard`.
        drop(writer.map(JoinHandle::join));
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
        let state = self.0;
        let mut pending = state.lock();
        pending.ended = true;
        // These records and those of the writer's last batch are lost.
        let lost = state.waiting.swap(0, Ordering::Relaxed);
        (pending.lines, pending.count) = (Vec::new(), 0);
        state.end.notify_all();
        drop(pending);
        if std::thread::panicking() {
            state.problems.fetch_or(ENDED, Ordering::Relaxed);
            state.dropped.fetch_add(lost as u64, Ordering::Relaxed);
            let effect =
                if state.required { "all calls are refused until a restart" } else { state.effect() };
            tracing::error!(lost, "audit records can't be written, because their writer panicked: {effect}");
        }
    }
}

impl WriterState {
    fn append(&self, line: &[u8], has_started: bool) {
        if self.is_full() && !(has_started && self.required) {
            return self.drop_records(1);
        }
        let mut pending = self.lock();
        if pending.ended {
            drop(pending);
            return self.drop_records(1);
        }
        self.waiting.fetch_add(1, Ordering::Relaxed);
        pending.lines.extend_from_slice(line);
        pending.count += 1;
        let wake = std::mem::take(&mut pending.asleep);
        drop(pending);
        if wake {
            self.wake.notify_one();
        }
    }

    /// Records the counted refusals that are due at `now`, or all of them if `now` is `None`.
    fn record_refusals(&self, now: Option<Instant>) {
        for counted in self.refusals.due(now) {
            self.append(&counted.line(), false);
        }
    }

    fn lock(&self) -> MutexGuard<'_, PendingLines> {
        sync::lock(&self.pending)
    }

    /// Returns `true` if too many records wait to be written.
    fn is_full(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) >= MAX_WAITING
    }

    /// Returns the effect of a failing sink on records and calls.
    fn effect(&self) -> &'static str {
        if self.required { "tools that write are refused" } else { "they are dropped" }
    }

    /// Marks the sink as failing. Logs the error if the sink wasn't failing before.
    fn failed(&self, error: &io::Error) {
        if self.problems.fetch_or(FAILING, Ordering::Relaxed) & FAILING == 0 {
            tracing::error!(%error, "audit records can't be written: {}", self.effect());
        }
    }

    /// Marks the sink as stalled if a record has waited too long, and as working if none has; logs each change. A
    /// failing sink or an ended writer doesn't count as stalled. Returns `false` if the writer has ended.
    fn check_writer(&self, detector: &mut StallDetector) -> bool {
        // `done` is read first, and the writer changes it last, so that `requested` never includes a record that
        // doesn't exist.
        let done = self.done.load(Ordering::Acquire);
        let requested = done + self.waiting.load(Ordering::Acquire) as u64;
        let is_stalled = self.required && detector.is_stalled(done, requested);
        let problems = self.problems.load(Ordering::Relaxed);
        if !is_stalled {
            self.clear(STALLED);
        } else if problems == 0 {
            self.problems.fetch_or(STALLED, Ordering::Relaxed);
            tracing::error!("audit records can't be written, because writing them hangs: {}", self.effect());
        }
        !self.lock().ended
    }

    /// Marks the sink as working. Logs the number of dropped records if the sink was failing before.
    fn recovered(&self) {
        self.clear(FAILING);
    }

    /// Clears a bit of [`problems`](Self::problems). Logs the change if the bit was set.
    fn clear(&self, problem: u8) {
        if self.problems.load(Ordering::Relaxed) & problem != 0 {
            self.problems.fetch_and(!problem, Ordering::Relaxed);
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
        let is_written = loop {
            match sink.write(&mut rest) {
                Ok(()) => break true,
                Err(error) => state.failed(&error),
            }
            if !state.required || state.lock().stopping {
                state.drop_records(rest.split_inclusive(|byte| *byte == b'\n').count());
                break false;
            }
            std::thread::sleep(RETRY);
        };
        // The order matters; see `WriterState::check_writer`.
        state.waiting.fetch_sub(count, Ordering::Release);
        state.done.fetch_add(count as u64, Ordering::Release);
        if is_written {
            state.recovered();
        }
        batch.clear();
        batch.shrink_to(MAX_CAPACITY);
    }
}

/// Waits for lines, moves them into `batch`, and returns their number. `None` if the writer is stopping and no lines
/// are left. While there are no lines, tries a failed sink again.
fn next(batch: &mut Vec<u8>, sink: &mut dyn Sink, state: &WriterState) -> Option<usize> {
    let mut pending = state.lock();
    while pending.lines.is_empty() && !pending.stopping {
        if std::mem::take(&mut pending.reopen) {
            // The lock is released, so that calls don't wait while the sink is opened.
            drop(pending);
            match sink.open() {
                Ok(()) => state.recovered(),
                Err(error) => state.failed(&error),
            }
            pending = state.lock();
            continue;
        }
        pending.asleep = true;
        if state.problems.load(Ordering::Relaxed) & FAILING != 0 {
            let (woken, waited) = sync::unpoisoned(state.wake.wait_timeout(pending, RETRY));
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

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, channel};

    use super::*;

    /// Required sink whose writes wait for an instruction, and then follow it.
    struct SlowSink(Receiver<SlowWrite>);

    enum SlowWrite {
        Succeed,
        Panic,
    }

    impl Sink for SlowSink {
        fn open(&mut self) -> io::Result<()> {
            Ok(())
        }

        fn write(&mut self, lines: &mut &[u8]) -> io::Result<()> {
            match self.0.recv() {
                Ok(SlowWrite::Panic) => panic!("the test makes the writer panic"),
                // After the test has dropped its end of the channel, each write succeeds.
                Ok(SlowWrite::Succeed) | Err(_) => {
                    *lines = &[];
                    Ok(())
                }
            }
        }

        fn is_required(&self) -> bool {
            true
        }
    }

    fn until(condition: impl Fn() -> bool) {
        let since = Instant::now();
        while !condition() {
            assert!(since.elapsed() < Duration::from_secs(30), "the condition was never met");
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    #[test]
    fn calls_that_write_are_refused_while_a_write_of_records_hangs() {
        let (writes, sink) = channel();
        let audit = Audit::start(Box::new(SlowSink(sink))).unwrap();
        assert!(audit.permits(true).is_ok());
        audit.append(b"{}\n", true);
        until(|| audit.permits(true).is_err());
        assert!(audit.permits(false).is_ok(), "calls that only read must run while their records can wait");
        writes.send(SlowWrite::Succeed).unwrap();
        until(|| audit.permits(true).is_ok());
    }

    #[test]
    fn all_calls_are_refused_after_the_writer_panicked() {
        let (writes, sink) = channel();
        let audit = Audit::start(Box::new(SlowSink(sink))).unwrap();
        audit.append(b"{}\n", true);
        writes.send(SlowWrite::Panic).unwrap();
        until(|| audit.permits(false).is_err());
        assert!(audit.permits(true).is_err());
        // The lost record isn't waited for.
        audit.flush(Duration::MAX);
        audit.append(b"{}\n", true);
        assert_eq!(audit.state.dropped.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn hanging_write_does_not_keep_the_server_from_ending() {
        let (writes, sink) = channel();
        let audit = Audit::start(Box::new(SlowSink(sink))).unwrap();
        audit.append(b"{}\n", true);
        let since = Instant::now();
        drop(audit);
        assert!(since.elapsed() >= LAST_RECORDS, "the record was not waited for");
        drop(writes);
    }
}
