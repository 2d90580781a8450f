//! The audit file (`audit.file`). The file is rotated before it would exceed its maximum size (`audit.max_size`).

use std::{
    fs::{File, Metadata, OpenOptions},
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use super::{Sink, rotated};
use crate::{
    line_file::{complete_lines, identity},
    regular_file,
};

/// Time after which a failed rotation is tried again. Until then, the file may exceed its maximum size.
const ROTATION_RETRY: Duration = Duration::from_secs(60);
/// Maximum time to wait while another server rotates the same file.
const ROTATION_TIMEOUT: Duration = Duration::from_millis(250);

/// Sink that appends records to the audit file, and rotates the file.
pub(crate) struct FileSink {
    path: PathBuf,
    /// Maximum size of the file, in bytes.
    max_size: u64,
    /// Number of rotated files to keep; 0 keeps all.
    keep: usize,
    file: Option<File>,
    /// The file's last line has no newline.
    lacks_newline: bool,
    /// Time of the last failed rotation of the open file; `None` if no rotation of it has failed.
    rotation_failed_at: Option<Instant>,
}

impl FileSink {
    pub(crate) fn new(path: PathBuf, max_size: u64, keep: usize) -> Self {
        FileSink { path, max_size, keep, file: None, lacks_newline: false, rotation_failed_at: None }
    }

    /// Checks at the start of a server that `path` can name an audit file. A file that doesn't exist or can't be opened
    /// isn't an error, because the writer tries again.
    ///
    /// # Errors
    /// The path names something other than a regular file, such as a device or a pipe.
    pub(crate) fn check_path(path: &Path) -> Result<(), String> {
        let refused = |reason: &str| {
            Err(format!(
                "{}: {reason}: name a file in a folder of the server's own, or leave audit.file unset to write the \
                 records to stderr",
                path.display()
            ))
        };
        // `/dev/stdout` is a regular file if stdout is redirected to one. Rotation would rename that file.
        if ["/dev", "/proc", "/sys"].iter().any(|folder| path.starts_with(folder))
            && !path.starts_with("/dev/shm")
        {
            return refused("must be a regular file, not one of the operating system");
        }
        match regular_file::read(path) {
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => refused(&error.to_string()),
            Ok(_) | Err(_) => Ok(()),
        }
    }

    /// Returns `false` if `path` no longer names the open file, because another process rotated it. Returns `true` if
    /// no file is open, and always on systems other than Unix.
    fn is_in_place(&self) -> bool {
        let Some(file) = &self.file else { return true };
        let identity_of = |metadata: io::Result<Metadata>| identity(&metadata.ok()?);
        // `identity` is device and inode, which only Unix has.
        cfg!(not(unix)) || identity_of(file.metadata()) == identity_of(std::fs::metadata(&self.path))
    }

    /// Returns the open file. If no file is open, or another process renamed the open file, opens the file at `path`.
    fn current_file(&mut self) -> io::Result<&mut File> {
        if !self.is_in_place() {
            self.file = None;
        }
        if self.file.is_none() {
            let file = regular_file::open(&self.path, OpenOptions::new().append(true).create(true))?;
            self.lacks_newline = file.metadata().is_ok_and(|metadata| is_torn(&self.path, &metadata));
            self.file = Some(file);
            self.rotation_failed_at = None;
        }
        self.file.as_mut().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    /// Returns the part at the front of `lines` that may be appended to the file, whose size is `length` bytes. Empty
    /// if the file has to be rotated first. For [`ROTATION_RETRY`] after a failed rotation, returns all lines.
    fn fitting<'l>(&self, length: u64, lines: &'l [u8]) -> &'l [u8] {
        let free = usize::try_from(self.max_size.saturating_sub(length)).unwrap_or(usize::MAX);
        let is_stuck = self.rotation_failed_at.is_some_and(|since| since.elapsed() < ROTATION_RETRY);
        if lines.len() <= free || is_stuck {
            return lines;
        }
        match complete_lines(&lines[..free]) {
            // A line larger than the maximum gets a file of its own.
            [] if length == 0 => lines.split_inclusive(|byte| *byte == b'\n').next().unwrap_or(lines),
            fitting => fitting,
        }
    }

    /// Renames the file, so that the next write creates a new file. If renaming fails, the file may exceed its maximum
    /// size, because no record may be lost.
    fn rotate(&mut self) {
        let Some(file) = &self.file else { return };
        // Another server that writes the same file may be rotating it. That server holds the file's lock
        // until it has renamed the file.
        let since = Instant::now();
        while matches!(file.try_lock(), Err(std::fs::TryLockError::WouldBlock)) && self.is_in_place() {
            if since.elapsed() > ROTATION_TIMEOUT {
                self.rotation_failed_at = Some(Instant::now());
                return;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        if !self.is_in_place() {
            return;
        }
        let moved = rotated::unused(&self.path).and_then(|rotated| std::fs::rename(&self.path, rotated));
        if let Err(error) = moved {
            tracing::error!(file = %self.path.display(), %error, "the audit file can't be rotated and keeps growing");
            // Fails only if the file isn't locked.
            drop(file.unlock());
            self.rotation_failed_at = Some(Instant::now());
            return;
        }
        // Synced in a thread, so that no record waits for the disk.
        let synced = self.file.take().map(|file| std::thread::Builder::new().spawn(move || file.sync_all()));
        if let Some(Err(error)) = synced {
            tracing::warn!(%error, "a rotated audit file can't be synced: no thread could be started");
        }
        if self.keep > 0
            && let Err(error) = rotated::keep_newest(&self.path, self.keep)
        {
            tracing::error!(%error, "the oldest audit files can't be deleted");
        }
    }

    /// Appends `part`, the front of `lines`. Removes from `lines` each line that was written completely.
    fn append(&mut self, part: &[u8], lines: &mut &[u8]) -> io::Result<()> {
        let Some(file) = &mut self.file else { return Err(io::ErrorKind::NotFound.into()) };
        // Ends a line that a full disk or a crash cut off.
        if self.lacks_newline {
            file.write_all(b"\n")?;
        }
        let (mut written, mut failed) = (0, None);
        while written < part.len() && failed.is_none() {
            match file.write(&part[written..]) {
                Ok(0) => failed = Some(io::ErrorKind::WriteZero.into()),
                Ok(bytes) => written += bytes,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => failed = Some(error),
            }
        }
        let complete = complete_lines(&part[..written]).len();
        self.lacks_newline = complete < written;
        *lines = &lines[complete..];
        failed.map_or(Ok(()), Err)
    }
}

impl Sink for FileSink {
    fn open(&mut self) -> io::Result<()> {
        self.current_file().map(drop)
    }

    fn write(&mut self, lines: &mut &[u8]) -> io::Result<()> {
        while !lines.is_empty() {
            let length = self.current_file()?.metadata()?.len();
            let part = self.fitting(length, lines);
            if part.is_empty() {
                self.rotate();
            } else if let Err(error) = self.append(part, lines) {
                self.file = None;
                return Err(error);
            }
        }
        Ok(())
    }

    /// Returns `true`: the server refuses calls rather than run them without a record in the file.
    fn is_required(&self) -> bool {
        true
    }
}

/// Returns `true` if the file's last line has no newline, as after a crash. Also returns `true` if the file can't be
/// read: the newline that is then added makes at most an empty line, which a search ignores.
fn is_torn(path: &Path, metadata: &Metadata) -> bool {
    let last = || -> io::Result<u8> {
        let mut file = regular_file::read(path)?;
        file.seek(SeekFrom::End(-1))?;
        let mut last = [0];
        file.read_exact(&mut last)?;
        Ok(last[0])
    };
    metadata.len() > 0 && last().map_or(true, |last| last != b'\n')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(paths: &[&PathBuf]) -> Vec<u64> {
        paths.iter().map(|path| path.metadata().map_or(0, |metadata| metadata.len())).collect()
    }

    #[test]
    fn writer_waits_for_a_rotation_by_another_server() {
        let Ok(folder) = tempfile::tempdir() else { panic!("no directory") };
        let (path, moved) = (folder.path().join("calls.jsonl"), folder.path().join("moved.jsonl"));
        // The file has room for one line of 91 bytes: a second line requires a rotation.
        let mut sink = FileSink::new(path.clone(), 100, 0);
        let line = [&[b'x'; 90][..], b"\n"].concat();
        assert!(sink.write(&mut &*line).is_ok());
        // The other server locks the file, and renames it 50 ms later.
        let Ok(other) = File::open(&path) else { panic!("no file") };
        assert!(other.lock().is_ok());
        let rotating = std::thread::spawn({
            let (path, moved) = (path.clone(), moved.clone());
            move || {
                std::thread::sleep(Duration::from_millis(50));
                std::fs::rename(path, moved).map(|()| other)
            }
        });
        assert!(sink.write(&mut &*line).is_ok());
        assert_eq!(sizes(&[&path, &moved]), [91, 91]);
        assert!(rotating.join().is_ok_and(|moved| moved.is_ok()));
    }

    #[test]
    fn file_that_another_process_keeps_locked_is_not_rotated() {
        let Ok(folder) = tempfile::tempdir() else { panic!("no directory") };
        let path = folder.path().join("calls.jsonl");
        // The file has room for one line of 91 bytes: a second line requires a rotation.
        let mut sink = FileSink::new(path.clone(), 100, 0);
        let line = [&[b'x'; 90][..], b"\n"].concat();
        assert!(sink.write(&mut &*line).is_ok());
        let Ok(other) = File::open(&path) else { panic!("no file") };
        assert!(other.lock().is_ok());
        assert!(sink.write(&mut &*line).is_ok());
        // The last write waited for the lock in vain. Until `ROTATION_RETRY`, further writes don't try to rotate.
        let first_failure = sink.rotation_failed_at;
        for _ in 0..99 {
            assert!(sink.write(&mut &*line).is_ok());
        }
        assert!(first_failure.is_some() && sink.rotation_failed_at == first_failure);
        assert_eq!(sizes(&[&path]), [91 * 101]);
    }
}
