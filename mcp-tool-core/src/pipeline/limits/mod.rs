//! Limits: concurrent calls, and calls of one caller to one tool per window.

mod concurrency;
mod rates;
#[cfg(test)]
mod tests;
mod window;
mod window_store;

pub(crate) use concurrency::{Concurrency, take_permits};
pub(crate) use rates::Rates;
