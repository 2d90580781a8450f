//! The file is looked at five times a second, and its orders are swapped in when it has grown.

use std::{
    fs::{File, Metadata},
    path::{Path, PathBuf},
    sync::{Arc, Weak, atomic::Ordering},
    time::{Duration, Instant, SystemTime},
};

use mcp_tool_contract::digest::Digest;

use super::{
    Shared,
    file::{self, Unheeded},
    orders::Orders,
};

/// Between two looks. With reading and folding it stays well below the promised second.
const PERIOD: Duration = Duration::from_millis(200);
/// How often the log repeats that the file can't be heeded.
const REPEAT: Duration = Duration::from_secs(60);

/// Reads the file and watches it until nobody holds the orders any more.
///
/// # Errors
/// Where it can't be read, or no thread can be started.
pub(super) fn start(path: &Path, shared: &Arc<Shared>) -> Result<(), Unheeded> {
    file::make(path)?;
    let mut watch = Watch { path: path.to_owned(), seen: None, heeded: Heeded::default(), fault: None };
    if let Some(orders) = watch.news()? {
        shared.swap(orders);
    }
    warn_of_others(path);
    let shared = Arc::downgrade(shared);
    std::thread::Builder::new().name("control".into()).spawn(move || watch.watch(&shared))?;
    Ok(())
}

struct Watch {
    path: PathBuf,
    /// The file as it was when it was last read.
    seen: Option<Stamp>,
    heeded: Heeded,
    /// What is wrong with it, and when the log said so.
    fault: Option<(String, Instant)>,
}

/// How a change is noticed without reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    length: u64,
    modified: Option<SystemTime>,
    inode: u64,
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        #[cfg(unix)]
        let inode = std::os::unix::fs::MetadataExt::ino(metadata);
        #[cfg(not(unix))]
        let inode = 0;
        Stamp { length: metadata.len(), modified: metadata.modified().ok(), inode }
    }
}

/// The complete lines that are in force.
#[derive(Debug, Default)]
struct Heeded {
    length: usize,
    digest: Option<Digest>,
}

impl Watch {
    fn watch(mut self, shared: &Weak<Shared>) {
        loop {
            std::thread::sleep(PERIOD);
            let Some(shared) = shared.upgrade() else { return };
            match self.news() {
                Ok(None) => self.repeat(),
                Ok(Some(orders)) => {
                    self.mended();
                    tracing::warn!(in_force = orders.all().count(), "orders of the operator were taken");
                    shared.swap(orders);
                }
                Err(fault) => self.complain(fault.to_string()),
            }
            shared.deaf.store(self.fault.is_some(), Ordering::Release);
        }
    }

    /// The orders, if there are others than before.
    fn news(&mut self) -> Result<Option<Orders>, Unheeded> {
        let stamp = match std::fs::metadata(&self.path) {
            Ok(metadata) => Stamp::of(&metadata),
            Err(error) => {
                self.seen = None;
                return Err(error.into());
            }
        };
        if self.seen == Some(stamp) {
            return Ok(None);
        }
        let read = File::open(&self.path).map_err(Unheeded::from).and_then(|mut file| file::read(&mut file));
        let bytes = read.inspect_err(|_| self.seen = None)?;
        // Taken before the reading, so that a change during it is seen by the next look.
        self.seen = Some(stamp);
        let lines = file::complete(&bytes);
        // A revocation is never forgotten: what was heeded has to be there still.
        let begins = lines.get(..self.heeded.length).map(Digest::of_bytes);
        if self.heeded.digest.is_some() && begins != self.heeded.digest {
            return Err(Unheeded::Rewritten);
        }
        if self.heeded.digest.is_some() && lines.len() == self.heeded.length {
            self.mended();
            return Ok(None);
        }
        let orders = file::fold(lines)?;
        self.heeded = Heeded { length: lines.len(), digest: Some(Digest::of_bytes(lines)) };
        Ok(Some(orders))
    }

    fn complain(&mut self, fault: String) {
        if self.fault.as_ref().is_some_and(|(said, at)| *said == fault && at.elapsed() < REPEAT) {
            return;
        }
        let file = self.path.display();
        tracing::error!(%file, fault, "the control file can't be heeded: the orders before stay in force");
        self.fault = Some((fault, Instant::now()));
    }

    /// A fault that stays is said again.
    fn repeat(&mut self) {
        if let Some((fault, _)) = &self.fault {
            self.complain(fault.clone());
        }
    }

    fn mended(&mut self) {
        if self.fault.take().is_some() {
            tracing::warn!(file = %self.path.display(), "the control file is heeded again");
        }
    }
}

/// Whoever may write the file may switch on again what was switched off.
fn warn_of_others(path: &Path) {
    #[cfg(unix)]
    if let Ok(metadata) = std::fs::metadata(path)
        && std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o022 != 0
    {
        let file = path.display();
        tracing::warn!(%file, "others than its owner may write the control file: chmod go-w takes that away");
    }
    #[cfg(not(unix))]
    let _: &Path = path;
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str =
        "{\"time\":\"2026-11-14T09:30:00Z\",\"by\":\"a\",\"order\":\"disable\",\"tool\":\"x\"}\n";

    fn watch(folder: &Path) -> Watch {
        Watch { path: folder.join("orders"), seen: None, heeded: Heeded::default(), fault: None }
    }

    #[test]
    fn what_was_heeded_must_stay() {
        let folder = std::env::temp_dir().join(uuid::Uuid::now_v7().to_string());
        std::fs::create_dir(&folder).unwrap();
        let mut watch = watch(&folder);
        let write = |text: &str| {
            // Another inode each time, whatever the clock's steps are.
            let new = folder.join("new");
            std::fs::write(&new, text).unwrap();
            std::fs::rename(new, folder.join("orders")).unwrap();
        };
        let other = LINE.replace('x', "y");
        assert!(matches!(watch.news(), Err(Unheeded::Io(_))));
        write(LINE);
        assert!(watch.news().unwrap().is_some_and(|orders| orders.tool_is_off("x")));
        assert!(watch.news().unwrap().is_none(), "nothing changed");
        write(&format!("{LINE}{{\"time\""));
        assert!(watch.news().unwrap().is_none(), "its last line isn't complete");
        for rewritten in ["", &other, &format!("{other}{LINE}")] {
            write(rewritten);
            assert!(matches!(watch.news(), Err(Unheeded::Rewritten)), "{rewritten}");
        }
        write(&format!("{LINE}{other}nonsense\n"));
        assert!(matches!(watch.news(), Err(Unheeded::Malformed { line: 3, .. })));
        write(&format!("{LINE}{other}"));
        assert!(watch.news().unwrap().is_some_and(|orders| orders.tool_is_off("y")));
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
