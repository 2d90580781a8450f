//! Measured servers: how each is built and started, and which protocol eras it supports (2025-11-25 and 2026-07-28).

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

/// Number of the processor that servers run on.
pub const SERVER_PROCESSOR: usize = 1;
/// Number of the processor that the load runs on.
pub const LOAD_PROCESSOR: usize = 0;

/// Time within which a server must be ready, even with 10,000 tools.
pub const START_TIMEOUT: Duration = Duration::from_secs(300);

/// Support of a server for a protocol era.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Support {
    /// Calls need no session.
    Stateless,
    /// Calls need a session, which `initialize` opens.
    Session,
    /// Not supported.
    None,
}

/// Kind of program, which decides how a server is built and started.
enum Kind {
    /// A program of the package `mcp-tool-peers`, with the address to listen on as its first argument.
    Rust,
    /// Our server in the same package, started with `serve` of the framework's command line.
    Ours,
    Python,
    Node,
}

/// A measured server.
pub struct Peer {
    /// Name of the server, of its program and, for Rust servers, of its Cargo feature.
    pub name: &'static str,
    /// Label in the table.
    pub label: &'static str,
    kind: Kind,
    /// Support of 2025-11-25.
    legacy: Support,
    /// Support of 2026-07-28.
    modern: Support,
    /// The number of the server's tools can be set.
    lists_many: bool,
    /// Path of the endpoint.
    pub path: &'static str,
}

/// All measured servers, in the order of the tables.
pub const PEERS: &[Peer] = &[
    Peer { lists_many: false, ..Peer::rust("raw-axum", "raw axum, the limit") },
    Peer { lists_many: false, ..Peer::rust("raw-hyper", "raw hyper") },
    Peer { kind: Kind::Ours, ..Peer::rust("ours", "**ours**") },
    Peer::rust("rmcp", "rmcp 3.11"),
    Peer { legacy: Support::None, lists_many: false, ..Peer::rust("rust-mcp-sdk", "rust-mcp-sdk 2.0") },
    Peer { path: "/", ..Peer::rust("pmcp", "pmcp 2.23") },
    Peer { legacy: Support::Session, lists_many: false, ..Peer::rust("turbomcp", "turbomcp 4.0-alpha.5") },
    Peer::rust("tower-mcp", "tower-mcp 0.25"),
    Peer { kind: Kind::Python, ..Peer::rust("fastmcp", "FastMCP 4.2") },
    Peer { kind: Kind::Node, ..Peer::rust("typescript", "TypeScript SDK 2.4") },
];

impl Peer {
    /// Returns a Rust server that serves both eras without sessions, lists any number of tools, and has the path
    /// `/mcp`. Each row of [`PEERS`] is this server with some fields changed.
    const fn rust(name: &'static str, label: &'static str) -> Self {
        Peer {
            name,
            label,
            kind: Kind::Rust,
            legacy: Support::Stateless,
            modern: Support::Stateless,
            lists_many: true,
            path: "/mcp",
        }
    }

    /// Servers with these names, or all servers if there are no names.
    ///
    /// # Errors
    /// Returns an error for an unknown name.
    pub fn named(names: &[String]) -> Result<Vec<&'static Peer>, Box<dyn Error>> {
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

    /// Builds the server, or installs its dependencies. Our server has a second program for many tools, which is built
    /// instead if `is_many` is `true`.
    ///
    /// # Errors
    /// Returns an error if the build or installation fails.
    pub fn prepare(&self, is_many: bool) -> Result<(), Box<dyn Error>> {
        match self.kind {
            Kind::Rust | Kind::Ours => run(Command::new("cargo")
                .args(["build", "--release", "--quiet", "-p", "mcp-tool-peers"])
                .args(["--features", self.name, "--bin", self.program(is_many)])
                .current_dir(workspace())),
            Kind::Python => {
                let folder = workspace().join("peers/python");
                let manifest = folder.join("requirements.txt");
                // Copy of the manifest from the last installation.
                let installed = folder.join(".venv/installed.txt");
                if fs::read(&manifest)? == fs::read(&installed).unwrap_or_default() {
                    return Ok(());
                }
                run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(folder.join(".venv")))?;
                let pip = ["install", "--quiet", "--disable-pip-version-check", "-r"];
                run(Command::new(folder.join(".venv/bin/pip")).args(pip).arg(&manifest))?;
                fs::copy(manifest, installed)?;
                Ok(())
            }
            Kind::Node => {
                let folder = workspace().join("peers/typescript");
                let manifest = folder.join("package.json");
                // Copy of the manifest from the last installation.
                let installed = folder.join("node_modules/installed.json");
                if fs::read(&manifest)? == fs::read(&installed).unwrap_or_default() {
                    return Ok(());
                }
                let npm = ["install", "--silent", "--no-audit", "--no-fund", "--no-package-lock"];
                run(Command::new("npm").args(npm).current_dir(&folder))?;
                fs::copy(manifest, installed)?;
                Ok(())
            }
        }
    }

    /// Returns `true` if the number of the server's tools can be set.
    pub fn lists_many(&self) -> bool {
        self.lists_many
    }

    /// Name of the program. Our server has a second program for many tools.
    fn program(&self, is_many: bool) -> &'static str {
        match self.kind {
            Kind::Ours if is_many => "ours-many",
            Kind::Ours | Kind::Rust | Kind::Python | Kind::Node => self.name,
        }
    }

    /// Starts the server on [`SERVER_PROCESSOR`] and a free port, with this number of tools, and binds this thread to
    /// [`LOAD_PROCESSOR`]. Doesn't wait until the server accepts connections.
    ///
    /// # Errors
    /// Returns an error if the process can't be started.
    pub fn start(&self, tools: usize) -> Result<Server, Box<dyn Error>> {
        let address = process::free_address()?;
        let folder = workspace().join("target/served");
        fs::create_dir_all(&folder)?;
        let log = File::create(folder.join(format!("{}.log", self.name)))?;
        let mut command = self.command(address, &folder, tools);
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        Ok(Server::start(command, address, SERVER_PROCESSOR, LOAD_PROCESSOR)?)
    }

    /// Command that starts the server with this number of tools. Our server writes its audit records to `folder`.
    fn command(&self, address: SocketAddr, folder: &Path, tools: usize) -> Command {
        let address = address.to_string();
        let is_many = tools > 1;
        let built = workspace().join("target/release").join(self.program(is_many));
        let mut command = match self.kind {
            Kind::Rust => Command::new(built),
            Kind::Ours => {
                let records = folder.join("ours.records");
                drop(fs::remove_file(&records));
                let mut command = Command::new(built);
                command.args(["serve", "--audit-file"]).arg(records).arg("--http");
                // Read by `ours-many`.
                command.env("TOOLS", tools.to_string());
                command
            }
            Kind::Python => {
                let mut command = Command::new(workspace().join("peers/python/.venv/bin/python"));
                command.arg(workspace().join("peers/python/server.py"));
                command
            }
            Kind::Node => {
                let mut command = Command::new(workspace().join("peers/typescript/node_modules/.bin/node"));
                command.arg(workspace().join("peers/typescript/server.mjs")).env("NODE_ENV", "production");
                command
            }
        };
        command.arg(address);
        if is_many && !matches!(self.kind, Kind::Ours) {
            command.arg(tools.to_string());
        }
        command
    }

    /// Newest supported era.
    pub fn newest_era(&self) -> Era {
        if self.modern == Support::None { Era::Legacy } else { Era::Modern }
    }

    /// Returns the server's support for an era.
    pub fn support(&self, era: Era) -> Support {
        match era {
            Era::Legacy => self.legacy,
            Era::Modern => self.modern,
        }
    }
}

/// Folder of the benches workspace.
fn workspace() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// Runs a command to its end.
fn run(command: &mut Command) -> Result<(), Box<dyn Error>> {
    let status = command.status()?;
    if status.success() { Ok(()) } else { Err(format!("{command:?} ended with {status}").into()) }
}
