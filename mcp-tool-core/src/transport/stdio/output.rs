//! The thread that writes: what was sent by then goes out in one write. What waits is bounded in bytes.

use std::{
    io::Write,
    sync::{
        Arc, Condvar, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use tokio::sync::{Notify, oneshot};

use super::lock;

/// Bytes of the messages that wait to be written, beyond which a sender waits.
const ROOM: usize = 8 * 1024 * 1024;
/// Bytes that the thread is woken for, though more is about to come.
const BATCH: usize = 64 * 1024;
/// Bytes of a buffer that is kept for what comes next.
const KEPT: usize = 1024 * 1024;

/// The way to the thread that writes.
#[derive(Clone)]
pub(super) struct Writer(Arc<Output>);

struct Output {
    waiting: Mutex<Waiting>,
    arrived: Condvar,
    has_room: Notify,
    /// What waits takes all the room.
    full: AtomicBool,
}

#[derive(Default)]
struct Waiting {
    lines: Vec<u8>,
    /// Bytes that are being written.
    leaving: usize,
    /// The thread waits to be woken.
    sleeps: bool,
    /// Nothing more is sent.
    closed: bool,
    /// The thread is gone, as it is when stdout is: the input ends soon after.
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
        self.lines.len() + self.leaving >= ROOM && !self.gone && !self.closed
    }
}

impl Writer {
    /// Sends a line, once there is room.
    pub(super) async fn send(&self, line: Vec<u8>) {
        loop {
            self.caught_up().await;
            let mut waiting = lock(&self.0.waiting);
            if !waiting.is_full() {
                waiting.put(&line);
                return self.wake(waiting);
            }
        }
    }

    /// Sends a line that [`flush`](Self::flush) will follow: until then it may wait. To be asked for where the writer
    /// had caught up.
    pub(super) fn send_soon(&self, line: &[u8]) {
        let mut waiting = lock(&self.0.waiting);
        waiting.put(line);
        if waiting.lines.len() >= BATCH {
            self.wake(waiting);
        }
    }

    /// Has what was sent so far written.
    pub(super) fn flush(&self) {
        let waiting = lock(&self.0.waiting);
        if !waiting.lines.is_empty() {
            self.wake(waiting);
        }
    }

    /// Waits until there is room for what is sent next.
    pub(super) async fn caught_up(&self) {
        while self.is_full() {
            let mut room = std::pin::pin!(self.0.has_room.notified());
            room.as_mut().enable();
            self.flush();
            if lock(&self.0.waiting).is_full() {
                room.await;
            }
        }
    }

    /// Whether what is sent next has to wait.
    pub(super) fn is_full(&self) -> bool {
        self.0.full.load(Ordering::Acquire)
    }

    /// Takes nothing more; the thread ends with what it has.
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
    /// All that waits, into `lines`; false at the end.
    fn next(&self, lines: &mut Vec<u8>) -> bool {
        let nothing = |waiting: &mut Waiting| {
            waiting.sleeps = waiting.lines.is_empty() && !waiting.closed;
            waiting.sleeps
        };
        let waiting = self.arrived.wait_while(lock(&self.waiting), nothing);
        let mut waiting = waiting.unwrap_or_else(PoisonError::into_inner);
        std::mem::swap(&mut waiting.lines, lines);
        waiting.leaving = lines.len();
        !lines.is_empty()
    }

    fn has_left(&self, gone: bool) {
        let mut waiting = lock(&self.waiting);
        waiting.leaving = 0;
        waiting.gone = gone;
        if gone {
            waiting.lines = Vec::new();
        }
        self.full.store(waiting.is_full(), Ordering::Release);
        drop(waiting);
        self.has_room.notify_waiters();
    }
}

/// Writes lines on a thread of their own, until the writer is closed and all are out, or they can't be written.
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
            lines.shrink_to(KEPT);
            writing.has_left(!is_written);
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
    fn what_nobody_reads_is_bounded_and_comes_whole_once_it_is_read() {
        let line = "x".repeat(1_000);
        let Ok((reader, unread)) = std::io::pipe() else { panic!("no pipe") };
        let Ok((writer, written)) = write_lines(unread) else { panic!("no thread") };
        let mut sent = 0;
        while !writer.is_full() && sent < 10 * ROOM / line.len() {
            writer.send_soon(line.as_bytes());
            writer.flush();
            sent += 1;
        }
        assert!(sent * line.len() < 2 * ROOM, "{sent} lines wait");
        let mut waits = std::pin::pin!(writer.send("last".into()));
        let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(waits.as_mut().poll(&mut cx).is_pending(), "there is no room");

        let reading =
            std::thread::spawn(move || BufReader::new(reader).lines().map_while(Result::ok).collect());
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().build() else { panic!("no runtime") };
        runtime.block_on(waits);
        writer.close();
        assert!(written.blocking_recv().is_err(), "the thread has ended");
        let Ok(read): Result<Vec<String>, _> = reading.join() else { panic!("it panicked") };
        assert_eq!((read.len(), read.last().map(String::as_str)), (sent + 1, Some("last")));
    }
}
