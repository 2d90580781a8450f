//! The command line of every server on `mcp-tool-runtime`, which is the crate to depend on: `serve`, `tools`,
//! `contract`, `audit`, `doctor`, and the operator's revocations.

mod audit;
pub mod contract;
mod control;
#[cfg(feature = "http")]
mod descriptors;
mod doctor;
mod log;
mod serve;
mod settings;
mod tools;
mod visible;

use std::{error::Error, pin::Pin, process::ExitCode};

use clap::{Arg, ArgAction, ArgMatches, Command};
use mcp_tool_core::application::Application;

/// Result of a command.
type Ended<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

/// Runs the command line of a server.
///
/// The exit code is 0 after an orderly end, 2 where the command line can't be understood, 3 to 6 where `contract` finds
/// something (its help says what), else 1.
// Each crate that awaits an async function compiles it, and this is all of a server: its future is boxed, so that this
// crate compiles it.
pub fn run(application: Application) -> Pin<Box<dyn Future<Output = ExitCode>>> {
    Box::pin(parse_and_run(application))
}

async fn parse_and_run(application: Application) -> ExitCode {
    let command = command(&application.name, &application.version);
    let matches = match command.try_get_matches() {
        Ok(matches) => matches,
        Err(error) => {
            let code = if error.use_stderr() { 2 } else { 0 };
            // Nothing is left to say where even the help can't be printed.
            drop(error.print());
            return ExitCode::from(code);
        }
    };
    match run_command(application, &matches).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run_command(application: Application, matches: &ArgMatches) -> Ended<ExitCode> {
    match matches.subcommand() {
        Some(("serve", matches)) => serve::serve(application, matches).await.map(|()| ExitCode::SUCCESS),
        Some(("tools", matches)) => {
            tools::list(&application, matches.get_flag("json")).map(|()| ExitCode::SUCCESS)
        }
        Some(("contract", matches)) => contract::command::contract(&application, matches),
        Some((command @ ("disable" | "enable" | "revoke"), matches)) => {
            control::order(&application, command, matches).map(|()| ExitCode::SUCCESS)
        }
        Some(("audit", matches)) => audit::audit(matches),
        Some(("doctor", matches)) => doctor::doctor(&application, matches).await,
        Some(("orders", matches)) => control::orders(matches).map(|()| ExitCode::SUCCESS),
        _ => Err("no command was given".into()),
    }
}

fn command(name: &str, version: &str) -> Command {
    let serve = Command::new("serve")
        .about("Serve the tools to MCP clients")
        .long_about(
            "Serve the tools to MCP clients.\n\n\
             Over stdio the client starts this program and talks to it by its standard input and output. \
             Over HTTP it listens on an address, and clients POST to /mcp.\n\n\
             Each setting is taken from its flag, else from its environment variable, else from the file \
             mcp-tool.toml, else it has its default; --print-config shows which.",
        )
        .arg(
            Arg::new("stdio")
                .long("stdio")
                .action(ArgAction::SetTrue)
                .conflicts_with("http.listen")
                .help("Talk by standard input and output"),
        )
        .arg(settings::config())
        .arg(
            Arg::new("print-config")
                .long("print-config")
                .action(ArgAction::SetTrue)
                .help("Show each setting, its value and where it came from, and do no more"),
        )
        .args(settings::flags())
        .after_help(
            "Examples:\n  serve --stdio\n  serve --http 127.0.0.1:8080\n  \
             serve --http 127.0.0.1:8080 --audit-file calls.jsonl --timeout 5s\n  \
             serve --stdio --allow-destructive delete_invoice",
        );
    let tools = Command::new("tools")
        .about("List the tools with their versions, scopes and parameters")
        .arg(Arg::new("json").long("json").action(ArgAction::SetTrue).help("As the JSON that clients see"));
    Command::new(name.to_owned())
        .version(version.to_owned())
        .about("An MCP server of tools")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(serve)
        .subcommand(tools)
        .subcommand(contract::command::command())
        .subcommands(control::commands())
        .subcommand(audit::command())
        .subcommand(doctor::command())
}
