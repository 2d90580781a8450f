//! Reads the input as whole lines, and limits the bytes of lines that wait to be processed.

use std::{
    collections::VecDeque,
    io::{BufRead as _, Read},
    sync::{Condvar, Mutex},
};

use crate::sync::{lock, unpoisoned};

/// Maximum bytes of one message.
pub(super) const MAX_LINE: usize = 4 * 1024 * 1024;
/// Bytes of waiting messages above which no more input is read.
const MAX_WAITING_BYTES: usize = 256 * 1024;
/// Maximum bytes of one read.
const CHUNK: usize = 256 * 1024;

/// A part of the input.
pub(super) enum Received {
    /// Whole lines, each with its newline.
    Lines(Vec<u8>),
    /// A line over [`MAX_LINE`], dropped.
    TooLong,
}

impl Received {
    fn size(&self) -> usize {
        match self {
            // Includes the value itself, because otherwise many empty lines would wait within the limit.
            Received::Lines(lines) => lines.len() + size_of::<Self>(),
            Received::TooLong => size_of::<Self>(),
        }
    }
}

/// Received lines that wait to be processed.
#[derive(Default)]
pub(super) struct Inbox {
    waiting: Mutex<Waiting>,
    has_room: Condvar,
}

#[derive(Default)]
struct Waiting {
    received: VecDeque<Received>,
    bytes: usize,
    /// The input ended.
    ended: bool,
    /// No more lines are processed.
    closed: bool,
}

impl Inbox {
    /// The next part of the input; `None` if none waits, `Some(None)` at the end.
    pub(super) fn try_next(&self) -> Option<Option<Received>> {
        let mut waiting = lock(&self.waiting);
        let Some(next) = waiting.received.pop_front() else { return waiting.ended.then_some(None) };
        waiting.bytes -= next.size();
        drop(waiting);
        self.has_room.notify_one();
        Some(Some(next))
    }

    /// Stops processing, and releases the reading thread.
    pub(super) fn close(&self) {
        lock(&self.waiting).closed = true;
        self.has_room.notify_one();
    }

    /// Returns `true` if neither a part nor the end of the input waits.
    pub(super) fn is_empty(&self) -> bool {
        let waiting = lock(&self.waiting);
        waiting.received.is_empty() && !waiting.ended
    }

    /// Waits for room, and adds a part; returns `false` if the inbox is closed.
    pub(super) fn put(&self, received: Received) -> bool {
        let full = |waiting: &mut Waiting| waiting.bytes >= MAX_WAITING_BYTES && !waiting.closed;
        let waiting = self.has_room.wait_while(lock(&self.waiting), full);
        let mut waiting = unpoisoned(waiting);
        waiting.bytes += received.size();
        waiting.received.push_back(received);
        !waiting.closed
    }

    /// Marks the end of the input.
    pub(super) fn end(&self) {
        lock(&self.waiting).ended = true;
    }
}

/// The input, and the beginning of a line whose end was not read yet.
pub(super) struct Input {
    input: Box<dyn Read + Send>,
    chunk: Vec<u8>,
    partial: Vec<u8>,
    /// The partial line is already too long, so the rest of it is dropped.
    too_long: bool,
}

impl Input {
    pub(super) fn new(input: impl Read + Send + 'static) -> Self {
        Input { input: Box::new(input), chunk: vec![0; CHUNK], partial: Vec::new(), too_long: false }
    }

    /// Reads until at least one line has ended. Returns whole lines, after `TooLong` if the first line was too long;
    /// `None` at the end of the input. A last line without a newline is dropped.
    pub(super) fn read(&mut self) -> std::io::Result<Option<[Option<Received>; 2]>> {
        loop {
            let read = match self.input.read(&mut self.chunk) {
                Ok(0) => return Ok(None),
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
}

/// Bytes of the first line, with its newline.
pub(super) fn line_length(mut lines: &[u8]) -> usize {
    // `skip_until` searches with memchr.
    lines.skip_until(b'\n').unwrap_or(lines.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A reader that returns at most `.1` bytes per read.
    struct Trickle(VecDeque<u8>, usize);

    impl Read for Trickle {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let length = self.1.min(buffer.len());
            self.0.read(&mut buffer[..length])
        }
    }

    fn lines(input: &[u8], at_a_time: usize) -> Vec<Option<String>> {
        let (mut lines, mut input) = (Vec::new(), Input::new(Trickle(input.to_vec().into(), at_a_time)));
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
    fn lines_are_independent_of_read_sizes() {
        for at_a_time in [1, 2, 3, 5, 1_000] {
            let read = lines(b"one\n\ntwo and\nthree\nnot whole", at_a_time);
            let read: Vec<_> = read.iter().flatten().map(String::as_str).collect();
            assert_eq!(read, ["one", "", "two and", "three"], "{at_a_time} at a time");
        }
    }

    #[test]
    fn neighbours_of_too_long_line_stay_whole() {
        let mut input = b"before\n".to_vec();
        // A line of the maximum length, and a line that is one byte longer, each with its newline.
        input.extend(std::iter::repeat_n(b'x', MAX_LINE - 1));
        input.push(b'\n');
        input.extend(std::iter::repeat_n(b'y', MAX_LINE));
        input.extend_from_slice(b"\nafter\n");
        for at_a_time in [1_000, 4_096, CHUNK] {
            let read = lines(&input, at_a_time);
            let lengths: Vec<_> = read.iter().map(|line| line.as_ref().map(String::len)).collect();
            assert_eq!(lengths, [Some(6), Some(MAX_LINE - 1), None, Some(5)], "{at_a_time} at a time");
        }
    }
}
