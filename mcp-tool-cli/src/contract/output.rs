//! Formats reports as text, as JSON, and as annotations of GitHub Actions.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use mcp_tool_contract::{
    exhaustive,
    rules::{ChangeClass, ChangeRule},
};
use serde_json::{Value, json};

use super::report::{Change, CheckFailure, LockReport, ToolReport, WriteEffect};

/// Message if there is nothing to report.
const UNCHANGED: &str = "the locks match the tools";

const fn colour(class: ChangeClass) -> Style {
    match class.exhaustive() {
        exhaustive::ChangeClass::Breaking => AnsiColor::Red.on_default().bold(),
        exhaustive::ChangeClass::Weakens => AnsiColor::Yellow.on_default().bold(),
        exhaustive::ChangeClass::Additive => AnsiColor::Green.on_default(),
        exhaustive::ChangeClass::Patch => AnsiColor::BrightBlack.on_default(),
    }
}

/// Writes a heading for each tool, with the tool's changes, their witnesses (examples of their effect), and the
/// failure. Changes of class `Patch` are written only if `all` is `true`.
pub(super) fn text(out: &mut impl Write, report: &LockReport, all: bool) -> io::Result<()> {
    let faint = AnsiColor::BrightBlack.on_default();
    for tool in &report.tools {
        let bold = Style::new().bold();
        write!(out, "{bold}{}{bold:#} {}", tool.tool, versions(tool))?;
        let location = location(tool);
        writeln!(out, "  {faint}{location}{faint:#}")?;
        for change in tool.changes.iter().filter(|change| all || change.needs_bump()) {
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
        if let Some((failure, reason)) = &tool.failure {
            let style = AnsiColor::Red.on_default().bold();
            let mut lines = reason.lines();
            // A reason that lists changes ends with a remedy, on a line of its own or after a dash. Only the remedy is
            // printed, because the changes are printed above.
            let reason = match (lines.next(), lines.next_back()) {
                (Some(_), Some(last)) => last.trim_start_matches("— ").to_owned(),
                _ => reason.rsplit_once(" — ").map_or(reason.as_str(), |(_, remedy)| remedy).to_owned(),
            };
            writeln!(out, "  {style}{}{style:#}: {reason}", failure.name())?;
        }
    }
    for note in &report.notes {
        writeln!(out, "{note}")?;
    }
    if report.tools.is_empty() && report.notes.is_empty() {
        writeln!(out, "{UNCHANGED}")?;
    }
    Ok(())
}

fn versions(tool: &ToolReport) -> String {
    match (tool.from, tool.to) {
        (Some(from), Some(to)) if from == to => to.to_string(),
        (Some(from), Some(to)) => format!("{from} → {to}"),
        (None, Some(to)) => format!("{to}, new"),
        (Some(from), None) => format!("{from}, removed"),
        (None, None) => String::new(),
    }
}

fn location(tool: &ToolReport) -> String {
    match tool.line {
        Some(line) => format!("{}:{line}", tool.file),
        None => tool.file.clone(),
    }
}

/// Writes a line for each effect of `contract write`.
pub(super) fn effects_text(out: &mut impl Write, effects: &[WriteEffect]) -> io::Result<()> {
    for effect in effects {
        match effect {
            WriteEffect::Wrote(lock) => writeln!(out, "wrote {lock}")?,
            WriteEffect::Note(note) => writeln!(out, "{note}")?,
        }
    }
    if effects.is_empty() { writeln!(out, "{UNCHANGED}") } else { Ok(()) }
}

/// Returns the effects of `contract write` as JSON.
pub(super) fn effects_document(effects: &[WriteEffect]) -> Value {
    let (mut written, mut notes) = (Vec::new(), Vec::new());
    for effect in effects {
        match effect {
            WriteEffect::Wrote(lock) => written.push(lock),
            WriteEffect::Note(note) => notes.push(note),
        }
    }
    json!({ "written": written, "notes": notes })
}

/// Returns a rule as JSON, with its section of RULES.md as `page`.
pub(super) fn rule_document(rule: ChangeRule, page: &str) -> Value {
    json!({ "rule": rule.id(), "class": rule.class().name(), "page": page })
}

/// Returns the report as JSON.
pub(super) fn document(report: &LockReport) -> Value {
    let change = |change: &Change| {
        json!({
            "class": change.finding.rule.class().name(),
            "rule": change.finding.rule.id(),
            "message": change.finding.message(),
            "witness": change.witness.as_ref().map(ToString::to_string),
        })
    };
    let tool = |tool: &ToolReport| {
        json!({
            "tool": tool.tool,
            "from": tool.from.map(|version| version.to_string()),
            "to": tool.to.map(|version| version.to_string()),
            "file": tool.file,
            "line": tool.line,
            "changes": tool.changes.iter().map(change).collect::<Vec<_>>(),
            "failure": tool.failure.as_ref().map(|(failure, _)| failure.name()),
            "message": tool.failure.as_ref().map(|(_, reason)| reason),
        })
    };
    json!({
        "failure": report.worst().map(CheckFailure::name),
        "tools": report.tools.iter().map(tool).collect::<Vec<_>>(),
        "notes": report.notes,
    })
}

/// Writes a workflow command of GitHub Actions for each note, and for each tool that failed or has changes other than
/// patches.
pub(super) fn annotations(out: &mut impl Write, report: &LockReport) -> io::Result<()> {
    for tool in &report.tools {
        let level = if tool.failure.is_some() { "error" } else { "notice" };
        let mut location = format!("file={}", property(&tool.file));
        if let Some(line) = tool.line {
            location.push_str(&format!(",line={line}"));
        }
        let title = tool.failure.as_ref().map_or("changed", |(failure, _)| failure.name());
        let mut lines: Vec<String> = Vec::new();
        for change in tool.changes.iter().filter(|change| change.needs_bump()) {
            lines.push(change.finding.to_string());
            lines.extend(change.witness.as_ref().map(|witness| format!("  {witness}")));
        }
        match &tool.failure {
            Some((_, reason)) => lines.push(reason.clone()),
            None if lines.is_empty() => continue,
            None => {}
        }
        let title = property(&format!("{}: {title}", tool.tool));
        writeln!(out, "::{level} {location},title={title}::{}", message(&lines.join("\n")))?;
    }
    for note in &report.notes {
        writeln!(out, "::notice ::{}", message(note))?;
    }
    Ok(())
}

/// Escapes the message of a workflow command.
fn message(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes the value of a property of a workflow command, such as `title`.
fn property(text: &str) -> String {
    message(text).replace(':', "%3A").replace(',', "%2C")
}
