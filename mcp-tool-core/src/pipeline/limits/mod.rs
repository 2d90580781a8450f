//! How much: at one time, and of one caller in a span of time.

mod cell;
mod concurrency;
mod rate;

pub(crate) use concurrency::{Concurrency, Permits};
pub(crate) use rate::Rates;

/// Bytes of a result, unless the settings say otherwise.
pub(crate) const MAX_RESULT: usize = 1024 * 1024;
