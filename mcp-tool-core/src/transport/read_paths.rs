//! Records for `tests/differential` which code path read or answered each message, and can leave every call to the full
//! parser. Both are off until a test calls a function of `internals`, and then concern its own thread only.

use std::cell::{Cell, RefCell};

/// The code path of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ReadPath {
    /// A call, read by the fast path.
    Fast,
    /// A call, read by the full parser.
    Full,
    /// A list, answered from prebuilt entries.
    List,
    /// A message that rmcp answered.
    Rmcp,
}

thread_local! {
    // Per thread, so that a test with its own runtime sees only the messages of its own listener.
    static RECORDED: RefCell<Vec<ReadPath>> = const { RefCell::new(Vec::new()) };
    // Apart from the list, because reading a flag costs one instruction per message.
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

/// Returns `true` if every call on this thread is left to the full parser.
#[inline]
pub(super) fn is_fast_path_disabled() -> bool {
    IS_FAST_PATH_DISABLED.get()
}

/// The paths recorded on this thread since the last call of this function. The first call begins the recording.
#[must_use]
pub fn take_recorded() -> Vec<ReadPath> {
    IS_RECORDING.set(true);
    RECORDED.take()
}

/// Leaves every call on this thread to the full parser while `is_disabled`.
pub fn disable_fast_path(is_disabled: bool) {
    IS_FAST_PATH_DISABLED.set(is_disabled);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thread_records_only_after_take_recorded() {
        record(ReadPath::Fast);
        assert_eq!(take_recorded(), []);
        record(ReadPath::Full);
        assert_eq!(take_recorded(), [ReadPath::Full]);
        assert_eq!(take_recorded(), []);
    }
}
