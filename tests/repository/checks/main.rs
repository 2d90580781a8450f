//! Checks of the repository itself: dependencies, imports, features, metadata, versions and words.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a check panics on what it does not expect, in its helpers too, and prints its violations"
)]

mod arrows;
mod features;
mod files;
mod imports;
mod metadata;
mod versions;
mod words;

/// Checks that fail if there are violations. Other checks only print them.
const ENFORCED: &[&str] = &["arrows", "features", "imports", "metadata", "questions", "versions", "words"];

/// Prints the violations of a check, or fails if the check is enforced and there are any.
fn report(check: &str, violations: &[String]) {
    let list = violations.join("\n");
    let summary = format!("{check}: {} violations\n{list}", violations.len());
    if ENFORCED.contains(&check) {
        assert!(violations.is_empty(), "{summary}");
    }
    println!("{summary}");
}
