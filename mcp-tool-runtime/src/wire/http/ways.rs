//! Which way a message took, counted where tests ask for it.

/// Who answered a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Way {
    /// A call, read by the reader that knows every form of it.
    Careful,
    /// rmcp.
    Rmcp,
}

#[cfg(not(test))]
#[inline]
pub(super) fn note(_: Way) {}

#[cfg(test)]
pub(super) use counted::{note, taken};

#[cfg(test)]
mod counted {
    use std::cell::RefCell;

    use super::Way;

    thread_local! {
        // A test with a runtime of its own sees its own listener alone.
        static TAKEN: RefCell<Vec<Way>> = const { RefCell::new(Vec::new()) };
    }

    pub(in super::super) fn note(way: Way) {
        TAKEN.with_borrow_mut(|taken| taken.push(way));
    }

    /// The ways that were taken on this thread since it was last asked.
    pub(in super::super) fn taken() -> Vec<Way> {
        TAKEN.take()
    }
}
