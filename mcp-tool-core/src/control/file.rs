//! Reading and writing of the control file. The commands `disable`, `enable` and `revoke` only append lines, each with
//! one write.

use std::{
    error::Error,
    fs::{File, OpenOptions, TryLockError},
    io::{self, Read as _, Write as _},
    path::Path,
    time::{Duration, Instant},
};

use super::state::ControlState;
use crate::{line_file::complete_lines, regular_file};

/// Maximum size of the file in bytes. A file of this size has some hundred thousand entries, and can be applied within
/// a second.
const MAX_FILE: u64 = 16 << 20;

/// Maximum time for which a command waits while another process holds the lock of the file.
const LOCK_TIMEOUT: Duration = Duration::from_secs(5);

/// Reason why a control file can't be read, written or applied.
#[derive(Debug, thiserror::Error)]
pub enum ControlFileError {
    /// The file can't be read or written.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// A line is not an entry. No line of the file is applied then.
    #[error("line {line}: {reason}; correct or remove that line")]
    Malformed {
        /// Number of the line, from 1.
        line: usize,
        /// Description of what is wrong.
        reason: String,
    },
    /// The file is larger than 16 MiB.
    #[error(
        "it is larger than {} MiB: start a new file with the lines that `revocations --format json` prints",
        MAX_FILE >> 20
    )]
    TooLarge,
    /// The file doesn't begin with the lines that this server applied before.
    #[error(
        "it doesn't begin with the lines that were read from it before: restore them, or restart the server"
    )]
    Rewritten,
    /// Another process holds the lock of the file.
    #[error("another process has locked it for {} s: end that process, and try again", LOCK_TIMEOUT.as_secs())]
    Locked,
    /// A line was written, but the file at the path doesn't contain it.
    #[error(
        "the line was written, but can't be read back, so servers don't apply it: check that the path still leads to the \
         same file, and try again"
    )]
    NotReadBack,
}

/// Reads the whole file, including an incomplete last line.
///
/// # Errors
/// The file can't be read, or is larger than 16 MiB.
pub fn read(file: &mut File) -> Result<Vec<u8>, ControlFileError> {
    let mut bytes = Vec::new();
    file.take(MAX_FILE + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(ControlFileError::TooLarge);
    }
    Ok(bytes)
}

/// Applies the entries in `lines` in order, and returns the resulting state.
///
/// # Errors
/// A line is not an entry.
pub fn fold(lines: &[u8]) -> Result<ControlState, ControlFileError> {
    ControlState::fold(lines).map_err(|(line, reason)| ControlFileError::Malformed { line, reason })
}

/// Creates an empty file, unless the file exists. On Unix, only the owner may access the new file.
///
/// # Errors
/// The file can't be created.
pub(super) fn create(path: &Path) -> io::Result<()> {
    if path.try_exists()? {
        return Ok(());
    }
    match regular_file::open(path, OpenOptions::new().write(true).create_new(true)) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        Ok(_) | Err(_) => Ok(()),
    }
}

/// Passes the current state to the function `make_line`, and appends the text that the function returns: one line with
/// its newline. If `append` returns `true`, the line is on disk. If the function returns `None`, appends nothing and
/// returns `false`. Before appending, removes an incomplete last line, as after a crash; no server ever applied such a
/// line.
///
/// # Errors
/// - The file doesn't exist, isn't a regular file, can't be read or written, stays locked by another process, or would
///   be too large.
/// - A line in the file is not an entry.
/// - The new line can't be read back.
/// - `make_line` failed.
pub fn append(
    path: &Path,
    make_line: impl FnOnce(&ControlState) -> Result<Option<String>, String>,
) -> Result<bool, Box<dyn Error + Send + Sync>> {
    let mut file = regular_file::open(path, OpenOptions::new().read(true).append(true))?;
    // The lock keeps other commands from appending at the same time. Closing the file releases the lock.
    lock(&file)?;
    let bytes = read(&mut file)?;
    let lines = complete_lines(&bytes);
    let Some(line) = make_line(&fold(lines)?)? else { return Ok(false) };
    let length = lines.len() as u64;
    if length + line.len() as u64 > MAX_FILE {
        return Err(ControlFileError::TooLarge.into());
    }
    if length < bytes.len() as u64 {
        file.set_len(length)?;
    }
    // The line is written at once, so a server reads the whole line, or a part without a newline, which servers ignore.
    // A short write is most likely caused by a full disk.
    if file.write(line.as_bytes())? < line.len() {
        file.set_len(length)?;
        return Err(io::Error::from(io::ErrorKind::StorageFull).into());
    }
    file.sync_all()?;
    // Servers read the file by its path, which may lead to another file by now.
    let read_back = read(&mut regular_file::read(path)?)?;
    if !read_back.strip_prefix(lines).is_some_and(|rest| rest.starts_with(line.as_bytes())) {
        return Err(ControlFileError::NotReadBack.into());
    }
    Ok(true)
}

/// Locks the file, and waits at most [`LOCK_TIMEOUT`] for another process that holds the lock.
fn lock(file: &File) -> Result<(), ControlFileError> {
    let since = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::Error(error)) => return Err(error.into()),
            Err(TryLockError::WouldBlock) if since.elapsed() > LOCK_TIMEOUT => {
                return Err(ControlFileError::Locked);
            }
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(10)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str =
        "{\"time\":\"2026-11-14T09:30:00Z\",\"by\":\"a\",\"action\":\"disable\",\"tool\":\"x\"}\n";

    #[test]
    fn line_in_a_file_that_was_replaced_meanwhile_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("control");
        std::fs::write(&path, "").unwrap();
        let replaced = append(&path, |_| {
            // A deployment that renames files replaces it like this, after the command has opened the old file.
            std::fs::rename(&path, folder.path().join("old"))
                .and_then(|()| std::fs::write(&path, ""))
                .unwrap();
            Ok(Some(LINE.to_owned()))
        });
        let error = replaced.unwrap_err().to_string();
        assert!(error.contains("can't be read back"), "{error}");
        assert!(append(&path, |_| Ok(Some(LINE.to_owned()))).unwrap());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), LINE);
    }

    #[test]
    fn file_that_another_process_keeps_locked_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("control");
        std::fs::write(&path, "").unwrap();
        let other = File::open(&path).unwrap();
        other.lock().unwrap();
        let error = append(&path, |_| Ok(Some(LINE.to_owned()))).unwrap_err().to_string();
        assert!(error.contains("another process has locked it"), "{error}");
    }
}
