//! Files to which processes append whole lines, such as the audit file and the control file.

use std::fs::Metadata;

/// Returns the complete lines. Leaves out a last line without a newline, which is still being written or was cut off by
/// a crash.
pub fn complete_lines(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
    &bytes[..end]
}

/// Returns device and inode of a file; `None` on systems other than Unix. They stay the same if the file is renamed,
/// and differ if another file replaces it at its path.
pub(crate) fn identity(metadata: &Metadata) -> Option<(u64, u64)> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        Some((metadata.dev(), metadata.ino()))
    }
    #[cfg(not(unix))]
    {
        let _ = metadata;
        None
    }
}
