//! The writer of audit records: a thread that writes the records to a sink, in order, as JSON lines.

mod state;
mod thread;

use std::{
    io,
    sync::{Arc, Mutex, atomic::Ordering},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use self::{
    state::{ENDED, WriterState},
    thread::{EndGuard, write_all},
};
use super::sink::Sink;
use crate::{
    call::caller::Caller,
    clock::Moment,
    error::ToolError,
    sync,
    watchdog::{self, StallDetector},
};

/// Maximum time for which the end of the server waits for the last records, if the writer hangs.
const LAST_RECORDS: Duration = Duration::from_secs(5);

/// Accepts the audit records of a server, and passes them to the writing thread. Dropping it waits until the waiting
/// records are written, for at most 5 s; if the sink fails, they are dropped.
#[derive(Debug)]
pub struct Audit {
    writer: Mutex<Option<JoinHandle<()>>>,
    state: Arc<WriterState>,
}

impl Audit {
    /// Starts the writing thread. If the sink can't be opened, it counts as failed, and the thread tries it again.
    ///
    /// # Errors
    /// The thread can't be started.
    pub(crate) fn start(mut sink: Box<dyn Sink>) -> io::Result<Self> {
        let state = Arc::new(WriterState::new(sink.is_required()));
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
