//! Watcher of the control file: a thread that checks the file five times a second and applies lines that were added.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Weak, atomic::Ordering},
    time::{Duration, Instant},
};

use mcp_tool_contract::digest::Digest;

use super::{
    SharedControls,
    file::{self, ControlFileError},
    state::ControlState,
};
use crate::{
    file_mode::mode,
    file_state::FileState,
    line_file::complete_lines,
    regular_file,
    watchdog::{self, StallDetector},
};

/// Time between two checks. Short enough to apply a change within a second, including the time to read the file.
const PERIOD: Duration = Duration::from_millis(200);
/// Time after which the log repeats an error that persists.
const REPEAT: Duration = Duration::from_secs(60);

/// Applies the file, and starts a thread that watches the file until `shared` is dropped.
///
/// # Errors
/// The file can't be created or applied, or the thread can't be started.
pub(super) fn start(path: &Path, shared: &Arc<SharedControls>) -> Result<(), ControlFileError> {
    file::create(path)?;
    let mut watcher =
        Watcher { path: path.to_owned(), seen: None, applied: AppliedLines::default(), error: None };
    if let Some(state) = watcher.check()? {
        shared.replace(state);
    }
    warn_of_permissions(path);
    let (watched, mut detector) = (Arc::downgrade(shared), StallDetector::default());
    watchdog::start("control watch", move || {
        watched.upgrade().map(|shared| shared.check_watcher(&mut detector)).is_some()
    })?;
    let shared = Arc::downgrade(shared);
    std::thread::Builder::new().name("control".into()).spawn(move || watcher.run(&shared))?;
    Ok(())
}

struct Watcher {
    path: PathBuf,
    /// The file's state just before the last read; `None` before the first read, or if the file could not be read.
    seen: Option<FileState>,
    applied: AppliedLines,
    /// The error that keeps the file from being applied, and the time at which this error was last logged.
    error: Option<(String, Instant)>,
}

/// Length in bytes and digest of the lines that are in effect.
#[derive(Debug, Default)]
struct AppliedLines {
    length: usize,
    /// `None` until the file is applied for the first time.
    digest: Option<Digest>,
}

impl Watcher {
    fn run(mut self, shared: &Weak<SharedControls>) {
        loop {
            std::thread::sleep(PERIOD);
            let Some(shared) = shared.upgrade() else { return };
            match self.check() {
                // The file may be unchanged. If it couldn't be applied before, it still can't.
                Ok(None) => self.repeat_error(),
                Ok(Some(state)) => {
                    self.clear_error();
                    tracing::warn!(in_effect = state.entries().count(), "the control file was applied");
                    shared.replace(state);
                }
                Err(error) => self.log_error(error.to_string()),
            }
            shared.is_stale.store(self.error.is_some(), Ordering::Release);
            shared.checks.fetch_add(1, Ordering::Release);
        }
    }

    /// Returns the state that the file describes if complete lines were added since the file was last applied, else
    /// `None`. The first check of a valid file always returns a state. Clears the current error if the file again has
    /// exactly the applied lines.
    ///
    /// # Errors
    /// The file can't be read, doesn't begin with the applied lines, or has a line that is not an entry. If the file
    /// could be read and doesn't change, the next check returns `None` instead of the same error.
    fn check(&mut self) -> Result<Option<ControlState>, ControlFileError> {
        let state = FileState::of(&self.path).inspect_err(|_| self.seen = None)?;
        if self.seen == Some(state) {
            return Ok(None);
        }
        let read = regular_file::read(&self.path)
            .map_err(ControlFileError::from)
            .and_then(|mut file| file::read(&mut file));
        let bytes = read.inspect_err(|_| self.seen = None)?;
        // The state is from before the read, so the next check notices a change during the read.
        self.seen = Some(state);
        let lines = complete_lines(&bytes);
        // The file must still begin with the applied lines, so that no revocation is lost.
        let beginning = lines.get(..self.applied.length).map(Digest::of_bytes);
        if self.applied.digest.is_some() && beginning != self.applied.digest {
            return Err(ControlFileError::Rewritten);
        }
        // No complete line was added. After an error, the file has its applied lines again.
        if self.applied.digest.is_some() && lines.len() == self.applied.length {
            self.clear_error();
            return Ok(None);
        }
        let state = file::fold(lines)?;
        self.applied = AppliedLines { length: lines.len(), digest: Some(Digest::of_bytes(lines)) };
        Ok(Some(state))
    }

    /// Logs the error that keeps the file from being applied, unless the same error was logged within [`REPEAT`].
    fn log_error(&mut self, error: String) {
        if self.error.as_ref().is_some_and(|(logged, at)| *logged == error && at.elapsed() < REPEAT) {
            return;
        }
        let file = self.path.display();
        tracing::error!(
            %file,
            error,
            "control file is unreadable or was modified: keeping the last known revocations"
        );
        self.error = Some((error, Instant::now()));
    }

    /// Logs the current error again, if there is one and its last log message is older than [`REPEAT`].
    fn repeat_error(&mut self) {
        if let Some((error, _)) = &self.error {
            self.log_error(error.clone());
        }
    }

    fn clear_error(&mut self) {
        if self.error.take().is_some() {
            tracing::warn!(file = %self.path.display(), "the control file can be applied again");
        }
    }
}

/// Logs a warning if users other than the owner may write the control file. Such users could enable what the operator
/// disabled.
fn warn_of_permissions(path: &Path) {
    let mode = std::fs::metadata(path).ok().as_ref().and_then(mode);
    if mode.is_some_and(|mode| mode & 0o022 != 0) {
        let file = path.display();
        tracing::warn!(%file, "users other than its owner may write the control file: run `chmod go-w` on it");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Entry that disables the tool `x`.
    const LINE: &str =
        "{\"time\":\"2026-11-14T09:30:00Z\",\"by\":\"a\",\"action\":\"disable\",\"tool\":\"x\"}\n";

    fn watcher(folder: &Path) -> Watcher {
        Watcher { path: folder.join("control"), seen: None, applied: AppliedLines::default(), error: None }
    }

    #[test]
    fn added_lines_are_applied_and_a_rewritten_or_invalid_file_is_refused() {
        let folder = std::env::temp_dir().join(uuid::Uuid::now_v7().to_string());
        std::fs::create_dir(&folder).unwrap();
        let mut watcher = watcher(&folder);
        let write = |text: &str| {
            // A new inode each time, since the clock may be too coarse to tell two writes apart.
            let new = folder.join("new");
            std::fs::write(&new, text).unwrap();
            std::fs::rename(new, folder.join("control")).unwrap();
        };
        let other = LINE.replace('x', "y");
        assert!(matches!(watcher.check(), Err(ControlFileError::Io(_))), "a missing file was accepted");
        write(LINE);
        assert!(watcher.check().unwrap().is_some_and(|state| state.is_tool_disabled("x")));
        assert!(watcher.check().unwrap().is_none(), "an unchanged file was applied again");
        write(&format!("{LINE}{{\"time\""));
        assert!(watcher.check().unwrap().is_none(), "an incomplete last line was applied");
        for rewritten in ["", &other, &format!("{other}{LINE}")] {
            write(rewritten);
            assert!(matches!(watcher.check(), Err(ControlFileError::Rewritten)), "accepted: {rewritten:?}");
        }
        write(&format!("{LINE}{other}nonsense\n"));
        assert!(matches!(watcher.check(), Err(ControlFileError::Malformed { line: 3, .. })));
        write(&format!("{LINE}{other}"));
        assert!(watcher.check().unwrap().is_some_and(|state| state.is_tool_disabled("y")));
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
