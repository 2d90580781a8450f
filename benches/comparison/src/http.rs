//! The same tool over HTTP by our server, by peers, and by hand: server and load on separate processors, each server in
//! turn in every round.
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

/// Figures of one server in one protocol revision and round.
struct Round {
    /// Microseconds of server processor time per call.
    cpu: f64,
    rate: f64,
    p50: f64,
    p99: f64,
    /// Median with one connection.
    alone: f64,
}

struct Measured {
    peer: &'static Peer,
    server: Server,
    /// In the order of `Era::ALL`.
    calls: [Option<Calls>; 2],
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
        // A server that does not answer is skipped.
        match ready(peer).await {
            Ok(one) => measured.push(one),
            Err(error) => eprintln!("{} is skipped: {error}", peer.name),
        }
    }
    process::bind(peers::LOAD)?;
    // The first round is a warm-up.
    for round in 0..=rounds {
        for turn in 0..measured.len() {
            let place = (turn + round) % measured.len();
            let one = &mut measured[place];
            for (prepared, rounds) in one.calls.iter_mut().zip(&mut one.rounds) {
                let Some(ready) = prepared else { continue };
                match ask(&one.server, ready, calls).await {
                    Ok(taken) if round > 0 => rounds.push(taken),
                    Ok(_) => (),
                    Err(error) => {
                        eprintln!("{} is skipped from now on: {error}", one.peer.name);
                        *prepared = None;
                        rounds.clear();
                    }
                }
            }
        }
        eprintln!("round {round} of {rounds}");
    }
    println!("{rounds} rounds of {calls} calls");
    for (place, era) in Era::ALL.into_iter().enumerate() {
        table(&measured, place, era)?;
    }
    Ok(())
}

async fn ready(peer: &'static Peer) -> Result<Measured, Box<dyn Error>> {
    peer.prepare(false)?;
    let mut server = peer.start(1)?;
    server.ready(peers::PATIENCE)?;
    let mut calls = [None, None];
    for (place, era) in Era::ALL.into_iter().enumerate() {
        calls[place] = Calls::open(peer, server.address, era, CONNECTIONS).await.unwrap_or_else(|error| {
            eprintln!("{error}");
            None
        });
    }
    Ok(Measured { peer, server, calls, rounds: Default::default() })
}

async fn ask(server: &Server, prepared: &Calls, calls: u64) -> Result<Round, Box<dyn Error>> {
    let plan = |connections: usize, calls: u64| Plan {
        address: server.address,
        requests: prepared.requests.clone(),
        connections,
        keep_alive: true,
        calls,
        // Slow servers get fewer calls.
        time: Duration::from_secs(2),
        wanted: prepared.wanted(),
    };
    let begun = server.spent()?;
    let many = load::run(plan(CONNECTIONS, calls)).await;
    let spent = server.spent()? - begun;
    let one = load::run(plan(1, calls / 10)).await;
    for failed in [&many.failed, &one.failed] {
        if let Some((what, count)) = failed.iter().next() {
            return Err(format!("{count} times {what}").into());
        }
    }
    let micros = |time: Duration| time.as_secs_f64() * 1e6;
    Ok(Round {
        cpu: micros(spent) / many.latencies.len() as f64,
        rate: many.rate(),
        p50: micros(many.quantile(0.5)),
        p99: micros(many.quantile(0.99)),
        alone: micros(one.quantile(0.5)),
    })
}

/// Prints the README table of a protocol revision.
fn table(measured: &[Measured], place: usize, era: Era) -> Result<(), Box<dyn Error>> {
    println!("\n{}\n", era.revision());
    println!("| server | CPU a call | of raw axum | of raw hyper | calls/s | p50 | p99 | alone | memory |");
    println!("|---|---|---|---|---|---|---|---|---|");
    for one in measured {
        let rounds = &one.rounds[place];
        if rounds.is_empty() {
            println!("| {} |{}", one.peer.label, " – |".repeat(8));
            continue;
        }
        let middle = |what: fn(&Round) -> f64| median(rounds.iter().map(what).collect());
        // Ratio to the handwritten server, round by round.
        let compared = |name: &str, what: fn(&Round) -> f64| {
            let limit = measured.iter().find(|limit| limit.peer.name == name)?;
            let ratios = limit.rounds[place].iter().zip(rounds).map(|(limit, own)| what(limit) / what(own));
            Some(median(ratios.collect()))
        };
        let share =
            |name| compared(name, |round| round.cpu).map_or("–".into(), |share| format!("{share:.2}"));
        let times = |what: fn(&Round) -> f64| {
            let times = compared("raw-axum", what).map(|ratio| format!(" ({:.2})", 1.0 / ratio));
            format!("{:.0} µs{}", middle(what), times.unwrap_or_default())
        };
        println!(
            "| {} | {:.1} µs | {} | {} | {:.0} | {} | {} | {} | {:.1} MiB |",
            one.peer.label,
            middle(|round| round.cpu),
            share("raw-axum"),
            share("raw-hyper"),
            middle(|round| round.rate),
            times(|round| round.p50),
            times(|round| round.p99),
            times(|round| round.alone),
            one.server.memory()? as f64 / 1_024.0,
        );
    }
    Ok(())
}
