//! Records in a file that was asked for, which is rotated before it grows too large.

use std::{
    fs::{File, Metadata, OpenOptions},
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
    path::PathBuf,
    time::{Duration, Instant},
};

use super::{Sink, rotated};

/// How long a file that couldn't be rotated grows before that is tried again.
const AGAIN: Duration = Duration::from_secs(60);
/// How long another server may take to rotate a file that both write.
const TURN: Duration = Duration::from_millis(250);

/// Lines appended to a file.
pub(crate) struct FileSink {
    path: PathBuf,
    /// Bytes that the file may have.
    max_size: u64,
    /// Rotated files that are kept; all of them, where it is 0.
    keep: usize,
    file: Option<File>,
    /// The file's last line has no end.
    torn: bool,
    /// When this file couldn't be rotated.
    stuck: Option<Instant>,
}

impl FileSink {
    pub(crate) fn new(path: PathBuf, max_size: u64, keep: usize) -> Self {
        FileSink { path, max_size, keep, file: None, torn: false, stuck: None }
    }

    /// Whether the open file is still the one of that path: a rotation moves it away, whoever makes it.
    fn is_in_place(&self) -> bool {
        #[cfg(unix)]
        if let Some(file) = &self.file {
            use std::os::unix::fs::MetadataExt as _;
            let place = |metadata: Metadata| (metadata.dev(), metadata.ino());
            return file.metadata().map(place).ok() == std::fs::metadata(&self.path).map(place).ok();
        }
        true
    }

    fn opened(&mut self) -> io::Result<&mut File> {
        if !self.is_in_place() {
            self.file = None;
        }
        if self.file.is_none() {
            let file = OpenOptions::new().append(true).create(true).open(&self.path)?;
            self.torn = file.metadata().is_ok_and(|metadata| is_torn(&self.path, &metadata));
            self.file = Some(file);
            self.stuck = None;
        }
        self.file.as_mut().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    /// The lines that the file still takes; none of them where it has to be rotated first.
    fn fitting<'l>(&self, length: u64, lines: &'l [u8]) -> &'l [u8] {
        let most = usize::try_from(self.max_size.saturating_sub(length)).unwrap_or(usize::MAX);
        let is_stuck = self.stuck.is_some_and(|since| since.elapsed() < AGAIN);
        if lines.len() <= most || is_stuck {
            return lines;
        }
        match whole(&lines[..most]) {
            // A line that is larger than files may be has one of its own.
            [] if length == 0 => lines.split_inclusive(|byte| *byte == b'\n').next().unwrap_or(lines),
            fitting => fitting,
        }
    }

    /// Moves the file away. Where that can't be done it grows on: records come before order.
    fn rotate(&mut self) {
        let Some(file) = &self.file else { return };
        // Another server may write the same file, and rotate it at this moment.
        let since = Instant::now();
        while matches!(file.try_lock(), Err(std::fs::TryLockError::WouldBlock)) && self.is_in_place() {
            if since.elapsed() > TURN {
                self.stuck = Some(Instant::now());
                return;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        if !self.is_in_place() {
            return;
        }
        let moved = rotated::unused(&self.path).and_then(|rotated| std::fs::rename(&self.path, rotated));
        if let Err(error) = moved {
            tracing::error!(file = %self.path.display(), %error, "the audit file can't be rotated, and grows on");
            // One that was never locked has nothing to give back.
            drop(file.unlock());
            self.stuck = Some(Instant::now());
            return;
        }
        // On a thread of its own: no record waits for a disk that writes out so much.
        let synced = self.file.take().map(|file| std::thread::Builder::new().spawn(move || file.sync_all()));
        if let Some(Err(error)) = synced {
            tracing::warn!(%error, "a rotated audit file is left to the system to write out");
        }
        if self.keep > 0
            && let Err(error) = rotated::keep(&self.path, self.keep)
        {
            tracing::error!(%error, "the oldest audit files can't be deleted");
        }
    }

    /// Appends lines, and takes those that were written whole.
    fn append(&mut self, part: &[u8], lines: &mut &[u8]) -> io::Result<()> {
        let Some(file) = &mut self.file else { return Err(io::ErrorKind::NotFound.into()) };
        // A line that a full disk or a crash cut off is ended first.
        if self.torn {
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
        let whole = whole(&part[..written]).len();
        self.torn = whole < written;
        *lines = &lines[whole..];
        failed.map_or(Ok(()), Err)
    }
}

impl Sink for FileSink {
    fn open(&mut self) -> io::Result<()> {
        self.opened().map(drop)
    }

    fn write(&mut self, lines: &mut &[u8]) -> io::Result<()> {
        while !lines.is_empty() {
            let metadata = self.opened()?.metadata()?;
            // A device or a pipe has no size, and no brothers.
            let part = if metadata.is_file() { self.fitting(metadata.len(), lines) } else { *lines };
            if part.is_empty() {
                self.rotate();
            } else if let Err(error) = self.append(part, lines) {
                self.file = None;
                return Err(error);
            }
        }
        Ok(())
    }

    fn is_required(&self) -> bool {
        true
    }
}

/// The lines that are whole.
fn whole(lines: &[u8]) -> &[u8] {
    let end = lines.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
    &lines[..end]
}

/// Whether a file's last line has no end, as after a crash. One that can't be read may: a blank line does no harm.
fn is_torn(path: &std::path::Path, metadata: &Metadata) -> bool {
    let last = || -> io::Result<u8> {
        let mut file = File::open(path)?;
        file.seek(SeekFrom::End(-1))?;
        let mut last = [0];
        file.read_exact(&mut last)?;
        Ok(last[0])
    };
    metadata.is_file() && metadata.len() > 0 && last().map_or(true, |last| last != b'\n')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(paths: &[&PathBuf]) -> Vec<u64> {
        paths.iter().map(|path| path.metadata().map_or(0, |metadata| metadata.len())).collect()
    }

    #[test]
    fn a_file_that_another_server_rotates_is_waited_for() {
        let Ok(room) = tempfile::tempdir() else { panic!("no directory") };
        let (path, moved) = (room.path().join("calls.jsonl"), room.path().join("moved.jsonl"));
        let mut sink = FileSink::new(path.clone(), 100, 0);
        let line = [&[b'x'; 90][..], b"\n"].concat();
        assert!(sink.write(&mut &*line).is_ok());
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
    fn a_file_that_somebody_else_holds_grows_on() {
        let Ok(room) = tempfile::tempdir() else { panic!("no directory") };
        let path = room.path().join("calls.jsonl");
        let mut sink = FileSink::new(path.clone(), 100, 0);
        let line = [&[b'x'; 90][..], b"\n"].concat();
        assert!(sink.write(&mut &*line).is_ok());
        let Ok(other) = File::open(&path) else { panic!("no file") };
        assert!(other.lock().is_ok());
        assert!(sink.write(&mut &*line).is_ok());
        // Waited for once, and then not for each line.
        let stuck = sink.stuck;
        for _ in 0..99 {
            assert!(sink.write(&mut &*line).is_ok());
        }
        assert!(stuck.is_some() && sink.stuck == stuck);
        assert_eq!(sizes(&[&path]), [91 * 101]);
    }
}
