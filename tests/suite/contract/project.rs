//! Cargo projects as their authors have them: made anew, built by cargo, and asked by their own binaries.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::{Mutex, MutexGuard, PoisonError},
};

use serde_json::Value;

/// One at a time: they share what cargo builds for them.
static BUILDING: Mutex<()> = Mutex::new(());

/// A folder with cargo packages in it.
pub struct Project {
    root: PathBuf,
    _building: MutexGuard<'static, ()>,
}

/// What a command ended with.
#[derive(Debug)]
pub struct Ended {
    pub code: i32,
    pub out: String,
    pub err: String,
}

/// The manifest of a package.
pub fn manifest(name: &str, rest: &str) -> String {
    let runtime = Path::new(env!("CARGO_MANIFEST_DIR")).join("../mcp-tool-runtime");
    let runtime = runtime.canonicalize().unwrap();
    format!(
        "[package]\nname = \"{name}\"\nversion = \"1.0.0\"\nedition = \"2024\"\n\
         [dependencies]\nmcp-tool-runtime = {{ path = {runtime:?}, default-features = false, features = [\"cli\"] }}\n\
         tokio = {{ version = \"1\", features = [\"macros\", \"rt\"] }}\n{rest}"
    )
}

/// A workspace of its own.
pub const WORKSPACE: &str = "[workspace]\n[profile.dev]\ndebug = false\nincremental = false\n";

/// The main function of a server.
pub fn main_of(server: &str, tools: &str) -> String {
    format!(
        "#[tokio::main(flavor = \"current_thread\")]\n\
         async fn main() -> std::process::ExitCode {{\n    \
             let server = mcp_tool_runtime::ToolServer::new(\"{server}\", \"1.0.0\");\n    \
             server.tools(mcp_tool_runtime::tools![{tools}]).run().await\n}}\n"
    )
}

impl Project {
    /// A project without any file, in a path with spaces that is the same each time, so that cargo's own files
    /// don't pile up.
    pub fn new(name: &str) -> Self {
        let building = BUILDING.lock().unwrap_or_else(PoisonError::into_inner);
        let root = shared().join("the projects").join(name);
        // It isn't there the first time.
        drop(fs::remove_dir_all(&root));
        fs::create_dir_all(&root).unwrap();
        Project { root, _building: building }
    }

    /// Uses the dependencies that the tests themselves were built with.
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

    /// Replaces what is there exactly once.
    pub fn edit(&self, path: &str, from: &str, to: &str) {
        let text = self.read(path);
        assert_eq!(text.matches(from).count(), 1, "{from:?} in:\n{text}");
        self.write(path, &text.replace(from, to));
    }

    /// The names in a folder, in order.
    pub fn names(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path(folder)).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    fn build(&self, folder: &str) -> Ended {
        let mut cargo = Command::new(cargo());
        cargo.args(["build", "--offline"]).env("CARGO_TARGET_DIR", shared().join("target"));
        ended(cargo.env("CARGO_TERM_COLOR", "never").current_dir(self.path(folder)))
    }

    pub fn builds(&self, folder: &str) {
        let built = self.build(folder);
        assert_eq!(built.code, 0, "{}", built.err);
    }

    /// The errors of a build that fails.
    pub fn errors(&self, folder: &str) -> String {
        let built = self.build(folder);
        assert_ne!(built.code, 0, "it builds");
        built.err
    }

    /// A server's binary with its arguments.
    pub fn server(&self, folder: &str, binary: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(shared().join("target/debug").join(binary));
        command.args(arguments).current_dir(self.path(folder));
        command.env_remove("CLICOLOR_FORCE").env_remove("NO_COLOR").env_remove("CLICOLOR");
        command
    }

    /// Runs `contract …` of a server.
    pub fn contract(&self, folder: &str, binary: &str, arguments: &[&str]) -> Ended {
        ended(self.server(folder, binary, &[&["contract"], arguments].concat()).env("CARGO", cargo()))
    }

    /// Runs git in the root.
    pub fn git(&self, arguments: &[&str]) {
        let somebody = [
            "-c",
            "user.name=Somebody",
            "-c",
            "user.email=somebody@example.com",
            "-c",
            "commit.gpgsign=false",
        ];
        let mut git = Command::new("git");
        let done = ended(git.args(somebody).args(arguments).current_dir(&self.root));
        assert_eq!(done.code, 0, "git {arguments:?}: {}", done.err);
    }
}

fn cargo() -> std::ffi::OsString {
    env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

fn shared() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("contract")
}

pub fn ended(command: &mut Command) -> Ended {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ended { code: status.code().unwrap(), out: text(stdout), err: text(stderr) }
}

impl Ended {
    /// Holds it to an exit code, and to what it says.
    #[track_caller]
    pub fn is(&self, code: i32, said: &[&str]) -> &Self {
        assert_eq!(self.code, code, "{self:?}");
        for said in said {
            assert!(self.out.contains(said) || self.err.contains(said), "no {said:?} in {self:?}");
        }
        self
    }

    /// Holds it to what it doesn't say.
    #[track_caller]
    pub fn says_nothing_of(&self, unsaid: &str) {
        assert!(!self.out.contains(unsaid) && !self.err.contains(unsaid), "{unsaid:?} in {self:?}");
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}
