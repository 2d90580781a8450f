//! Secrets in files, read again when the file changes.

use std::{
    fmt, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::SystemTime,
};

/// The longest secret, in bytes.
const MAX_SECRET: u64 = 16 * 1024;

/// A file that holds one secret.
pub(crate) struct SecretFile {
    path: PathBuf,
    last: Mutex<Option<Secret>>,
}

/// A secret as its file held it. Two are equal when the file wasn't touched between them.
#[derive(Clone)]
pub(crate) struct Secret {
    text: Arc<str>,
    stamp: Stamp,
}

/// By what a change of the file is seen. A file that is replaced, by a rename or a link, is another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    modified: SystemTime,
    bytes: u64,
    file: u64,
}

impl Secret {
    /// The bytes, for a request to whoever gave them out.
    pub(crate) fn expose(&self) -> &str {
        &self.text
    }

    pub(crate) fn is(&self, other: &Self) -> bool {
        self.stamp == other.stamp
    }
}

impl SecretFile {
    /// The secret of that file.
    ///
    /// # Errors
    /// Where it can't be read now.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let file = SecretFile { path: path.to_owned(), last: Mutex::new(None) };
        file.read()?;
        if is_readable_by_all(path) {
            tracing::warn!(file = %path.display(), "every user of this machine can read a secret: chmod 600");
        }
        Ok(file)
    }

    /// The secret as the file holds it now.
    pub(crate) fn read(&self) -> io::Result<Secret> {
        let stamp = stamp(&self.path)?;
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(last) = last.as_ref().filter(|last| last.stamp == stamp) {
            return Ok(last.clone());
        }
        let read = Secret { text: read(&self.path, stamp.bytes)?.into(), stamp };
        *last = Some(read.clone());
        Ok(read)
    }
}

fn read(path: &Path, bytes: u64) -> io::Result<String> {
    let wrong = |reason: &str| io::Error::new(io::ErrorKind::InvalidData, reason.to_owned());
    if bytes > MAX_SECRET {
        return Err(wrong("a secret has at most 16 KiB"));
    }
    // The error of `read_to_string` tells nothing of what was read.
    let text = std::fs::read_to_string(path)?;
    let text = text.trim_end_matches(['\r', '\n']);
    match text.chars().any(char::is_control) || text.is_empty() {
        true => Err(wrong("one line of text is wanted, and nothing else")),
        false => Ok(text.to_owned()),
    }
}

fn stamp(path: &Path) -> io::Result<Stamp> {
    let metadata = std::fs::metadata(path)?;
    if !metadata.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no file"));
    }
    #[cfg(unix)]
    let file = std::os::unix::fs::MetadataExt::ino(&metadata);
    #[cfg(not(unix))]
    let file = 0;
    Ok(Stamp { modified: metadata.modified()?, bytes: metadata.len(), file })
}

#[cfg(unix)]
fn is_readable_by_all(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o004 != 0)
}

#[cfg(not(unix))]
fn is_readable_by_all(_: &Path) -> bool {
    false
}

impl fmt::Debug for SecretFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a secret in {}", self.path.display())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a secret, not shown")
    }
}
