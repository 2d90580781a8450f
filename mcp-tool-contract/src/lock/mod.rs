//! `mcp-tools.lock`: every version of every tool's contract as it was promised, beside the `Cargo.toml` of the
//! package that defines it.
//!
//! A JSON object: under each tool's name its versions, oldest first, each the entry that `tools/list` shows, with
//! what a listing doesn't show under `_meta`. Each tool is one block of lines, and the last member is
//! [`FORMAT`], so that no block's last line changes when another comes behind it: the file merges. An empty file
//! is an empty lock.

pub mod compact;
mod read;
mod schema;
mod write;

use std::fmt;

use crate::model::{Contract, Version};

/// The name of the file.
pub const FILE: &str = "mcp-tools.lock";
/// The member that says how the file is written. No tool can have its name.
pub const FORMAT: &str = "$lock";
/// The `_meta` key of what a listing doesn't show.
pub const META_LOCK: &str = "dev.mcp-tool/lock";

/// What a lock holds.
#[derive(Clone, Debug, Default)]
pub struct Lock {
    /// By name, then by version.
    tools: Vec<LockedContract>,
}

/// A version of a tool as it was promised.
#[derive(Clone, Debug)]
pub struct LockedContract {
    /// The promise.
    pub contract: Contract,
    /// The servers that list it.
    pub servers: Vec<String>,
    /// The digests that stand in its entry; none where it was made here.
    recorded: Option<RecordedDigests>,
}

/// What an entry says of itself.
#[derive(Clone, Debug)]
struct RecordedDigests {
    contract: String,
    sum: String,
}

/// What a contract is judged by.
#[derive(Clone, Copy, Debug)]
pub enum Baseline<'l> {
    /// Nothing yet: its name isn't locked.
    None,
    /// This version: the locked one of its major, or the newest of those before.
    Locked(&'l LockedContract),
    /// The locked version is newer than the contract's own.
    Newer(&'l LockedContract),
}

/// Why a lock can't be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockError(String);

impl fmt::Display for LockError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for LockError {}

impl Lock {
    /// Reads a lock. What it holds stays for the rest of the process.
    ///
    /// # Errors
    /// Where it isn't one, with line and column.
    pub fn parse(text: &str) -> Result<Lock, LockError> {
        read::lock(text)
    }

    /// The file's text.
    ///
    /// # Errors
    /// When a schema that is known only at run time can't be JSON.
    pub fn render(&self) -> Result<String, serde_json::Error> {
        write::lock(self)
    }

    /// All versions of all tools, by name, then by version.
    #[must_use]
    pub fn tools(&self) -> &[LockedContract] {
        &self.tools
    }

    /// The locked version of a tool in that major.
    #[must_use]
    pub fn find(&self, name: &str, major: u32) -> Option<&LockedContract> {
        self.tools.iter().find(|tool| tool.is(name, major))
    }

    /// What a contract of that name and version is judged by.
    #[must_use]
    pub fn baseline(&self, name: &str, version: Version) -> Baseline<'_> {
        let newest = self.tools.iter().rfind(|tool| tool.contract.name == name);
        match (self.find(name, version.major), newest) {
            (Some(own), _) if version < own.contract.version => Baseline::Newer(own),
            (Some(own), _) => Baseline::Locked(own),
            (None, Some(newest)) if version < newest.contract.version => Baseline::Newer(newest),
            (None, Some(newest)) => Baseline::Locked(newest),
            (None, None) => Baseline::None,
        }
    }

    /// Puts a version in, in the place of its major's. Reasons for lowered guards that the lock keeps stay kept.
    pub fn put(&mut self, mut contract: Contract, server: &str) {
        let mut servers = vec![server.to_owned()];
        if let Some(own) = self.find(contract.name, contract.version.major) {
            servers.extend(own.servers.iter().filter(|name| *name != server).cloned());
            let new = contract.weakens.iter().filter(|given| !own.contract.weakens.contains(given));
            contract.weakens = [own.contract.weakens, &new.copied().collect::<Vec<_>>()].concat().leak();
        }
        servers.sort();
        self.remove(contract.name, contract.version.major);
        self.tools.push(LockedContract { contract, servers, recorded: None });
        self.tools.sort_by_key(|tool| (tool.contract.name, tool.contract.version));
    }

    /// Takes a version out.
    pub fn remove(&mut self, name: &str, major: u32) {
        self.tools.retain(|tool| !tool.is(name, major));
    }

    /// Takes a server from those that list a version.
    pub fn unlist(&mut self, name: &str, major: u32, server: &str) {
        for tool in self.tools.iter_mut().filter(|tool| tool.is(name, major)) {
            tool.servers.retain(|name| name != server);
        }
    }
}

impl LockedContract {
    fn is(&self, name: &str, major: u32) -> bool {
        self.contract.name == name && self.contract.version.major == major
    }

    /// Whether the entry is as it was written; one that was edited by hand isn't.
    ///
    /// # Errors
    /// When a schema that is known only at run time can't be JSON.
    pub fn is_intact(&self) -> Result<bool, serde_json::Error> {
        let Some(RecordedDigests { contract, sum }) = &self.recorded else { return Ok(true) };
        Ok(self.contract.digest()?.to_string() == *contract && write::sum(self)?.to_string() == *sum)
    }
}
