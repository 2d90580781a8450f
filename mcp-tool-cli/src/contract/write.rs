//! `contract write`: updates the locks of the workspace.

use super::{
    check::{CheckOptions, ServerContracts, edited_entries, edited_message, foreign_note},
    error::ContractError,
    lock_file::LockFile,
    report::{CheckFailure, ToolReport, WriteEffect},
    workspace::Workspace,
};

impl ServerContracts<'_> {
    /// Writes the contracts to the locks of their packages, and returns the effects. `drop` contains versions that the
    /// server no longer serves, such as `list_invoices@1`. This method removes the promises to serve these versions
    /// from the locks. Fails without writing a lock if an entry was edited by hand, or if a change isn't permitted.
    pub(super) fn write(self, drop: &[String], today: &str) -> Result<Vec<WriteEffect>, ContractError> {
        let workspace = Workspace::current()?;
        let (files, foreign) = workspace.lock_files(self.tools)?;
        let dropped: Vec<(&str, u32)> =
            drop.iter().map(|given| self.parse_drop(given, &files)).collect::<Result<_, _>>()?;
        let mut effects = Vec::new();
        // All locks are checked before the first lock is written.
        let mut texts = Vec::new();
        for file in &files {
            if let [locked, ..] = edited_entries(file)?.as_slice() {
                return Err(ContractError::new(edited_message(locked, &file.name)));
            }
            let mut lock = file.lock.clone();
            for entry in &file.tools {
                let options = CheckOptions { against: None, today };
                // `Stale` is no error here, because this method updates stale locks.
                if let Some(ToolReport {
                    failure:
                        Some((
                            failure @ (CheckFailure::NeedsBump
                            | CheckFailure::Weakens
                            | CheckFailure::Dropped),
                            reason,
                        )),
                    ..
                }) = self.compare_tool(entry, &file.lock, file, options, true)?
                {
                    return Err(ContractError::new(format!(
                        "{} was not changed ({}): {reason}",
                        file.name,
                        failure.name()
                    )));
                }
                lock.put(*entry.contract(), self.name);
            }
            // Promises end by `--drop` or after the announced removal day.
            for locked in self.unserved(&file.lock, file) {
                let (name, version) = (locked.contract().name(), locked.contract().version());
                let removal = locked.contract().deprecation().and_then(|deprecation| deprecation.removal());
                if dropped.contains(&(name, version.major())) || removal.is_some_and(|day| today > day) {
                    lock.remove_server(name, version.major(), self.name);
                    effects.push(WriteEffect::Note(format!(
                        "{name} {version} is no longer promised by '{}'",
                        self.name
                    )));
                } else {
                    effects.push(WriteEffect::Note(format!(
                        "{name} {version} isn't served but stays promised: run `contract check` to see how to end it"
                    )));
                }
                // An entry that no server promises any more is removed.
                if lock.find(name, version.major()).is_some_and(|locked| locked.servers().is_empty()) {
                    lock.remove(name, version.major());
                }
            }
            texts.push((file, lock.render()?, lock.tools().is_empty()));
        }
        for (file, text, is_empty) in texts {
            // An empty lock isn't created.
            if file.text.as_deref() == Some(&text) || (file.text.is_none() && is_empty) {
                continue;
            }
            file.write(&text)?;
            effects.push(WriteEffect::Wrote(file.name.clone()));
            // Makes cargo compile the tools again, this time with the lock.
            if file.text.is_none() {
                workspace.touch(&file.tools).map_err(|error| {
                    ContractError::new(format!(
                        "{} is new, but cargo doesn't read it until the sources change: {error}",
                        file.name
                    ))
                })?;
            }
        }
        // Tools that are defined outside of the workspace are in no lock here.
        effects.extend(foreign_note(&foreign).map(WriteEffect::Note));
        Ok(effects)
    }

    /// Parses a value of `--drop`, which must name a version that is promised but not served.
    fn parse_drop<'d>(self, given: &'d str, files: &[LockFile]) -> Result<(&'d str, u32), ContractError> {
        let named = given.split_once('@').and_then(|(name, major)| Some((name, major.parse().ok()?)));
        let Some((name, major)) = named else {
            return Err(ContractError::new(format!(
                "--drop {given}: must be `name@major`, such as list_invoices@1"
            )));
        };
        let mut unserved = files.iter().flat_map(|file| self.unserved(&file.lock, file));
        if unserved
            .any(|locked| locked.contract().name() == name && locked.contract().version().major() == major)
        {
            return Ok((name, major));
        }
        Err(ContractError::new(format!(
            "--drop {given}: must name a version in a lock that the server no longer serves; remove a served version from \
             `tools![…]` first"
        )))
    }
}
