//! `tools/list`, answered from prebuilt JSON. Entries are written when the server starts. A page is written at its
//! first request, and shared by all callers who see the same tools.

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
    sets::ListCache,
    shown::{ToolList, Visible},
};
use crate::pipeline::{Pipeline, policy, registry::Registry};

/// Default tools per page. Most clients read only the first page, so all tools of an ordinary server must fit on it. A
/// thousand tools are about a megabyte, which is more than any model reads.
pub(crate) const DEFAULT_PAGE_SIZE: NonZeroU32 = match NonZeroU32::new(1_000) {
    Some(size) => size,
    None => NonZeroU32::MIN,
};

/// The prebuilt lists of a server.
#[derive(Debug)]
pub(crate) struct Listing {
    entries: Entries,
    /// Tools per page.
    page_size: usize,
    /// Lists also show tools for which the caller lacks a scope.
    shows_grantable: bool,
    /// For each distinct set of scopes, the index of one tool that needs it. The built-in policy decides alike on all
    /// tools that need the same scopes.
    scope_samples: Vec<usize>,
    /// For each tool, by its index: the index in `scope_samples` of the tool that needs the same scopes.
    sample_of: Vec<usize>,
    /// Some tool needs a scope.
    pub(crate) needs_scopes: bool,
    /// The list for callers who may see every tool.
    complete: Arc<ToolList>,
    /// The list for callers who may see no tool.
    empty: Arc<ToolList>,
    /// Lists for callers who may see some of the tools.
    cache: ListCache,
}

impl Listing {
    /// # Errors
    /// rmcp can't parse a tool's entry as a tool.
    pub(super) fn new(
        pipeline: &Pipeline,
        shows_grantable: bool,
        page_size: NonZeroU32,
    ) -> Result<Self, serde_json::Error> {
        let Pipeline { registry, versions, .. } = pipeline;
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
        let page_size = usize::try_from(page_size.get()).unwrap_or(usize::MAX);
        Ok(Listing {
            page_size,
            shows_grantable,
            scope_samples,
            sample_of,
            needs_scopes: registry
                .tools()
                .iter()
                .any(|tool| tool.contract.required_scopes().next().is_some()),
            complete: Arc::new(ToolList::new(&all, page_size)),
            empty: Arc::new(ToolList::new(&none, page_size)),
            cache: ListCache::default(),
            entries,
        })
    }

    /// A tool's entry as rmcp's type, with the tool's own name.
    pub(crate) fn tool(&self, registry: &Registry, name: &str) -> Option<rmcp::model::Tool> {
        let index = registry.tools().iter().position(|tool| tool.contract.name() == name)?;
        let mut tool: rmcp::model::Tool = serde_json::from_str(self.entries.at(index)).ok()?;
        tool.name = name.to_owned().into();
        Some(tool)
    }
}
