//! Checks of the repository itself.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a check stops at what it did not expect, in its helpers too, and prints what it found"
)]

mod arrows;
mod features;
mod files;
mod imports;
mod metadata;
mod versions;
mod words;

/// Checks whose violations fail; those of the others are printed.
const ENFORCED: &[&str] = &["arrows", "features", "imports", "metadata", "questions", "versions", "words"];

/// Fails by the violations of a check, or prints them.
fn report(check: &str, violations: &[String]) {
    let list = violations.join("\n");
    let summary = format!("{check}: {} violations\n{list}", violations.len());
    if ENFORCED.contains(&check) {
        assert!(violations.is_empty(), "{summary}");
    }
    println!("{summary}");
}
