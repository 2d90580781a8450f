//! Limits of concurrent calls, and rates: limits of the calls of one caller to one tool in a window of time.

mod concurrency;
mod rates;
#[cfg(test)]
mod tests;
mod window;
mod window_store;

pub(crate) use concurrency::{Concurrency, take_permits};
pub(crate) use rates::Rates;
