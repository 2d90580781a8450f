//! The request headers that middleware asked for.

use std::fmt;

/// The headers of one call.
#[derive(Clone, Default)]
pub struct Headers(Box<[(&'static str, Box<str>)]>);

impl Headers {
    pub fn new(came: Vec<(&'static str, Box<str>)>) -> Self {
        Headers(came.into_boxed_slice())
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| &**value)
    }
}

// Values are nobody's business but the layers'.
impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}
