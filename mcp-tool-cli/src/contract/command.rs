//! `contract write`, `contract check`, `contract diff`: the contracts beside their locks.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use anstyle::{AnsiColor, Style};
use clap::{Arg, ArgAction, ArgMatches, Command, builder::PossibleValuesParser};
use mcp_tool_contract::{bounds::Format, read::format, rules::ChangeClass};
use serde_json::{Value, json};

use super::{self as contracts, Asked, Change, Fault, Report, Said, Server};
use crate::Ended;
use mcp_tool_core::application::Application;

pub fn command() -> Command {
    let today = Arg::new("today")
        .long("today")
        .value_name("DATE")
        .value_parser(day)
        .help("Judge removal dates as on this day, such as 2027-01-31 [default: today in UTC]");
    let format = Arg::new("format")
        .long("format")
        .value_parser(PossibleValuesParser::new(["text", "json", "github"]))
        .default_value("text")
        .help("For people, for programs, or as annotations of GitHub Actions");
    let codes = "Exit codes:\n  0  the locks are what the tools are\n  1  they couldn't be looked at\n  \
                 3  stale: the locks aren't what the tools are, or aren't there\n  \
                 4  weakens: a guard is lowered without a reason\n  \
                 5  needs bump: a version doesn't say what changed\n  \
                 6  dropped: what was promised isn't served any more";
    let revision = "Hold them to the locks of this git revision too, such as origin/main";
    Command::new("contract")
        .about("Keep the promises of the tools: mcp-tools.lock")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(
            Command::new("write")
                .about("Put the contracts into the locks of the workspace's packages")
                .arg(today.clone())
                .arg(Arg::new("drop").long("drop").value_name("NAME@MAJOR").action(ArgAction::Append).help(
                    "Break the promise of a version that isn't served any more, such as list_invoices@1",
                )),
        )
        .subcommand(
            Command::new("check")
                .about("Fail where the locks aren't what the tools are: what continuous integration runs")
                .arg(Arg::new("against").long("against").value_name("REV").help(revision))
                .arg(today.clone())
                .arg(format.clone())
                .after_help(codes),
        )
        .subcommand(
            Command::new("diff")
                .about("Show what changed since the locks, words and order too")
                .arg(
                    Arg::new("against")
                        .value_name("REV")
                        .help("Since the locks of this git revision instead"),
                )
                .arg(today)
                .arg(format)
                .after_help(codes),
        )
        .subcommand(Command::new("explain").about("Say what a rule is about, with an example").arg(
            Arg::new("rule").value_name("RULE").required(true).help("Its id, such as parameter-required"),
        ))
}

fn day(given: &str) -> Result<String, String> {
    if format::spells(Format::Date, given) {
        Ok(given.to_owned())
    } else {
        Err("a day is wanted, such as 2027-01-31".into())
    }
}

pub fn contract(server: &Application, matches: &ArgMatches) -> Ended<ExitCode> {
    let Some((command, matches)) = matches.subcommand() else { return Err("no command was given".into()) };
    let mut out = anstream::stdout().lock();
    if command == "explain" {
        let id = matches.get_one::<String>("rule").map(String::as_str).unwrap_or_default();
        writeln!(out, "{}", mcp_tool_contract::rules::page::explain(id)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let asked = Server { name: &server.name, tools: &server.tools };
    let given = matches.get_one::<String>("today").cloned();
    let today = given.unwrap_or_else(contracts::today);
    if command == "write" {
        let drop: Vec<String> = matches.get_many("drop").into_iter().flatten().cloned().collect();
        let done = asked.write(&drop, &today)?;
        for line in &done {
            writeln!(out, "{line}")?;
        }
        if done.is_empty() {
            writeln!(out, "the locks are what the tools are")?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let against = matches.get_one::<String>("against").map(String::as_str);
    let question = Asked { against, today: &today };
    let report = if command == "check" { asked.check(question)? } else { asked.diff(question)? };
    match matches.get_one::<String>("format").map(String::as_str) {
        Some("json") => {
            serde_json::to_writer_pretty(&mut out, &document(&report))?;
            writeln!(out)?;
        }
        Some("github") => annotations(&mut out, &report)?,
        _ => text(&mut out, &report, command == "diff")?,
    }
    Ok(ExitCode::from(report.worst().map_or(0, code)))
}

const fn code(fault: Fault) -> u8 {
    match fault {
        Fault::Stale => 3,
        Fault::Weakens => 4,
        Fault::NeedsBump => 5,
        Fault::Dropped => 6,
    }
}

const fn colour(class: ChangeClass) -> Style {
    match class {
        ChangeClass::Breaking => AnsiColor::Red.on_default().bold(),
        ChangeClass::Weakens => AnsiColor::Yellow.on_default().bold(),
        ChangeClass::Additive => AnsiColor::Green.on_default(),
        ChangeClass::Patch => AnsiColor::BrightBlack.on_default(),
    }
}

/// A head a tool, a line a change, the witness under it, and what is wrong at the end.
fn text(out: &mut impl Write, report: &Report, all: bool) -> io::Result<()> {
    let faint = AnsiColor::BrightBlack.on_default();
    for said in &report.said {
        let bold = Style::new().bold();
        write!(out, "{bold}{}{bold:#} {}", said.tool, versions(said))?;
        let place = place(said);
        writeln!(out, "  {faint}{place}{faint:#}")?;
        for change in said.changes.iter().filter(|change| all || change.binds()) {
            let class = change.finding.rule.class();
            let style = colour(class);
            let (class, rule) = (class.name(), change.finding.rule);
            writeln!(
                out,
                "  {style}{class:<8}{style:#}  {} {faint}[{rule}]{faint:#}",
                change.finding.message()
            )?;
            if let Some(witness) = &change.witness {
                writeln!(out, "            {faint}{witness}{faint:#}")?;
            }
        }
        if let Some((fault, reason)) = &said.fault {
            let style = AnsiColor::Red.on_default().bold();
            let mut lines = reason.lines();
            // The changes stand above already.
            let reason = match (lines.next(), lines.next_back()) {
                (Some(_), Some(last)) => last.trim_start_matches("— ").to_owned(),
                _ => reason.rsplit_once(" — ").map_or(reason.as_str(), |(_, remedy)| remedy).to_owned(),
            };
            writeln!(out, "  {style}{}{style:#}: {reason}", fault.name())?;
        }
    }
    for note in &report.notes {
        writeln!(out, "{note}")?;
    }
    if report.said.is_empty() && report.notes.is_empty() {
        writeln!(out, "the locks are what the tools are")?;
    }
    Ok(())
}

fn versions(said: &Said) -> String {
    match (said.from, said.to) {
        (Some(from), Some(to)) if from == to => to.to_string(),
        (Some(from), Some(to)) => format!("{from} → {to}"),
        (None, Some(to)) => format!("{to}, new"),
        (Some(from), None) => format!("{from}, gone"),
        (None, None) => String::new(),
    }
}

fn place(said: &Said) -> String {
    match said.line {
        Some(line) => format!("{}:{line}", said.file),
        None => said.file.clone(),
    }
}

fn document(report: &Report) -> Value {
    let change = |change: &Change| {
        json!({
            "class": change.finding.rule.class().name(),
            "rule": change.finding.rule.id(),
            "message": change.finding.message(),
            "witness": change.witness.as_ref().map(ToString::to_string),
        })
    };
    let said = |said: &Said| {
        json!({
            "tool": said.tool,
            "from": said.from.map(|version| version.to_string()),
            "to": said.to.map(|version| version.to_string()),
            "file": said.file,
            "line": said.line,
            "changes": said.changes.iter().map(change).collect::<Vec<_>>(),
            "fault": said.fault.as_ref().map(|(fault, _)| fault.name()),
            "message": said.fault.as_ref().map(|(_, reason)| reason),
        })
    };
    json!({
        "fault": report.worst().map(Fault::name),
        "tools": report.said.iter().map(said).collect::<Vec<_>>(),
        "notes": report.notes,
    })
}

/// One annotation a tool that has changes or a fault, as the workflow commands of GitHub Actions.
fn annotations(out: &mut impl Write, report: &Report) -> io::Result<()> {
    for said in &report.said {
        let level = if said.fault.is_some() { "error" } else { "notice" };
        let mut place = format!("file={}", property(&said.file));
        if let Some(line) = said.line {
            place.push_str(&format!(",line={line}"));
        }
        let title = said.fault.as_ref().map_or("changed", |(fault, _)| fault.name());
        let mut lines: Vec<String> = Vec::new();
        for change in said.changes.iter().filter(|change| change.binds()) {
            lines.push(change.finding.to_string());
            lines.extend(change.witness.as_ref().map(|witness| format!("  {witness}")));
        }
        match &said.fault {
            Some((_, reason)) => lines.push(reason.clone()),
            None if lines.is_empty() => continue,
            None => {}
        }
        let title = property(&format!("{}: {title}", said.tool));
        writeln!(out, "::{level} {place},title={title}::{}", message(&lines.join("\n")))?;
    }
    for note in &report.notes {
        writeln!(out, "::notice ::{}", message(note))?;
    }
    Ok(())
}

fn message(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    message(text).replace(':', "%3A").replace(',', "%2C")
}
