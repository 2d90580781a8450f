//! Finds the locks of the cargo workspace that a command runs in. Each lock is a file `mcp-tools.lock` next to the
//! `Cargo.toml` of its package.

use std::{
    ffi::OsStr,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    process::Command,
    time::SystemTime,
};

use mcp_tool_contract::lock::{FILE, Lock};
use mcp_tool_core::tool::{Source, ToolEntry};
use serde::Deserialize;

use super::{
    error::ContractError,
    lock_file::{LockFile, check_revision, git, run},
};

/// Root folder of a cargo workspace, and its packages.
#[derive(Debug)]
pub(super) struct Workspace {
    root: PathBuf,
    packages: Vec<Package>,
}

/// A package of the workspace.
#[derive(Debug)]
struct Package {
    name: String,
    folder: PathBuf,
    targets: Vec<Target>,
}

/// A library, binary or other target of a package.
#[derive(Debug, Deserialize)]
struct Target {
    name: String,
    /// File at the root of the target's modules, such as `src/main.rs`.
    src_path: PathBuf,
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
            name: String,
            manifest_path: PathBuf,
            targets: Vec<Target>,
        }
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(cargo);
        command.args(["metadata", "--no-deps", "--offline", "--format-version", "1"]);
        let text =
            run(&mut command, "the workspace can't be read: run this inside it, with cargo installed")?;
        let metadata: CargoMetadata = serde_json::from_slice(&text)
            .map_err(|error| ContractError::new(format!("cargo metadata can't be read: {error}")))?;
        let packages = metadata.packages.into_iter().filter_map(|package| {
            let folder = package.manifest_path.parent()?.to_owned();
            Some(Package { name: package.name, folder, targets: package.targets })
        });
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
        for package in self.packages.iter().filter(|package| package.folder.join(FILE).is_file()) {
            files.push(LockFile::read(&package.folder, &self.root)?);
        }
        for tool in tools {
            let Some(package) = self.package_of(&tool.source) else {
                foreign.push(*tool);
                continue;
            };
            let path = package.folder.join(FILE);
            match files.iter_mut().find(|file| file.path == path) {
                Some(file) => file.tools.push(*tool),
                None => {
                    let file = LockFile::read(&package.folder, &self.root)?;
                    files.push(LockFile { tools: vec![*tool], ..file });
                }
            }
        }
        if !tools.is_empty() && foreign.len() == tools.len() {
            self.check_is_of_this_server()?;
        }
        files.sort_by(|left, right| left.path.cmp(&right.path));
        Ok((files, foreign))
    }

    /// Returns the package that defines a tool; `None` if it isn't in the workspace. The package is found by its name,
    /// because the path of the source file says less: cargo passes the compiler a path relative to the root of *some*
    /// workspace, which is another one if two workspaces share a target folder, and `--remap-path-prefix` changes it.
    fn package_of(&self, source: &Source) -> Option<&Package> {
        self.packages.iter().find(|package| package.name == source.package)
    }

    /// Fails unless a target of the workspace has the name of the running program. Without this check, a command in the
    /// wrong folder would find nothing to compare, and succeed.
    fn check_is_of_this_server(&self) -> Result<(), ContractError> {
        let program = std::env::current_exe().ok();
        let program =
            program.as_deref().and_then(Path::file_stem).and_then(OsStr::to_str).unwrap_or_default();
        let mut targets = self.packages.iter().flat_map(|package| &package.targets);
        if targets.any(|target| target.name == program) {
            return Ok(());
        }
        Err(ContractError::new(format!(
            "the workspace {} defines neither the server '{program}' nor any of its tools: run this in the workspace \
             that the server was built in",
            self.root.display()
        )))
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
    /// doesn't watch a lock that didn't exist when the files were last compiled. If a file isn't found, because its path
    /// was remapped, this touches the root files of its package.
    pub(super) fn touch(&self, tools: &[ToolEntry]) -> io::Result<()> {
        for tool in tools {
            let Some(package) = self.package_of(&tool.source) else { continue };
            let folder = fs::canonicalize(&package.folder)?;
            match fs::canonicalize(self.root.join(tool.source.file)) {
                Ok(file) if file.starts_with(folder) => touch(&file)?,
                Ok(_) | Err(_) => {
                    for target in &package.targets {
                        touch(&target.src_path)?;
                    }
                }
            }
        }
        Ok(())
    }
}

fn touch(file: &Path) -> io::Result<()> {
    File::options().append(true).open(file)?.set_modified(SystemTime::now())
}
