//! `tools/list`, answered from prebuilt JSON. Each tool's entry is written when the server starts. A page of entries is
//! written when it is first requested, and then shared by all callers who see the same tools.

pub(super) mod entry;
mod list_cache;
pub(super) mod page;
mod serve;
#[cfg(test)]
mod tests;
mod tool_list;

use std::{collections::HashMap, num::NonZeroU32, sync::Arc};

pub use self::entry::with_security;
use self::{
    entry::Entries,
    list_cache::ListCache,
    tool_list::{ToolList, Visible},
};
use crate::pipeline::{Pipeline, policy, registry::Registry};

/// Default number of tools per page. Most clients read only the first page, so all tools of an ordinary server must fit
/// on the first page. A thousand entries are about a megabyte, which is more than any model reads.
pub(crate) const DEFAULT_PAGE_SIZE: NonZeroU32 = match NonZeroU32::new(1_000) {
    Some(size) => size,
    None => NonZeroU32::MIN,
};

/// The prebuilt tool lists of a server.
#[derive(Debug)]
pub(crate) struct Listing {
    entries: Entries,
    /// Maximum number of tools on a page.
    page_size: usize,
    /// `true` if lists also show tools for which the caller lacks a scope, because the caller can request the scope.
    shows_grantable: bool,
    /// For each distinct set of needed scopes, the registry index of one tool that needs these scopes. The built-in
    /// policy is asked about these tools only, because it decides by the needed scopes. A policy of the application is
    /// asked about every tool.
    scope_samples: Vec<usize>,
    /// For each tool, by its registry index: the position in `scope_samples` of a tool that needs the same scopes.
    sample_of: Vec<usize>,
    /// `true` if at least one tool needs a scope. The extra scope of a destructive tool, its gate, counts too.
    pub(crate) needs_scopes: bool,
    /// The list for callers who may see every tool, if no tool is disabled and no client is pinned to a version.
    complete: Arc<ToolList>,
    /// The list for disabled callers, which has no tools.
    empty: Arc<ToolList>,
    /// All other lists.
    cache: ListCache,
}

impl Listing {
    /// Writes the entry of each tool, and makes the complete and the empty list.
    ///
    /// # Errors
    /// rmcp can't parse a tool's entry as its type `Tool`.
    pub(super) fn new(
        pipeline: &Pipeline,
        shows_grantable: bool,
        page_size: NonZeroU32,
    ) -> Result<Self, serde_json::Error> {
        let Pipeline { registry, versions, .. } = pipeline;
        let has_pins = !versions.pins.is_empty();
        let entries = Entries::of(registry, has_pins)?;
        let (mut scope_samples, mut sample_of) = (Vec::new(), Vec::new());
        let mut samples_by_scopes = HashMap::new();
        for (index, tool) in registry.tools().iter().enumerate() {
            let sample = *samples_by_scopes.entry(policy::needed_scopes(tool)).or_insert_with(|| {
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

    /// Returns the entry of the tool `name`, as rmcp's type, under the tool's own name. `None` if no tool has this
    /// name. rmcp reads from the entry's input schema which headers must repeat arguments. rmcp doesn't pass the
    /// version, so the entry is that of the first registered version.
    pub(crate) fn tool(&self, registry: &Registry, name: &str) -> Option<rmcp::model::Tool> {
        let index = registry.tools().iter().position(|tool| tool.contract.name() == name)?;
        let mut tool: rmcp::model::Tool = serde_json::from_str(self.entries.at(index)).ok()?;
        tool.name = name.to_owned().into();
        Some(tool)
    }
}
