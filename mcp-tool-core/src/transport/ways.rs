//! Which way a message took, counted where tests ask for it.

/// How a message was read, or who answered it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Way {
    /// A call, read in one walk.
    Hot,
    /// A call, read by the reader that knows every form of it.
    Careful,
    /// A list, from the entries that were written once.
    List,
    /// rmcp.
    Rmcp,
}

#[cfg(not(feature = "testing"))]
#[inline]
pub(super) fn note(_: Way) {}

/// Whether every call is left to the careful reader.
#[cfg(not(feature = "testing"))]
#[inline]
pub(super) const fn is_barred() -> bool {
    false
}

#[cfg(feature = "testing")]
pub use counted::{bar, taken};
#[cfg(feature = "testing")]
pub(super) use counted::{is_barred, note};

#[cfg(feature = "testing")]
mod counted {
    use std::cell::{Cell, RefCell};

    use super::Way;

    thread_local! {
        // A test with a runtime of its own sees its own listener alone.
        // Nothing is kept on a thread that never asks.
        static TAKEN: RefCell<Option<Vec<Way>>> = const { RefCell::new(None) };
        static BARRED: Cell<bool> = const { Cell::new(false) };
    }

    pub(in super::super) fn note(way: Way) {
        TAKEN.with_borrow_mut(|taken| taken.iter_mut().for_each(|taken| taken.push(way)));
    }

    /// The ways that were taken on this thread since it was last asked.
    pub fn taken() -> Vec<Way> {
        TAKEN.replace(Some(Vec::new())).unwrap_or_default()
    }

    /// Leaves every call on this thread to the careful reader, or no longer.
    pub fn bar(is_barred: bool) {
        BARRED.set(is_barred);
    }

    pub(in super::super) fn is_barred() -> bool {
        BARRED.get()
    }
}
