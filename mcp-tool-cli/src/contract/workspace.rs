//! Finds the locks of the cargo workspace that a command runs in. Each lock is a file `mcp-tools.lock` next to the
//! `Cargo.toml` of its package.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    process::Command,
    time::SystemTime,
};

use mcp_tool_contract::lock::{FILE, Lock};
use mcp_tool_core::tool::ToolEntry;
use serde::Deserialize;

use super::{
    error::ContractError,
    lock_file::{LockFile, check_revision, git, run},
};

/// Root folder of a cargo workspace, and the folders of its packages.
#[derive(Debug)]
pub(super) struct Workspace {
    root: PathBuf,
    packages: Vec<PathBuf>,
}

impl Workspace {
    /// Asks cargo for the workspace of the current folder.
    pub(super) fn current() -> Result<Self, ContractError> {
        #[derive(Deserialize)]
        struct CargoMetadata {
            workspace_root: PathBuf,
            packages: Vec<CargoPackage>,
        }
        #[derive(Deserialize)]
        struct CargoPackage {
            manifest_path: PathBuf,
        }
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(cargo);
        command.args(["metadata", "--no-deps", "--offline", "--format-version", "1"]);
        let text =
            run(&mut command, "the workspace can't be read: run this inside it, with cargo installed")?;
        let metadata: CargoMetadata = serde_json::from_slice(&text)
            .map_err(|error| ContractError::new(format!("cargo metadata can't be read: {error}")))?;
        let packages = metadata.packages.iter();
        let packages = packages.filter_map(|package| package.manifest_path.parent().map(Path::to_owned));
        Ok(Workspace { root: metadata.workspace_root, packages: packages.collect() })
    }

    /// Returns the locks, sorted by path, of all packages that have a lock or define one of these tools. Each has the
    /// tools that its package defines. Also returns the foreign tools, which no package of the workspace defines.
    pub(super) fn lock_files(
        &self,
        tools: &[ToolEntry],
    ) -> Result<(Vec<LockFile>, Vec<ToolEntry>), ContractError> {
        let mut files: Vec<LockFile> = Vec::new();
        let mut foreign = Vec::new();
        // A package that no longer defines tools may still have a lock with promised versions.
        for package in self.packages.iter().filter(|package| package.join(FILE).is_file()) {
            files.push(LockFile::read(package, &self.root)?);
        }
        for tool in tools {
            let Some(package) = self.package_of(tool.source.file)? else {
                foreign.push(*tool);
                continue;
            };
            let path = package.join(FILE);
            match files.iter_mut().find(|file| file.path == path) {
                Some(file) => file.tools.push(*tool),
                None => {
                    files.push(LockFile { tools: vec![*tool], ..LockFile::read(package, &self.root)? });
                }
            }
        }
        files.sort_by(|left, right| left.path.cmp(&right.path));
        Ok((files, foreign))
    }

    /// Returns the folder of a source file's package; `None` if the file is outside of the workspace. `file` is the
    /// path that cargo passed to the compiler: relative to the workspace's root for files below it, else absolute.
    fn package_of(&self, file: &str) -> Result<Option<&PathBuf>, ContractError> {
        let found = match fs::canonicalize(self.root.join(file)) {
            Ok(found) => found,
            // The source file of a dependency may be absent, if the server was built on another machine.
            Err(_) if Path::new(file).is_absolute() => return Ok(None),
            Err(error) => {
                return Err(ContractError::new(format!(
                    "{file} isn't in the workspace {}: run this in the workspace that the server was built in ({error})",
                    self.root.display()
                )));
            }
        };
        let folder = found.ancestors().skip(1).find(|folder| folder.join("Cargo.toml").is_file());
        let is_package = |package: &&PathBuf| fs::canonicalize(package).ok().as_deref() == folder;
        Ok(self.packages.iter().find(is_package))
    }

    /// Returns all locks of the workspace at a git revision, without texts and tools.
    pub(super) fn lock_files_at(&self, revision: &str) -> Result<Vec<LockFile>, ContractError> {
        check_revision(&self.root, revision)?;
        let listed = git(&self.root, revision, &["ls-tree", "-r", "-z", "--name-only", revision])?;
        let listed = String::from_utf8_lossy(&listed).into_owned();
        let is_lock = |path: &&str| Path::new(path).file_name().is_some_and(|name| name == FILE);
        let mut files = Vec::new();
        for path in listed.split('\0').filter(is_lock) {
            let text = git(&self.root, revision, &["show", &format!("{revision}:./{path}")])?;
            // A file with the name of a lock may be test data. It isn't a lock if it can't be parsed.
            let Ok(lock) = Lock::parse(&String::from_utf8_lossy(&text)) else { continue };
            let (path, name) = (self.root.join(path), path.to_owned());
            files.push(LockFile { path, name, text: None, lock, tools: Vec::new() });
        }
        Ok(files)
    }

    /// Sets the modification time of these tools' source files to now, so that cargo compiles the files again. Cargo
    /// doesn't watch a lock that didn't exist when the files were last compiled.
    pub(super) fn touch(&self, tools: &[ToolEntry]) -> io::Result<()> {
        for tool in tools {
            let source = File::options().append(true).open(self.root.join(tool.source.file))?;
            source.set_modified(SystemTime::now())?;
        }
        Ok(())
    }
}
