//! How much: at one time, and of one caller in a span of time.

mod cell;
mod concurrency;
mod rate;

pub(crate) use concurrency::{Concurrency, take_permits};
pub(crate) use rate::Rates;
