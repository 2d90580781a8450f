//! Who called what, when: records of a file and of those that were rotated away from it, read line by line.

use std::{
    fs::{self, File},
    io::{self, BufRead, BufReader, Read as _},
    path::{Path, PathBuf},
};

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;

use super::rotated;
use crate::call::caller::Caller;

/// Bytes of a line; no record is that long.
const MAX_LINE: u64 = 1 << 20;
/// How far a clock may have been put back between a record and the name of its file.
const SLACK: TimeDelta = TimeDelta::hours(1);
/// How long a call may have run before its record was written.
const LONGEST: TimeDelta = TimeDelta::days(1);

/// What is asked for; nothing is asked of what is absent.
#[derive(Clone, Debug, Default)]
pub struct Question {
    /// Calls that began then or later.
    pub since: Option<DateTime<Utc>>,
    /// Calls that began before.
    pub until: Option<DateTime<Utc>>,
    pub user: Option<String>,
    pub agent: Option<String>,
    pub tenant: Option<String>,
    pub tool: Option<String>,
    pub outcome: Option<String>,
}

/// A record, as far as questions go.
#[derive(Clone, Debug, Deserialize)]
pub struct Found {
    pub time: String,
    pub correlation_id: String,
    pub user: String,
    pub agent: Option<String>,
    pub tenant: Option<String>,
    pub tool: String,
    pub version: Option<String>,
    /// The parameter whose argument was completed: nothing was called.
    pub completes: Option<String>,
    pub outcome: String,
    pub reason: Option<String>,
}

/// Files that were read, and what couldn't be.
#[derive(Debug, Default)]
pub struct Reading {
    /// Lines that are no records, by file.
    pub broken: Vec<(PathBuf, u64)>,
    /// Files that couldn't be read, and why.
    pub unread: Vec<(PathBuf, String)>,
}

impl Question {
    /// Whether the record is asked for; nothing where its time is none.
    fn is_about(&self, found: &Found) -> Option<bool> {
        let time = DateTime::parse_from_rfc3339(&found.time).ok()?;
        let is = |wanted: &Option<String>, own: Option<&str>| {
            wanted.as_deref().is_none_or(|wanted| own == Some(wanted))
        };
        let agent = found.agent.as_deref();
        // The local user's agents are told by name and version.
        let label = agent.filter(|_| found.user == Caller::LOCAL).and_then(|agent| agent.split(' ').next());
        let about = self.since.is_none_or(|since| time >= since)
            && self.until.is_none_or(|until| time < until)
            && is(&self.user, Some(&found.user))
            && (is(&self.agent, agent) || is(&self.agent, label))
            && is(&self.tenant, found.tenant.as_deref())
            && self.tool.as_deref().is_none_or(|tool| is_of(&found.tool, tool))
            && is(&self.outcome, Some(&found.outcome));
        Some(about)
    }

    /// Gives the records that are asked for, and their lines, in the order in which they were written.
    ///
    /// # Errors
    /// Those of whoever takes them; a file that can't be read is told with the rest.
    pub fn ask<E>(
        &self,
        path: &Path,
        mut take: impl FnMut(&Found, &[u8]) -> Result<(), E>,
    ) -> Result<Reading, E> {
        let mut reading = Reading::default();
        // Opened before the others are listed: a rotation in between moves it among them, and loses none.
        let current = File::open(path);
        let own = current.as_ref().ok().and_then(|file| place(&file.metadata().ok()?));
        let rotated = self.rotated(path, own).unwrap_or_else(|error| {
            reading.unread.push((path.to_owned(), format!("its folder can't be read: {error}")));
            Vec::new()
        });
        let is_alone = rotated.is_empty();
        let rotated = rotated.into_iter().map(|path| (File::open(&path), path));
        for (file, path) in rotated.chain([(current, path.to_owned())]) {
            let is_missing = |error: &io::Error| error.kind() == io::ErrorKind::NotFound;
            match file {
                // It was rotated, and nothing was recorded since.
                Err(error) if is_missing(&error) && own.is_none() && !is_alone => {}
                Err(error) => reading.unread.push((path, error.to_string())),
                Ok(_) if is_packed(&path) => {
                    reading.unread.push((path, "it is packed: unpack it first".into()));
                }
                Ok(file) => self.read(file, path, &mut reading, &mut take)?,
            }
        }
        Ok(reading)
    }

    /// The rotated files that may have what is asked for, oldest first, but for the one that is current.
    fn rotated(&self, path: &Path, own: Option<(u64, u64)>) -> io::Result<Vec<PathBuf>> {
        let mut ours = Vec::new();
        let mut others = Vec::new();
        for (end, path) in rotated::brothers(path)? {
            if let Some(time) = rotated::time_of(&end) {
                ours.push((time, path));
            } else if is_of_others(&end) {
                let modified = fs::metadata(&path)?.modified()?;
                others.push((DateTime::<Utc>::from(modified), path));
            }
        }
        ours.sort();
        // Ours begin where the one before ends; where others rotate too, nothing is known of that.
        let begins =
            if others.is_empty() { ours.iter().map(|(time, _)| Some(*time)).collect() } else { vec![] };
        let begins = [None].into_iter().chain(begins).chain(std::iter::repeat(None));
        let mut wanted: Vec<_> = ours
            .into_iter()
            .zip(begins)
            .filter(|(_, begins)| !matches!((begins, self.until), (Some(begins), Some(until)) if *begins > until + LONGEST + SLACK))
            .map(|(file, _)| file)
            .chain(others)
            .filter(|(ends, _)| self.since.is_none_or(|since| *ends + SLACK >= since))
            .filter(|(_, path)| own.is_none() || fs::metadata(path).ok().and_then(|file| place(&file)) != own)
            .collect();
        wanted.sort();
        Ok(wanted.into_iter().map(|(_, path)| path).collect())
    }

    fn read<E>(
        &self,
        file: File,
        path: PathBuf,
        reading: &mut Reading,
        take: &mut impl FnMut(&Found, &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut file = BufReader::with_capacity(1 << 18, file);
        let mut line = Vec::new();
        let mut broken = 0;
        loop {
            match next(&mut file, &mut line) {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    reading.unread.push((path.clone(), error.to_string()));
                    break;
                }
            }
            if line.is_empty() {
                continue;
            }
            let found = serde_json::from_slice::<Found>(&line).ok();
            match found.as_ref().and_then(|found| Some((found, self.is_about(found)?))) {
                None => broken += 1,
                Some((found, true)) => take(found, &line)?,
                Some((_, false)) => {}
            }
        }
        if broken > 0 {
            reading.broken.push((path, broken));
        }
        Ok(())
    }
}

/// Reads the next line without its end; one that is too long is cut, and so is no record.
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

/// Whether a tool was called by this name, or by that of an older version.
fn is_of(called: &str, tool: &str) -> bool {
    let older = called.strip_prefix(tool).and_then(|end| end.strip_prefix("_v"));
    called == tool
        || older.is_some_and(|major| !major.is_empty() && major.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Whether another program rotates files to such names: `.1`, `-20261114`, and packed ones.
fn is_of_others(end: &str) -> bool {
    let plain = PACKED.iter().find_map(|packed| end.strip_suffix(packed)).unwrap_or(end);
    let number = |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    plain.strip_prefix('.').is_some_and(|digits| digits.len() <= 5 && number(digits))
        || plain.strip_prefix('-').is_some_and(|digits| digits.len() >= 8 && number(digits))
}

const PACKED: [&str; 4] = [".gz", ".xz", ".zst", ".bz2"];

fn is_packed(path: &Path) -> bool {
    let name = path.as_os_str().to_string_lossy();
    PACKED.iter().any(|packed| name.ends_with(packed))
}

#[cfg(unix)]
fn place(metadata: &fs::Metadata) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt as _;
    Some((metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn place(_: &fs::Metadata) -> Option<(u64, u64)> {
    None
}
