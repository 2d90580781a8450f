//! The framework, from outside.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test stops at what it did not expect, in its helpers too, and prints what it counted"
)]

mod asking;
mod audit;
mod beside;
mod calls;
mod cli;
#[cfg(feature = "clients")]
mod clients;
mod completion;
#[cfg(feature = "clients")]
mod conformance;
mod contract;
mod control;
mod doctor;
mod drift;
mod faults;
mod gates;
mod harness;
mod headers;
mod http;
mod identity;
mod lists;
mod middleware;
mod peer;
mod rates;
mod readme;
mod schema;
mod speaking;
mod start;
mod stdio;
mod tasks;
mod ui;
mod upstream;
mod versions;
