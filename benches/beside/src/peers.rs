//! Who is measured: how each server is built and started, and which eras of the protocol it answers.

use std::{
    error::Error,
    fs::{self, File},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use crate::{
    calls::Era,
    process::{self, Server},
};

type Failure = Box<dyn Error>;

/// The processor that servers have to themselves, and the one that asks them.
pub const SERVER: usize = 1;
pub const LOAD: usize = 0;

/// How long a server may take to start.
pub const PATIENCE: Duration = Duration::from_secs(300);

/// How a server answers in an era.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Each call by itself.
    Alone,
    /// Within a session, which `initialize` opens.
    Session,
    /// Not at all.
    Not,
}

enum Kind {
    /// A program of `peers`, which is given its address.
    Rust,
    /// Ours, by its own command line.
    Ours,
    Python,
    Node,
}

/// A server that is measured.
pub struct Peer {
    /// Its name here, and its program's.
    pub name: &'static str,
    /// What it is, for the table.
    pub label: &'static str,
    kind: Kind,
    older: Way,
    newer: Way,
    many: bool,
    /// Where it hears.
    pub path: &'static str,
}

pub const PEERS: &[Peer] = &[
    Peer { many: false, ..Peer::rust("raw-axum", "raw axum, the limit") },
    Peer { many: false, ..Peer::rust("raw-hyper", "raw hyper") },
    Peer { kind: Kind::Ours, ..Peer::rust("ours", "**ours**") },
    Peer::rust("rmcp", "rmcp 3.9"),
    Peer { older: Way::Not, many: false, ..Peer::rust("rust-mcp-sdk", "rust-mcp-sdk 2.0") },
    Peer { path: "/", ..Peer::rust("pmcp", "pmcp 2.23") },
    Peer { older: Way::Session, many: false, ..Peer::rust("turbomcp", "turbomcp 4.0-alpha.5") },
    Peer::rust("tower-mcp", "tower-mcp 0.25"),
    Peer { kind: Kind::Python, ..Peer::rust("fastmcp", "FastMCP 4.1") },
    Peer { kind: Kind::Node, ..Peer::rust("typescript", "TypeScript SDK 2.4") },
];

impl Peer {
    const fn rust(name: &'static str, label: &'static str) -> Self {
        Peer { name, label, kind: Kind::Rust, older: Way::Alone, newer: Way::Alone, many: true, path: "/mcp" }
    }

    /// Those of these names, or all.
    ///
    /// # Errors
    /// When nobody has such a name.
    pub fn named(names: &[String]) -> Result<Vec<&'static Peer>, Failure> {
        if names.is_empty() {
            return Ok(PEERS.iter().collect());
        }
        let find = |name: &String| {
            PEERS.iter().find(|peer| peer.name == name).ok_or_else(|| {
                let known: Vec<&str> = PEERS.iter().map(|peer| peer.name).collect();
                format!("there is no server '{name}'; there are {}", known.join(", ")).into()
            })
        };
        names.iter().map(find).collect()
    }

    /// Builds it, for one tool or for many, or installs what it needs where that is missing.
    ///
    /// # Errors
    /// When that fails.
    pub fn prepare(&self, is_many: bool) -> Result<(), Failure> {
        match self.kind {
            Kind::Rust | Kind::Ours => run(Command::new("cargo")
                .args(["build", "--release", "--quiet", "-p", "mcp-tool-peers"])
                .args(["--features", self.name, "--bin", self.program(is_many)])
                .current_dir(here())),
            Kind::Python => {
                let room = here().join("peers/python");
                let list = room.join("requirements.txt");
                let mark = room.join(".venv/installed.txt");
                if fs::read(&list)? == fs::read(&mark).unwrap_or_default() {
                    return Ok(());
                }
                run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(room.join(".venv")))?;
                let pip = ["install", "--quiet", "--disable-pip-version-check", "-r"];
                run(Command::new(room.join(".venv/bin/pip")).args(pip).arg(&list))?;
                fs::copy(list, mark)?;
                Ok(())
            }
            Kind::Node => {
                let room = here().join("peers/typescript");
                let list = room.join("package.json");
                let mark = room.join("node_modules/installed.json");
                if fs::read(&list)? == fs::read(&mark).unwrap_or_default() {
                    return Ok(());
                }
                let npm = ["install", "--silent", "--no-audit", "--no-fund", "--no-package-lock"];
                run(Command::new("npm").args(npm).current_dir(&room))?;
                fs::copy(list, mark)?;
                Ok(())
            }
        }
    }

    /// Whether it lists so many tools as it is told.
    pub fn lists_many(&self) -> bool {
        self.many
    }

    fn program(&self, is_many: bool) -> &'static str {
        match self.kind {
            Kind::Ours if is_many => "ours-many",
            Kind::Ours | Kind::Rust | Kind::Python | Kind::Node => self.name,
        }
    }

    /// Starts it on its processor, on a port that was free, with so many tools.
    ///
    /// # Errors
    /// When it doesn't start.
    pub fn start(&self, tools: usize) -> Result<Server, Failure> {
        let address = process::free_address()?;
        let room = here().join("target/served");
        fs::create_dir_all(&room)?;
        let log = File::create(room.join(format!("{}.log", self.name)))?;
        let mut command = self.command(address, &room, tools);
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        Ok(Server::start(command, address, SERVER, LOAD)?)
    }

    fn command(&self, address: SocketAddr, room: &Path, tools: usize) -> Command {
        let address = address.to_string();
        let is_many = tools > 1;
        let built = here().join("target/release").join(self.program(is_many));
        let mut command = match self.kind {
            Kind::Rust => Command::new(built),
            Kind::Ours => {
                let records = room.join("ours.records");
                drop(fs::remove_file(&records));
                let mut command = Command::new(built);
                command.args(["serve", "--audit-file"]).arg(records).arg("--http");
                command.env("TOOLS", tools.to_string());
                command
            }
            Kind::Python => {
                let mut command = Command::new(here().join("peers/python/.venv/bin/python"));
                command.arg(here().join("peers/python/server.py"));
                command
            }
            Kind::Node => {
                let mut command = Command::new(here().join("peers/typescript/node_modules/.bin/node"));
                command.arg(here().join("peers/typescript/server.mjs")).env("NODE_ENV", "production");
                command
            }
        };
        command.arg(address);
        if is_many && !matches!(self.kind, Kind::Ours) {
            command.arg(tools.to_string());
        }
        command
    }

    /// The newest era that it answers.
    pub fn era(&self) -> Era {
        if self.newer == Way::Not { Era::Older } else { Era::Newer }
    }

    /// How it answers an era.
    pub fn way(&self, era: Era) -> Way {
        match era {
            Era::Older => self.older,
            Era::Newer => self.newer,
        }
    }
}

/// The workspace of measurements.
fn here() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

fn run(command: &mut Command) -> Result<(), Failure> {
    let status = command.status()?;
    if status.success() { Ok(()) } else { Err(format!("{command:?} ended with {status}").into()) }
}
