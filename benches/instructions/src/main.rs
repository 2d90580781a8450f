//! Counts the instructions of each stage of a call and compares them with committed figures.
//!
//! `cargo run --release` counts and compares, `cargo run --release -- --write` writes the new counts to `figures.toml`.

mod count;
mod figures;
mod measured;
mod stage;
mod stream;
mod tools;

use std::{path::Path, process::ExitCode};

use figures::{Comparison, Figures};
use stage::Stage;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match arguments[..] {
        [] => compare(),
        ["--write"] => write(),
        ["--pass", stage, passes] => pass(stage, passes),
        _ => Err("usage: mcp-tool-instructions [--write]".into()),
    };
    match result {
        Ok(code) => code,
        Err(reason) => {
            eprintln!("{reason}");
            ExitCode::FAILURE
        }
    }
}

/// Path of the committed figures.
fn figures_file() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/figures.toml"))
}

fn compare() -> Result<ExitCode, String> {
    let committed = Figures::read(figures_file())?;
    let counted = count::all()?;
    let comparison = Comparison::of(&committed, &counted);
    print!("{}", comparison.text);
    Ok(if comparison.is_accepted { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn write() -> Result<ExitCode, String> {
    let counted = count::all()?;
    counted.write(figures_file())?;
    println!("written: {}", figures_file().display());
    Ok(ExitCode::SUCCESS)
}

/// Runs one stage. The program starts itself with `--pass` under valgrind.
fn pass(stage: &str, passes: &str) -> Result<ExitCode, String> {
    let stage = Stage::ALL.into_iter().find(|each| each.name() == stage).ok_or("unknown stage")?;
    let passes = passes.parse().map_err(|_| "`passes`: must be a number")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    runtime.map_err(|error| error.to_string())?.block_on(stage.run(passes))?;
    Ok(ExitCode::SUCCESS)
}
