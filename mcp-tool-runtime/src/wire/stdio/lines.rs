//! The two threads: one reads lines, one writes them in batches. What waits between them and the service is
//! bounded in number and in bytes.

use std::{
    io::{BufRead, BufReader, Read, Write},
    sync::Arc,
};

use tokio::{
    runtime::Handle,
    sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot},
};
use tokio_util::sync::CancellationToken;

/// Bytes of one message.
pub(super) const MAX_LINE: usize = 4 * 1024 * 1024;
/// Messages that wait on either side; a client that doesn't read is not read from either.
pub(super) const WAITING: usize = 256;
/// Bytes of the messages that wait on one side.
const ROOM: usize = 8 * 1024 * 1024;
/// Bytes that are written at one time, about.
const BATCH: usize = 64 * 1024;

/// What came.
pub(super) enum Line {
    /// With the room that it takes until it was read.
    Whole(Vec<u8>, Option<OwnedSemaphorePermit>),
    TooLong,
}

/// Room for that many bytes among those that wait; none where everything is ending.
async fn room_for(bytes: usize, room: &Arc<Semaphore>) -> Option<OwnedSemaphorePermit> {
    let bytes = u32::try_from(bytes.min(ROOM)).unwrap_or(u32::MAX);
    Arc::clone(room).acquire_many_owned(bytes).await.ok()
}

/// Reads lines on a thread of their own.
pub(super) fn read_lines(
    input: impl Read + Send + 'static,
    ended: CancellationToken,
) -> std::io::Result<mpsc::Receiver<Line>> {
    let (sender, receiver) = mpsc::channel(WAITING);
    let (room, runtime) = (Arc::new(Semaphore::new(ROOM)), Handle::current());
    std::thread::Builder::new().name("stdin".into()).spawn(move || {
        let _ended = ended.drop_guard();
        let mut input = BufReader::with_capacity(64 * 1024, input);
        while let Ok(Some(mut line)) = next_line(&mut input) {
            if let Line::Whole(line, taken) = &mut line {
                *taken = runtime.block_on(room_for(line.len(), &room));
            }
            if sender.blocking_send(line).is_err() {
                return;
            }
        }
    })?;
    Ok(receiver)
}

/// The next line that isn't blank; one that is too long is passed over without being kept.
fn next_line(input: &mut impl BufRead) -> std::io::Result<Option<Line>> {
    let mut line = Vec::new();
    let mut too_long = false;
    loop {
        let chunk = match input.fill_buf() {
            Ok(chunk) => chunk,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        if chunk.is_empty() {
            // A message without its newline isn't whole.
            return Ok(None);
        }
        let newline = chunk.iter().position(|byte| *byte == b'\n');
        let taken = newline.map_or(chunk.len(), |at| at + 1);
        too_long |= line.len() + taken > MAX_LINE;
        if too_long {
            line = Vec::new();
        } else {
            line.extend_from_slice(&chunk[..newline.unwrap_or(taken)]);
        }
        input.consume(taken);
        if newline.is_some() {
            if too_long {
                return Ok(Some(Line::TooLong));
            }
            if !line.trim_ascii().is_empty() {
                return Ok(Some(Line::Whole(line, None)));
            }
            line.clear();
        }
    }
}

/// The way to the thread that writes.
#[derive(Clone)]
pub(super) struct Writer {
    lines: mpsc::Sender<(String, Option<OwnedSemaphorePermit>)>,
    room: Arc<Semaphore>,
}

impl Writer {
    /// Waits until all that was sent so far has room.
    pub(super) async fn caught_up(&self) {
        drop(room_for(1, &self.room).await);
    }

    pub(super) async fn send(&self, line: String) {
        let room = room_for(line.len(), &self.room).await;
        // The thread is gone when stdout is: the input ends soon after.
        drop(self.lines.send((line, room)).await);
    }
}

/// Writes lines on a thread of their own, as many at a time as there are; it ends with the last sender.
pub(super) fn write_lines(
    mut output: impl Write + Send + 'static,
) -> std::io::Result<(Writer, oneshot::Receiver<()>)> {
    let (lines, mut receiver) = mpsc::channel::<(String, Option<OwnedSemaphorePermit>)>(WAITING);
    let (ended, written) = oneshot::channel();
    std::thread::Builder::new().name("stdout".into()).spawn(move || {
        let _ended = ended;
        let mut batch = Vec::with_capacity(BATCH);
        while let Some(first) = receiver.blocking_recv() {
            let mut rooms = Vec::new();
            let mut next = Some(first);
            while let Some((line, room)) = next {
                batch.extend_from_slice(line.as_bytes());
                batch.push(b'\n');
                rooms.push(room);
                next = if batch.len() < BATCH { receiver.try_recv().ok() } else { None };
            }
            if output.write_all(&batch).and_then(|()| output.flush()).is_err() {
                return;
            }
            batch.clear();
            batch.shrink_to(BATCH);
        }
    })?;
    Ok((Writer { lines, room: Arc::new(Semaphore::new(ROOM)) }, written))
}
