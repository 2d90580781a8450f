//! Where records go: JSON lines, written in order by a thread of their own.

use std::{
    io::{self, Write},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use crate::error::ToolError;

/// Records that wait to be written.
const WAITING: usize = 16_384;
/// How often a sink that failed is tried again.
const RETRY: Duration = Duration::from_millis(250);
/// How long the first record of a batch waits for more.
const GATHER: Duration = Duration::from_millis(5);
/// Bytes of room that are kept for the next batch.
const MOST_KEPT: usize = 256 * 1024;

/// Where lines of records are written.
pub trait Sink: Send + 'static {
    /// Makes sure that lines can be written.
    ///
    /// # Errors
    /// Where they can't.
    fn open(&mut self) -> io::Result<()>;

    /// Writes whole lines, and takes from their front those that were written.
    ///
    /// # Errors
    /// Where some weren't written whole; these come again.
    fn write(&mut self, lines: &mut &[u8]) -> io::Result<()>;

    /// Whether calls depend on it: while a sink that is required fails, tools that write are refused.
    fn is_required(&self) -> bool;
}

/// Lines to a writer that nobody has to read.
pub struct LineSink<W>(pub(crate) W);

impl<W: Write + Send + 'static> Sink for LineSink<W> {
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

/// The journal of records.
#[derive(Debug)]
pub struct Audit {
    writer: Mutex<Option<JoinHandle<()>>>,
    state: Arc<State>,
}

#[derive(Debug)]
struct State {
    required: bool,
    failing: AtomicBool,
    waiting: AtomicUsize,
    left_out: AtomicU64,
    gathered: Mutex<Gathered>,
    /// Told when the writer has something to do.
    came: Condvar,
}

/// Lines that the writer hasn't taken yet.
#[derive(Debug, Default)]
struct Gathered {
    lines: Vec<u8>,
    count: usize,
    /// Whether the writer sleeps until it is told.
    asleep: bool,
    stopping: bool,
    /// Whether nobody will take anything any more.
    ended: bool,
}

impl Audit {
    /// Starts writing to the sink. One that can't be opened yet is tried again, and fails closed meanwhile.
    ///
    /// # Errors
    /// Where no thread can be started.
    pub(crate) fn start(mut sink: impl Sink) -> io::Result<Self> {
        let state = Arc::new(State {
            required: sink.is_required(),
            failing: AtomicBool::new(false),
            waiting: AtomicUsize::new(0),
            left_out: AtomicU64::new(0),
            gathered: Mutex::default(),
            came: Condvar::new(),
        });
        if let Err(error) = sink.open() {
            state.failed(&error);
        }
        let for_writer = Arc::clone(&state);
        let writer = std::thread::Builder::new().name("audit".into()).spawn(move || {
            let _ended = Ended(&for_writer);
            write_all(sink, &for_writer);
        })?;
        Ok(Audit { writer: Mutex::new(Some(writer)), state })
    }

    /// Whether a call may begin: none while as many records wait as may, none that writes while records can't
    /// be written.
    pub(crate) fn permits(&self, writes: bool) -> Result<(), ToolError> {
        let State { required, failing, .. } = &*self.state;
        let refused = *required && ((writes && failing.load(Ordering::Relaxed)) || self.state.is_full());
        if refused {
            let message = "the audit record can't be written, and nothing runs unrecorded: \
                           tell the operator, and try again later";
            return Err(ToolError::unavailable(message, Duration::from_secs(10)));
        }
        Ok(())
    }

    /// Waits until what was appended so far is written, or left out; no longer than that.
    pub fn flush(&self, longest: Duration) {
        let begun = Instant::now();
        while self.state.waiting.load(Ordering::Acquire) > 0 && begun.elapsed() < longest {
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Appends the record of a call, a whole line. `begun` says that its function had begun: such a record always
    /// waits, and there are no more of them than calls may run.
    pub(crate) fn append(&self, line: &[u8], begun: bool) {
        let state = &*self.state;
        if state.is_full() && !(begun && state.required) {
            return state.leave_out(1);
        }
        let mut gathered = state.lock();
        if gathered.ended {
            drop(gathered);
            state.failed(&io::ErrorKind::BrokenPipe.into());
            return state.leave_out(1);
        }
        state.waiting.fetch_add(1, Ordering::Relaxed);
        gathered.lines.extend_from_slice(line);
        gathered.count += 1;
        let wake = std::mem::take(&mut gathered.asleep);
        drop(gathered);
        if wake {
            state.came.notify_one();
        }
    }
}

impl Drop for Audit {
    fn drop(&mut self) {
        self.state.lock().stopping = true;
        self.state.came.notify_one();
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(writer) = writer
            && writer.join().is_err()
        {
            tracing::error!("the audit writer panicked");
        }
        let left_out = self.state.left_out.load(Ordering::Relaxed);
        if left_out > 0 {
            tracing::error!(left_out, "audit records were never written");
        }
    }
}

/// Says that the writer ended, however it did.
struct Ended<'s>(&'s State);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        self.0.lock().ended = true;
    }
}

impl State {
    fn lock(&self) -> MutexGuard<'_, Gathered> {
        self.gathered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_full(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) >= WAITING
    }

    fn failed(&self, error: &io::Error) {
        if !self.failing.swap(true, Ordering::Relaxed) {
            let effect = if self.required { "tools that write are refused" } else { "they are left out" };
            tracing::error!(%error, "audit records can't be written: {effect}");
        }
    }

    fn recovered(&self) {
        if self.failing.swap(false, Ordering::Relaxed) {
            let left_out = self.left_out.swap(0, Ordering::Relaxed);
            tracing::warn!(left_out, "audit records are written again");
        }
    }

    fn leave_out(&self, records: usize) {
        let before = self.left_out.fetch_add(records as u64, Ordering::Relaxed);
        if before == 0 {
            tracing::error!("audit records are left out from now on");
        }
    }
}

fn write_all(mut sink: impl Sink, state: &State) {
    let mut batch = Vec::new();
    while let Some(count) = next(&mut batch, &mut sink, state) {
        let mut rest = batch.as_slice();
        loop {
            match sink.write(&mut rest) {
                Ok(()) => break state.recovered(),
                Err(error) => state.failed(&error),
            }
            if !state.required || state.lock().stopping {
                break state.leave_out(rest.split_inclusive(|byte| *byte == b'\n').count());
            }
            std::thread::sleep(RETRY);
        }
        state.waiting.fetch_sub(count, Ordering::Release);
        batch.clear();
        batch.shrink_to(MOST_KEPT);
    }
}

/// Takes the next lines, and says how many; while there are none, a sink that failed is tried again. `None` at the
/// end.
fn next(batch: &mut Vec<u8>, sink: &mut impl Sink, state: &State) -> Option<usize> {
    let mut gathered = state.lock();
    while gathered.lines.is_empty() && !gathered.stopping {
        gathered.asleep = true;
        if state.failing.load(Ordering::Relaxed) {
            let (woken, waited) =
                state.came.wait_timeout(gathered, RETRY).unwrap_or_else(PoisonError::into_inner);
            drop(woken);
            if waited.timed_out() && sink.open().is_ok() {
                state.recovered();
            }
            gathered = state.lock();
        } else {
            gathered = state.came.wait(gathered).unwrap_or_else(PoisonError::into_inner);
        }
    }
    gathered.asleep = false;
    // To wake up for each record, and to write each by itself, costs more than the calls do.
    let gathering = state.came.wait_timeout_while(gathered, GATHER, |gathered| !gathered.stopping);
    let (mut gathered, _) = gathering.unwrap_or_else(PoisonError::into_inner);
    std::mem::swap(&mut gathered.lines, batch);
    let count = std::mem::take(&mut gathered.count);
    (count > 0).then_some(count)
}
