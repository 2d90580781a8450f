//! The thread that writes lines to stdout. It writes all waiting lines with one write. The total size of waiting lines
//! is limited: at the limit, senders wait.

use std::{
    io::Write,
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use tokio::sync::{Notify, oneshot};

use crate::sync::{lock, unpoisoned};

/// Total size of unwritten lines at which senders wait, in bytes.
const MAX_WAITING_BYTES: usize = 8 * 1024 * 1024;
/// Total size of waiting lines at which [`Writer::send_soon`] wakes the writing thread without a flush, in bytes.
const BATCH_BYTES: usize = 64 * 1024;
/// Maximum capacity of a buffer that is kept for the next write, in bytes.
const MAX_KEPT_BYTES: usize = 1024 * 1024;

/// Sends lines to the writing thread. Clones send to the same thread. After [`close`](Writer::close) or a failed write,
/// lines are dropped.
#[derive(Clone)]
pub(super) struct Writer(Arc<StdoutState>);

struct StdoutState {
    waiting: Mutex<UnwrittenLines>,
    /// Wakes the writing thread.
    arrived: Condvar,
    /// Wakes all senders that wait for room.
    has_room: Notify,
    /// The last value of [`UnwrittenLines::is_full`], which can be read without the lock.
    full: AtomicBool,
}

#[derive(Default)]
struct UnwrittenLines {
    /// The lines that the thread has not taken yet.
    lines: Vec<u8>,
    /// Size of the lines that the thread is writing now, in bytes.
    writing: usize,
    /// The thread waits until `arrived` is notified.
    sleeps: bool,
    /// No more lines are accepted.
    closed: bool,
    /// The thread has ended because a write failed, usually because the client closed stdout. Further lines are
    /// dropped.
    gone: bool,
}

impl UnwrittenLines {
    fn put(&mut self, line: &[u8]) {
        if !self.gone && !self.closed {
            self.lines.extend_from_slice(line);
            self.lines.push(b'\n');
        }
    }

    fn is_full(&self) -> bool {
        self.lines.len() + self.writing >= MAX_WAITING_BYTES && !self.gone && !self.closed
    }
}

impl Writer {
    /// Waits for room, queues a line, and wakes the thread.
    pub(super) async fn send(&self, line: Vec<u8>) {
        loop {
            self.wait_for_room().await;
            let mut waiting = lock(&self.0.waiting);
            if !waiting.is_full() {
                waiting.put(&line);
                return self.wake(waiting);
            }
        }
    }

    /// Queues a line without waiting for room. The caller must first check [`is_full`](Self::is_full), and later call
    /// [`flush`](Self::flush).
    pub(super) fn send_soon(&self, line: &[u8]) {
        let mut waiting = lock(&self.0.waiting);
        waiting.put(line);
        if waiting.lines.len() >= BATCH_BYTES {
            self.wake(waiting);
        }
    }

    /// Wakes the thread, if lines are queued.
    pub(super) fn flush(&self) {
        let waiting = lock(&self.0.waiting);
        if !waiting.lines.is_empty() {
            self.wake(waiting);
        }
    }

    /// Waits until there is room for another line.
    pub(super) async fn wait_for_room(&self) {
        while self.is_full() {
            let mut room = std::pin::pin!(self.0.has_room.notified());
            room.as_mut().enable();
            self.flush();
            if lock(&self.0.waiting).is_full() {
                room.await;
            }
        }
    }

    /// Returns `true` if senders have to wait for room.
    pub(super) fn is_full(&self) -> bool {
        self.0.full.load(Ordering::Acquire)
    }

    /// Closes the writer: further lines are dropped, and the thread writes the queued lines and ends.
    pub(super) fn close(&self) {
        let mut waiting = lock(&self.0.waiting);
        waiting.closed = true;
        self.wake(waiting);
        self.0.full.store(false, Ordering::Release);
        self.0.has_room.notify_waiters();
    }

    /// Updates `full`, releases the lock, and wakes the thread if it sleeps.
    fn wake(&self, mut waiting: std::sync::MutexGuard<'_, UnwrittenLines>) {
        self.0.full.store(waiting.is_full(), Ordering::Release);
        let sleeps = std::mem::take(&mut waiting.sleeps);
        drop(waiting);
        if sleeps {
            self.0.arrived.notify_one();
        }
    }
}

impl StdoutState {
    /// Waits for lines, and moves them into `lines`. Returns `false` if the writer is closed and no lines are left.
    fn next(&self, lines: &mut Vec<u8>) -> bool {
        let is_idle = |waiting: &mut UnwrittenLines| {
            waiting.sleeps = waiting.lines.is_empty() && !waiting.closed;
            waiting.sleeps
        };
        let waiting = self.arrived.wait_while(lock(&self.waiting), is_idle);
        let mut waiting = unpoisoned(waiting);
        std::mem::swap(&mut waiting.lines, lines);
        waiting.writing = lines.len();
        !lines.is_empty()
    }

    /// Records the end of a write, and wakes senders that wait for room. `gone` is `true` if the write failed.
    fn finish_write(&self, gone: bool) {
        let mut waiting = lock(&self.waiting);
        waiting.writing = 0;
        waiting.gone = gone;
        if gone {
            waiting.lines = Vec::new();
        }
        self.full.store(waiting.is_full(), Ordering::Release);
        drop(waiting);
        self.has_room.notify_waiters();
    }
}

/// Starts the writing thread. The thread ends when the writer is closed and all lines are written, or when a write
/// fails. When the thread has ended, the receiver resolves to an error, because nothing is ever sent.
pub(super) fn write_lines(
    mut output: impl Write + Send + 'static,
) -> std::io::Result<(Writer, oneshot::Receiver<()>)> {
    let state = Arc::new(StdoutState {
        waiting: Mutex::default(),
        arrived: Condvar::new(),
        has_room: Notify::new(),
        full: AtomicBool::new(false),
    });
    let (ended, written) = oneshot::channel();
    let writing = Arc::clone(&state);
    std::thread::Builder::new().name("stdout".into()).spawn(move || {
        let _ended: oneshot::Sender<()> = ended;
        let mut lines = Vec::new();
        while writing.next(&mut lines) {
            let is_written = output.write_all(&lines).and_then(|()| output.flush()).is_ok();
            lines.clear();
            lines.shrink_to(MAX_KEPT_BYTES);
            writing.finish_write(!is_written);
            if !is_written {
                return;
            }
        }
    })?;
    Ok((Writer(state), written))
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead as _, BufReader};

    use super::*;

    #[test]
    fn unread_output_is_limited_and_arrives_completely_when_it_is_read() {
        let line = "x".repeat(1_000);
        let Ok((reader, output)) = std::io::pipe() else { panic!("no pipe") };
        let Ok((writer, written)) = write_lines(output) else { panic!("no thread") };
        let mut sent = 0;
        while !writer.is_full() && sent < 10 * MAX_WAITING_BYTES / line.len() {
            writer.send_soon(line.as_bytes());
            writer.flush();
            sent += 1;
        }
        assert!(sent * line.len() < 2 * MAX_WAITING_BYTES, "the writer accepted {sent} unread lines");
        let mut last = std::pin::pin!(writer.send("last".into()));
        let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(last.as_mut().poll(&mut cx).is_pending(), "a line was sent although the writer was full");

        let reading =
            std::thread::spawn(move || BufReader::new(reader).lines().map_while(Result::ok).collect());
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().build() else { panic!("no runtime") };
        runtime.block_on(last);
        writer.close();
        assert!(
            written.blocking_recv().is_err(),
            "the writing thread sent a value instead of dropping its sender"
        );
        let Ok(read): Result<Vec<String>, _> = reading.join() else { panic!("the reader panicked") };
        assert_eq!((read.len(), read.last().map(String::as_str)), (sent + 1, Some("last")));
    }
}
