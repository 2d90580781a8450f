//! Tests of the rules that compare contracts.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test stops at what it did not expect, in its helpers too, and prints what it counted"
)]

#[macro_use]
mod specimens;

mod directions;
mod generate;
mod pages;
mod pairs;
mod policy;
mod witnesses;
