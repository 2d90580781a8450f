//! Search of the records in an audit file and in its rotated files, line by line.

use std::{
    fs::{self, File},
    io::{self, BufRead, BufReader, Read as _},
    path::{Path, PathBuf},
};

use chrono::{DateTime, TimeDelta, Utc};
use mcp_tool_contract::read::violation::escaped;
use serde::Deserialize;

use super::rotated;
use crate::{
    call::caller::{Caller, names_in_label},
    line_file::identity,
    regular_file,
};

/// Maximum size of a line, in bytes. Longer lines aren't records, because every record is shorter.
const MAX_LINE: u64 = 1 << 20;
/// Maximum time by which the clock may have been set back between the writing of a record and the rotation of its file.
const CLOCK_SLACK: TimeDelta = TimeDelta::hours(1);
/// Maximum time between the start of a call, which is the time in its record, and the writing of the record.
const MAX_DURATION: TimeDelta = TimeDelta::days(1);

/// Filter of records. A record has to match every member that isn't `None`.
#[derive(Clone, Debug, Default)]
pub struct RecordQuery {
    /// Matches calls that began at this time or later.
    pub since: Option<DateTime<Utc>>,
    /// Matches calls that began before this time.
    pub until: Option<DateTime<Utc>>,
    /// Matches calls of this user.
    pub user: Option<String>,
    /// Matches calls of this agent. For the local user (over stdio, or over HTTP without authorization), the
    /// agent is the name and version that the client gives itself; the text before any of its spaces matches too.
    pub agent: Option<String>,
    /// Matches calls in this tenant.
    pub tenant: Option<String>,
    /// Matches calls of the tool with this name, and calls by the names of its older versions, such as `greet_v1` for
    /// `greet`.
    pub tool: Option<String>,
    /// Matches calls with this outcome, such as `ok` or `refused`.
    pub outcome: Option<String>,
}

/// Members of a record that a search shows or filters by.
#[derive(Clone, Debug, Deserialize)]
pub struct AuditRecord {
    /// Start time of the call, in RFC 3339.
    pub time: String,
    /// Correlation id of the call.
    pub correlation_id: String,
    /// The caller's user.
    pub user: String,
    /// The caller's agent.
    pub agent: Option<String>,
    /// The caller's tenant.
    pub tenant: Option<String>,
    /// The issuer of the caller's token.
    pub issuer: Option<String>,
    /// The caller's OAuth client.
    pub client: Option<String>,
    /// Name of the tool, as it was requested.
    pub tool: String,
    /// Version of the tool; `None` if the call was refused before the version was found.
    pub version: Option<String>,
    /// The parameter whose argument was completed. `None` if the tool was called.
    pub completes: Option<String>,
    /// Method of a request about a task, such as `tasks/get`. `None` if the tool was called.
    pub request: Option<String>,
    /// Outcome, such as `ok` or `refused`.
    pub outcome: String,
    /// Reason for the outcome; `None` for `ok` and `asked`.
    pub reason: Option<String>,
    /// Number of refused calls that the record counts; `None` for the record of one call.
    pub repeated: Option<u64>,
}

/// Lines that aren't records, and files that a search could not read.
#[derive(Debug, Default)]
pub struct QuerySummary {
    /// Number of lines that aren't records, by file.
    pub broken: Vec<(PathBuf, u64)>,
    /// Unreadable files, each with the reason.
    pub unread: Vec<(PathBuf, String)>,
}

impl RecordQuery {
    /// Returns `Some(true)` if the record matches; `None` if the record's time is invalid.
    fn matches(&self, record: &AuditRecord) -> Option<bool> {
        let time = DateTime::parse_from_rfc3339(&record.time).ok()?;
        let accepts = |filter: &Option<String>, value: Option<&str>| {
            // Records contain escaped texts. A filter may be the escaped text, or the text before it was escaped.
            filter.as_deref().is_none_or(|filter| value == Some(filter) || value == Some(&escaped(filter)))
        };
        let agent = record.agent.as_deref();
        // The agent of the local user is usually a name and a version, separated by a space.
        let mut local_names =
            agent.filter(|_| record.user == Caller::LOCAL).into_iter().flat_map(names_in_label);
        let is_match = self.since.is_none_or(|since| time >= since)
            && self.until.is_none_or(|until| time < until)
            && accepts(&self.user, Some(&record.user))
            && (accepts(&self.agent, agent) || local_names.any(|name| accepts(&self.agent, Some(name))))
            && accepts(&self.tenant, record.tenant.as_deref())
            && self.tool.as_deref().is_none_or(|tool| is_name_of(&record.tool, tool))
            && accepts(&self.outcome, Some(&record.outcome));
        Some(is_match)
    }

    /// Passes each matching record and its line to `visit`, in the order in which the records were written. The
    /// summary lists unreadable files and counts lines that aren't records.
    ///
    /// # Errors
    /// The first error of `visit`, which ends the search.
    pub fn run<E>(
        &self,
        path: &Path,
        mut visit: impl FnMut(&AuditRecord, &[u8]) -> Result<(), E>,
    ) -> Result<QuerySummary, E> {
        let mut summary = QuerySummary::default();
        // Opened before the rotated files are listed, so that a rotation in between loses no records.
        let current = regular_file::read(path);
        let current_identity = current.as_ref().ok().and_then(|file| identity(&file.metadata().ok()?));
        let rotated = self.rotated(path, current_identity).unwrap_or_else(|error| {
            summary.unread.push((path.to_owned(), format!("its folder can't be read: {error}")));
            Vec::new()
        });
        let has_rotated = !rotated.is_empty();
        let rotated = rotated.into_iter().map(|path| (regular_file::read(&path), path));
        for (file, path) in rotated.chain([(current, path.to_owned())]) {
            let is_missing = |error: &io::Error| error.kind() == io::ErrorKind::NotFound;
            match file {
                // The file was rotated, and no record was written since then.
                Err(error) if is_missing(&error) && current_identity.is_none() && has_rotated => {}
                Err(error) => summary.unread.push((path, error.to_string())),
                Ok(_) if is_compressed(&path) => {
                    summary.unread.push((path, "it is compressed: decompress it first".into()));
                }
                Ok(file) => self.read(file, path, &mut summary, &mut visit)?,
            }
        }
        Ok(summary)
    }

    /// Returns the rotated files that may contain matching records, oldest first. `current` is the identity of the file
    /// that was opened at `path`. This file is left out, even if it has been rotated since.
    fn rotated(&self, path: &Path, current: Option<(u64, u64)>) -> io::Result<Vec<PathBuf>> {
        // Files rotated by this program, each with the time of its rotation.
        let mut ours = Vec::new();
        // Files rotated by other programs, such as logrotate, each with the time of its last change.
        let mut others = Vec::new();
        for (end, path) in rotated::siblings(path)? {
            if let Some(time) = rotated::time_of(&end) {
                ours.push((time, path));
            } else if is_rotated_by_others(&end) {
                let modified = fs::metadata(&path)?.modified()?;
                others.push((DateTime::<Utc>::from(modified), path));
            }
        }
        ours.sort();
        // Earliest time at which a record in each of `ours` was written: the time of the previous rotation. `None` if
        // it isn't known, as for the oldest file, and for all files if other programs rotate too.
        let begins =
            if others.is_empty() { ours.iter().map(|(time, _)| Some(*time)).collect() } else { vec![] };
        let begins = [None].into_iter().chain(begins).chain(std::iter::repeat(None));
        // The time in a record can be `MAX_DURATION` earlier than the time at which the record was written.
        let mut relevant: Vec<_> = ours
            .into_iter()
            .zip(begins)
            .filter(|(_, begins)| !matches!((begins, self.until), (Some(begins), Some(until)) if *begins > until + MAX_DURATION + CLOCK_SLACK))
            .map(|(file, _)| file)
            .chain(others)
            .filter(|(ends, _)| self.since.is_none_or(|since| *ends + CLOCK_SLACK >= since))
            .filter(|(_, path)| {
                current.is_none() || fs::metadata(path).ok().and_then(|file| identity(&file)) != current
            })
            .collect();
        relevant.sort();
        Ok(relevant.into_iter().map(|(_, path)| path).collect())
    }

    /// Passes the matching records of one file to `visit`. Adds what can't be read to `summary`.
    fn read<E>(
        &self,
        file: File,
        path: PathBuf,
        summary: &mut QuerySummary,
        visit: &mut impl FnMut(&AuditRecord, &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut file = BufReader::with_capacity(1 << 18, file);
        let mut line = Vec::new();
        let mut broken = 0;
        loop {
            match next(&mut file, &mut line) {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    summary.unread.push((path.clone(), error.to_string()));
                    break;
                }
            }
            if line.is_empty() {
                continue;
            }
            let record = serde_json::from_slice::<AuditRecord>(&line).ok();
            match record.as_ref().and_then(|record| Some((record, self.matches(record)?))) {
                None => broken += 1,
                Some((record, true)) => visit(record, &line)?,
                Some((_, false)) => {}
            }
        }
        if broken > 0 {
            summary.broken.push((path, broken));
        }
        Ok(())
    }
}

/// Reads the next line into `line`, without its newline. Returns `false` at the end of the file. If a line is longer
/// than [`MAX_LINE`], keeps only its beginning, which isn't a valid record.
fn next(file: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<bool> {
    line.clear();
    if file.by_ref().take(MAX_LINE).read_until(b'\n', line)? == 0 {
        return Ok(false);
    }
    let is_cut = line.last() != Some(&b'\n');
    if is_cut && line.len() as u64 == MAX_LINE {
        let mut rest = Vec::new();
        while file.by_ref().take(MAX_LINE).read_until(b'\n', &mut rest)? > 0 && rest.last() != Some(&b'\n') {
            rest.clear();
        }
    }
    if !is_cut {
        line.pop();
    }
    Ok(true)
}

/// Returns `true` if `called` is the name `tool` itself, or the name of an older version of this tool.
fn is_name_of(called: &str, tool: &str) -> bool {
    let older = called.strip_prefix(tool).and_then(|end| end.strip_prefix("_v"));
    called == tool
        || older.is_some_and(|major| !major.is_empty() && major.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Returns `true` for endings that other programs give to rotated files, such as `.1`, `-20261114` and `.1.gz`.
fn is_rotated_by_others(end: &str) -> bool {
    let plain = COMPRESSED.iter().find_map(|extension| end.strip_suffix(extension)).unwrap_or(end);
    let number = |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    plain.strip_prefix('.').is_some_and(|digits| digits.len() <= 5 && number(digits))
        || plain.strip_prefix('-').is_some_and(|digits| digits.len() >= 8 && number(digits))
}

/// Endings of the names of compressed files.
const COMPRESSED: [&str; 4] = [".gz", ".xz", ".zst", ".bz2"];

fn is_compressed(path: &Path) -> bool {
    let name = path.as_os_str().to_string_lossy();
    COMPRESSED.iter().any(|extension| name.ends_with(extension))
}
