//! `tools/list`, from bytes that were written once: the entries when the server starts, each page when the first
//! caller who sees these tools asks for it.

pub(super) mod entry;
pub(super) mod page;
mod serve;
mod sets;
mod shown;
#[cfg(test)]
mod tests;

use std::{collections::HashMap, num::NonZeroU32, sync::Arc};

pub use self::entry::with_security;
use self::{
    entry::Entries,
    sets::Sets,
    shown::{ToolList, Visible},
};
use crate::pipeline::{Dispatcher, policy, registry::Registry};

/// Default tools per page. Most clients read only the first page, so it holds all tools of an ordinary server: a
/// thousand tools are about a megabyte, more than any model reads.
pub(crate) const PAGE: NonZeroU32 = match NonZeroU32::new(1_000) {
    Some(page) => page,
    None => NonZeroU32::MIN,
};

/// The prebuilt lists of a server.
#[derive(Debug)]
pub(crate) struct Listing {
    entries: Entries,
    /// Tools on one page.
    page: usize,
    /// Lists also show tools for which the caller lacks a scope.
    shows_grantable: bool,
    /// For each distinct set of scopes, the index of one tool that needs it. The built-in policy decides alike on all
    /// tools that need the same scopes.
    scope_samples: Vec<usize>,
    /// By a tool's index, the index into `scope_samples` of its scopes.
    sample_of: Vec<usize>,
    /// Some tool needs a scope.
    pub(crate) needs_scopes: bool,
    /// The list for callers who may see every tool.
    complete: Arc<ToolList>,
    /// The list for callers who may see no tool.
    empty: Arc<ToolList>,
    sets: Sets,
}

impl Listing {
    /// # Errors
    /// A tool's entry that rmcp can't read as a tool.
    pub(super) fn new(
        dispatcher: &Dispatcher,
        shows_grantable: bool,
        page: NonZeroU32,
    ) -> Result<Self, serde_json::Error> {
        let Dispatcher { registry, versions, .. } = dispatcher;
        let entries = Entries::of(registry, !versions.pins.is_empty())?;
        let (mut scope_samples, mut sample_of, mut found) = (Vec::new(), Vec::new(), HashMap::new());
        for (index, tool) in registry.tools().iter().enumerate() {
            let sample = *found.entry(policy::needed_scopes(tool)).or_insert_with(|| {
                scope_samples.push(index);
                scope_samples.len() - 1
            });
            sample_of.push(sample);
        }
        let (none, mut all) = (Visible::none(registry.tools().len()), Visible::none(registry.tools().len()));
        for index in 0..registry.tools().len() {
            all.show(index, entries.is_newest(index));
        }
        let page = usize::try_from(page.get()).unwrap_or(usize::MAX);
        Ok(Listing {
            page,
            shows_grantable,
            scope_samples,
            sample_of,
            needs_scopes: registry
                .tools()
                .iter()
                .any(|tool| tool.contract.required_scopes().next().is_some()),
            complete: Arc::new(ToolList::new(&all, page)),
            empty: Arc::new(ToolList::new(&none, page)),
            sets: Sets::default(),
            entries,
        })
    }

    /// A tool's entry, by the tool's own name, in rmcp's type.
    pub(crate) fn tool(&self, registry: &Registry, name: &str) -> Option<rmcp::model::Tool> {
        let index = registry.tools().iter().position(|tool| tool.contract.name() == name)?;
        let mut tool: rmcp::model::Tool = serde_json::from_str(self.entries.at(index)).ok()?;
        tool.name = name.to_owned().into();
        Some(tool)
    }
}
