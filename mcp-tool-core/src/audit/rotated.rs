//! Names of rotated audit files: `FILE` is renamed to `FILE.20261114T093000.123456Z`, with the time of the rotation.
//! The names of a file's rotated files sort by time.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::SystemTime,
};

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};

/// Format of the time in a name, for chrono.
const STAMP: &str = "%Y%m%dT%H%M%S%.6fZ";
/// Length of the time in a name, such as `20261114T093000.123456Z`, in bytes.
const STAMP_LENGTH: usize = 23;

/// Returns the name that the file `path` gets if it is rotated now. No file has this name yet.
///
/// # Errors
/// The folder can't be accessed.
pub(crate) fn unused(path: &Path) -> io::Result<PathBuf> {
    let mut time = DateTime::<Utc>::from(SystemTime::now());
    loop {
        let rotated = with_ending(path, &format!(".{}", time.format(STAMP)));
        if !rotated.try_exists()? {
            return Ok(rotated);
        }
        time += TimeDelta::microseconds(1);
    }
}

fn with_ending(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

/// Returns the files in the folder of `path` whose names are the name of `path` followed by an ending. Each has its
/// ending and its path; the order is unspecified. Names that aren't UTF-8 are left out.
///
/// # Errors
/// The folder can't be read.
pub(crate) fn siblings(path: &Path) -> io::Result<Vec<(String, PathBuf)>> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let Some(file_name) = path.file_name().and_then(|name| name.to_str()) else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let end = name.to_str().and_then(|name| name.strip_prefix(file_name));
        if let Some(end) = end.filter(|end| !end.is_empty()) {
            found.push((end.to_owned(), entry.path()));
        }
    }
    Ok(found)
}

/// Parses the time of a rotation from `end`, the ending that follows `FILE` in a file's name. `None` if the ending
/// doesn't have the form that this program writes.
pub(crate) fn time_of(end: &str) -> Option<DateTime<Utc>> {
    let stamp = end.strip_prefix('.').filter(|stamp| stamp.len() == STAMP_LENGTH)?;
    let time = NaiveDateTime::parse_from_str(stamp, STAMP).ok()?.and_utc();
    // chrono also parses spaces and signs.
    (time.format(STAMP).to_string() == stamp).then_some(time)
}

/// Deletes the files that this program rotated from `path`, except for the `count` newest. Files with other endings,
/// such as those of logrotate, are never deleted.
///
/// # Errors
/// The folder can't be read, or a file can't be deleted.
pub(crate) fn keep_newest(path: &Path, count: usize) -> io::Result<()> {
    let siblings = siblings(path)?.into_iter();
    let mut ours: Vec<_> = siblings.filter_map(|(end, path)| Some((time_of(&end)?, path))).collect();
    ours.sort();
    let surplus = ours.len().saturating_sub(count);
    for (_, oldest) in ours.into_iter().take(surplus) {
        fs::remove_file(&oldest)?;
        tracing::info!(file = %oldest.display(), "the oldest audit records were deleted, as audit.keep says");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_of_a_rotated_file_contains_the_time_of_its_rotation() {
        let rotated = unused(Path::new("calls.jsonl")).unwrap();
        let end = rotated.to_str().unwrap().strip_prefix("calls.jsonl").unwrap();
        let time = SystemTime::from(time_of(end).unwrap());
        assert!(time <= SystemTime::now() && time.elapsed().unwrap().as_secs() < 60, "{end}");
        let good = ".20261114T093000.123456Z";
        assert_eq!(time_of(good).unwrap().to_rfc3339(), "2026-11-14T09:30:00.123456+00:00");
        for other in
            ["", ".1", ".20261114", ".20261114T093000.12345Z", ".+0261114T093000.123456Z", &good[1..]]
        {
            assert_eq!(time_of(other), None, "{other}");
        }
    }
}
