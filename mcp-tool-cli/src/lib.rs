//! Command line of every server that is built with `mcp-tool-runtime`. Depend on `mcp-tool-runtime` instead of this
//! crate: its default feature `cli` adds this crate.
//!
//! The commands `serve`, `tools`, `contract`, `audit` and `doctor` have a module each. `disable`, `enable`, `revoke`
//! and `revocations` are in `control`. The settings of all commands are in `settings`.

#![cfg_attr(docsrs, feature(doc_cfg))]
#![deny(clippy::print_stderr, reason = "`eprintln!` panics if stderr is a closed pipe")]

mod async_runtime;
mod audit;
pub mod contract;
mod control;
mod doctor;
mod file_modes;
mod format;
mod log;
#[cfg(feature = "http")]
mod open_files;
mod result;
mod serve;
mod settings;
mod signals;
mod tools;
mod unidentified;

use std::{
    error::Error,
    io::{self, Write as _},
    pin::Pin,
    process::ExitCode,
};

use clap::{Arg, ArgAction, ArgMatches, Command};
use mcp_tool_core::application::Application;

use format::OutputFormat;
use result::CommandResult;

/// Runs the command line of a server.
///
/// The exit code is 0 after success, 2 for an invalid command line, 3 to 6 for failures that `contract check` and
/// `contract diff` find (see their help), and 1 for all other errors, if an answer of `doctor` is FAIL, and if `serve`
/// ends at a second stop signal, which counts from 1 s after the first, or before all calls have finished.
// Boxed, so that the whole server is compiled in this crate and not in each crate that awaits the future.
pub fn run(application: Application) -> Pin<Box<dyn Future<Output = ExitCode>>> {
    Box::pin(parse_and_run(application))
}

/// Runs the command line of a server as [`run`] does, in an async runtime that this function starts. If the environment
/// variable `TOKIO_WORKER_THREADS` is invalid, prints an error, and returns the exit code 1.
pub fn run_blocking(application: Application) -> ExitCode {
    match async_runtime::start() {
        Ok(runtime) => runtime.block_on(run(application)),
        Err(error) => failure(&*error),
    }
}

/// Prints an error to stderr, and returns the exit code 1.
fn failure(error: &dyn Error) -> ExitCode {
    // If stderr is closed, the error can't be reported anywhere. `eprintln!` would panic.
    drop(writeln!(io::stderr(), "error: {error}"));
    ExitCode::FAILURE
}

async fn parse_and_run(application: Application) -> ExitCode {
    let command = command(&application.name, &application.version);
    let matches = match command.try_get_matches() {
        Ok(matches) => matches,
        Err(error) => {
            let code = if error.use_stderr() { 2 } else { 0 };
            // If this message can't be printed, an error about that can't be printed either.
            drop(error.print());
            return ExitCode::from(code);
        }
    };
    match run_command(application, &matches).await {
        Ok(code) => code,
        Err(error) => failure(&*error),
    }
}

async fn run_command(application: Application, matches: &ArgMatches) -> CommandResult<ExitCode> {
    match matches.subcommand() {
        Some(("serve", matches)) => serve::serve(application, matches).await.map(|()| ExitCode::SUCCESS),
        Some(("tools", matches)) => {
            tools::list(&application, OutputFormat::of(matches)).map(|()| ExitCode::SUCCESS)
        }
        Some(("contract", matches)) => contract::command::contract(&application, matches),
        Some((command @ ("disable" | "enable" | "revoke"), matches)) => {
            control::append(&application, command, matches).map(|()| ExitCode::SUCCESS)
        }
        Some(("audit", matches)) => audit::audit(matches),
        Some(("doctor", matches)) => doctor::doctor(&application, matches).await,
        Some(("revocations", matches)) => control::list(matches).map(|()| ExitCode::SUCCESS),
        _ => Err("no command was given".into()),
    }
}

fn command(name: &str, version: &str) -> Command {
    let serve = Command::new("serve")
        .about("Serve the tools to MCP clients")
        .long_about(
            "Serve the tools to MCP clients.\n\n\
             Over stdio the client starts this program and uses its standard input and output. \
             Over HTTP it listens on an address, and clients POST to /mcp.\n\n\
             Each setting is taken from its flag, else from its environment variable, else from the settings file, \
             else from its default; --print-config shows which. The settings file is the one that --config names, \
             else mcp-tool.toml in the folder of this program, else PROGRAM/mcp-tool.toml in the user's configuration \
             folder, where PROGRAM is the name of this program. The current folder isn't searched.",
        )
        .arg(
            Arg::new("stdio")
                .long("stdio")
                .action(ArgAction::SetTrue)
                .conflicts_with("http.listen")
                .help("Serve on standard input and output"),
        )
        .arg(settings::config_flag())
        .arg(
            Arg::new("print-config")
                .long("print-config")
                .action(ArgAction::SetTrue)
                .help("Print each setting with its value and source, and exit"),
        )
        .arg(OutputFormat::arg().requires("print-config").help("Output format of --print-config"))
        .args(settings::flags())
        .after_help(
            "Examples:\n  serve --stdio\n  serve --http 127.0.0.1:8080\n  \
             serve --http 127.0.0.1:8080 --audit-file calls.jsonl --timeout 5s\n  \
             serve --stdio --allow-destructive delete_invoice",
        );
    let tools = Command::new("tools")
        .about("List the tools with their versions, scopes and parameters")
        .arg(OutputFormat::arg().help("Output format; json is the list that clients get"));
    Command::new(name.to_owned())
        .version(version.to_owned())
        .about("MCP server with tools")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(serve)
        .subcommand(tools)
        .subcommand(contract::command::command())
        .subcommands(control::commands())
        .subcommand(audit::command())
        .subcommand(doctor::command())
}

#[cfg(test)]
mod tests {
    use clap::Command;

    /// Commands without `--format`, each with the reason.
    const WITHOUT_FORMAT: [(&str, &str); 4] = [
        ("contract", "only has subcommands"),
        ("disable", "prints a confirmation; `revocations` prints the data"),
        ("enable", "prints a confirmation; `revocations` prints the data"),
        ("revoke", "prints a confirmation; `revocations` prints the data"),
    ];

    /// Adds the path of each subcommand to `found`, with `true` if the subcommand has `--format`.
    fn formats(command: &Command, path: &str, found: &mut Vec<(String, bool)>) {
        for command in command.get_subcommands() {
            let path = format!("{path} {}", command.get_name()).trim_start().to_owned();
            let has_format = command.get_arguments().any(|arg| arg.get_long() == Some("format"));
            found.push((path.clone(), has_format));
            formats(command, &path, found);
        }
    }

    #[test]
    fn commands_that_print_data_have_a_format() {
        let mut found = Vec::new();
        formats(&super::command("server", "1.0.0"), "", &mut found);
        let without: Vec<&str> =
            found.iter().filter(|(_, has_format)| !has_format).map(|(path, _)| path.as_str()).collect();
        assert_eq!(without, WITHOUT_FORMAT.map(|(path, _)| path));
    }
}
