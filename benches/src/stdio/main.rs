//! Calls over stdio, compared with `#[tool]` of rmcp on its own transport: one at a time, and pipelined. The servers are
//! called in turn, in both protocol revisions.
//!
//! `cargo run --release --bin stdio -- ROUNDS CALLS`

mod client;
mod ours;
mod peer;

use std::process::ExitCode;

use client::{Era, Server};

const SERVERS: [(&str, &[&str]); 2] =
    [("ours", &["serve", "--stdio", "--audit-file", "/dev/null"]), ("rmcp `#[tool]`", &["rmcp"])];
/// Calls in flight at a time.
const IN_FLIGHT: [usize; 2] = [256, 1_024];

#[tokio::main]
async fn main() -> ExitCode {
    match std::env::args().nth(1).as_deref() {
        Some("serve") => ours::serve().await,
        Some("rmcp") => peer::serve().await,
        _ => {
            measure();
            ExitCode::SUCCESS
        }
    }
}

/// Figures of one server in one protocol revision, one value per round.
#[derive(Default)]
struct Figures {
    median: Vec<f64>,
    slowest: Vec<f64>,
    cpu_alone: Vec<f64>,
    a_second: [Vec<f64>; IN_FLIGHT.len()],
    cpu: [Vec<f64>; IN_FLIGHT.len()],
}

fn measure() {
    let given = |place: usize, default: usize| {
        std::env::args().nth(place).and_then(|given| given.parse().ok()).unwrap_or(default)
    };
    let (rounds, calls) = (given(1, 11), given(2, 20_000));
    let eras = [Era::Legacy, Era::Modern];
    let mut measured = Vec::new();
    for era in eras {
        for (name, arguments) in SERVERS {
            let mut server = Server::start(arguments, era);
            server.pipelined(calls.min(2_000), IN_FLIGHT[0]);
            measured.push((era, name, server, Figures::default()));
        }
    }
    for _ in 0..rounds {
        for (_, _, server, figures) in &mut measured {
            figures.take(server, calls);
        }
    }
    println!(
        "| calls of | server | alone, p50 | p99 | CPU a call | pipelined, 256 | CPU a call | 1,024 | CPU a call |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    for (era, name, _, figures) in &measured {
        println!("| {} | {name} | {} |", era.name(), figures.row());
    }
    for pair in measured.chunks(2) {
        let [(era, _, _, ours), (_, _, _, theirs)] = pair else { continue };
        for (place, in_flight) in IN_FLIGHT.iter().enumerate() {
            let ratios =
                ours.a_second[place].iter().zip(&theirs.a_second[place]).map(|(one, other)| one / other);
            let [low, middle, high] = spread(ratios.collect());
            println!(
                "{}, {in_flight} in flight: {middle:.1} times rmcp's calls a second ({low:.1} to {high:.1})",
                era.name()
            );
        }
    }
}

impl Figures {
    fn take(&mut self, server: &mut Server, calls: usize) {
        let alone = (calls / 10).max(100);
        let before = server.cpu();
        let times = server.one_by_one(alone);
        self.cpu_alone.push((server.cpu() - before) * 1e6 / alone as f64);
        self.median.push(times[times.len() / 2]);
        self.slowest.push(times[times.len() * 99 / 100]);
        for (place, in_flight) in IN_FLIGHT.into_iter().enumerate() {
            let before = server.cpu();
            self.a_second[place].push(server.pipelined(calls, in_flight));
            self.cpu[place].push((server.cpu() - before) * 1e6 / calls as f64);
        }
    }

    fn row(&self) -> String {
        let median = |values: &[f64]| spread(values.to_vec())[1];
        let mut row = format!(
            "{:.0} µs | {:.0} µs | {:.1} µs",
            median(&self.median),
            median(&self.slowest),
            median(&self.cpu_alone)
        );
        for (a_second, cpu) in self.a_second.iter().zip(&self.cpu) {
            row.push_str(&format!(" | {:.0}/s | {:.2} µs", median(a_second), median(cpu)));
        }
        row
    }
}

/// Minimum, median and maximum.
fn spread(mut values: Vec<f64>) -> [f64; 3] {
    values.sort_by(f64::total_cmp);
    [values[0], values[values.len() / 2], values[values.len() - 1]]
}
