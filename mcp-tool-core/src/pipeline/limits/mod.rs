//! Limits: concurrent calls, and calls of one caller to one tool per window.

mod concurrency;
mod rates;
#[cfg(test)]
mod tests;
mod window;
mod window_store;

pub(crate) use concurrency::{Concurrency, Permits};
pub(crate) use rates::Rates;

/// Default maximum size of a result in bytes.
pub(crate) const MAX_RESULT: usize = 1024 * 1024;
