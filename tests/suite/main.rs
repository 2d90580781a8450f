//! End-to-end tests of the framework through its public interfaces.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests and their helpers panic on anything unexpected, and print what they measured"
)]

mod audit;
mod calls;
mod cli;
#[cfg(feature = "clients")]
mod clients;
mod completion;
#[cfg(feature = "clients")]
mod conformance;
mod content_and_logging;
mod contract;
mod control;
mod crates;
mod doctor;
mod drift;
mod elicitation;
mod fallback;
mod gates;
mod harness;
mod http;
mod identity;
mod malformed_input;
mod middleware;
mod parameter_headers;
mod parameter_types;
mod rate_limits;
mod readme;
mod reference;
mod schema;
mod startup;
mod stdio;
mod stub_server;
mod tasks;
mod tools_list;
mod ui;
mod upstream;
mod versions;
