//! End-to-end tests of the framework through its public interfaces.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests and their helpers panic on anything unexpected, and print what they measured"
)]

mod audit;
mod audit_file;
mod calls;
mod campaigns;
mod cli;
#[cfg(feature = "clients")]
mod clients;
mod completion;
#[cfg(feature = "clients")]
mod conformance;
#[cfg(feature = "containers")]
mod containers;
mod content_and_logging;
mod contract;
mod control;
mod control_file;
mod crates;
mod doctor;
mod drift;
mod elicitation;
mod fallback;
mod gates;
mod harness;
mod http;
mod http_requests;
mod identity;
mod malformed_input;
mod message_forms;
mod middleware;
mod parameter_headers;
mod parameter_types;
#[cfg(feature = "clients")]
mod proxies;
mod rate_limits;
mod readme;
mod reference;
mod schema;
mod settings_sources;
mod signals;
mod started_by_clients;
mod startup;
mod stdio;
mod stub_server;
mod tasks;
mod tls_files;
mod tools_list;
mod ui;
mod upstream;
mod versions;
