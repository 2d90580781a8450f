//! Checks of the repository itself.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a check stops at what it did not expect, in its helpers too, and prints what it found"
)]

mod arrows;
mod builds;
mod features;
mod files;
mod imports;
mod metadata;
mod versions;
mod words;

/// Fails with the violations of a check.
fn report(check: &str, violations: &[String]) {
    assert!(violations.is_empty(), "{check}: {} violations\n{}", violations.len(), violations.join("\n"));
}
