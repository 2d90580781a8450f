//! Campaigns of mutated input against a running server: messages, arguments, tokens, settings and the framing of HTTP.
//!
//! Each campaign has a fixed seed and a number of cases that takes some seconds. `scripts/nightly` sets `CAMPAIGN_SEED`
//! and multiplies the cases by `CAMPAIGN_FACTOR`. A campaign prints how often it reached each kind of response, and
//! fails if it reached too few kinds, because mutations that are all refused for the same reason test nothing.

mod arguments;
mod connection;
mod framing;
mod messages;
mod mutate;
mod settings;
mod tokens;

use std::{collections::BTreeMap, fmt::Display};

use serde_json::json;

use crate::harness::{HttpServer, most_resident, text};

/// Maximum resident memory of a server in a campaign, in KiB.
const MAX_RESIDENT: u64 = 400 << 10;

/// The seed of this run.
fn seed() -> u64 {
    let seed = std::env::var("CAMPAIGN_SEED").ok().map_or(2_026, |seed| seed.parse().unwrap());
    println!("CAMPAIGN_SEED={seed}");
    seed
}

/// Number of cases of a campaign: `usual`, or more in `scripts/nightly`.
fn cases(usual: usize) -> usize {
    usual * std::env::var("CAMPAIGN_FACTOR").ok().map_or(1, |factor| factor.parse().unwrap())
}

/// Counts how often a campaign reached each kind of response.
#[derive(Default)]
struct Reached(BTreeMap<String, usize>);

impl Reached {
    fn count(&mut self, kind: impl Display) {
        *self.0.entry(kind.to_string()).or_default() += 1;
    }

    /// Prints the counts, and asserts that each of `kinds` was reached at least this often.
    fn check(&self, kinds: &[(&str, usize)]) {
        for (kind, count) in &self.0 {
            println!("{count:>8}  {kind}");
        }
        for (kind, least) in kinds {
            let count = self.0.get(*kind).copied().unwrap_or_default();
            assert!(count >= *least, "{kind} was reached {count} times, fewer than {least}");
        }
    }
}

/// Asserts that the server still responds, has not panicked outside of a tool, and uses little memory.
fn check_alive(server: &HttpServer) {
    assert_eq!(server.send("GET", "/healthz", &[], b"").status, 200);
    assert_eq!(text(&server.call("echo", json!({ "text": "alive" }))), "alive");
    let log = server.stderr.text();
    assert!(!log.contains("panicked"), "the server panicked:\n{log}");
    let most = most_resident(server.process());
    assert!(most < MAX_RESIDENT, "the server needed {most} KiB");
}
