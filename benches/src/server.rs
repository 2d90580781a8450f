//! A process that runs the measuring program again as the measured server.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
};

use tempfile::NamedTempFile;

/// A server process, which ends when it is dropped.
pub struct ServerProcess {
    child: Child,
    _audit: NamedTempFile,
    /// Host and port.
    pub address: String,
}

impl ServerProcess {
    /// Starts the server with these arguments of `serve` on a free port, which its log names. Records are written to a
    /// temporary file.
    pub fn start(arguments: &[&str]) -> Self {
        let audit = NamedTempFile::new().expect("a temporary file");
        let mut child = Command::new(std::env::current_exe().expect("this program"))
            .args(["serve", "--http", "127.0.0.1:0", "--log-level", "info", "--audit-file"])
            .arg(audit.path())
            .args(arguments)
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the server must start");
        let mut lines =
            BufReader::new(child.stderr.take().expect("a piped stderr")).lines().map_while(Result::ok);
        let address = lines
            .find_map(|line| {
                line.split_once("serves at http://").map(|(_, rest)| rest.trim_end_matches("/mcp").to_owned())
            })
            .expect("the log of the server must contain its address");
        // Empties the pipe, so that the server never waits to write its log.
        std::thread::spawn(move || lines.for_each(drop));
        ServerProcess { child, _audit: audit, address }
    }

    /// Id of the process.
    #[allow(dead_code, reason = "not every program that shares this module needs the id")]
    pub fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
