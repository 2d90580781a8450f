//! Our HTTP listener compared with rmcp alone: the same tools behind both, the same bytes to both.
//!
//! Three things are checked of each request: our response equals that of rmcp, except for the [`deviations`] listed
//! with their reasons; it is the one that the [`model`] of the rules expects; and it is the same if the fast path is
//! barred.

mod client;
mod deviations;
mod exchange;
mod generate;
mod model;
mod response;
mod servers;
mod statistics;
mod tools;

use crate::{
    ours::{FAST_PATH, bar_fast_path, readers_taken},
    random::Random,
};
use client::Client;
use generate::Generator;
use model::Classified;
use response::Response;
use statistics::Statistics;
use tokio_util::sync::CancellationToken;

/// Exchanges of a run, unless `DIFFERENTIAL_EXCHANGES` sets another number.
const EXCHANGES: usize = 6_000;
/// Exchanges from which on each deviation must occur; some occur once in thousands.
const ALL_DEVIATIONS: usize = 60_000;

#[tokio::test]
async fn responses_equal_those_of_rmcp() {
    let given = std::env::var("DIFFERENTIAL_EXCHANGES").ok().and_then(|number| number.parse().ok());
    let random = Random::from_environment("HTTP listener against rmcp", "DIFFERENTIAL_SEED");
    let stop = CancellationToken::new();
    let mut ours = Client::new(servers::ours(&stop).await);
    let mut theirs = Client::new(servers::theirs().await);
    let mut generator = Generator::new(random, tools::ALL);
    let mut statistics = Statistics::default();
    let exchanges = given.unwrap_or(EXCHANGES);
    for number in 0..exchanges {
        let exchange = match number % 10 {
            0..3 => generator.valid(),
            3..5 => generator.invalid(),
            5..8 => generator.unusual(),
            _ => generator.mutated(),
        };
        let (bytes, is_head) = (exchange.bytes(), exchange.method == "HEAD");
        drop(readers_taken());
        let our = Response::of(&ours.exchange(&bytes, is_head).await);
        let readers = readers_taken();
        bar_fast_path(true);
        let barred = Response::of(&ours.exchange(&bytes, is_head).await);
        bar_fast_path(false);
        assert!(!readers_taken().contains(&FAST_PATH), "the fast path was barred");
        if barred != our {
            let request = Classified::of(&exchange);
            statistics.fail("unlike the full parser", &request, &exchange, &our, &barred);
        }
        let their = Response::of(&theirs.exchange(&bytes, is_head).await);
        statistics.add(&generator.tools, &exchange, &readers, our, their);
    }
    stop.cancel();
    statistics.conclude(exchanges >= ALL_DEVIATIONS);
}
