//! Permission bits of files and folders.

use std::fs::Metadata;

/// Returns the permission bits of a file or folder, such as `0o640`; `None` on systems other than Unix.
#[must_use]
pub fn mode(metadata: &Metadata) -> Option<u32> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        Some(metadata.mode() & 0o7777)
    }
    #[cfg(not(unix))]
    {
        let _: &Metadata = metadata;
        None
    }
}
