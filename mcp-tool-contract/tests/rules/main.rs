//! Tests of the rules that classify changes between two versions of a contract.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests and their helpers panic on unexpected values, and print their counts"
)]

#[macro_use]
mod specimens;

mod directions;
mod generate;
mod pages;
mod pairs;
mod policy;
mod witnesses;
