//! Checks of the repository itself: dependencies and builds of crates, imports, features, the functions that call the
//! stages of a call, documents, metadata, versions, names and words.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "checks and their helpers panic on anything unexpected, and print violations"
)]

mod arrows;
mod builds;
mod documents;
mod features;
mod files;
mod imports;
mod metadata;
mod names;
mod stages;
mod versions;
mod words;

/// Panics with the violations that a check found, if there are any.
fn report(check: &str, violations: &[String]) {
    assert!(violations.is_empty(), "{check}: {} violations\n{}", violations.len(), violations.join("\n"));
}
