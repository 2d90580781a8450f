//! Opens the files that a server reads and writes while it runs. Only regular files are opened, because opening a
//! pipe or a device can wait for another process, and a server must never wait for one.

use std::{
    fs::{self, File, FileType, OpenOptions},
    io,
    path::Path,
};

/// Opens a file for reading.
///
/// # Errors
/// The file can't be opened, or isn't a regular file.
pub fn read(path: &Path) -> io::Result<File> {
    open(path, OpenOptions::new().read(true))
}

/// Opens a file with these options. A file that is created is accessible only to its owner on Unix.
///
/// # Errors
/// The file can't be opened, or isn't a regular file.
pub fn open(path: &Path, options: &OpenOptions) -> io::Result<File> {
    // Opening a device may have an effect, so the type is checked first. It is checked again after opening, because
    // another process may have replaced the file in between.
    if let Ok(metadata) = fs::metadata(path) {
        check_type(metadata.file_type())?;
    }
    let mut options = options.clone();
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        let flags = rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOCTTY;
        options.mode(0o600).custom_flags(flags.bits().cast_signed());
    }
    let file = options.open(path)?;
    check_type(file.metadata()?.file_type())?;
    Ok(file)
}

/// Returns an error that names the type of the file, unless the file is a regular file.
pub(crate) fn check_type(file_type: FileType) -> io::Result<()> {
    if file_type.is_file() {
        return Ok(());
    }
    let found = kind(file_type);
    Err(io::Error::new(io::ErrorKind::InvalidInput, format!("must be a regular file, and is {found}")))
}

fn kind(file_type: FileType) -> &'static str {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt as _;
        if file_type.is_fifo() {
            return "a pipe";
        }
        if file_type.is_socket() {
            return "a socket";
        }
        if file_type.is_char_device() || file_type.is_block_device() {
            return "a device";
        }
    }
    if file_type.is_dir() { "a folder" } else { "something else" }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn pipe_device_and_folder_are_refused_without_waiting() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        let path = |path: &Path| path.as_os_str().to_owned();
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        for (file, expected) in [
            (path(&pipe), "is a pipe"),
            (path(folder.path()), "is a folder"),
            (path(Path::new("/dev/null")), "is a device"),
        ] {
            let appended = open(Path::new(&file), OpenOptions::new().append(true).create(true));
            for opened in [read(Path::new(&file)), appended] {
                let error = opened.unwrap_err().to_string();
                assert!(error.contains("must be a regular file") && error.contains(expected), "{error}");
            }
        }
    }

    #[test]
    fn created_file_is_private_to_its_owner() {
        let folder = tempfile::tempdir().unwrap();
        let file = open(&folder.path().join("new"), OpenOptions::new().append(true).create(true)).unwrap();
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
}
