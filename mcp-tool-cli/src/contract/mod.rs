//! The contracts of a server beside its locks: what changed, whether the versions say so, and putting them in.

pub(crate) mod command;
mod report;
mod workspace;

use std::fmt;

use mcp_tool_contract::{
    judge::{self, Finding, Findings},
    lock::{Baseline, Lock, LockedContract},
    model::Contract,
};

use mcp_tool_core::{application::Application, tool::ToolEntry};
pub(crate) use report::{Change, Fault, Report, Said};
use workspace::{Book, Workspace};

/// Why contracts couldn't be looked at, or don't pass.
#[derive(Debug)]
pub struct ContractError(String);

impl ContractError {
    pub(crate) fn new(reason: String) -> Self {
        ContractError(reason)
    }
}

impl fmt::Display for ContractError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ContractError {}

impl From<serde_json::Error> for ContractError {
    fn from(error: serde_json::Error) -> Self {
        ContractError(format!("a contract can't be JSON: {error}"))
    }
}

/// Compares the contracts of an application with the locks of the workspace that the process runs in.
///
/// # Errors
/// Each difference, on its own line.
pub fn check(application: &Application) -> Result<(), ContractError> {
    let server = Server { name: &application.name, tools: &application.tools };
    let report = server.check(Asked { against: None, today: &today() })?;
    let faults: Vec<String> = report
        .said
        .iter()
        .filter_map(|said| said.fault.as_ref())
        .map(|(fault, reason)| format!("{}: {reason}", fault.name()))
        .collect();
    if faults.is_empty() { Ok(()) } else { Err(ContractError::new(faults.join("\n"))) }
}

/// The server whose contracts are looked at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Server<'s> {
    pub(crate) name: &'s str,
    pub(crate) tools: &'s [ToolEntry],
}

/// What is held against what.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'a> {
    /// A revision whose locks count too.
    pub(crate) against: Option<&'a str>,
    /// The day, as `2027-01-31`.
    pub(crate) today: &'a str,
}

impl Server<'_> {
    /// Holds the contracts to the locks, and to those of a revision where one is named.
    pub(crate) fn check(self, asked: Asked<'_>) -> Result<Report, ContractError> {
        let workspace = Workspace::here()?;
        let (books, foreign) = workspace.books(self.tools)?;
        let mut report = Report::default();
        for book in &books {
            let stale = self.held_to(&book.lock, book, asked, true, &mut report)?;
            if let Some(revision) = asked.against {
                // What the lock says of it too is said once.
                let told = std::mem::take(&mut report.said);
                self.held_to(&book.at(revision)?, book, asked, false, &mut report)?;
                let against = std::mem::replace(&mut report.said, told);
                let fault = |said: &Said| said.fault.as_ref().map(|(fault, _)| *fault);
                let known = |said: &Said| {
                    report.said.iter().any(|other| {
                        other.tool == said.tool && other.to == said.to && fault(other) >= fault(said)
                    })
                };
                let new: Vec<Said> = against.into_iter().filter(|said| !known(said)).collect();
                report.said.extend(new);
            }
            if stale && book.text.is_none() {
                report.notes.push(format!("{} isn't there yet: `{}` makes it", book.shown, judge::ACCEPT));
            }
        }
        if let Some(revision) = asked.against {
            self.vanished(&workspace, &books, revision, asked, &mut report)?;
        }
        report.notes.extend(outside(&foreign));
        Ok(report)
    }

    /// What locks of a revision promise that aren't there any more.
    fn vanished(
        self,
        workspace: &Workspace,
        books: &[Book],
        revision: &str,
        asked: Asked<'_>,
        report: &mut Report,
    ) -> Result<(), ContractError> {
        for book in workspace.books_of(revision)? {
            if !books.iter().any(|own| own.shown == book.shown) {
                self.held_to(&book.lock, &book, asked, false, report)?;
            }
        }
        Ok(())
    }

    /// What changed since the locks, or since those of a revision.
    pub(crate) fn diff(self, asked: Asked<'_>) -> Result<Report, ContractError> {
        let workspace = Workspace::here()?;
        let (books, foreign) = workspace.books(self.tools)?;
        let mut report = Report::default();
        for book in &books {
            match asked.against {
                None => {
                    self.held_to(&book.lock, book, asked, true, &mut report)?;
                }
                Some(revision) => {
                    self.held_to(&book.at(revision)?, book, asked, false, &mut report)?;
                }
            }
        }
        report.notes.extend(outside(&foreign));
        Ok(report)
    }

    /// Holds one package's contracts to a lock. Whether the lock is the current one decides whether being other
    /// than it is a fault of its own. Returns whether it is.
    fn held_to(
        self,
        lock: &Lock,
        book: &Book,
        asked: Asked<'_>,
        is_current: bool,
        report: &mut Report,
    ) -> Result<bool, ContractError> {
        let mut stale = false;
        for entry in &book.tools {
            let said = self.tool(entry, lock, book, asked, is_current)?;
            stale |= said.as_ref().is_some_and(|said| matches!(said.fault, Some((Fault::Stale, _))));
            report.said.extend(said);
        }
        let gone = |locked: &LockedContract, fault| Said {
            tool: locked.contract.name.to_owned(),
            from: Some(locked.contract.version),
            to: None,
            changes: Vec::new(),
            fault: Some(fault),
            file: book.shown.clone(),
            line: None,
        };
        if is_current {
            for locked in edited(book)? {
                report.said.push(gone(locked, (Fault::Stale, unmakeable(locked, &book.shown))));
            }
        }
        for locked in self.unserved(lock, book) {
            let Contract { name, version, deprecation, .. } = locked.contract;
            let removal = deprecation.and_then(|deprecation| deprecation.removal);
            if removal.is_some_and(|day| asked.today > day) {
                let day = removal.unwrap_or_default();
                if is_current {
                    report.notes.push(format!("{name} {version} went after {day}, as it was promised to"));
                }
                continue;
            }
            let until = removal.map_or_else(String::new, |day| format!(" until {day}"));
            let reason = format!(
                "{name} {version} is promised by {}{until}, and '{}' doesn't serve it: serve it, or an adapter of \
                 its version beside the new one; to end the promise, deprecate it with a `removal` and wait for \
                 that day, or break it with `contract write --drop {name}@{}`",
                book.shown, self.name, version.major
            );
            let removed = Change::of(Finding::TOOL_REMOVED, &locked.contract, &locked.contract);
            let gone = gone(locked, (Fault::Dropped, reason));
            report.said.push(Said { changes: vec![removed], ..gone });
        }
        Ok(stale)
    }

    /// What a lock promises of this server, and the server doesn't serve.
    fn unserved<'l>(self, lock: &'l Lock, book: &Book) -> Vec<&'l LockedContract> {
        let ours = |locked: &&LockedContract| locked.servers.iter().any(|name| name == self.name);
        lock.tools().iter().filter(ours).filter(|locked| !is_served(locked, book)).collect()
    }

    /// What is said of one tool; nothing where all is as it was locked.
    fn tool(
        self,
        entry: &ToolEntry,
        lock: &Lock,
        book: &Book,
        asked: Asked<'_>,
        is_current: bool,
    ) -> Result<Option<Said>, ContractError> {
        let mut contract = *entry.contract;
        let Contract { name, version, .. } = contract;
        if !is_current && let Some(own) = book.lock.find(name, version.major) {
            // Reasons that the lock keeps were given since.
            let given =
                contract.weakens.iter().filter(|given| !own.contract.weakens.contains(given)).copied();
            contract.weakens = own.contract.weakens.iter().copied().chain(given).collect::<Vec<_>>().leak();
        }
        let mut said = Said {
            tool: name.to_owned(),
            from: None,
            to: Some(version),
            changes: Vec::new(),
            fault: None,
            file: entry.source.file.to_owned(),
            line: Some(entry.source.line),
        };
        let accept = |what: String| Some((Fault::Stale, format!("{what}: run `{}`", judge::ACCEPT)));
        let locked = match lock.baseline(name, version) {
            Baseline::None => {
                said.changes.push(Change::of(Finding::TOOL_ADDED, &contract, &contract));
                if is_current {
                    said.fault = accept(format!("{name} {version} isn't locked yet"));
                }
                return Ok(Some(said));
            }
            Baseline::Newer(locked) => {
                let locked = locked.contract.version;
                said.from = Some(locked);
                let reason = format!("{name} {version} is below the locked {locked}: a version never falls");
                said.fault = Some((Fault::NeedsBump, reason));
                return Ok(Some(said));
            }
            Baseline::Locked(locked) => locked,
        };
        said.from = Some(locked.contract.version);
        let findings = judge::compare_at_run_time(&locked.contract, &contract);
        said.changes = changes(&findings, &locked.contract, &contract);
        let mut ruling = judge::apply_policy(&locked.contract, &contract, findings);
        if !is_current {
            // A reason may have been given for a change on the way.
            ruling.unused_reason = None;
        }
        let removal = |contract: &Contract| contract.deprecation.and_then(|deprecation| deprecation.removal);
        let is_sudden = |day: &str| removal(&locked.contract) != Some(day) && day < asked.today;
        said.fault = if let Some(day) = removal(&contract).filter(|day| is_sudden(day)) {
            let reason = format!(
                "{name} {version} is to go after {day}, which has passed: a removal lies ahead of its callers"
            );
            Some((Fault::Dropped, reason))
        } else if !ruling.is_licensed() {
            let fault = if ruling.bump.is_some() { Fault::NeedsBump } else { Fault::Weakens };
            Some((fault, ruling.message(&contract, &locked.contract)))
        } else if !is_current {
            None
        } else if locked.contract.version.major != version.major {
            accept(format!("{name} {version} isn't locked yet"))
        } else if !self.is_fresh(entry, lock)? {
            accept(format!("{name} {version} isn't what is locked as {}", locked.contract.version))
        } else {
            None
        };
        let is_news = said.fault.is_some() || !said.changes.is_empty();
        Ok(is_news.then_some(said))
    }

    /// Whether putting the tool in would change nothing.
    fn is_fresh(self, entry: &ToolEntry, lock: &Lock) -> Result<bool, ContractError> {
        let mut fresh = lock.clone();
        fresh.put(*entry.contract, self.name);
        Ok(fresh.render()? == lock.render()?)
    }

    /// Puts the contracts into the locks of their packages; `drop` names versions whose promise is broken, as
    /// `name@major`. Returns what was done.
    pub(crate) fn write(self, drop: &[String], today: &str) -> Result<Vec<String>, ContractError> {
        let workspace = Workspace::here()?;
        let (books, foreign) = workspace.books(self.tools)?;
        let dropped: Vec<(&str, u32)> =
            drop.iter().map(|given| self.dropped(given, &books)).collect::<Result<_, _>>()?;
        let mut done = Vec::new();
        // Nothing is written where one of them can't be.
        let mut texts = Vec::new();
        for book in &books {
            if let [locked, ..] = edited(book)?.as_slice() {
                return Err(ContractError(unmakeable(locked, &book.shown)));
            }
            let mut lock = book.lock.clone();
            for entry in &book.tools {
                let asked = Asked { against: None, today };
                if let Some(Said {
                    fault: Some((fault @ (Fault::NeedsBump | Fault::Weakens | Fault::Dropped), reason)),
                    ..
                }) = self.tool(entry, &book.lock, book, asked, true)?
                {
                    return Err(ContractError(format!(
                        "{} stays as it is ({}): {reason}",
                        book.shown,
                        fault.name()
                    )));
                }
                lock.put(*entry.contract, self.name);
            }
            for locked in self.unserved(&book.lock, book) {
                let Contract { name, version, deprecation, .. } = locked.contract;
                let removal = deprecation.and_then(|deprecation| deprecation.removal);
                if dropped.contains(&(name, version.major)) || removal.is_some_and(|day| today > day) {
                    lock.unlist(name, version.major, self.name);
                    done.push(format!("{name} {version} isn't promised by '{}' any more", self.name));
                } else {
                    done.push(format!(
                        "{name} {version} isn't served and stays promised: `contract check` says what to do"
                    ));
                }
                if lock.find(name, version.major).is_some_and(|locked| locked.servers.is_empty()) {
                    lock.remove(name, version.major);
                }
            }
            texts.push((book, lock.render()?, lock.tools().is_empty()));
        }
        for (book, text, is_empty) in texts {
            if book.text.as_deref() == Some(&text) || (book.text.is_none() && is_empty) {
                continue;
            }
            book.write(&text)?;
            done.push(format!("{} is written", book.shown));
            if book.text.is_none() {
                workspace.touch(&book.tools).map_err(|error| {
                    ContractError(format!(
                        "{} is new, and cargo doesn't look at it until the sources change: {error}",
                        book.shown
                    ))
                })?;
            }
        }
        done.extend(outside(&foreign));
        Ok(done)
    }

    /// A version whose promise is to be broken.
    fn dropped<'d>(self, given: &'d str, books: &[Book]) -> Result<(&'d str, u32), ContractError> {
        let named = given.split_once('@').and_then(|(name, major)| Some((name, major.parse().ok()?)));
        let Some((name, major)) = named else {
            return Err(ContractError(format!(
                "--drop {given}: write `name@major`, such as list_invoices@1"
            )));
        };
        let mut unserved = books.iter().flat_map(|book| self.unserved(&book.lock, book));
        if unserved.any(|locked| locked.contract.name == name && locked.contract.version.major == major) {
            return Ok((name, major));
        }
        Err(ContractError(format!("--drop {given}: nothing of that name and major is promised and unserved")))
    }
}

/// Whether a tool of that name and major is served out of the lock's package.
fn is_served(locked: &LockedContract, book: &Book) -> bool {
    let Contract { name, version, .. } = locked.contract;
    let mut tools = book.tools.iter();
    tools.any(|tool| tool.contract.name == name && tool.contract.version.major == version.major)
}

/// Entries that were edited by hand.
fn edited(book: &Book) -> Result<Vec<&LockedContract>, ContractError> {
    let mut edited = Vec::new();
    for locked in book.lock.tools() {
        if !locked.is_intact()? {
            edited.push(locked);
        }
    }
    Ok(edited)
}

/// What is said of such an entry: whoever made it anew would take the edit for a promise.
fn unmakeable(locked: &LockedContract, shown: &str) -> String {
    let Contract { name, version, .. } = locked.contract;
    format!("the entry of {name} {version} in {shown} was edited by hand: take it from version control again")
}

/// Tools whose locks are none of this workspace's.
fn outside(foreign: &[ToolEntry]) -> Option<String> {
    let names: Vec<&str> = foreign.iter().map(|tool| tool.contract.name).collect();
    (!names.is_empty())
        .then(|| format!("defined outside this workspace, whose own locks judge them: {}", names.join(", ")))
}

fn changes(findings: &Findings, old: &Contract, new: &Contract) -> Vec<Change> {
    let mut changes: Vec<Change> =
        findings.listed().iter().map(|finding| Change::of(*finding, old, new)).collect();
    changes.sort_by_key(|change| std::cmp::Reverse(change.finding.rule.class()));
    changes
}

/// Today in UTC, as `2026-11-21`.
pub(crate) fn today() -> String {
    chrono::DateTime::<chrono::Utc>::from(std::time::SystemTime::now()).format("%Y-%m-%d").to_string()
}
