//! What is read: whole lines, as many at a time as come, in the order that they came. What waits to be taken is bounded
//! in bytes.

use std::{
    collections::VecDeque,
    io::{BufRead as _, Read},
    sync::{Condvar, Mutex, PoisonError},
};

use super::lock;

/// Bytes of one message.
pub(super) const MAX_LINE: usize = 4 * 1024 * 1024;
/// Bytes of the messages that wait to be taken, beyond which nothing more is read.
const ROOM: usize = 256 * 1024;
/// Bytes that are read at one time.
const CHUNK: usize = 256 * 1024;

/// What came.
pub(super) enum Arrived {
    /// Whole lines, each with its newline.
    Lines(Vec<u8>),
    TooLong,
}

impl Arrived {
    fn bytes(&self) -> usize {
        match self {
            // What each costs that is hardly longer than a newline.
            Arrived::Lines(lines) => lines.len() + size_of::<Self>(),
            Arrived::TooLong => size_of::<Self>(),
        }
    }
}

/// What came and wasn't taken yet.
#[derive(Default)]
pub(super) struct Inbox {
    waiting: Mutex<Waiting>,
    has_room: Condvar,
}

#[derive(Default)]
struct Waiting {
    arrived: VecDeque<Arrived>,
    bytes: usize,
    /// Nothing more comes.
    ended: bool,
    /// Nothing more is taken.
    closed: bool,
}

impl Inbox {
    /// The next of what came, if there is something; `Some(None)` at the end of the input.
    pub(super) fn try_next(&self) -> Option<Option<Arrived>> {
        let mut waiting = lock(&self.waiting);
        let Some(next) = waiting.arrived.pop_front() else { return waiting.ended.then_some(None) };
        waiting.bytes -= next.bytes();
        drop(waiting);
        self.has_room.notify_one();
        Some(Some(next))
    }

    /// Lets the thread that reads go: nothing more is taken.
    pub(super) fn close(&self) {
        lock(&self.waiting).closed = true;
        self.has_room.notify_one();
    }

    /// Whether nothing waits, not even the end.
    pub(super) fn is_empty(&self) -> bool {
        let waiting = lock(&self.waiting);
        waiting.arrived.is_empty() && !waiting.ended
    }

    /// Waits for room; gives whether anybody takes it.
    pub(super) fn put(&self, arrived: Arrived) -> bool {
        let full = |waiting: &mut Waiting| waiting.bytes >= ROOM && !waiting.closed;
        let waiting = self.has_room.wait_while(lock(&self.waiting), full);
        let mut waiting = waiting.unwrap_or_else(PoisonError::into_inner);
        waiting.bytes += arrived.bytes();
        waiting.arrived.push_back(arrived);
        !waiting.closed
    }

    /// Nothing more comes.
    pub(super) fn end(&self) {
        lock(&self.waiting).ended = true;
    }
}

/// The input, and what was read of a line that isn't whole.
pub(super) struct Input {
    input: Box<dyn Read + Send>,
    chunk: Vec<u8>,
    begun: Vec<u8>,
    /// The line is too long already: it is passed over without being kept.
    too_long: bool,
}

impl Input {
    pub(super) fn new(input: impl Read + Send + 'static) -> Self {
        Input { input: Box::new(input), chunk: vec![0; CHUNK], begun: Vec::new(), too_long: false }
    }

    /// Reads until there is at least one whole line; none at the end of the input. A message without its newline
    /// isn't whole.
    pub(super) fn read(&mut self) -> std::io::Result<Option<[Option<Arrived>; 2]>> {
        loop {
            let read = match self.input.read(&mut self.chunk) {
                Ok(0) => return Ok(None),
                Ok(read) => &self.chunk[..read],
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            let Some(last) = read.iter().rposition(|byte| *byte == b'\n') else {
                self.too_long |= self.begun.len() + read.len() > MAX_LINE;
                if self.too_long {
                    self.begun = Vec::new();
                } else {
                    self.begun.extend_from_slice(read);
                }
                continue;
            };
            let (mut whole, rest) = read.split_at(last + 1);
            let first = line_length(whole);
            let mut lines = std::mem::take(&mut self.begun);
            let is_too_long = std::mem::take(&mut self.too_long) || lines.len() + first > MAX_LINE;
            if is_too_long {
                whole = &whole[first..];
                lines = Vec::new();
            }
            lines.extend_from_slice(whole);
            self.begun.extend_from_slice(rest);
            let lines = (!lines.is_empty()).then_some(Arrived::Lines(lines));
            return Ok(Some([is_too_long.then_some(Arrived::TooLong), lines]));
        }
    }
}

/// Bytes of the first line, its newline among them.
pub(super) fn line_length(mut lines: &[u8]) -> usize {
    // Reading a slice can't fail, and finds the newline many bytes at a time.
    lines.skip_until(b'\n').unwrap_or(lines.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives so many bytes at a time.
    struct Trickle(VecDeque<u8>, usize);

    impl Read for Trickle {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let most = self.1.min(buffer.len());
            self.0.read(&mut buffer[..most])
        }
    }

    fn lines(input: &[u8], at_a_time: usize) -> Vec<Option<String>> {
        let (mut lines, mut input) = (Vec::new(), Input::new(Trickle(input.to_vec().into(), at_a_time)));
        while let Ok(Some(read)) = input.read() {
            for arrived in read.into_iter().flatten() {
                match arrived {
                    Arrived::TooLong => lines.push(None),
                    Arrived::Lines(whole) => {
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
    fn lines_are_the_same_however_they_come() {
        for at_a_time in [1, 2, 3, 5, 1_000] {
            let came = lines(b"one\n\ntwo and\nthree\nnot whole", at_a_time);
            let came: Vec<_> = came.iter().flatten().map(String::as_str).collect();
            assert_eq!(came, ["one", "", "two and", "three"], "{at_a_time} at a time");
        }
    }

    #[test]
    fn what_is_too_long_leaves_its_neighbours_whole() {
        let mut input = b"before\n".to_vec();
        // The longest, and one byte more, each with its newline.
        input.extend(std::iter::repeat_n(b'x', MAX_LINE - 1));
        input.push(b'\n');
        input.extend(std::iter::repeat_n(b'y', MAX_LINE));
        input.extend_from_slice(b"\nafter\n");
        for at_a_time in [1_000, 4_096, CHUNK] {
            let came = lines(&input, at_a_time);
            let lengths: Vec<_> = came.iter().map(|line| line.as_ref().map(String::len)).collect();
            assert_eq!(lengths, [Some(6), Some(MAX_LINE - 1), None, Some(5)], "{at_a_time} at a time");
        }
    }
}
