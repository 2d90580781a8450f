//! Our HTTP listener compared with rmcp's own service. Both serve the same tools and receive the same bytes.
//!
//! Our response to each request must
//! - equal the response of rmcp, except for the listed [`deviations`],
//! - be a response that the [`model`] of the listener's rules allows,
//! - stay the same if the fast path, the parser for messages in usual spelling, is disabled.

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
    ours::{FAST_PATH, disable_fast_path, take_read_paths},
    random::Random,
};
use client::Client;
use generate::Generator;
use model::Classified;
use response::Response;
use statistics::Statistics;
use tokio_util::sync::CancellationToken;

/// Number of exchanges, unless the environment variable `DIFFERENTIAL_EXCHANGES` sets another number.
const EXCHANGES: usize = 6_000;
/// With at least this many exchanges, every listed deviation must occur. Some deviations occur only once in thousands
/// of exchanges.
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
        // Discards the paths of earlier messages.
        drop(take_read_paths());
        let our = Response::of(&ours.exchange(&bytes, is_head).await);
        let read_paths = take_read_paths();
        disable_fast_path(true);
        let without_fast_path = Response::of(&ours.exchange(&bytes, is_head).await);
        disable_fast_path(false);
        assert!(!take_read_paths().contains(&FAST_PATH), "the fast path was used although it was disabled");
        if without_fast_path != our {
            let request = Classified::of(&exchange);
            statistics.fail(
                "differs from the response of the full parser",
                &request,
                &exchange,
                &our,
                &without_fast_path,
            );
        }
        let their = Response::of(&theirs.exchange(&bytes, is_head).await);
        statistics.add(&generator.tools, &exchange, &read_paths, our, their);
    }
    stop.cancel();
    statistics.conclude(exchanges >= ALL_DEVIATIONS);
}
