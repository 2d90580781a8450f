//! Calls over stdio, one at a time and pipelined: our server compared with `#[tool]` of rmcp on rmcp's transport.
//! Every round measures both servers in both protocol eras: legacy (2025-11-25) and modern (2026-07-28).
//!
//! `cargo run --release --bin stdio -- ROUNDS CALLS`. `CALLS` is the number of pipelined calls per measurement. A tenth
//! as many calls, but at least 100, are made one at a time.

mod client;
mod ours;
mod peer;

use std::process::ExitCode;

use client::{Era, Server};

/// Name of each server, and the arguments with which this program starts itself as the server. Our server writes its
/// audit records to stderr, which is `/dev/null`.
const SERVERS: [(&str, &[&str]); 2] = [("ours", &["serve", "--stdio"]), ("rmcp `#[tool]`", &["rmcp"])];
/// Numbers of calls in flight that are measured.
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

/// Figures of one server in one era. Each list has one value per round.
#[derive(Default)]
struct Figures {
    /// Median duration of calls one at a time, in microseconds.
    median: Vec<f64>,
    /// 99th percentile of the same durations.
    p99: Vec<f64>,
    /// Processor time of a call, one at a time, in microseconds.
    cpu_alone: Vec<f64>,
    /// Pipelined calls per second, for each of [`IN_FLIGHT`].
    rate: [Vec<f64>; IN_FLIGHT.len()],
    /// Processor time of a pipelined call, in microseconds.
    cpu: [Vec<f64>; IN_FLIGHT.len()],
}

/// Measures all servers, and prints a Markdown table of their figures and the ratios of their call rates.
fn measure() {
    let argument = |position: usize, default: usize| {
        std::env::args().nth(position).and_then(|argument| argument.parse().ok()).unwrap_or(default)
    };
    let (rounds, calls) = (argument(1, 11), argument(2, 20_000));
    let eras = [Era::Legacy, Era::Modern];
    let mut measured = Vec::new();
    for era in eras {
        for (name, arguments) in SERVERS {
            let mut server = Server::start(arguments, era);
            // A warm-up.
            server.pipelined(calls.min(2_000), IN_FLIGHT[0]);
            measured.push((era, name, server, Figures::default()));
        }
    }
    for _ in 0..rounds {
        for (_, _, server, figures) in &mut measured {
            figures.measure(server, calls);
        }
    }
    println!(
        "| calls of | server | alone, p50 | p99 | CPU a call | pipelined, 256 | CPU a call | 1,024 | CPU a call |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    for (era, name, _, figures) in &measured {
        println!("| {} | {name} | {} |", era.revision(), figures.row());
    }
    // Each chunk has the two servers of an era, in the order of `SERVERS`.
    for pair in measured.chunks(2) {
        let [(era, _, _, ours), (_, _, _, theirs)] = pair else { continue };
        for (index, in_flight) in IN_FLIGHT.iter().enumerate() {
            let ratios = ours.rate[index].iter().zip(&theirs.rate[index]).map(|(our, their)| our / their);
            let [low, middle, high] = spread(ratios.collect());
            println!(
                "{}, {in_flight} in flight: {middle:.1} times rmcp's calls a second ({low:.1} to {high:.1})",
                era.revision()
            );
        }
    }
}

impl Figures {
    /// Measures one round and appends its values.
    fn measure(&mut self, server: &mut Server, calls: usize) {
        let alone = (calls / 10).max(100);
        let before = server.cpu();
        let sorted_times = server.one_by_one(alone);
        self.cpu_alone.push((server.cpu() - before) * 1e6 / alone as f64);
        self.median.push(sorted_times[sorted_times.len() / 2]);
        self.p99.push(sorted_times[sorted_times.len() * 99 / 100]);
        for (index, in_flight) in IN_FLIGHT.into_iter().enumerate() {
            let before = server.cpu();
            self.rate[index].push(server.pipelined(calls, in_flight));
            self.cpu[index].push((server.cpu() - before) * 1e6 / calls as f64);
        }
    }

    /// Cells of the printed table, as medians of the rounds. The columns of the era and of the name aren't included.
    fn row(&self) -> String {
        let median = |values: &[f64]| spread(values.to_vec())[1];
        let mut row = format!(
            "{:.0} µs | {:.0} µs | {:.1} µs",
            median(&self.median),
            median(&self.p99),
            median(&self.cpu_alone)
        );
        for (rate, cpu) in self.rate.iter().zip(&self.cpu) {
            row.push_str(&format!(" | {:.0}/s | {:.2} µs", median(rate), median(cpu)));
        }
        row
    }
}

/// Minimum, median and maximum.
fn spread(mut values: Vec<f64>) -> [f64; 3] {
    values.sort_by(f64::total_cmp);
    [values[0], values[values.len() / 2], values[values.len() - 1]]
}
