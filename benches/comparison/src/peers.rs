//! Measured servers: how each is built and started, and which protocol revisions it supports.

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

/// The processor of the server, and the one of the load.
pub const SERVER: usize = 1;
pub const LOAD: usize = 0;

/// Time limit of a server start.
pub const PATIENCE: Duration = Duration::from_secs(300);

/// Support of a server for a protocol revision.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Support {
    /// Calls need no session.
    Stateless,
    /// Calls need a session, which `initialize` opens.
    Session,
    /// Not supported.
    None,
}

enum Kind {
    /// A program of `peers` that takes its address as argument.
    Rust,
    /// Our server, with its own command line.
    Ours,
    Python,
    Node,
}

/// A measured server.
pub struct Peer {
    /// Name of the server and of its program.
    pub name: &'static str,
    /// Label in the table.
    pub label: &'static str,
    kind: Kind,
    older: Support,
    newer: Support,
    many: bool,
    /// Path of the endpoint.
    pub path: &'static str,
}

pub const PEERS: &[Peer] = &[
    Peer { many: false, ..Peer::rust("raw-axum", "raw axum, the limit") },
    Peer { many: false, ..Peer::rust("raw-hyper", "raw hyper") },
    Peer { kind: Kind::Ours, ..Peer::rust("ours", "**ours**") },
    Peer::rust("rmcp", "rmcp 3.9"),
    Peer { older: Support::None, many: false, ..Peer::rust("rust-mcp-sdk", "rust-mcp-sdk 2.0") },
    Peer { path: "/", ..Peer::rust("pmcp", "pmcp 2.23") },
    Peer { older: Support::Session, many: false, ..Peer::rust("turbomcp", "turbomcp 4.0-alpha.5") },
    Peer::rust("tower-mcp", "tower-mcp 0.25"),
    Peer { kind: Kind::Python, ..Peer::rust("fastmcp", "FastMCP 4.1") },
    Peer { kind: Kind::Node, ..Peer::rust("typescript", "TypeScript SDK 2.4") },
];

impl Peer {
    const fn rust(name: &'static str, label: &'static str) -> Self {
        Peer {
            name,
            label,
            kind: Kind::Rust,
            older: Support::Stateless,
            newer: Support::Stateless,
            many: true,
            path: "/mcp",
        }
    }

    /// Servers with these names, or all.
    ///
    /// # Errors
    /// Returns an error for an unknown name.
    pub fn named(names: &[String]) -> Result<Vec<&'static Peer>, Failure> {
        if names.is_empty() {
            return Ok(PEERS.iter().collect());
        }
        let find = |name: &String| {
            PEERS.iter().find(|peer| peer.name == name).ok_or_else(|| {
                let known: Vec<&str> = PEERS.iter().map(|peer| peer.name).collect();
                format!("unknown server '{name}'; available: {}", known.join(", ")).into()
            })
        };
        names.iter().map(find).collect()
    }

    /// Builds the server for one tool or for many, or installs its dependencies.
    ///
    /// # Errors
    /// Returns an error if the build or installation fails.
    pub fn prepare(&self, is_many: bool) -> Result<(), Failure> {
        match self.kind {
            Kind::Rust | Kind::Ours => run(Command::new("cargo")
                .args(["build", "--release", "--quiet", "-p", "mcp-tool-peers"])
                .args(["--features", self.name, "--bin", self.program(is_many)])
                .current_dir(here())),
            Kind::Python => {
                let folder = here().join("peers/python");
                let list = folder.join("requirements.txt");
                let mark = folder.join(".venv/installed.txt");
                if fs::read(&list)? == fs::read(&mark).unwrap_or_default() {
                    return Ok(());
                }
                run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(folder.join(".venv")))?;
                let pip = ["install", "--quiet", "--disable-pip-version-check", "-r"];
                run(Command::new(folder.join(".venv/bin/pip")).args(pip).arg(&list))?;
                fs::copy(list, mark)?;
                Ok(())
            }
            Kind::Node => {
                let folder = here().join("peers/typescript");
                let list = folder.join("package.json");
                let mark = folder.join("node_modules/installed.json");
                if fs::read(&list)? == fs::read(&mark).unwrap_or_default() {
                    return Ok(());
                }
                let npm = ["install", "--silent", "--no-audit", "--no-fund", "--no-package-lock"];
                run(Command::new("npm").args(npm).current_dir(&folder))?;
                fs::copy(list, mark)?;
                Ok(())
            }
        }
    }

    /// Returns whether the number of tools is configurable.
    pub fn lists_many(&self) -> bool {
        self.many
    }

    fn program(&self, is_many: bool) -> &'static str {
        match self.kind {
            Kind::Ours if is_many => "ours-many",
            Kind::Ours | Kind::Rust | Kind::Python | Kind::Node => self.name,
        }
    }

    /// Starts the server on its processor, on a free port, with this number of tools.
    ///
    /// # Errors
    /// Returns an error if the server does not start.
    pub fn start(&self, tools: usize) -> Result<Server, Failure> {
        let address = process::free_address()?;
        let folder = here().join("target/served");
        fs::create_dir_all(&folder)?;
        let log = File::create(folder.join(format!("{}.log", self.name)))?;
        let mut command = self.command(address, &folder, tools);
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        Ok(Server::start(command, address, SERVER, LOAD)?)
    }

    fn command(&self, address: SocketAddr, folder: &Path, tools: usize) -> Command {
        let address = address.to_string();
        let is_many = tools > 1;
        let built = here().join("target/release").join(self.program(is_many));
        let mut command = match self.kind {
            Kind::Rust => Command::new(built),
            Kind::Ours => {
                let records = folder.join("ours.records");
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

    /// Newest supported protocol revision.
    pub fn era(&self) -> Era {
        if self.newer == Support::None { Era::Older } else { Era::Newer }
    }

    /// Support for a protocol revision.
    pub fn support(&self, era: Era) -> Support {
        match era {
            Era::Older => self.older,
            Era::Newer => self.newer,
        }
    }
}

/// Folder of the benches workspace.
fn here() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

fn run(command: &mut Command) -> Result<(), Failure> {
    let status = command.status()?;
    if status.success() { Ok(()) } else { Err(format!("{command:?} ended with {status}").into()) }
}
