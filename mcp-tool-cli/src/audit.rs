//! `audit`: who called what, when, from the records of servers that run or ran.

use std::{
    collections::HashMap,
    io::{self, BufWriter, Write},
    process::ExitCode,
    time::SystemTime,
};

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use clap::{
    Arg, ArgAction, ArgMatches, Command,
    builder::{NonEmptyStringValueParser, PossibleValuesParser},
};
use serde_json::json;

use super::{
    Ended,
    settings::{self, Config, Loaded},
    visible::visible,
};
use mcp_tool_core::audit::{AuditRecord, QuerySummary, RecordQuery};

/// Rows by which the widths of columns are found; the rest isn't kept.
const MEASURED: usize = 200;

const HEAD: [&str; 8] = ["TIME", "USER", "AGENT", "TENANT", "TOOL", "OUTCOME", "REASON", "CORRELATION ID"];

pub(super) fn command() -> Command {
    let text = |id: &'static str, value: &'static str, help: &'static str| {
        Arg::new(id).long(id).value_name(value).help(help).value_parser(NonEmptyStringValueParser::new())
    };
    let outcomes = PossibleValuesParser::new(["ok", "refused", "error", "cancelled", "unknown"]);
    let by = PossibleValuesParser::new(["user", "agent", "tenant", "tool", "outcome"]);
    let file = Arg::new("audit.file").long("file").alias("audit-file").value_name("FILE");
    Command::new("audit")
        .about("Say who called what, when, and what came of it")
        .arg(file.value_parser(NonEmptyStringValueParser::new()).help(
            "The file of the records; those rotated away from it are read too [default: what audit.file is set to]",
        ))
        .arg(text("since", "TIME", "Calls from then on: 7d, 12h, 2026-11-14, or 2026-11-14T09:30:00Z"))
        .arg(text("until", "TIME", "Calls before then; of a day, to its end"))
        .arg(text("user", "USER", "On whose behalf"))
        .arg(text("agent", "AGENT", "Through which agent"))
        .arg(text("tenant", "TENANT", "In which tenant"))
        .arg(text("tool", "NAME", "Of which tool, in all its versions"))
        .arg(text("outcome", "OUTCOME", "What came of it").value_parser(outcomes))
        .arg(text("by", "WHAT", "Count the calls by that instead").value_parser(by))
        .arg(Arg::new("json").long("json").action(ArgAction::SetTrue).help("As JSON lines, whole"))
        .arg(settings::config())
        .after_help(
            "Examples:\n  audit --since 7d\n  audit --since 7d --by tool\n  \
             audit --since 2026-11-14 --until 2026-11-14 --user ann --outcome refused\n\n\
             Days are those of UTC. The exit code is 1 where a file couldn't be read: the answer has a gap then.",
        )
}

pub(super) fn audit(matches: &ArgMatches) -> Ended<ExitCode> {
    let Loaded { config, .. } = settings::load(matches, std::env::vars_os(), Config::default())?;
    let Some(file) = config.settings.audit_file else {
        return Err("no file of records is set: name it with --file FILE, or have servers keep one by \
                    --audit-file FILE, MCP_TOOL_AUDIT_FILE, or `file` under [audit] in mcp-tool.toml"
            .into());
    };
    let given = |id: &str| matches.get_one::<String>(id).cloned();
    let time = |id: &str, to_its_end: bool| -> Ended<Option<DateTime<Utc>>> {
        let Some(given) = given(id) else { return Ok(None) };
        let time = when(&given, to_its_end).ok_or_else(|| {
            format!(
                "--{id} {given:?}: a time is wanted, such as 7d, 12h, 30m, 2026-11-14 or 2026-11-14T09:30:00Z"
            )
        });
        Ok(Some(time?))
    };
    let question = RecordQuery {
        since: time("since", false)?,
        until: time("until", true)?,
        user: given("user"),
        agent: given("agent"),
        tenant: given("tenant"),
        tool: given("tool"),
        outcome: given("outcome"),
    };
    let mut out = Out {
        to: BufWriter::new(io::stdout().lock()),
        json: matches.get_flag("json"),
        by: given("by"),
        counts: HashMap::new(),
        measured: Vec::new(),
        widths: None,
    };
    let asked = question.run(&file, |found, line| out.take(found, line));
    match asked.and_then(|reading| out.end().map(|()| reading)) {
        Ok(reading) => Ok(tell(&reading)),
        // Who reads it has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
        Err(error) => Err(error.into()),
    }
}

/// Says what was left out of the answer.
fn tell(reading: &QuerySummary) -> ExitCode {
    for (file, lines) in &reading.broken {
        eprintln!("warning: {}: lines that are no records: {lines}", file.display());
    }
    for (file, reason) in &reading.unread {
        eprintln!("error: {}: {reason}", file.display());
    }
    if reading.unread.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// A time as people say it: so long ago, a day of UTC, or in RFC 3339. A day is its beginning, or its end.
fn when(text: &str, to_its_end: bool) -> Option<DateTime<Utc>> {
    if let Ok(day) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        let day = if to_its_end { day.succ_opt()? } else { day };
        return Some(day.and_time(NaiveTime::MIN).and_utc());
    }
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Some(time.to_utc());
    }
    let (count, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
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

/// The answer as it is written, no more of it kept than has to be.
struct Out<W: Write> {
    to: W,
    json: bool,
    by: Option<String>,
    counts: HashMap<String, u64>,
    measured: Vec<[String; 8]>,
    widths: Option<[usize; 8]>,
}

impl<W: Write> Out<W> {
    fn take(&mut self, found: &AuditRecord, line: &[u8]) -> io::Result<()> {
        match (&self.by, self.json) {
            // What was only completed is no call.
            (Some(_), _) if found.completes.is_some() => Ok(()),
            (Some(by), _) => {
                let of = match by.as_str() {
                    "user" => Some(&found.user),
                    "agent" => found.agent.as_ref(),
                    "tenant" => found.tenant.as_ref(),
                    "tool" => Some(&found.tool),
                    _ => Some(&found.outcome),
                };
                *self.counts.entry(of.cloned().unwrap_or_default()).or_default() += 1;
                Ok(())
            }
            (None, true) => {
                self.to.write_all(line)?;
                self.to.write_all(b"\n")
            }
            (None, false) => self.row(row(found)),
        }
    }

    fn row(&mut self, row: [String; 8]) -> io::Result<()> {
        if let Some(widths) = &self.widths {
            return write_row(&mut self.to, &row, widths);
        }
        self.measured.push(row);
        if self.measured.len() < MEASURED { Ok(()) } else { self.measure() }
    }

    /// Finds the widths by what has come, and writes that.
    fn measure(&mut self) -> io::Result<()> {
        let head = HEAD.map(str::to_owned);
        let rows: Vec<_> = [head].into_iter().chain(self.measured.drain(..)).collect();
        let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let widths = std::array::from_fn(width);
        self.widths = Some(widths);
        rows.iter().try_for_each(|row| write_row(&mut self.to, row, &widths))
    }

    fn end(&mut self) -> io::Result<()> {
        if let Some(by) = &self.by {
            let mut counts: Vec<_> = self.counts.drain().collect();
            counts.sort_by(|(name, calls), (other, more)| more.cmp(calls).then(name.cmp(other)));
            for (name, calls) in counts {
                if self.json {
                    writeln!(self.to, "{}", json!({ by: name, "calls": calls }))?;
                } else {
                    writeln!(self.to, "{calls:>8}  {}", or_dash(Some(&name)))?;
                }
            }
        } else if self.widths.is_none() && !self.json {
            self.measure()?;
        }
        self.to.flush()
    }
}

fn row(found: &AuditRecord) -> [String; 8] {
    let version = found.version.as_ref().map(|version| format!(" {version}"));
    let completes = found.completes.as_ref().map(|parameter| format!(" completes {parameter}"));
    [
        visible(&found.time),
        or_dash(Some(&found.user)),
        or_dash(found.agent.as_ref()),
        or_dash(found.tenant.as_ref()),
        visible(&format!("{}{}{}", found.tool, version.unwrap_or_default(), completes.unwrap_or_default())),
        visible(&found.outcome),
        or_dash(found.reason.as_ref()),
        visible(&found.correlation_id),
    ]
}

fn or_dash(text: Option<&String>) -> String {
    text.filter(|text| !text.is_empty()).map_or_else(|| "-".into(), |text| visible(text))
}

fn write_row(to: &mut impl Write, row: &[String; 8], widths: &[usize; 8]) -> io::Result<()> {
    let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}"));
    writeln!(to, "{}", cells.collect::<Vec<_>>().join("  ").trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_so_long_ago_a_day_or_a_moment() {
        let now = DateTime::<Utc>::from(SystemTime::now());
        for (text, ago) in
            [("7d", TimeDelta::days(7)), ("2w", TimeDelta::weeks(2)), ("30m", TimeDelta::minutes(30))]
        {
            let off = when(text, false).unwrap() - (now - ago);
            assert!(off.abs() < TimeDelta::minutes(1), "{text}");
        }
        let shown = |text, to_its_end| when(text, to_its_end).map(|time| time.to_rfc3339());
        assert_eq!(shown("2026-11-14", false).as_deref(), Some("2026-11-14T00:00:00+00:00"));
        assert_eq!(shown("2026-11-14", true).as_deref(), Some("2026-11-15T00:00:00+00:00"));
        assert_eq!(shown("2026-11-14T09:30:00+01:00", true).as_deref(), Some("2026-11-14T08:30:00+00:00"));
        for text in ["", "d", "7", "7y", "-7d", "2026-13-01", "yesterday", "9999999999d", "é"] {
            assert_eq!(shown(text, false), None, "{text}");
        }
    }
}
