//! Generated cargo projects, built by cargo and checked by their own binaries.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::{Mutex, MutexGuard, PoisonError},
};

use serde_json::Value;

/// Locked while a [`Project`] exists, because all projects share one target directory.
static BUILDING: Mutex<()> = Mutex::new(());

/// A folder with cargo packages in it. Paths in method arguments are relative to this folder.
pub struct Project {
    root: PathBuf,
    _building: MutexGuard<'static, ()>,
}

/// Exit code and output of a command.
#[derive(Debug)]
pub struct CommandOutput {
    pub code: i32,
    pub out: String,
    pub err: String,
}

/// The manifest of a package. `rest` is appended: further dependencies, other sections, or both.
pub fn manifest(name: &str, rest: &str) -> String {
    let runtime = Path::new(env!("CARGO_MANIFEST_DIR")).join("../mcp-tool-runtime");
    let runtime = runtime.canonicalize().unwrap();
    format!(
        "[package]\nname = \"{name}\"\nversion = \"1.0.0\"\nedition = \"2024\"\n\
         [dependencies]\nmcp-tool-runtime = {{ path = {runtime:?}, default-features = false, features = [\"cli\"] }}\n{rest}"
    )
}

/// Lines for `rest` of [`manifest`] that make the package the root of its own workspace.
pub const WORKSPACE: &str = "[workspace]\n[profile.dev]\ndebug = false\nincremental = false\n";

/// The main function of a server.
pub fn main_of(server: &str, tools: &str) -> String {
    format!(
        "fn main() -> std::process::ExitCode {{\n    \
             let server = mcp_tool_runtime::ToolServer::new(\"{server}\", \"1.0.0\");\n    \
             server.tools(mcp_tool_runtime::tools![{tools}]).run_blocking()\n}}\n"
    )
}

impl Project {
    /// An empty project. Its path contains spaces, and is fixed so that build artifacts do not accumulate.
    pub fn new(name: &str) -> Self {
        let building = BUILDING.lock().unwrap_or_else(PoisonError::into_inner);
        let root = shared().join("the projects").join(name);
        // Fails on the first run, when the folder does not exist.
        drop(fs::remove_dir_all(&root));
        fs::create_dir_all(&root).unwrap();
        Project { root, _building: building }
    }

    /// Pins the dependencies of the workspace in `folder` to the versions in this repository's `Cargo.lock`.
    pub fn locked_in(self, folder: &str) -> Self {
        let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.lock");
        fs::copy(lock, self.path(folder).join("Cargo.lock")).unwrap();
        self
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    pub fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap()
    }

    /// Replaces a text that occurs exactly once.
    pub fn edit(&self, path: &str, from: &str, to: &str) {
        let text = self.read(path);
        assert_eq!(text.matches(from).count(), 1, "{from:?} in:\n{text}");
        self.write(path, &text.replace(from, to));
    }

    /// Sorted file names of a folder.
    pub fn names(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path(folder)).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// Builds the packages in `folder`, offline and with the shared target directory.
    fn build(&self, folder: &str) -> CommandOutput {
        let mut cargo = Command::new(cargo());
        cargo.args(["build", "--offline"]).env("CARGO_TARGET_DIR", shared().join("target"));
        output_of(cargo.env("CARGO_TERM_COLOR", "never").current_dir(self.path(folder)))
    }

    /// Builds, and asserts that the build succeeds.
    pub fn assert_builds(&self, folder: &str) {
        let built = self.build(folder);
        assert_eq!(built.code, 0, "{}", built.err);
    }

    /// Error output of a build that must fail.
    pub fn errors(&self, folder: &str) -> String {
        let built = self.build(folder);
        assert_ne!(built.code, 0, "the build succeeded, but must fail");
        built.err
    }

    /// The command that runs the built server `binary` in `folder`, where the server reads and writes locks. The
    /// variables that turn colours on or off are removed.
    pub fn server(&self, folder: &str, binary: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(shared().join("target/debug").join(binary));
        command.args(arguments).current_dir(self.path(folder));
        command.env_remove("CLICOLOR_FORCE").env_remove("NO_COLOR").env_remove("CLICOLOR");
        command
    }

    /// Runs the command `contract` of a server with these arguments.
    pub fn contract(&self, folder: &str, binary: &str, arguments: &[&str]) -> CommandOutput {
        output_of(self.server(folder, binary, &[&["contract"], arguments].concat()).env("CARGO", cargo()))
    }

    /// Runs git in the root folder.
    pub fn git(&self, arguments: &[&str]) {
        let identity = [
            "-c",
            "user.name=Somebody",
            "-c",
            "user.email=somebody@example.com",
            "-c",
            "commit.gpgsign=false",
        ];
        let mut git = Command::new("git");
        let done = output_of(git.args(identity).args(arguments).current_dir(&self.root));
        assert_eq!(done.code, 0, "git {arguments:?}: {}", done.err);
    }
}

fn cargo() -> std::ffi::OsString {
    env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// The folder of all projects and of their target directory.
fn shared() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("contract")
}

/// Runs a command to completion.
pub fn output_of(command: &mut Command) -> CommandOutput {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    CommandOutput { code: status.code().unwrap(), out: text(stdout), err: text(stderr) }
}

impl CommandOutput {
    /// Asserts the exit code, and that stdout or stderr contains each of `parts`.
    #[track_caller]
    pub fn assert_exit(&self, code: i32, parts: &[&str]) -> &Self {
        assert_eq!(self.code, code, "{self:?}");
        for part in parts {
            assert!(self.out.contains(part) || self.err.contains(part), "no {part:?} in {self:?}");
        }
        self
    }

    /// Asserts that the output lacks a text.
    #[track_caller]
    pub fn assert_lacks(&self, text: &str) {
        assert!(!self.out.contains(text) && !self.err.contains(text), "{text:?} in {self:?}");
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}
