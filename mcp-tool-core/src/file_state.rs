//! State of a file, compared to detect changes.

use std::{io, path::Path, time::SystemTime};

use crate::{line_file::identity, regular_file::check_type};

/// State of a file. A different inode shows that another file replaced it, even with the same size and time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileState {
    /// `None` on systems without this time.
    modified: Option<SystemTime>,
    bytes: u64,
    /// Device and inode; `None` on systems other than Unix.
    identity: Option<(u64, u64)>,
}

impl FileState {
    /// Returns the current state of the file, or of the file to which a symbolic link leads.
    ///
    /// # Errors
    /// Not a regular file, or its state can't be read.
    pub fn of(path: &Path) -> io::Result<Self> {
        let metadata = std::fs::metadata(path)?;
        check_type(metadata.file_type())?;
        Ok(FileState {
            modified: metadata.modified().ok(),
            bytes: metadata.len(),
            identity: identity(&metadata),
        })
    }

    /// Size of the file, in bytes.
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs::{self, File};

    use super::*;

    #[test]
    fn replaced_file_of_the_same_size_and_time_has_another_state() {
        let folder = std::env::temp_dir().join(format!("mcp-tool-file-state-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let (file, other) = (folder.join("file"), folder.join("other"));
        let time = SystemTime::now();
        for path in [&file, &other] {
            fs::write(path, "text").unwrap();
            File::options().write(true).open(path).unwrap().set_modified(time).unwrap();
        }
        let before = FileState::of(&file).unwrap();
        fs::rename(&other, &file).unwrap();
        assert_ne!(FileState::of(&file).unwrap(), before);
        assert!(FileState::of(&folder).is_err());
        fs::remove_dir_all(&folder).unwrap();
    }
}
