//! What we answer ourselves, held against what rmcp answers: the same tools behind both, the same bytes to both.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test stops at what it did not expect, in its helpers too, and prints what it counted"
)]

mod allowed;
mod arguments;
mod bad;
mod client;
mod compare;
mod differences;
mod exchange;
mod make;
mod mirror;
mod mutate;
mod odd;
mod reference;
mod refusals;
mod rules;
mod schema;
mod servers;
mod spelling;
mod tools;

use std::collections::BTreeMap;

use allowed::Case;
use client::Client;
use compare::Answer;
use exchange::{Exchange, Kind};
use make::Maker;
use reference::Read;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::{random::Random, transport::ways::{self, Way}};

/// Exchanges, unless `DIFFERENTIAL_EXCHANGES` says another number.
const EXCHANGES: usize = 6_000;
/// Exchanges in which whatever is allowed has to come once; some of it comes once in thousands.
const ALL: usize = 60_000;

#[tokio::test]
async fn calls_are_answered_as_rmcp_would() {
    let given = std::env::var("DIFFERENTIAL_EXCHANGES").ok().and_then(|number| number.parse().ok());
    let random = Random::from_environment("hot way against rmcp", "DIFFERENTIAL_SEED");
    let stop = CancellationToken::new();
    let mut ours = Client::new(servers::ours(&stop).await);
    let mut theirs = Client::new(servers::theirs().await);
    let mut maker = Maker::new(random, &*servers::endpoint().await);
    let mut tally = Tally::default();
    let exchanges = given.unwrap_or(EXCHANGES);
    for number in 0..exchanges {
        let exchange = match number % 10 {
            0..3 => maker.good(),
            3..5 => maker.bad(),
            5..8 => maker.odd(),
            _ => maker.mutated(),
        };
        let (bytes, is_head) = (exchange.bytes(), exchange.method == "HEAD");
        drop(ways::taken());
        let our = Answer::of(&ours.exchange(&bytes, is_head).await);
        let ways = ways::taken();
        ways::bar(true);
        let barred = Answer::of(&ours.exchange(&bytes, is_head).await);
        ways::bar(false);
        assert!(!ways::taken().contains(&Way::Hot), "the hot way was barred");
        if barred != our {
            tally.wrong("not as the careful reader", &Read::of(&exchange), &exchange, &our, &barred);
        }
        let their = Answer::of(&theirs.exchange(&bytes, is_head).await);
        tally.count(&maker.tools, &exchange, &ways, our, their);
    }
    stop.cancel();
    tally.conclude(exchanges >= ALL);
}

/// What was seen.
#[derive(Default)]
struct Tally {
    kinds: BTreeMap<Kind, usize>,
    ways: BTreeMap<String, BTreeMap<Kind, usize>>,
    hot: usize,
    same: usize,
    allowed: BTreeMap<&'static str, usize>,
    /// What nobody explains, by what both said.
    wrong: BTreeMap<String, Vec<String>>,
}

impl Tally {
    fn count(&mut self, tools: &[Value], exchange: &Exchange, ways: &[Way], ours: Answer, theirs: Answer) {
        let read = Read::of(exchange);
        *self.kinds.entry(exchange.kind).or_default() += 1;
        let way =
            if ways.is_empty() { "none: refused, or taken note of".to_owned() } else { format!("{ways:?}") };
        *self.ways.entry(way).or_default().entry(exchange.kind).or_default() += 1;
        self.hot += usize::from(ways.contains(&Way::Hot));
        if let Err(reason) = rules::obeyed(tools, exchange, &read, ways, &ours) {
            self.wrong(&format!("not by the rules ({reason})"), &read, exchange, &ours, &theirs);
        }
        if ours == theirs {
            self.same += 1;
            return;
        }
        let mut case = Case { exchange, read: &read, ours: ours.clone(), theirs: theirs.clone() };
        match allowed::explained(&mut case) {
            Some(names) => names.into_iter().for_each(|name| *self.allowed.entry(name).or_default() += 1),
            None => self.wrong("unlike rmcp", &read, exchange, &ours, &theirs),
        }
    }

    fn wrong(&mut self, what: &str, read: &Read, exchange: &Exchange, ours: &Answer, theirs: &Answer) {
        let gist = format!("{what}: {:?}, ours {}, the other's {}", read.rule, ours.gist(), theirs.gist());
        let shown = format!(
            "{:?}, {}\n{}\n   ours   {ours:?}\n   other  {theirs:?}",
            exchange.kind,
            exchange.form,
            String::from_utf8_lossy(&exchange.bytes())
        );
        self.wrong.entry(gist).or_default().push(shown);
    }

    fn conclude(self, is_whole: bool) {
        let exchanges: usize = self.kinds.values().sum();
        println!("{exchanges} exchanges: {:?}", self.kinds);
        for (way, kinds) in &self.ways {
            println!("  {:>5} by {way}: {kinds:?}", kinds.values().sum::<usize>());
        }
        println!("the same to the last member: {}; allowed to differ:", self.same);
        for (name, why) in allowed::all() {
            println!("  {:>5} {name}: {why}", self.allowed.get(name).unwrap_or(&0));
        }
        for (gist, all) in &self.wrong {
            println!("=== {} × {gist}\n{}", all.len(), all[0]);
        }
        let wrong: usize = self.wrong.values().map(Vec::len).sum();
        assert_eq!(wrong, 0, "differences that nobody allowed");
        let odd = self.kinds.get(&Kind::Odd).copied().unwrap_or_default();
        assert!(self.hot * 4 >= exchanges, "of {exchanges} only {} took the hot way", self.hot);
        assert!(odd * 5 >= exchanges, "of {exchanges} only {odd} are odd");
        if is_whole {
            let stale: Vec<_> = allowed::all().filter(|(name, _)| !self.allowed.contains_key(name)).collect();
            assert!(stale.is_empty(), "these differences never came: {stale:?}");
        }
    }
}
