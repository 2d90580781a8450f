//! The control file: lines that are only ever appended, each by one write.

use std::{
    error::Error,
    fs::{File, OpenOptions},
    io::{self, Read as _, Write as _},
    path::Path,
};

use super::orders::Orders;

/// Bytes of the file; some hundred thousand orders, which are read within the promised second.
const MAX_FILE: u64 = 16 << 20;

/// Why the file can't be heeded.
#[derive(Debug, thiserror::Error)]
pub enum Unheeded {
    /// It can't be read or written.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// One line is no order, and so none of them is taken.
    #[error("line {line}: {reason}; mend that line or take it out")]
    Malformed { line: usize, reason: String },
    /// It is larger than such a file may be.
    #[error("it is over {} MiB: begin another one with the orders that `revocations --format json` lists", MAX_FILE >> 20)]
    TooLarge,
    /// Orders that were in force aren't in it any more.
    #[error(
        "it doesn't begin with the orders that were read from it before: put them back, or restart the server"
    )]
    Rewritten,
}

/// All bytes of the file, the last line's too if it isn't complete.
pub fn read(file: &mut File) -> Result<Vec<u8>, Unheeded> {
    let mut bytes = Vec::new();
    file.take(MAX_FILE + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(Unheeded::TooLarge);
    }
    Ok(bytes)
}

/// The complete lines: one without its end is still being written.
pub fn complete(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
    &bytes[..end]
}

/// The orders of complete lines.
pub fn fold(lines: &[u8]) -> Result<Orders, Unheeded> {
    Orders::fold(lines).map_err(|(line, reason)| Unheeded::Malformed { line, reason })
}

/// Makes an empty file that nobody else may read, unless there is one.
///
/// # Errors
/// Where it can't be made.
pub(crate) fn make(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        Ok(_) | Err(_) => Ok(()),
    }
}

/// Appends the line that is made of what is in force, if one is; it is durable when this returns. A line that a
/// crash left without its end was never in force, and is cut off.
///
/// # Errors
/// Where the file isn't there, can't be written, or holds what is no order: servers wouldn't heed it.
pub fn append(
    path: &Path,
    line: impl FnOnce(&Orders) -> Result<Option<String>, String>,
) -> Result<bool, Box<dyn Error + Send + Sync>> {
    let mut file = OpenOptions::new().read(true).append(true).open(path)?;
    // Given back when the file is closed.
    file.lock()?;
    let bytes = read(&mut file)?;
    let whole = complete(&bytes);
    let Some(line) = line(&fold(whole)?)? else { return Ok(false) };
    let whole = whole.len() as u64;
    if whole + line.len() as u64 > MAX_FILE {
        return Err(Unheeded::TooLarge.into());
    }
    if whole < bytes.len() as u64 {
        file.set_len(whole)?;
    }
    // One write, so that a reader sees all of it or a line without its end.
    if file.write(line.as_bytes())? < line.len() {
        file.set_len(whole)?;
        return Err(io::Error::from(io::ErrorKind::StorageFull).into());
    }
    file.sync_all()?;
    Ok(true)
}
