//! Lock file of one package, as it is now or at a git revision.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
    process::Command,
};

use mcp_tool_contract::{
    lock::{FILE, Lock},
    utf8,
};
use mcp_tool_core::tool::ToolEntry;

use super::error::ContractError;

/// Lock of a package, and the tools to compare with it.
#[derive(Debug)]
pub(super) struct LockFile {
    /// Path of the lock file, which needn't exist.
    pub(super) path: PathBuf,
    /// Path relative to the workspace's root, for reports.
    pub(super) name: String,
    /// Text of the file; `None` if the file doesn't exist or was read at a git revision.
    pub(super) text: Option<String>,
    /// Parsed text; empty if the file doesn't exist.
    pub(super) lock: Lock,
    /// Tools of the server that the package defines; empty if the file was read at a git revision.
    pub(super) tools: Vec<ToolEntry>,
}

impl LockFile {
    /// Reads the lock of a package. Without a file, the lock is empty. `tools` is empty: the caller fills it.
    pub(super) fn read(package: &Path, root: &Path) -> Result<Self, ContractError> {
        let path = package.join(FILE);
        let name = path.strip_prefix(root).unwrap_or(&path).display().to_string();
        let failed = |reason: String| ContractError::new(format!("{name}: {reason}"));
        let text = match fs::read(&path) {
            Ok(bytes) => Some(utf8::decode(bytes).map_err(failed)?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(failed(error.to_string())),
        };
        let lock = parse(&name, text.as_deref().unwrap_or_default())?;
        Ok(LockFile { path, name, text, lock, tools: Vec::new() })
    }

    /// Returns this package's lock at a git revision. If the revision doesn't contain the file, the lock is empty.
    pub(super) fn at(&self, revision: &str) -> Result<Lock, ContractError> {
        let folder = self.path.parent().unwrap_or(Path::new("."));
        check_revision(folder, revision)?;
        let listed = git(folder, revision, &["ls-tree", "--name-only", revision, "--", FILE])?;
        if listed.is_empty() {
            return Ok(Lock::default());
        }
        let text = git(folder, revision, &["show", &format!("{revision}:./{FILE}")])?;
        let name = format!("{} at {revision}", self.name);
        let text = utf8::decode(text).map_err(|reason| ContractError::new(format!("{name}: {reason}")))?;
        parse(&name, &text)
    }

    /// Replaces the lock file atomically.
    pub(super) fn write(&self, text: &str) -> Result<(), ContractError> {
        let temporary = self.path.with_extension(format!("lock.{}", std::process::id()));
        let written = File::create(&temporary).and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            fs::rename(&temporary, &self.path)
        });
        written.map_err(|error| {
            // An error of this removal isn't reported, because the earlier error explains the failure.
            drop(fs::remove_file(&temporary));
            ContractError::new(format!("{} can't be written: {error}", self.name))
        })
    }
}

fn parse(name: &str, text: &str) -> Result<Lock, ContractError> {
    Lock::parse(text).map_err(|error| {
        ContractError::new(format!(
            "{name} can't be read: {error} — correct it, or restore it from version control"
        ))
    })
}

/// Checks that `revision` names a git commit. Fails for text that git would read as an option.
pub(super) fn check_revision(folder: &Path, revision: &str) -> Result<(), ContractError> {
    let commit = format!("{revision}^{{commit}}");
    git(folder, revision, &["rev-parse", "--quiet", "--verify", "--end-of-options", &commit]).map(drop)
}

/// Runs git in `folder` and returns its standard output. `revision` is only for the error's text; `arguments` name the
/// revision too.
pub(super) fn git(folder: &Path, revision: &str, arguments: &[&str]) -> Result<Vec<u8>, ContractError> {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder).args(arguments);
    run(&mut command, &format!("the revision '{revision}' can't be read; in CI, fetch it before"))
}

/// Runs a command and returns its standard output. Errors begin with `failure`.
pub(super) fn run(command: &mut Command, failure: &str) -> Result<Vec<u8>, ContractError> {
    let output = command.output().map_err(|error| {
        let program = command.get_program().display();
        ContractError::new(format!("{failure}: {program}: {error}"))
    })?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    // Without text on stderr, the error is `failure` alone.
    let stderr = String::from_utf8_lossy(&output.stderr);
    Err(ContractError::new(format!("{failure}: {}", stderr.trim()).trim_end_matches(": ").to_owned()))
}
