//! Report of a comparison of contracts with locks: the changes and the failure of each tool.

use mcp_tool_contract::{
    judge::Finding,
    model::{Contract, Version},
    rules::{
        ChangeClass,
        witness::{self, Witness},
    },
};

/// Failure of a tool's contract. The most severe failure is last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum CheckFailure {
    /// The lock differs from the tools, is missing, or was edited by hand.
    Stale,
    /// A change lowers a guard (class `Weakens`) without a reason in the key `weakens`, or such a reason matches no
    /// change.
    Weakens,
    /// The version isn't high enough for the changes.
    NeedsBump,
    /// The server no longer serves a version that the lock promises, or a contract newly announces a removal day that
    /// has passed.
    Dropped,
}

impl CheckFailure {
    pub(super) const fn name(self) -> &'static str {
        match self {
            CheckFailure::Stale => "stale",
            CheckFailure::Weakens => "weakens",
            CheckFailure::NeedsBump => "needs-bump",
            CheckFailure::Dropped => "dropped",
        }
    }
}

/// Report on one tool.
#[derive(Debug)]
pub(super) struct ToolReport {
    pub(super) tool: String,
    /// Locked version; `None` for a new tool.
    pub(super) from: Option<Version>,
    /// Version in the source; `None` for a removed tool, and for an entry of the lock that was edited by hand.
    pub(super) to: Option<Version>,
    pub(super) changes: Vec<Change>,
    /// Failure, with a text that states the reason and the remedy.
    pub(super) failure: Option<(CheckFailure, String)>,
    /// Path of the tool's source file or, if `to` is `None`, of the lock.
    pub(super) file: String,
    /// Line of the tool in its source file; `None` for the lock.
    pub(super) line: Option<u32>,
}

/// Change of a contract, with a witness: an example that shows the effect of the change.
#[derive(Debug)]
pub(super) struct Change {
    pub(super) finding: Finding,
    pub(super) witness: Option<Witness>,
}

/// Report on all tools with changes or failures.
#[derive(Debug, Default)]
pub(super) struct LockReport {
    pub(super) tools: Vec<ToolReport>,
    /// Remarks that aren't failures.
    pub(super) notes: Vec<String>,
}

/// Effect of `contract write`.
#[derive(Debug)]
pub(super) enum WriteEffect {
    /// The lock with this path was written.
    Wrote(String),
    /// A remark about a contract.
    Note(String),
}

impl LockReport {
    /// Returns the most severe failure; `None` without failures.
    pub(super) fn worst(&self) -> Option<CheckFailure> {
        self.tools.iter().filter_map(|tool| tool.failure.as_ref()).map(|(failure, _)| *failure).max()
    }
}

impl Change {
    pub(super) fn of(finding: Finding, old: &Contract, new: &Contract) -> Self {
        Change { finding, witness: witness::of(&finding, old, new) }
    }

    /// Returns `true` unless the change has the class `Patch`, which needs no new version.
    pub(super) fn needs_bump(&self) -> bool {
        self.finding.rule.class() > ChangeClass::Patch
    }
}
