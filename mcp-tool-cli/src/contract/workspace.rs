//! Where locks are: beside the `Cargo.toml` of the packages of the workspace that is worked in.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
    process::Command,
    time::SystemTime,
};

use mcp_tool_contract::lock::{FILE, Lock};
use serde::Deserialize;

use super::ContractError;
use mcp_tool_core::tool::ToolEntry;

/// The workspace that a command runs in.
#[derive(Debug)]
pub(super) struct Workspace {
    root: PathBuf,
    packages: Vec<PathBuf>,
}

/// The lock of one package, with the tools of a server that the package defines.
#[derive(Debug)]
pub(super) struct Book {
    /// The file, whether or not it is there.
    pub(super) path: PathBuf,
    /// The same from the workspace's root, for reports.
    pub(super) shown: String,
    /// The text; none where there is no file.
    pub(super) text: Option<String>,
    pub(super) lock: Lock,
    pub(super) tools: Vec<ToolEntry>,
}

impl Workspace {
    /// The workspace of the current folder.
    pub(super) fn here() -> Result<Self, ContractError> {
        #[derive(Deserialize)]
        struct Metadata {
            workspace_root: PathBuf,
            packages: Vec<Package>,
        }
        #[derive(Deserialize)]
        struct Package {
            manifest_path: PathBuf,
        }
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(cargo);
        command.args(["metadata", "--no-deps", "--offline", "--format-version", "1"]);
        let text = run(&mut command, "the workspace can't be looked at: run this within it, where cargo is")?;
        let metadata: Metadata = serde_json::from_slice(&text)
            .map_err(|error| ContractError::new(format!("cargo metadata can't be read: {error}")))?;
        let packages = metadata.packages.iter();
        let packages = packages.filter_map(|package| package.manifest_path.parent().map(Path::to_owned));
        Ok(Workspace { root: metadata.workspace_root, packages: packages.collect() })
    }

    /// The locks of the packages that define these tools, in the order of the packages; and the tools that no
    /// package of the workspace defines.
    pub(super) fn books(&self, tools: &[ToolEntry]) -> Result<(Vec<Book>, Vec<ToolEntry>), ContractError> {
        let mut books: Vec<Book> = Vec::new();
        let mut foreign = Vec::new();
        // A package whose last tool went has a lock all the same.
        for package in self.packages.iter().filter(|package| package.join(FILE).is_file()) {
            books.push(self.book(package)?);
        }
        for tool in tools {
            let Some(package) = self.package_of(tool.source.file)? else {
                foreign.push(*tool);
                continue;
            };
            let path = package.join(FILE);
            match books.iter_mut().find(|book| book.path == path) {
                Some(book) => book.tools.push(*tool),
                None => books.push(Book { tools: vec![*tool], ..self.book(package)? }),
            }
        }
        books.sort_by(|left, right| left.path.cmp(&right.path));
        Ok((books, foreign))
    }

    /// The package that a source file belongs to. Cargo gives the compiler the files in the workspace's folder
    /// relative to it, and others absolute: those of other packages, and of members that stand elsewhere.
    fn package_of(&self, file: &str) -> Result<Option<&PathBuf>, ContractError> {
        let found = match fs::canonicalize(self.root.join(file)) {
            Ok(found) => found,
            // The sources of a dependency needn't be where they were compiled.
            Err(_) if Path::new(file).is_absolute() => return Ok(None),
            Err(error) => {
                return Err(ContractError::new(format!(
                    "{file} isn't in the workspace {}: run this in the workspace that the server was built in ({error})",
                    self.root.display()
                )));
            }
        };
        let folder = found.ancestors().skip(1).find(|folder| folder.join("Cargo.toml").is_file());
        let is_it = |package: &&PathBuf| fs::canonicalize(package).ok().as_deref() == folder;
        Ok(self.packages.iter().find(is_it))
    }

    fn book(&self, package: &Path) -> Result<Book, ContractError> {
        let path = package.join(FILE);
        let shown = path.strip_prefix(&self.root).unwrap_or(&path).display().to_string();
        let text = match fs::read_to_string(&path) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(ContractError::new(format!("{shown}: {error}"))),
        };
        let lock = parse(&shown, text.as_deref().unwrap_or_default())?;
        Ok(Book { path, shown, text, lock, tools: Vec::new() })
    }

    /// The locks that the workspace's folder had at a revision, without tools.
    pub(super) fn books_of(&self, revision: &str) -> Result<Vec<Book>, ContractError> {
        let unknown = format!("the revision '{revision}' can't be looked at");
        let git = |arguments: &[&str]| {
            let mut command = Command::new("git");
            command.arg("-C").arg(&self.root).args(arguments);
            run(&mut command, &unknown)
        };
        let known = format!("{revision}^{{commit}}");
        git(&["rev-parse", "--quiet", "--verify", "--end-of-options", &known])?;
        let listed = git(&["ls-tree", "-r", "-z", "--name-only", revision])?;
        let listed = String::from_utf8_lossy(&listed).into_owned();
        let is_lock = |path: &&str| Path::new(path).file_name().is_some_and(|name| name == FILE);
        let mut books = Vec::new();
        for path in listed.split('\0').filter(is_lock) {
            let text = git(&["show", &format!("{revision}:./{path}")])?;
            // What isn't a lock there, as tests of one may have it, promises nothing.
            let Ok(lock) = Lock::parse(&String::from_utf8_lossy(&text)) else { continue };
            let (path, shown) = (self.root.join(path), path.to_owned());
            books.push(Book { path, shown, text: None, lock, tools: Vec::new() });
        }
        Ok(books)
    }

    /// Makes cargo compile these tools anew.
    pub(super) fn touch(&self, tools: &[ToolEntry]) -> io::Result<()> {
        for tool in tools {
            let source = File::options().append(true).open(self.root.join(tool.source.file))?;
            source.set_modified(SystemTime::now())?;
        }
        Ok(())
    }
}

impl Book {
    /// The lock as it was at a revision; an empty one where it wasn't there.
    pub(super) fn at(&self, revision: &str) -> Result<Lock, ContractError> {
        let folder = self.path.parent().unwrap_or(Path::new("."));
        let git = |arguments: &[&str]| {
            let mut command = Command::new("git");
            command.arg("-C").arg(folder).args(arguments);
            command
        };
        let known = format!("{revision}^{{commit}}");
        let unknown = format!("the revision '{revision}' can't be looked at");
        run(&mut git(&["rev-parse", "--quiet", "--verify", "--end-of-options", &known]), &unknown)?;
        let listed = run(&mut git(&["ls-tree", "--name-only", revision, "--", FILE]), &unknown)?;
        if listed.is_empty() {
            return Ok(Lock::default());
        }
        let text = run(&mut git(&["show", &format!("{revision}:./{FILE}")]), &unknown)?;
        parse(&format!("{} at {revision}", self.shown), &String::from_utf8_lossy(&text))
    }

    /// Writes the lock: whole, or not at all.
    pub(super) fn write(&self, text: &str) -> Result<(), ContractError> {
        let beside = self.path.with_extension(format!("lock.{}", std::process::id()));
        let written = File::create(&beside).and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            fs::rename(&beside, &self.path)
        });
        written.map_err(|error| {
            // Nothing more can be done about what was left behind.
            drop(fs::remove_file(&beside));
            ContractError::new(format!("{} can't be written: {error}", self.shown))
        })
    }
}

fn parse(shown: &str, text: &str) -> Result<Lock, ContractError> {
    Lock::parse(text).map_err(|error| {
        ContractError::new(format!(
            "{shown} can't be read: {error} — mend it, or take it from version control again"
        ))
    })
}

/// What a command printed.
fn run(command: &mut Command, failed: &str) -> Result<Vec<u8>, ContractError> {
    let output = command.output().map_err(|error| {
        let program = command.get_program().display();
        ContractError::new(format!("{failed}: {program}: {error}"))
    })?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(ContractError::new(format!("{failed}: {}", said.trim()).trim_end_matches(": ").to_owned()))
}
