//! Reads the input as whole lines, and limits the total size of lines that wait to be processed.

use std::{
    collections::VecDeque,
    io::{BufRead as _, Read},
    sync::{Condvar, Mutex},
};

use crate::sync::{lock, unpoisoned};

/// Maximum size of one line with its newline, in bytes.
pub(super) const MAX_LINE: usize = 4 * 1024 * 1024;
/// Total size of waiting lines, in bytes, at which a part of the input that was just read has to wait for room.
const MAX_WAITING_BYTES: usize = 256 * 1024;
/// Maximum size of one read, in bytes.
const CHUNK: usize = 256 * 1024;

/// A part of the input: whole lines, or a line that was too long.
pub(super) enum Received {
    /// Whole lines, each with its newline.
    Lines(Vec<u8>),
    /// A line longer than [`MAX_LINE`], whose text was dropped.
    TooLong,
}

impl Received {
    /// Size that counts towards [`MAX_WAITING_BYTES`].
    fn size(&self) -> usize {
        match self {
            // Includes the size of `Received` itself, because otherwise very many parts with short lines could wait.
            Received::Lines(lines) => lines.len() + size_of::<Self>(),
            Received::TooLong => size_of::<Self>(),
        }
    }
}

/// Received lines that wait to be processed.
#[derive(Default)]
pub(super) struct Inbox {
    waiting: Mutex<ReceivedLines>,
    /// Wakes the reading thread, which waits in [`put`](Inbox::put) while too many lines wait.
    has_room: Condvar,
}

#[derive(Default)]
struct ReceivedLines {
    received: VecDeque<Received>,
    /// Total size of `received`.
    bytes: usize,
    /// The input has ended.
    ended: bool,
    /// No more lines will be processed.
    closed: bool,
}

impl Inbox {
    /// Takes the next part of the input. Returns `None` if the next part hasn't arrived, and `Some(None)` if the input
    /// has ended.
    pub(super) fn try_next(&self) -> Option<Option<Received>> {
        let mut waiting = lock(&self.waiting);
        let Some(next) = waiting.received.pop_front() else { return waiting.ended.then_some(None) };
        waiting.bytes -= next.size();
        drop(waiting);
        self.has_room.notify_one();
        Some(Some(next))
    }

    /// Closes the inbox: the reading thread doesn't wait for room any more, and ends after its current read.
    pub(super) fn close(&self) {
        lock(&self.waiting).closed = true;
        self.has_room.notify_one();
    }

    /// Returns `true` if no part waits and the input has not ended.
    pub(super) fn is_empty(&self) -> bool {
        let waiting = lock(&self.waiting);
        waiting.received.is_empty() && !waiting.ended
    }

    /// Waits for room, and adds a part of the input. Returns `false` if the inbox is closed.
    pub(super) fn put(&self, received: Received) -> bool {
        let full = |waiting: &mut ReceivedLines| waiting.bytes >= MAX_WAITING_BYTES && !waiting.closed;
        let waiting = self.has_room.wait_while(lock(&self.waiting), full);
        let mut waiting = unpoisoned(waiting);
        waiting.bytes += received.size();
        waiting.received.push_back(received);
        !waiting.closed
    }

    /// Records that the input has ended.
    pub(super) fn end(&self) {
        lock(&self.waiting).ended = true;
    }
}

/// Reader of whole lines.
pub(super) struct LineReader {
    input: Box<dyn Read + Send>,
    /// Buffer of one read.
    chunk: Vec<u8>,
    /// The beginning of a line whose end was not read yet.
    partial: Vec<u8>,
    /// The line whose end was not read yet is already too long. Its text is dropped.
    too_long: bool,
}

impl LineReader {
    pub(super) fn new(input: impl Read + Send + 'static) -> Self {
        LineReader { input: Box::new(input), chunk: vec![0; CHUNK], partial: Vec::new(), too_long: false }
    }

    /// Reads until at least one line is complete. `None` at the end of the input. The end of the input completes a last
    /// line without a newline, which gets one.
    ///
    /// The first item is `TooLong` if the first complete line is too long, else `None`. Only the first line can be too
    /// long, because the others are parts of one read, and [`CHUNK`] is smaller than [`MAX_LINE`]. The second item has
    /// all complete lines that aren't too long; `None` if there are none.
    pub(super) fn read(&mut self) -> std::io::Result<Option<[Option<Received>; 2]>> {
        loop {
            let read = match self.input.read(&mut self.chunk) {
                Ok(0) => return Ok(self.last_line()),
                Ok(read) => &self.chunk[..read],
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            let Some(last) = read.iter().rposition(|byte| *byte == b'\n') else {
                self.too_long |= self.partial.len() + read.len() > MAX_LINE;
                if self.too_long {
                    self.partial = Vec::new();
                } else {
                    self.partial.extend_from_slice(read);
                }
                continue;
            };
            let (mut whole, rest) = read.split_at(last + 1);
            let first = line_length(whole);
            let mut lines = std::mem::take(&mut self.partial);
            let is_too_long = std::mem::take(&mut self.too_long) || lines.len() + first > MAX_LINE;
            if is_too_long {
                whole = &whole[first..];
                lines = Vec::new();
            }
            lines.extend_from_slice(whole);
            self.partial.extend_from_slice(rest);
            let lines = (!lines.is_empty()).then_some(Received::Lines(lines));
            return Ok(Some([is_too_long.then_some(Received::TooLong), lines]));
        }
    }

    /// Returns the line that the end of the input completes, in the form of [`read`](Self::read).
    fn last_line(&mut self) -> Option<[Option<Received>; 2]> {
        // The newline counts as part of the line.
        if std::mem::take(&mut self.too_long) || self.partial.len() >= MAX_LINE {
            self.partial = Vec::new();
            return Some([Some(Received::TooLong), None]);
        }
        let mut line = std::mem::take(&mut self.partial);
        if line.is_empty() {
            return None;
        }
        line.push(b'\n');
        Some([None, Some(Received::Lines(line))])
    }
}

/// Returns the size of the first line with its newline, in bytes.
pub(super) fn line_length(mut lines: &[u8]) -> usize {
    // `skip_until` is fast, because it searches with memchr.
    lines.skip_until(b'\n').unwrap_or(lines.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A reader of the bytes `.0` that returns at most `.1` bytes per read.
    struct Trickle(VecDeque<u8>, usize);

    impl Read for Trickle {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let length = self.1.min(buffer.len());
            self.0.read(&mut buffer[..length])
        }
    }

    /// Reads all lines of `input`, at most `at_a_time` bytes per read. A line that is too long becomes `None`.
    fn lines(input: &[u8], at_a_time: usize) -> Vec<Option<String>> {
        let (mut lines, mut input) = (Vec::new(), LineReader::new(Trickle(input.to_vec().into(), at_a_time)));
        while let Ok(Some(read)) = input.read() {
            for received in read.into_iter().flatten() {
                match received {
                    Received::TooLong => lines.push(None),
                    Received::Lines(whole) => {
                        assert_eq!(whole.last(), Some(&b'\n'));
                        let whole = String::from_utf8_lossy(&whole).into_owned();
                        lines.extend(whole.lines().map(|line| Some(line.to_owned())));
                    }
                }
            }
        }
        lines
    }

    #[test]
    fn lines_are_the_same_for_all_sizes_of_reads() {
        for at_a_time in [1, 2, 3, 5, 1_000] {
            let read = lines(b"one\n\ntwo and\nthree\nno newline", at_a_time);
            let read: Vec<_> = read.iter().flatten().map(String::as_str).collect();
            assert_eq!(
                read,
                ["one", "", "two and", "three", "no newline"],
                "with reads of {at_a_time} bytes"
            );
        }
    }

    #[test]
    fn lines_before_and_after_a_too_long_line_are_received_whole() {
        let mut input = b"before\n".to_vec();
        // A line of the maximum length, and a line that is one byte longer, each with its newline.
        input.extend(std::iter::repeat_n(b'x', MAX_LINE - 1));
        input.push(b'\n');
        input.extend(std::iter::repeat_n(b'y', MAX_LINE));
        input.extend_from_slice(b"\nafter\n");
        for at_a_time in [1_000, 4_096, CHUNK] {
            let read = lines(&input, at_a_time);
            let lengths: Vec<_> = read.iter().map(|line| line.as_ref().map(String::len)).collect();
            assert_eq!(
                lengths,
                [Some(6), Some(MAX_LINE - 1), None, Some(5)],
                "with reads of {at_a_time} bytes"
            );
        }
        for too_long in [MAX_LINE, MAX_LINE + 1, 2 * MAX_LINE] {
            let without_newline = vec![b'y'; too_long];
            assert_eq!(lines(&without_newline, CHUNK), [None], "with {too_long} bytes and no newline");
        }
    }
}
