//! Client secrets and API keys of this server, each in a file. A changed file is read again.

use std::{
    fmt,
    io::{self, Read as _},
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use mcp_tool_contract::utf8;
use mcp_tool_core::{file_mode::mode, file_state::FileState, regular_file};

use crate::file_reader::FileReader;

/// Maximum size of a file with a secret, in bytes.
const MAX_SECRET: u64 = 16 * 1024;

/// File that contains one secret.
pub(crate) struct SecretFile {
    path: PathBuf,
    reader: FileReader<Secret>,
}

/// File that contains one secret, with the secret from the last successful read.
struct LastSecret {
    path: PathBuf,
    last: Mutex<Option<Secret>>,
}

/// Secret, with the state that its file had when the secret was read.
#[derive(Clone)]
pub(crate) struct Secret {
    text: Arc<str>,
    state: FileState,
}

impl Secret {
    /// Returns the text of the secret, to be put into a request.
    pub(crate) fn expose(&self) -> &str {
        &self.text
    }

    /// Returns `true` if the file had the same state when `self` and `other` were read. Then the texts are taken to be
    /// the same.
    pub(crate) fn is_same_as(&self, other: &Self) -> bool {
        self.state == other.state
    }
}

impl SecretFile {
    /// Reads the secret once, so that a wrong file is an error at the start. On Unix, logs a warning if every user of
    /// this machine can read the file.
    ///
    /// # Errors
    /// Not a regular file, or a file that can't be read, is longer than 16 KiB, or isn't one non-empty line of text.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let file = LastSecret { path: path.to_owned(), last: Mutex::new(None) };
        file.read()?;
        if is_readable_by_all(path) {
            tracing::warn!(file = %path.display(), "every user of this machine can read this secret: run chmod 600");
        }
        Ok(SecretFile { path: path.to_owned(), reader: FileReader::start(move || file.read())? })
    }

    /// Returns the current secret. Reads the file again only if its state has changed.
    ///
    /// # Errors
    /// The errors of [`open`](SecretFile::open), or reading takes longer than 2 s.
    pub(crate) async fn read(&self) -> io::Result<Secret> {
        self.reader.read().await
    }
}

impl LastSecret {
    fn read(&self) -> io::Result<Secret> {
        let state = FileState::of(&self.path)?;
        let mut last = mcp_tool_core::sync::lock(&self.last);
        if let Some(last) = last.as_ref().filter(|last| last.state == state) {
            return Ok(last.clone());
        }
        let read = Secret { text: read_text(&self.path, state.bytes())?.into(), state };
        *last = Some(read.clone());
        Ok(read)
    }
}

fn read_text(path: &Path, bytes: u64) -> io::Result<String> {
    let invalid = |reason: &str| io::Error::new(io::ErrorKind::InvalidData, reason.to_owned());
    if bytes > MAX_SECRET {
        return Err(invalid("a secret must have at most 16 KiB"));
    }
    let mut bytes = Vec::new();
    regular_file::read(path)?.take(MAX_SECRET).read_to_end(&mut bytes)?;
    // The error may be logged, because it doesn't contain the secret.
    let text = utf8::decode(bytes).map_err(|reason| invalid(&reason))?;
    let text = text.trim_end_matches(['\r', '\n']);
    match text.chars().any(char::is_control) || text.is_empty() {
        true => Err(invalid("a secret must be one line of text")),
        false => Ok(text.to_owned()),
    }
}

fn is_readable_by_all(path: &Path) -> bool {
    let mode = std::fs::metadata(path).ok().as_ref().and_then(mode);
    mode.is_some_and(|mode| mode & 0o004 != 0)
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
