//! What is said of contracts: tool by tool what changed, and what is wrong.

use mcp_tool_contract::{
    judge::Finding,
    model::{Contract, Version},
    rules::{
        ChangeClass,
        witness::{self, Witness},
    },
};

/// What is wrong with a tool's contract, from least to most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fault {
    /// The lock isn't what the source says.
    Stale,
    /// A guard is lowered, and nobody said why.
    Weakens,
    /// Its version doesn't say what changed.
    NeedsBump,
    /// What was promised isn't served any more.
    Dropped,
}

impl Fault {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Fault::Stale => "stale",
            Fault::Weakens => "weakens",
            Fault::NeedsBump => "needs-bump",
            Fault::Dropped => "dropped",
        }
    }
}

/// What is said of one tool.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) tool: String,
    /// The version that it is compared with.
    pub(crate) from: Option<Version>,
    pub(crate) to: Option<Version>,
    pub(crate) changes: Vec<Change>,
    /// What is wrong, and what to do about it.
    pub(crate) fault: Option<(Fault, String)>,
    /// Where it stands: a file and, where it is source, a line.
    pub(crate) file: String,
    pub(crate) line: Option<u32>,
}

/// One change, with what shows it.
#[derive(Debug)]
pub(crate) struct Change {
    pub(crate) finding: Finding,
    pub(crate) witness: Option<Witness>,
}

/// What is said of all.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) said: Vec<Said>,
    /// What deserves a word and is no fault.
    pub(crate) notes: Vec<String>,
}

impl Report {
    /// The worst fault.
    pub(crate) fn worst(&self) -> Option<Fault> {
        self.said.iter().filter_map(|said| said.fault.as_ref()).map(|(fault, _)| *fault).max()
    }
}

impl Change {
    pub(super) fn of(finding: Finding, old: &Contract, new: &Contract) -> Self {
        Change { finding, witness: witness::of(&finding, old, new) }
    }

    /// Whether it would be a compile error: patches aren't.
    pub(crate) fn binds(&self) -> bool {
        self.finding.rule.class() > ChangeClass::Patch
    }
}
