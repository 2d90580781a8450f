//! Parses the command line of `contract`, and runs its subcommands.

use std::{
    io::{self, Write as _},
    process::ExitCode,
};

use clap::{Arg, ArgAction, ArgMatches, Command};
use mcp_tool_contract::{bounds::Format, read::format, rules::page};
use mcp_tool_core::application::Application;
use serde_json::Value;

use super::{
    check::{self, CheckOptions, ServerContracts},
    output,
    report::CheckFailure,
};
use crate::{format::OutputFormat, result::CommandResult};

pub(crate) fn command() -> Command {
    let today = Arg::new("today")
        .long("today")
        .value_name("DATE")
        .value_parser(parse_day)
        .help("Day that removal dates are compared with, such as 2027-01-31 [default: today in UTC]");
    let format =
        OutputFormat::arg_with_github().help("Output format; github prints annotations for GitHub Actions");
    let codes = "Exit codes:\n  0  the locks match the tools\n  1  the locks can't be compared\n  \
                 3  stale: a lock differs from the tools, or is missing\n  \
                 4  weakens: a guard is lowered without a reason\n  \
                 5  needs bump: a version doesn't cover the change\n  \
                 6  dropped: a promised version is no longer served";
    let revision = "Also compare with the locks of this git revision, such as origin/main";
    Command::new("contract")
        .about("Compare the contracts of the tools with mcp-tools.lock")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(
            Command::new("write")
                .about("Write the contracts to the locks of the workspace's packages")
                .arg(today.clone())
                .arg(OutputFormat::arg())
                .arg(Arg::new("drop").long("drop").value_name("NAME@MAJOR").action(ArgAction::Append).help(
                    "Break the promise of a version that is no longer served, such as list_invoices@1",
                )),
        )
        .subcommand(
            Command::new("check")
                .about("Fail if a lock differs from the tools; for continuous integration")
                .arg(Arg::new("against").long("against").value_name("REV").help(revision))
                .arg(today.clone())
                .arg(format.clone())
                .after_help(codes),
        )
        .subcommand(
            Command::new("diff")
                .about("Show all changes since the locks, also of descriptions and order")
                .arg(
                    Arg::new("against")
                        .value_name("REV")
                        .help("Compare with the locks of this git revision instead"),
                )
                .arg(today)
                .arg(format)
                .after_help(codes),
        )
        .subcommand(
            Command::new("explain")
                .about("Explain a rule, with an example")
                .arg(
                    Arg::new("rule")
                        .value_name("RULE")
                        .required(true)
                        .help("Id of the rule, such as parameter-required"),
                )
                .arg(OutputFormat::arg()),
        )
}

fn parse_day(given: &str) -> Result<String, String> {
    if format::has_format(Format::Date, given) {
        Ok(given.to_owned())
    } else {
        Err("must be a day such as 2027-01-31".into())
    }
}

pub(crate) fn contract(application: &Application, matches: &ArgMatches) -> CommandResult<ExitCode> {
    let Some((command, matches)) = matches.subcommand() else { return Err("no command was given".into()) };
    let mut out = anstream::stdout().lock();
    if command == "explain" {
        let id = matches.get_one::<String>("rule").map(String::as_str).unwrap_or_default();
        let (rule, text) = page::explain(id)?;
        match OutputFormat::of(matches) {
            OutputFormat::Json => write_json(&mut out, &output::rule_document(rule, text))?,
            OutputFormat::Text | OutputFormat::Github => writeln!(out, "{rule}: {text}")?,
        }
        return Ok(ExitCode::SUCCESS);
    }
    let server = ServerContracts { name: &application.name, tools: &application.tools };
    let given = matches.get_one::<String>("today").cloned();
    let today = given.unwrap_or_else(check::today);
    if command == "write" {
        let drop: Vec<String> = matches.get_many("drop").into_iter().flatten().cloned().collect();
        let effects = server.write(&drop, &today)?;
        match OutputFormat::of(matches) {
            OutputFormat::Json => write_json(&mut out, &output::effects_document(&effects))?,
            OutputFormat::Text | OutputFormat::Github => output::effects_text(&mut out, &effects)?,
        }
        return Ok(ExitCode::SUCCESS);
    }
    let against = matches.get_one::<String>("against").map(String::as_str);
    let options = CheckOptions { against, today: &today };
    let report = if command == "check" { server.check(options)? } else { server.diff(options)? };
    match OutputFormat::of(matches) {
        OutputFormat::Json => write_json(&mut out, &output::document(&report))?,
        OutputFormat::Github => output::annotations(&mut out, &report)?,
        OutputFormat::Text => output::text(&mut out, &report, command == "diff")?,
    }
    Ok(ExitCode::from(report.worst().map_or(0, exit_code)))
}

fn write_json(out: &mut impl io::Write, document: &Value) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, document)?;
    writeln!(out)
}

/// Returns the exit code for the most severe failure. The code 1 means any other error, and 2 an invalid command line.
const fn exit_code(failure: CheckFailure) -> u8 {
    match failure {
        CheckFailure::Stale => 3,
        CheckFailure::Weakens => 4,
        CheckFailure::NeedsBump => 5,
        CheckFailure::Dropped => 6,
    }
}
