//! HTTP request headers that middleware reads.

use std::fmt;

/// Request headers of one call, but only those whose names a middleware returns from `Middleware::headers`. Empty over
/// stdio.
#[derive(Clone, Default)]
pub struct Headers(Box<[(&'static str, Box<str>)]>);

impl Headers {
    /// Makes a list of headers from names and values.
    pub fn new(headers: Vec<(&'static str, Box<str>)>) -> Self {
        Headers(headers.into_boxed_slice())
    }

    /// Returns the value of a header; `name` is case-insensitive.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(stored, _)| stored.eq_ignore_ascii_case(name)).map(|(_, value)| &**value)
    }
}

// Values of headers may be secret, so only the names are printed.
impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}
