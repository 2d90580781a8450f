//! Where records go: JSON lines, written in order by a thread of their own.

use std::{
    io::{self, Write},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
        mpsc::{self, Receiver, RecvTimeoutError, Sender},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use crate::error::ToolError;

/// Records that wait to be written.
const WAITING: usize = 16_384;
/// How often a sink that failed is tried again.
const RETRY: Duration = Duration::from_millis(250);
/// Bytes that are written at one time, about.
const BATCH: usize = 64 * 1024;

/// Where lines of records are written.
pub(crate) trait Sink: Send + 'static {
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
pub(crate) struct LineSink<W>(pub(crate) W);

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
pub(crate) struct Audit {
    sender: Option<Sender<Vec<u8>>>,
    writer: Mutex<Option<JoinHandle<()>>>,
    state: Arc<State>,
}

#[derive(Debug)]
struct State {
    required: bool,
    failing: AtomicBool,
    stopping: AtomicBool,
    waiting: AtomicUsize,
    left_out: AtomicU64,
}

impl Audit {
    /// Starts writing to the sink. One that can't be opened yet is tried again, and fails closed meanwhile.
    ///
    /// # Errors
    /// Where no thread can be started.
    pub(crate) fn start(mut sink: impl Sink) -> io::Result<Self> {
        let (sender, receiver) = mpsc::channel();
        let state = Arc::new(State {
            required: sink.is_required(),
            failing: AtomicBool::new(false),
            stopping: AtomicBool::new(false),
            waiting: AtomicUsize::new(0),
            left_out: AtomicU64::new(0),
        });
        if let Err(error) = sink.open() {
            state.failed(&error);
        }
        let for_writer = Arc::clone(&state);
        let writer = std::thread::Builder::new()
            .name("audit".into())
            .spawn(move || write_all(&receiver, sink, &for_writer))?;
        Ok(Audit { sender: Some(sender), writer: Mutex::new(Some(writer)), state })
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
    pub(crate) fn flush(&self, longest: Duration) {
        let begun = Instant::now();
        while self.state.waiting.load(Ordering::Acquire) > 0 && begun.elapsed() < longest {
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Appends the record of a call. `begun` says that its function had begun: such a record always waits,
    /// and there are no more of them than calls may run.
    pub(crate) fn append(&self, line: Vec<u8>, begun: bool) {
        let Some(sender) = &self.sender else { return };
        if self.state.is_full() && !(begun && self.state.required) {
            return self.state.leave_out(1);
        }
        self.state.waiting.fetch_add(1, Ordering::Relaxed);
        if sender.send(line).is_err() {
            self.state.waiting.fetch_sub(1, Ordering::Release);
            self.state.failed(&io::ErrorKind::BrokenPipe.into());
            self.state.leave_out(1);
        }
    }
}

impl Drop for Audit {
    fn drop(&mut self) {
        self.state.stopping.store(true, Ordering::Relaxed);
        self.sender = None;
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

impl State {
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

fn write_all(records: &Receiver<Vec<u8>>, mut sink: impl Sink, state: &State) {
    while let Some(mut batch) = next(records, &mut sink, state) {
        let mut lines = 1;
        while batch.len() < BATCH
            && let Ok(line) = records.try_recv()
        {
            batch.extend_from_slice(&line);
            lines += 1;
        }
        let mut rest = batch.as_slice();
        loop {
            match sink.write(&mut rest) {
                Ok(()) => break state.recovered(),
                Err(error) => state.failed(&error),
            }
            if !state.required || state.stopping.load(Ordering::Relaxed) {
                break state.leave_out(rest.split_inclusive(|byte| *byte == b'\n').count());
            }
            std::thread::sleep(RETRY);
        }
        state.waiting.fetch_sub(lines, Ordering::Release);
    }
}

/// The next record; while there is none, a sink that failed is tried again. `None` at the end.
fn next(records: &Receiver<Vec<u8>>, sink: &mut impl Sink, state: &State) -> Option<Vec<u8>> {
    while state.failing.load(Ordering::Relaxed) {
        match records.recv_timeout(RETRY) {
            Ok(line) => return Some(line),
            Err(RecvTimeoutError::Disconnected) => return None,
            Err(RecvTimeoutError::Timeout) if sink.open().is_ok() => state.recovered(),
            Err(RecvTimeoutError::Timeout) => {}
        }
    }
    records.recv().ok()
}
