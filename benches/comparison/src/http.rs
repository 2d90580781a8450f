//! Calls of the same tool over HTTP: our server, other MCP servers, and handwritten servers. Server and load run on
//! separate processors, and every round measures each server.
//!
//! ```text
//! cargo run --release --bin http -- ROUNDS CALLS [SERVER …]
//! ```

use std::{error::Error, time::Duration};

use comparison::{
    calls::{Calls, Era},
    load::{self, Plan},
    median,
    peers::{self, Peer},
    process::{self, Server},
};

/// Connections, each with one call in flight.
const CONNECTIONS: usize = 32;

/// Figures of one server in one round and one protocol era (2025-11-25 or 2026-07-28).
struct Round {
    /// Microseconds of server processor time per call.
    cpu: f64,
    /// Calls per second.
    rate: f64,
    /// Median latency in microseconds.
    p50: f64,
    /// 99th percentile of the latencies in microseconds.
    p99: f64,
    /// Median latency with one connection, in microseconds.
    alone: f64,
}

/// A measured server and its figures.
struct Measured {
    peer: &'static Peer,
    server: Server,
    /// Prepared calls in each era, in the order of `Era::ALL`; `None` if the server lacks the era or failed in it.
    calls: [Option<Calls>; 2],
    /// Figures of each round, by era in the order of `Era::ALL`.
    rounds: [Vec<Round>; 2],
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let rounds: usize = arguments.next().map_or(Ok(11), |count| count.parse())?;
    let calls: u64 = arguments.next().map_or(Ok(20_000), |count| count.parse())?;
    let names: Vec<String> = arguments.collect();
    let mut measured = Vec::new();
    for peer in Peer::named(&names)? {
        // A server that can't be built, or doesn't start, is skipped.
        match start(peer).await {
            Ok(server) => measured.push(server),
            Err(error) => eprintln!("{} is skipped: {error}", peer.name),
        }
    }
    process::bind_to_processor(peers::LOAD_PROCESSOR)?;
    // The first round is a warm-up.
    for round in 0..=rounds {
        // Each round begins with another server, so that none is always measured first.
        for offset in 0..measured.len() {
            let index = (offset + round) % measured.len();
            let Measured { peer, server, calls: prepared, rounds: figures } = &mut measured[index];
            for (prepared, figures) in prepared.iter_mut().zip(figures) {
                let Some(ready) = prepared else { continue };
                match measure(server, ready, calls).await {
                    Ok(round_figures) if round > 0 => figures.push(round_figures),
                    Ok(_) => (),
                    Err(error) => {
                        eprintln!("{} is skipped from now on: {error}", peer.name);
                        *prepared = None;
                        figures.clear();
                    }
                }
            }
        }
        eprintln!("round {round} of {rounds}");
    }
    println!("{rounds} rounds of {calls} calls");
    for (index, era) in Era::ALL.into_iter().enumerate() {
        print_table(&measured, index, era)?;
    }
    Ok(())
}

/// Builds and starts the server with the tool `search_orders` only, and prepares its calls.
async fn start(peer: &'static Peer) -> Result<Measured, Box<dyn Error>> {
    // `false`: not the program for many tools; `1`: one tool.
    peer.prepare(false)?;
    let mut server = peer.start(1)?;
    server.wait_until_ready(peers::START_TIMEOUT)?;
    let mut calls = [None, None];
    for (calls, era) in calls.iter_mut().zip(Era::ALL) {
        *calls = Calls::prepare(peer, server.address, era, CONNECTIONS).await.unwrap_or_else(|error| {
            eprintln!("{error}");
            None
        });
    }
    Ok(Measured { peer, server, calls, rounds: Default::default() })
}

/// Measures one round of a server in one era.
async fn measure(server: &Server, prepared: &Calls, calls: u64) -> Result<Round, Box<dyn Error>> {
    let plan = |connections: usize, calls: u64| Plan {
        address: server.address,
        requests: prepared.requests.clone(),
        connections,
        keep_alive: true,
        calls,
        // Ends a round of a slow server before all calls are sent.
        duration: Duration::from_secs(2),
        expected: prepared.expected(),
    };
    let before = server.processor_time()?;
    let many = load::run(plan(CONNECTIONS, calls)).await;
    let spent = server.processor_time()? - before;
    let alone = load::run(plan(1, calls / 10)).await;
    for failed in [&many.failed, &alone.failed] {
        if let Some((failure, count)) = failed.iter().next() {
            return Err(format!("{count} times {failure}").into());
        }
    }
    let micros = |time: Duration| time.as_secs_f64() * 1e6;
    Ok(Round {
        cpu: micros(spent) / many.latencies.len() as f64,
        rate: many.rate(),
        p50: micros(many.quantile(0.5)),
        p99: micros(many.quantile(0.99)),
        alone: micros(alone.quantile(0.5)),
    })
}

/// Prints the table of an era in the form that benches/README.md contains. `index` is the position of `era` in
/// `Era::ALL`.
fn print_table(measured: &[Measured], index: usize, era: Era) -> Result<(), Box<dyn Error>> {
    println!("\n{}\n", era.revision());
    println!("| server | CPU a call | of raw axum | of raw hyper | calls/s | p50 | p99 | alone | memory |");
    println!("|---|---|---|---|---|---|---|---|---|");
    for Measured { peer, server, rounds, .. } in measured {
        let rounds = &rounds[index];
        if rounds.is_empty() {
            println!("| {} |{}", peer.label, " – |".repeat(8));
            continue;
        }
        let median_of = |figure: fn(&Round) -> f64| median(rounds.iter().map(figure).collect());
        // Divides a figure of the handwritten server `name` by the same figure of this server, and returns the median
        // of all rounds; `None` if the handwritten server isn't measured.
        let ratio_to = |name: &str, figure: fn(&Round) -> f64| {
            let raw = measured.iter().find(|other| other.peer.name == name)?;
            let ratios = raw.rounds[index].iter().zip(rounds).map(|(raw, this)| figure(raw) / figure(this));
            Some(median(ratios.collect()))
        };
        let share =
            |name| ratio_to(name, |round| round.cpu).map_or("–".into(), |share| format!("{share:.2}"));
        // The median, and in brackets its multiple of raw axum's.
        let latency = |figure: fn(&Round) -> f64| {
            let multiple = ratio_to("raw-axum", figure).map(|ratio| format!(" ({:.2})", 1.0 / ratio));
            format!("{:.0} µs{}", median_of(figure), multiple.unwrap_or_default())
        };
        println!(
            "| {} | {:.1} µs | {} | {} | {:.0} | {} | {} | {} | {:.1} MiB |",
            peer.label,
            median_of(|round| round.cpu),
            share("raw-axum"),
            share("raw-hyper"),
            median_of(|round| round.rate),
            latency(|round| round.p50),
            latency(|round| round.p99),
            latency(|round| round.alone),
            server.memory()? as f64 / 1_024.0,
        );
    }
    Ok(())
}
