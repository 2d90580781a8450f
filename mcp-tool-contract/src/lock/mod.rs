//! The lock: the file `mcp-tools.lock` with the released contracts of a package's tools, next to its `Cargo.toml`.
//!
//! The file is a JSON object that maps each tool's name to its versions, oldest first, one for each major. A version
//! has the form of a `tools/list` entry. The parts that a listing doesn't show, such as timeouts and the names of the
//! servers that serve the version, are in the member [`META_LOCK`] of `_meta`.
//!
//! Version control can merge the file: each tool is one block of lines, and [`FORMAT`] is always the last member, so
//! that adding a tool doesn't change a line of another tool. An empty file is an empty lock.

pub mod compact;
mod read;
mod schema;
mod write;

use std::fmt;

use crate::{
    json::optional::KEYS,
    model::{Contract, Version},
};

/// Name of the file.
pub const FILE: &str = "mcp-tools.lock";
/// Member with the number of the file format. No tool can have this name, because `$` isn't valid in a tool name.
pub const FORMAT: &str = "$lock";
/// The `_meta` key of the parts that a listing doesn't show, such as timeouts and names of servers.
pub const META_LOCK: &str = "dev.mcp-tool/lock";

/// Contents of a lock.
#[derive(Clone, Debug, Default)]
pub struct Lock {
    /// Sorted by name, then by version.
    tools: Vec<LockedContract>,
}

/// A locked version of a tool.
#[derive(Clone, Debug)]
pub struct LockedContract {
    /// Contract of this version.
    pub(crate) contract: Contract,
    /// Names of the servers of the package that serve this version, sorted.
    pub(crate) servers: Vec<String>,
    /// Digests that the entry contained; `None` if the version wasn't parsed, but added by [`Lock::put`].
    recorded: Option<RecordedDigests>,
}

/// Digests that an entry of the file contained.
#[derive(Clone, Debug)]
struct RecordedDigests {
    /// Text of [`Contract::digest`], which doesn't cover title and descriptions.
    contract: String,
    /// Text of the digest of the whole entry, except this digest.
    sum: String,
}

/// Locked version that a contract is compared with, if there is one.
#[derive(Clone, Copy, Debug)]
pub enum Baseline<'l> {
    /// The lock has no tool of this name.
    None,
    /// The locked version of the same major, or the newest locked version if every locked version has a lower major.
    Locked(&'l LockedContract),
    /// A locked version that is newer than the contract's version.
    Newer(&'l LockedContract),
}

/// Reason why a lock can't be parsed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockError(String);

impl fmt::Display for LockError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for LockError {}

impl Lock {
    /// Parses a lock. Leaks the parsed contents, so that contracts can be `'static`.
    ///
    /// # Errors
    /// The text isn't a valid lock. The error contains line and column, or the name of the tool.
    pub fn parse(text: &str) -> Result<Lock, LockError> {
        read::lock(text)
    }

    /// Returns the text of the file.
    ///
    /// # Errors
    /// A schema that is known only at run time can't be serialized as JSON.
    pub fn render(&self) -> Result<String, serde_json::Error> {
        write::lock(self, KEYS)
    }

    /// All versions of all tools, sorted by name, then by version.
    #[must_use]
    pub fn tools(&self) -> &[LockedContract] {
        &self.tools
    }

    /// Returns the locked version of a tool in this major.
    #[must_use]
    pub fn find(&self, name: &str, major: u32) -> Option<&LockedContract> {
        self.tools.iter().find(|tool| tool.is(name, major))
    }

    /// Returns the locked version that a contract of this name and version is compared with.
    #[must_use]
    pub fn baseline(&self, name: &str, version: Version) -> Baseline<'_> {
        let newest = self.tools.iter().rfind(|tool| tool.contract.name == name);
        match (self.find(name, version.major), newest) {
            (Some(locked), _) if version < locked.contract.version => Baseline::Newer(locked),
            (Some(locked), _) => Baseline::Locked(locked),
            (None, Some(newest)) if version < newest.contract.version => Baseline::Newer(newest),
            (None, Some(newest)) => Baseline::Locked(newest),
            (None, None) => Baseline::None,
        }
    }

    /// Inserts a version that `server` serves. If the same major is locked, replaces that version, but keeps its other
    /// servers and its reasons for lowered guards.
    pub fn put(&mut self, mut contract: Contract, server: &str) {
        let mut servers = vec![server.to_owned()];
        if let Some(locked) = self.find(contract.name, contract.version.major) {
            servers.extend(locked.servers.iter().filter(|name| *name != server).cloned());
            let new = contract.weakens.iter().filter(|given| !locked.contract.weakens.contains(given));
            contract.weakens = [locked.contract.weakens, &new.copied().collect::<Vec<_>>()].concat().leak();
        }
        servers.sort();
        self.remove(contract.name, contract.version.major);
        self.tools.push(LockedContract { contract, servers, recorded: None });
        self.tools.sort_by_key(|tool| (tool.contract.name, tool.contract.version));
    }

    /// Removes the locked version of a tool in this major.
    pub fn remove(&mut self, name: &str, major: u32) {
        self.tools.retain(|tool| !tool.is(name, major));
    }

    /// Removes a server from the servers of a version.
    pub fn remove_server(&mut self, name: &str, major: u32, server: &str) {
        for tool in self.tools.iter_mut().filter(|tool| tool.is(name, major)) {
            tool.servers.retain(|name| name != server);
        }
    }
}

impl LockedContract {
    fn is(&self, name: &str, major: u32) -> bool {
        self.contract.name == name && self.contract.version.major == major
    }

    /// Contract of this version.
    #[must_use]
    pub const fn contract(&self) -> &Contract {
        &self.contract
    }

    /// Names of the servers that serve this version, sorted.
    #[must_use]
    pub fn servers(&self) -> &[String] {
        &self.servers
    }

    /// Returns `true` if the digests in the entry match its contents, or if the version wasn't parsed. The digests
    /// don't match after an edit by hand.
    ///
    /// # Errors
    /// A schema that is known only at run time can't be serialized as JSON.
    pub fn is_intact(&self) -> Result<bool, serde_json::Error> {
        let Some(RecordedDigests { contract, sum }) = &self.recorded else { return Ok(true) };
        Ok(self.contract.digest()?.to_string() == *contract && write::sum(self)?.to_string() == *sum)
    }
}
