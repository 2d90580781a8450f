//! The writing thread, which writes all waiting lines in one write. The bytes of waiting lines are limited.

use std::{
    io::Write,
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use tokio::sync::{Notify, oneshot};

use crate::sync::{lock, unpoisoned};

/// Bytes of waiting messages above which a sender waits.
const MAX_WAITING_BYTES: usize = 8 * 1024 * 1024;
/// Bytes of waiting lines at which the thread is woken without a flush.
const BATCH_BYTES: usize = 64 * 1024;
/// Maximum capacity of a buffer kept for reuse.
const MAX_KEPT_BYTES: usize = 1024 * 1024;

/// A handle to the writing thread.
#[derive(Clone)]
pub(super) struct Writer(Arc<Output>);

struct Output {
    waiting: Mutex<Waiting>,
    arrived: Condvar,
    has_room: Notify,
    /// [`Waiting::is_full`], readable without the lock.
    full: AtomicBool,
}

#[derive(Default)]
struct Waiting {
    lines: Vec<u8>,
    /// Bytes being written now.
    writing: usize,
    /// The thread waits to be notified.
    sleeps: bool,
    /// No more lines are accepted.
    closed: bool,
    /// The thread ended because stdout is closed; the input ends soon after.
    gone: bool,
}

impl Waiting {
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
    /// Sends a line, once there is room.
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

    /// Queues a line without waiting. Allowed only while the writer isn't full, and [`flush`](Self::flush) must follow.
    pub(super) fn send_soon(&self, line: &[u8]) {
        let mut waiting = lock(&self.0.waiting);
        waiting.put(line);
        if waiting.lines.len() >= BATCH_BYTES {
            self.wake(waiting);
        }
    }

    /// Wakes the thread to write what is queued.
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

    /// Returns `true` if the next line has to wait.
    pub(super) fn is_full(&self) -> bool {
        self.0.full.load(Ordering::Acquire)
    }

    /// Accepts no more lines; the thread writes what it has and ends.
    pub(super) fn close(&self) {
        let mut waiting = lock(&self.0.waiting);
        waiting.closed = true;
        self.wake(waiting);
        self.0.full.store(false, Ordering::Release);
        self.0.has_room.notify_waiters();
    }

    fn wake(&self, mut waiting: std::sync::MutexGuard<'_, Waiting>) {
        self.0.full.store(waiting.is_full(), Ordering::Release);
        let sleeps = std::mem::take(&mut waiting.sleeps);
        drop(waiting);
        if sleeps {
            self.0.arrived.notify_one();
        }
    }
}

impl Output {
    /// Waits for lines and moves them into `lines`; returns `false` if the writer is closed and no lines wait.
    fn next(&self, lines: &mut Vec<u8>) -> bool {
        let is_idle = |waiting: &mut Waiting| {
            waiting.sleeps = waiting.lines.is_empty() && !waiting.closed;
            waiting.sleeps
        };
        let waiting = self.arrived.wait_while(lock(&self.waiting), is_idle);
        let mut waiting = unpoisoned(waiting);
        std::mem::swap(&mut waiting.lines, lines);
        waiting.writing = lines.len();
        !lines.is_empty()
    }

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
/// fails. The receiver resolves when the thread has ended.
pub(super) fn write_lines(
    mut output: impl Write + Send + 'static,
) -> std::io::Result<(Writer, oneshot::Receiver<()>)> {
    let sent = Arc::new(Output {
        waiting: Mutex::default(),
        arrived: Condvar::new(),
        has_room: Notify::new(),
        full: AtomicBool::new(false),
    });
    let (ended, written) = oneshot::channel();
    let writing = Arc::clone(&sent);
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
    Ok((Writer(sent), written))
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead as _, BufReader};

    use super::*;

    #[test]
    fn unread_output_is_bounded_and_complete_once_read() {
        let line = "x".repeat(1_000);
        let Ok((reader, output)) = std::io::pipe() else { panic!("no pipe") };
        let Ok((writer, written)) = write_lines(output) else { panic!("no thread") };
        let mut sent = 0;
        while !writer.is_full() && sent < 10 * MAX_WAITING_BYTES / line.len() {
            writer.send_soon(line.as_bytes());
            writer.flush();
            sent += 1;
        }
        assert!(sent * line.len() < 2 * MAX_WAITING_BYTES, "{sent} lines wait");
        let mut last = std::pin::pin!(writer.send("last".into()));
        let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(last.as_mut().poll(&mut cx).is_pending(), "there is no room");

        let reading =
            std::thread::spawn(move || BufReader::new(reader).lines().map_while(Result::ok).collect());
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().build() else { panic!("no runtime") };
        runtime.block_on(last);
        writer.close();
        assert!(written.blocking_recv().is_err(), "the thread has ended");
        let Ok(read): Result<Vec<String>, _> = reading.join() else { panic!("the reader panicked") };
        assert_eq!((read.len(), read.last().map(String::as_str)), (sent + 1, Some("last")));
    }
}
