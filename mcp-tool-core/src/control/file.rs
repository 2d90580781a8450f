//! Reading and writing of the control file. The commands `disable`, `enable` and `revoke` only append lines, each with
//! one write.

use std::{
    error::Error,
    fs::{File, OpenOptions},
    io::{self, Read as _, Write as _},
    path::Path,
};

use super::state::ControlState;
use crate::line_file::complete_lines;

/// Maximum size of the file in bytes. A file of this size has some hundred thousand entries, and can be applied within
/// a second.
const MAX_FILE: u64 = 16 << 20;

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
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
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
/// The file doesn't exist, can't be read or written, or would be too large; a line in the file is not an entry; or
/// `make_line` failed.
pub fn append(
    path: &Path,
    make_line: impl FnOnce(&ControlState) -> Result<Option<String>, String>,
) -> Result<bool, Box<dyn Error + Send + Sync>> {
    let mut file = OpenOptions::new().read(true).append(true).open(path)?;
    // The lock keeps other commands from appending at the same time. Closing the file releases the lock.
    file.lock()?;
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
    Ok(true)
}
