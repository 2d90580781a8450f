//! Records which code path read or answered each message; compiled out without the feature `testing`.

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
    // Per thread, so that a test with its own runtime sees only the messages of its own listener. `None` until the
    // thread first calls `take_recorded`: a build of the whole workspace enables the feature in every server, where
    // nothing would ever empty the list.
    static RECORDED: RefCell<Option<Vec<ReadPath>>> = const { RefCell::new(None) };
    static IS_FAST_PATH_DISABLED: Cell<bool> = const { Cell::new(false) };
}

#[inline]
pub(super) fn record(path: ReadPath) {
    if cfg!(feature = "testing") {
        RECORDED.with_borrow_mut(|recorded| recorded.iter_mut().for_each(|recorded| recorded.push(path)));
    }
}

/// Returns `true` if every call on this thread is left to the full parser.
#[inline]
pub(super) fn is_fast_path_disabled() -> bool {
    cfg!(feature = "testing") && IS_FAST_PATH_DISABLED.get()
}

/// The paths recorded on this thread since the last call of this function.
#[must_use]
pub fn take_recorded() -> Vec<ReadPath> {
    RECORDED.replace(Some(Vec::new())).unwrap_or_default()
}

/// Leaves every call on this thread to the full parser while `is_disabled`.
pub fn disable_fast_path(is_disabled: bool) {
    IS_FAST_PATH_DISABLED.set(is_disabled);
}

#[cfg(all(test, feature = "testing"))]
mod tests {
    use super::*;

    #[test]
    fn thread_records_only_after_take_recorded() {
        record(ReadPath::Fast);
        assert!(RECORDED.with_borrow(Option::is_none));
        assert_eq!(take_recorded(), []);
        record(ReadPath::Full);
        assert_eq!(take_recorded(), [ReadPath::Full]);
        assert_eq!(take_recorded(), []);
    }
}
