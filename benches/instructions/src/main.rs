//! Counts the instructions of a call's way, station by station, and holds them to committed figures.
//!
//! `cargo run --release` counts and compares, `cargo run --release -- --write` takes the new counts for the figures.

mod count;
mod figures;
mod station;
mod stream;
mod tools;

use std::{path::Path, process::ExitCode};

use figures::{Figures, Verdict};
use station::Station;

fn main() -> ExitCode {
    let given: Vec<String> = std::env::args().skip(1).collect();
    let given: Vec<&str> = given.iter().map(String::as_str).collect();
    let done = match given[..] {
        [] => compare(),
        ["--write"] => write(),
        ["--pass", station, rounds] => pass(station, rounds),
        _ => Err("usage: mcp-tool-instructions [--write]".into()),
    };
    match done {
        Ok(code) => code,
        Err(reason) => {
            eprintln!("{reason}");
            ExitCode::FAILURE
        }
    }
}

/// The figures that are committed.
fn file() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/figures.toml"))
}

fn compare() -> Result<ExitCode, String> {
    let committed = Figures::read(file())?;
    let counted = count::all()?;
    let verdict = Verdict::of(&committed, &counted);
    print!("{}", verdict.text);
    Ok(if verdict.passes { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn write() -> Result<ExitCode, String> {
    let counted = count::all()?;
    counted.write(file())?;
    println!("written: {}", file().display());
    Ok(ExitCode::SUCCESS)
}

/// What runs under valgrind.
fn pass(station: &str, rounds: &str) -> Result<ExitCode, String> {
    let station = Station::ALL.into_iter().find(|each| each.name() == station).ok_or("no such station")?;
    let rounds = rounds.parse().map_err(|_| "a number of rounds is wanted")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    runtime.map_err(|error| error.to_string())?.block_on(station.pass(rounds))?;
    Ok(ExitCode::SUCCESS)
}
