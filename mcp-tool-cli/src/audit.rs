//! `audit`: searches the audit records of running and stopped servers.

use std::{
    collections::HashMap,
    io::{self, BufWriter, Write},
    process::ExitCode,
    time::SystemTime,
};

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use clap::{
    Arg, ArgMatches, Command,
    builder::{NonEmptyStringValueParser, PossibleValuesParser},
};
use serde_json::json;

use mcp_tool_contract::read::violation::escaped;
use mcp_tool_core::audit::{AuditRecord, QuerySummary, RecordOutcome, RecordQuery};

use crate::{
    format::OutputFormat,
    result::CommandResult,
    settings::{self, Config},
};

/// Maximum number of rows that are kept in memory to decide the column widths.
const MAX_MEASURED: usize = 200;

const HEADER: [&str; 8] = ["TIME", "USER", "AGENT", "TENANT", "TOOL", "OUTCOME", "REASON", "CORRELATION ID"];

pub(crate) fn command() -> Command {
    let text = |id: &'static str, value: &'static str, help: &'static str| {
        Arg::new(id).long(id).value_name(value).help(help).value_parser(NonEmptyStringValueParser::new())
    };
    let outcomes = PossibleValuesParser::new(RecordOutcome::NAMES);
    let by = PossibleValuesParser::new(["user", "agent", "tenant", "tool", "outcome"]);
    let file = Arg::new("audit.file").long("file").alias("audit-file").value_name("FILE");
    Command::new("audit")
        .about("List calls from the audit records: who called what, when, with which outcome")
        .arg(file.value_parser(NonEmptyStringValueParser::new()).help(
            "Audit file; its rotated files are read too [default: the setting audit.file]",
        ))
        .arg(text("since", "TIME", "Calls since this time: 7d, 12h, 2026-11-14, or 2026-11-14T09:30:00Z"))
        .arg(text("until", "TIME", "Calls before this time; for a day, calls until its end"))
        .arg(text("user", "USER", "Calls of this user"))
        .arg(text("agent", "AGENT", "Calls of this agent"))
        .arg(text("tenant", "TENANT", "Calls in this tenant"))
        .arg(text("tool", "NAME", "Calls of this tool, in all its versions"))
        .arg(text("outcome", "OUTCOME", "Calls with this outcome").value_parser(outcomes))
        .arg(text("by", "FIELD", "Count the calls by this field, and don't list them").value_parser(by))
        .arg(OutputFormat::arg().help("Output format; json prints each whole record on a line"))
        .arg(settings::config_flag())
        .after_help(
            "Examples:\n  audit --since 7d\n  audit --since 7d --by tool\n  \
             audit --since 2026-11-14 --until 2026-11-14 --user ann --outcome refused\n\n\
             Days are in UTC. The exit code is 1 if a file can't be read, since the output is then incomplete.",
        )
}

pub(crate) fn audit(matches: &ArgMatches) -> CommandResult<ExitCode> {
    let config = settings::load(matches, std::env::vars_os(), Config::default())?.into_config();
    let Some(file) = config.settings.audit_file else {
        return Err(
            "no audit file is set: name one with --file FILE, or set it for servers by --audit-file FILE, \
                    MCP_TOOL_AUDIT_FILE, or `file` under [audit] in the settings file"
                .into(),
        );
    };
    let given = |id: &str| matches.get_one::<String>(id).cloned();
    let time = |id: &str, end_of_day: bool| -> CommandResult<Option<DateTime<Utc>>> {
        let Some(text) = given(id) else { return Ok(None) };
        let time = parse_time(&text, end_of_day).ok_or_else(|| {
            format!(
                "--{id}: {text:?}: must be a time such as 7d, 12h, 30m, 2026-11-14 or 2026-11-14T09:30:00Z"
            )
        });
        Ok(Some(time?))
    };
    let query = RecordQuery {
        since: time("since", false)?,
        until: time("until", true)?,
        user: given("user"),
        agent: given("agent"),
        tenant: given("tenant"),
        tool: given("tool"),
        outcome: given("outcome"),
    };
    let mut output = AuditOutput {
        to: BufWriter::new(io::stdout().lock()),
        json: OutputFormat::of(matches) == OutputFormat::Json,
        by: given("by"),
        counts: HashMap::new(),
        measured: Vec::new(),
        widths: None,
    };
    let result = query.run(&file, |record, line| output.write(record, line));
    match result.and_then(|summary| output.finish().map(|()| summary)) {
        Ok(summary) => Ok(report_gaps(&summary)),
        // The reader of the output, such as `head`, has closed the pipe.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
        Err(error) => Err(error.into()),
    }
}

/// Prints the unreadable files, and how many lines of the other files aren't records. Returns the exit code, which is 1
/// if a file is unreadable.
fn report_gaps(summary: &QuerySummary) -> ExitCode {
    // If stderr is closed, the gaps can't be reported there. `eprintln!` would panic.
    let mut stderr = io::stderr().lock();
    for (file, lines) in &summary.broken {
        let file = file.display();
        drop(writeln!(stderr, "warning: {file}: number of lines that are not records: {lines}"));
    }
    for (file, reason) in &summary.unread {
        drop(writeln!(stderr, "error: {}: {reason}", file.display()));
    }
    if summary.unread.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Parses a time: an age such as `7d`, a day in UTC, or RFC 3339. A day means its start or, if `end_of_day`, its end.
fn parse_time(text: &str, end_of_day: bool) -> Option<DateTime<Utc>> {
    if let Ok(day) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        let day = if end_of_day { day.succ_opt()? } else { day };
        return Some(day.and_time(NaiveTime::MIN).and_utc());
    }
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Some(time.to_utc());
    }
    let (count, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    // Much larger counts would make `TimeDelta` panic.
    let count = count.parse::<i64>().ok().filter(|count| (0..1_000_000).contains(count))?;
    let ago = match unit {
        "m" => TimeDelta::minutes(count),
        "h" => TimeDelta::hours(count),
        "d" => TimeDelta::days(count),
        "w" => TimeDelta::weeks(count),
        _ => return None,
    };
    DateTime::<Utc>::from(SystemTime::now()).checked_sub_signed(ago)
}

/// Output of `audit`, which writes rows while the records are read.
struct AuditOutput<W: Write> {
    to: W,
    json: bool,
    /// Field by which calls are counted. If it is set, calls aren't listed.
    by: Option<String>,
    /// Number of calls by value of the field `by`.
    counts: HashMap<String, u64>,
    /// Rows that are kept until the column widths are decided.
    measured: Vec<[String; 8]>,
    /// Column widths in characters; `None` until they are decided.
    widths: Option<[usize; 8]>,
}

impl<W: Write> AuditOutput<W> {
    /// Counts or prints a record. `line` is its JSON text.
    fn write(&mut self, record: &AuditRecord, line: &[u8]) -> io::Result<()> {
        match (&self.by, self.json) {
            // Completions (suggested values of a parameter) and requests about tasks aren't counted, because they don't
            // call the tool.
            (Some(_), _) if record.completes.is_some() || record.request.is_some() => Ok(()),
            (Some(by), _) => {
                let value = match by.as_str() {
                    "user" => Some(&record.user),
                    "agent" => record.agent.as_ref(),
                    "tenant" => record.tenant.as_ref(),
                    "tool" => Some(&record.tool),
                    _ => Some(&record.outcome),
                };
                *self.counts.entry(value.cloned().unwrap_or_default()).or_default() +=
                    record.repeated.unwrap_or(1);
                Ok(())
            }
            (None, true) => {
                self.to.write_all(line)?;
                self.to.write_all(b"\n")
            }
            (None, false) => self.add_row(row(record)),
        }
    }

    fn add_row(&mut self, row: [String; 8]) -> io::Result<()> {
        if let Some(widths) = &self.widths {
            return write_row(&mut self.to, &row, widths);
        }
        self.measured.push(row);
        if self.measured.len() < MAX_MEASURED { Ok(()) } else { self.measure() }
    }

    /// Decides the column widths by the kept rows, and writes the header and the kept rows.
    fn measure(&mut self) -> io::Result<()> {
        let header = HEADER.map(str::to_owned);
        let rows: Vec<_> = [header].into_iter().chain(self.measured.drain(..)).collect();
        let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let widths = std::array::from_fn(width);
        self.widths = Some(widths);
        rows.iter().try_for_each(|row| write_row(&mut self.to, row, &widths))
    }

    fn finish(&mut self) -> io::Result<()> {
        if let Some(by) = &self.by {
            let mut counts: Vec<_> = self.counts.drain().collect();
            // The value with the most calls comes first.
            counts.sort_by(|(left, left_calls), (right, right_calls)| {
                right_calls.cmp(left_calls).then(left.cmp(right))
            });
            for (value, calls) in counts {
                if self.json {
                    writeln!(self.to, "{}", json!({ by: value, "calls": calls }))?;
                } else {
                    writeln!(self.to, "{calls:>8}  {}", or_dash(Some(&value)))?;
                }
            }
        } else if self.widths.is_none() && !self.json {
            self.measure()?;
        }
        self.to.flush()
    }
}

fn row(record: &AuditRecord) -> [String; 8] {
    let version = record.version.as_ref().map(|version| format!(" {version}"));
    let mut reason = or_dash(record.reason.as_ref());
    if let Some(calls) = record.repeated {
        reason.push_str(&format!(" ({calls} calls)"));
    }
    let completes = record.completes.as_ref().map(|parameter| format!(" completes {parameter}"));
    let request = record.request.as_ref().map(|method| format!(" {method}"));
    let parts = [version, completes, request].map(Option::unwrap_or_default).concat();
    [
        escaped(&record.time),
        or_dash(Some(&record.user)),
        or_dash(record.agent.as_ref()),
        or_dash(record.tenant.as_ref()),
        escaped(&format!("{}{parts}", record.tool)),
        escaped(&record.outcome),
        reason,
        escaped(&record.correlation_id),
    ]
}

fn or_dash(text: Option<&String>) -> String {
    text.filter(|text| !text.is_empty()).map_or_else(|| "-".into(), |text| escaped(text))
}

fn write_row(to: &mut impl Write, row: &[String; 8], widths: &[usize; 8]) -> io::Result<()> {
    let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}"));
    writeln!(to, "{}", cells.collect::<Vec<_>>().join("  ").trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_must_be_an_age_a_day_or_rfc_3339() {
        let now = DateTime::<Utc>::from(SystemTime::now());
        for (text, ago) in
            [("7d", TimeDelta::days(7)), ("2w", TimeDelta::weeks(2)), ("30m", TimeDelta::minutes(30))]
        {
            let off = parse_time(text, false).unwrap() - (now - ago);
            assert!(off.abs() < TimeDelta::minutes(1), "{text} is off by {off}");
        }
        let parsed = |text, end_of_day| parse_time(text, end_of_day).map(|time| time.to_rfc3339());
        assert_eq!(parsed("2026-11-14", false).as_deref(), Some("2026-11-14T00:00:00+00:00"));
        assert_eq!(parsed("2026-11-14", true).as_deref(), Some("2026-11-15T00:00:00+00:00"));
        assert_eq!(parsed("2026-11-14T09:30:00+01:00", true).as_deref(), Some("2026-11-14T08:30:00+00:00"));
        for text in ["", "d", "7", "7y", "-7d", "2026-13-01", "yesterday", "9999999999d", "é"] {
            assert_eq!(parsed(text, false), None, "{text:?} is accepted");
        }
    }
}
