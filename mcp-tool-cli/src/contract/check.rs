//! Compares the contracts of a server with the locks of the workspace, one `mcp-tools.lock` for each package.
//!
//! The entry of a contract in a lock names servers. It promises that they serve this major version of the tool until
//! its announced removal day, or until `contract write --drop` ends the promise.

use mcp_tool_contract::{
    judge::{self, Finding, Findings},
    lock::{Baseline, Lock, LockedContract},
    model::Contract,
};
use mcp_tool_core::tool::ToolEntry;

use super::{
    error::ContractError,
    lock_file::LockFile,
    report::{Change, CheckFailure, LockReport, ToolReport},
    workspace::Workspace,
};

/// Name and tools of the server whose contracts are compared.
#[derive(Clone, Copy, Debug)]
pub(super) struct ServerContracts<'s> {
    /// Name under which locks list the server.
    pub(super) name: &'s str,
    pub(super) tools: &'s [ToolEntry],
}

/// Options of a comparison.
#[derive(Clone, Copy, Debug)]
pub(super) struct CheckOptions<'a> {
    /// Git revision; `None` for the current locks only. With a revision, `check` compares the contracts with the
    /// current locks and with the locks of the revision, and `diff` compares them only with the locks of the revision.
    pub(super) against: Option<&'a str>,
    /// Current day, such as `2027-01-31`.
    pub(super) today: &'a str,
}

impl ServerContracts<'_> {
    /// Compares the contracts with the current locks and, if a revision is named, also with the locks of that revision.
    pub(super) fn check(self, options: CheckOptions<'_>) -> Result<LockReport, ContractError> {
        let workspace = Workspace::current()?;
        // No package of the workspace defines the tools in `foreign`, so no lock here has them.
        let (files, foreign) = workspace.lock_files(self.tools)?;
        let mut report = LockReport::default();
        for file in &files {
            let is_current = true;
            let is_stale = self.compare(&file.lock, file, options, is_current, &mut report)?;
            if let Some(revision) = options.against {
                // A tool isn't reported a second time, unless the lock of the revision leads to a more severe failure,
                // which is a greater `CheckFailure`.
                let current = std::mem::take(&mut report.tools);
                self.compare(&file.at(revision)?, file, options, false, &mut report)?;
                let against = std::mem::replace(&mut report.tools, current);
                let failure = |tool: &ToolReport| tool.failure.as_ref().map(|(failure, _)| *failure);
                let is_reported = |tool: &ToolReport| {
                    report.tools.iter().any(|other| {
                        other.tool == tool.tool && other.to == tool.to && failure(other) >= failure(tool)
                    })
                };
                let unreported: Vec<ToolReport> =
                    against.into_iter().filter(|tool| !is_reported(tool)).collect();
                report.tools.extend(unreported);
            }
            if is_stale && file.text.is_none() {
                report.notes.push(format!(
                    "{} doesn't exist yet: create it by `{}`",
                    file.name,
                    judge::ACCEPT
                ));
            }
        }
        if let Some(revision) = options.against {
            self.compare_removed_lock_files(&workspace, &files, revision, options, &mut report)?;
        }
        report.notes.extend(foreign_note(&foreign));
        Ok(report)
    }

    /// Finds the locks that existed at `revision` but don't exist now, and reports the contracts that they promise.
    fn compare_removed_lock_files(
        self,
        workspace: &Workspace,
        files: &[LockFile],
        revision: &str,
        options: CheckOptions<'_>,
        report: &mut LockReport,
    ) -> Result<(), ContractError> {
        for file in workspace.lock_files_at(revision)? {
            if !files.iter().any(|current| current.name == file.name) {
                self.compare(&file.lock, &file, options, false, report)?;
            }
        }
        Ok(())
    }

    /// Returns the changes since the current locks or, if a revision is named, since the locks of that revision.
    pub(super) fn diff(self, options: CheckOptions<'_>) -> Result<LockReport, ContractError> {
        let workspace = Workspace::current()?;
        let (files, foreign) = workspace.lock_files(self.tools)?;
        let mut report = LockReport::default();
        for file in &files {
            match options.against {
                None => {
                    self.compare(&file.lock, file, options, true, &mut report)?;
                }
                Some(revision) => {
                    self.compare(&file.at(revision)?, file, options, false, &mut report)?;
                }
            }
        }
        report.notes.extend(foreign_note(&foreign));
        Ok(report)
    }

    /// Compares the tools in `file` with `lock`: the current lock of their package if `is_current` is `true`, else the
    /// package's lock at a git revision. Also reports the contracts that `lock` promises but the server doesn't serve
    /// and, for the current lock, the entries that were edited by hand.
    ///
    /// Returns `true` if a tool has the failure `Stale`: its contract isn't in the current lock, or a permitted change
    /// isn't.
    fn compare(
        self,
        lock: &Lock,
        file: &LockFile,
        options: CheckOptions<'_>,
        is_current: bool,
        report: &mut LockReport,
    ) -> Result<bool, ContractError> {
        let mut is_stale = false;
        for entry in &file.tools {
            let tool = self.compare_tool(entry, lock, file, options, is_current)?;
            is_stale |=
                tool.as_ref().is_some_and(|tool| matches!(tool.failure, Some((CheckFailure::Stale, _))));
            report.tools.extend(tool);
        }
        // Report on an entry of the lock, without a tool.
        let entry_report = |locked: &LockedContract, failure| ToolReport {
            tool: locked.contract().name().to_owned(),
            from: Some(locked.contract().version()),
            to: None,
            changes: Vec::new(),
            failure: Some(failure),
            file: file.name.clone(),
            line: None,
        };
        if is_current {
            for locked in edited_entries(file)? {
                let failure = (CheckFailure::Stale, edited_message(locked, &file.name));
                report.tools.push(entry_report(locked, failure));
            }
        }
        for locked in self.unserved(lock, file) {
            let (name, version) = (locked.contract().name(), locked.contract().version());
            let removal = locked.contract().deprecation().and_then(|deprecation| deprecation.removal());
            if removal.is_some_and(|day| options.today > day) {
                let day = removal.unwrap_or_default();
                if is_current {
                    report.notes.push(format!("{name} {version} was removed after {day}, as announced"));
                }
                continue;
            }
            let until = removal.map_or_else(String::new, |day| format!(" until {day}"));
            let reason = format!(
                "{name} {version} is promised by {}{until}, but '{}' doesn't serve it: serve it, for example as an \
                 adapter of the new version; to end the promise, deprecate it with a `removal` and wait for that \
                 day, or break it with `contract write --drop {name}@{}`",
                file.name,
                self.name,
                version.major()
            );
            let change = Change::of(Finding::TOOL_REMOVED, locked.contract(), locked.contract());
            let tool = entry_report(locked, (CheckFailure::Dropped, reason));
            report.tools.push(ToolReport { changes: vec![change], ..tool });
        }
        Ok(is_stale)
    }

    /// Returns the contracts that the lock promises for this server although the server doesn't serve them.
    pub(super) fn unserved<'l>(self, lock: &'l Lock, file: &LockFile) -> Vec<&'l LockedContract> {
        let is_promised = |locked: &&LockedContract| locked.servers().iter().any(|name| name == self.name);
        lock.tools().iter().filter(is_promised).filter(|locked| !is_served(locked, file)).collect()
    }

    /// Compares one tool with its locked contract. Returns `None` if there is neither a change nor a failure.
    /// `is_current` is `false` if `lock` is the lock of a git revision.
    pub(super) fn compare_tool(
        self,
        entry: &ToolEntry,
        lock: &Lock,
        file: &LockFile,
        options: CheckOptions<'_>,
        is_current: bool,
    ) -> Result<Option<ToolReport>, ContractError> {
        let mut contract = *entry.contract();
        let (name, version) = (contract.name(), contract.version());
        if !is_current && let Some(current) = file.lock.find(name, version.major()) {
            // A `weakens` reason justifies a lowered guard. The lock keeps each reason, also after the source drops it.
            // So a comparison with an older lock uses the reasons of the current lock and of the source.
            let unlocked = contract
                .weakens()
                .iter()
                .filter(|reason| !current.contract().weakens().contains(reason))
                .copied();
            let reasons: Vec<_> = current.contract().weakens().iter().copied().chain(unlocked).collect();
            // A contract contains only `&'static` data. The leak is small, and the command ends soon.
            contract = contract.with_weakens(reasons.leak());
        }
        let mut report = ToolReport {
            tool: name.to_owned(),
            from: None,
            to: Some(version),
            changes: Vec::new(),
            failure: None,
            file: entry.source.file.to_owned(),
            line: Some(entry.source.line),
        };
        let stale = |what: String| Some((CheckFailure::Stale, format!("{what}: run `{}`", judge::ACCEPT)));
        // The baseline is the locked contract of the same major version, else the newest one of the tool.
        let locked = match lock.baseline(name, version) {
            Baseline::None => {
                report.changes.push(Change::of(Finding::TOOL_ADDED, &contract, &contract));
                if is_current {
                    report.failure = stale(format!("{name} {version} isn't locked yet"));
                }
                return Ok(Some(report));
            }
            Baseline::Newer(locked) => {
                let locked = locked.contract().version();
                report.from = Some(locked);
                let reason =
                    format!("{name} {version} is below the locked {locked}: a version must not decrease");
                report.failure = Some((CheckFailure::NeedsBump, reason));
                return Ok(Some(report));
            }
            Baseline::Locked(locked) => locked,
        };
        report.from = Some(locked.contract().version());
        let findings = judge::compare_at_run_time(locked.contract(), &contract);
        report.changes = changes(&findings, locked.contract(), &contract);
        let mut ruling = judge::apply_policy(locked.contract(), &contract, findings);
        if !is_current {
            // A reason that matches no change since the revision isn't a failure: it may belong to a change after the
            // revision that a later change undid.
            ruling.unused_reason = None;
        }
        let removal =
            |contract: &Contract| contract.deprecation().and_then(|deprecation| deprecation.removal());
        // A removal day may be in the past only if the lock has announced it.
        let is_sudden = |day: &str| removal(locked.contract()) != Some(day) && day < options.today;
        report.failure = if let Some(day) = removal(&contract).filter(|day| is_sudden(day)) {
            let reason =
                format!("{name} {version} has the removal day {day}, which has passed: announce a later day");
            Some((CheckFailure::Dropped, reason))
        } else if !ruling.is_permitted() {
            let failure = if ruling.bump.is_some() { CheckFailure::NeedsBump } else { CheckFailure::Weakens };
            Some((failure, ruling.message(&contract, locked.contract())))
        } else if !is_current {
            None
        } else if locked.contract().version().major() != version.major() {
            stale(format!("{name} {version} isn't locked yet"))
        } else if !self.is_fresh(entry, lock)? {
            stale(format!("{name} {version} differs from the locked {}", locked.contract().version()))
        } else {
            None
        };
        let has_news = report.failure.is_some() || !report.changes.is_empty();
        Ok(has_news.then_some(report))
    }

    /// Returns `true` if `contract write` wouldn't change the lock for this tool.
    fn is_fresh(self, entry: &ToolEntry, lock: &Lock) -> Result<bool, ContractError> {
        let mut written = lock.clone();
        written.put(*entry.contract(), self.name);
        Ok(written.render()? == lock.render()?)
    }
}

/// Returns `true` if the server has a tool of the lock's package with the same name and major version.
fn is_served(locked: &LockedContract, file: &LockFile) -> bool {
    let (name, version) = (locked.contract().name(), locked.contract().version());
    let mut tools = file.tools.iter();
    tools.any(|tool| tool.contract().name() == name && tool.contract().version().major() == version.major())
}

/// Returns the entries of the lock that were edited by hand.
pub(super) fn edited_entries(file: &LockFile) -> Result<Vec<&LockedContract>, ContractError> {
    let mut edited = Vec::new();
    for locked in file.lock.tools() {
        if !locked.is_intact()? {
            edited.push(locked);
        }
    }
    Ok(edited)
}

/// Returns the message for an entry that was edited by hand. `contract write` fails on such an entry, since the edit
/// may hide a breaking change.
pub(super) fn edited_message(locked: &LockedContract, file: &str) -> String {
    let (name, version) = (locked.contract().name(), locked.contract().version());
    format!("the entry of {name} {version} in {file} was edited by hand: restore it from version control")
}

/// Returns a note that names the tools in `foreign`, which are defined outside of the workspace; `None` if there are
/// none.
pub(super) fn foreign_note(foreign: &[ToolEntry]) -> Option<String> {
    let names: Vec<&str> = foreign.iter().map(|tool| tool.contract().name()).collect();
    (!names.is_empty()).then(|| {
        format!("tools defined outside this workspace, checked only by the locks there: {}", names.join(", "))
    })
}

/// Returns the changes with their witnesses, the most severe class first.
fn changes(findings: &Findings, old: &Contract, new: &Contract) -> Vec<Change> {
    let mut changes: Vec<Change> =
        findings.listed().iter().map(|finding| Change::of(*finding, old, new)).collect();
    changes.sort_by_key(|change| std::cmp::Reverse(change.finding.rule.class()));
    changes
}

/// Returns the current day in UTC, such as `2026-11-21`.
pub(super) fn today() -> String {
    chrono::DateTime::<chrono::Utc>::from(std::time::SystemTime::now()).format("%Y-%m-%d").to_string()
}
