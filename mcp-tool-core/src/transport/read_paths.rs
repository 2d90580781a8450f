//! Records the code path that read or answered each message, for `tests/differential`, which compares this crate's HTTP
//! listener with rmcp's. A thread records nothing until it calls [`take_recorded`].

use std::cell::{Cell, RefCell};

/// Code path that read or answered a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ReadPath {
    /// A call, read by the fast path, the parser of calls in the form that clients usually send.
    Fast,
    /// A call, read by the full parser, which parses messages in all other forms.
    Full,
    /// A `tools/list` request over HTTP, answered from entries that were written at the server's start.
    List,
    /// A message that the HTTP listener forwarded to rmcp.
    Rmcp,
}

thread_local! {
    // Per thread, so that a test with its own runtime sees only the messages of its own listener.
    static RECORDED: RefCell<Vec<ReadPath>> = const { RefCell::new(Vec::new()) };
    // Separate from `RECORDED`, because reading a flag costs only one instruction per message.
    static IS_RECORDING: Cell<bool> = const { Cell::new(false) };
    static IS_FAST_PATH_DISABLED: Cell<bool> = const { Cell::new(false) };
}

/// Records the path of a message, if this thread records.
#[inline]
pub(super) fn record(path: ReadPath) {
    if IS_RECORDING.get() {
        RECORDED.with_borrow_mut(|recorded| recorded.push(path));
    }
}

/// Returns `true` if the full parser parses every call on this thread.
#[inline]
pub(super) fn is_fast_path_disabled() -> bool {
    IS_FAST_PATH_DISABLED.get()
}

/// Returns the paths that were recorded on this thread since the last call of this function, in order. The first call
/// starts the recording, and returns an empty list.
#[must_use]
pub fn take_recorded() -> Vec<ReadPath> {
    IS_RECORDING.set(true);
    RECORDED.take()
}

/// Disables or enables the fast path on this thread. While it is disabled, the full parser parses every call.
pub fn disable_fast_path(is_disabled: bool) {
    IS_FAST_PATH_DISABLED.set(is_disabled);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recording_starts_with_the_first_call_of_take_recorded() {
        record(ReadPath::Fast);
        assert_eq!(take_recorded(), []);
        record(ReadPath::Full);
        assert_eq!(take_recorded(), [ReadPath::Full]);
        assert_eq!(take_recorded(), []);
    }
}
