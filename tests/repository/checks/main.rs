//! Checks of the repository itself: dependencies, imports, features, metadata, versions and words.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a check panics on what it does not expect, in its helpers too, and prints its violations"
)]

mod arrows;
mod builds;
mod features;
mod files;
mod imports;
mod metadata;
mod stages;
mod versions;
mod words;

/// Fails with the violations of a check.
fn report(check: &str, violations: &[String]) {
    assert!(violations.is_empty(), "{check}: {} violations\n{}", violations.len(), violations.join("\n"));
}
