//! Lists of visible tools. All callers who see the same tools share one list.

use std::sync::{Arc, OnceLock};

use mcp_tool_contract::digest::Digest;

use super::{entry::Entries, page::ListPage};
use crate::{
    pipeline::{
        registry::Registry,
        versions::{LastListed, ListedVersions},
    },
    seal::Sealer,
};

/// The set of tools that a caller sees. Each tool has two bits: [`VISIBLE`] is set if the tool is visible, and
/// [`NEWEST`] if the tool is listed by its own name instead of an older version's name, such as `greet_v1`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Visible(Box<[u64]>);

const TOOLS_PER_WORD: usize = 32;
const VISIBLE: u64 = 0b01;
const NEWEST: u64 = 0b10;

impl Visible {
    /// Returns the empty set for a registry of `tools` tools.
    pub(super) fn none(tools: usize) -> Self {
        Visible(vec![0; tools.div_ceil(TOOLS_PER_WORD)].into())
    }

    /// Adds the tool at `index`, which is listed by its own name if `is_newest`, else by an older version's name.
    pub(super) fn show(&mut self, index: usize, is_newest: bool) {
        if let Some(word) = self.0.get_mut(index / TOOLS_PER_WORD) {
            let bits = if is_newest { VISIBLE | NEWEST } else { VISIBLE };
            *word |= bits << (2 * (index % TOOLS_PER_WORD));
        }
    }

    /// Returns the index of each visible tool, and `true` if the tool is listed by its own name; in order of the index.
    fn tools(&self) -> impl Iterator<Item = (usize, bool)> {
        self.0.iter().enumerate().flat_map(|(word_index, word)| {
            (0..TOOLS_PER_WORD).filter_map(move |tool| {
                let bits = word >> (2 * tool);
                (bits & VISIBLE != 0).then_some((word_index * TOOLS_PER_WORD + tool, bits & NEWEST != 0))
            })
        })
    }
}

/// The list for all callers who see the same tools. Its content depends only on the set of tools and the page size.
#[derive(Debug)]
pub(super) struct ToolList {
    /// The index of each listed tool, and `true` if the tool is listed by its own name; in order of the index.
    tools: Vec<(usize, bool)>,
    /// Maximum number of tools on a page.
    page_size: usize,
    /// Each page, written when it is first requested.
    pages: Box<[OnceLock<ListPage>]>,
    /// Digest of the page size and the listed tools, for [`binding`](ToolList::binding).
    digest: OnceLock<Digest>,
    /// The value of [`last_listed`](ToolList::last_listed), made when it is first needed.
    last_listed: OnceLock<Arc<ListedVersions>>,
}

impl ToolList {
    pub(super) fn new(visible: &Visible, page_size: usize) -> Self {
        let tools: Vec<(usize, bool)> = visible.tools().collect();
        // An empty list has one empty page.
        let pages = (0..tools.len().div_ceil(page_size).max(1)).map(|_| OnceLock::new()).collect();
        ToolList { tools, page_size, pages, digest: OnceLock::new(), last_listed: OnceLock::new() }
    }

    /// Returns the list entries of all tools, in order.
    pub(super) fn entries<'s>(&'s self, entries: &'s Entries) -> impl Iterator<Item = &'s str> {
        self.tools.iter().map(|(index, is_newest)| entries.named(*index, *is_newest))
    }

    /// Returns the size of the list's pages once all of them are written, in bytes.
    pub(super) fn size(&self, entries: &Entries) -> usize {
        entries.size(&self.tools)
    }

    /// Returns the contracts of the tools that are listed by their own names. Later calls of a caller who got this list
    /// are checked against these contracts.
    pub(super) fn last_listed(&self, registry: &Registry) -> &Arc<ListedVersions> {
        self.last_listed.get_or_init(|| {
            let newest = self.tools.iter().filter(|(_, is_newest)| *is_newest);
            LastListed::list_of(
                newest.filter_map(|(index, _)| registry.tools().get(*index).map(|tool| &**tool)),
            )
        })
    }

    /// Returns the page with this number, counted from 0. `None` if the list has fewer pages, or if the cursor of the
    /// following page can't be sealed (encrypted).
    pub(super) fn page(
        &self,
        number: usize,
        entries: &Entries,
        registry: &Registry,
        sealer: &Sealer,
    ) -> Option<ListPage> {
        let slot = self.pages.get(number)?;
        if let Some(page) = slot.get() {
            return Some(page.clone());
        }
        let from = number * self.page_size;
        let tools = self.tools.get(from..self.tools.len().min(from.saturating_add(self.page_size)))?;
        let next = match number + 1 {
            next if next < self.pages.len() => Some(self.cursor(next, registry, sealer)?),
            _ => None,
        };
        // Several requests may write this page at the same time, each with a differently sealed cursor. All return the
        // page that is stored first, so that the cursor in the page never changes.
        Some(slot.get_or_init(|| ListPage { entries: entries.joined(tools), next }).clone())
    }

    /// Returns the sealed cursor of the page with this number. `None` if the sealing fails.
    pub(super) fn cursor(&self, number: usize, registry: &Registry, sealer: &Sealer) -> Option<String> {
        sealer.seal(&(number as u64).to_le_bytes(), &self.binding(registry))
    }

    /// Returns the page number in a cursor. `None` if the cursor was sealed with other keys, for other tools, for
    /// another page size, or before the contract of a listed tool changed, or if the list has no such page.
    pub(super) fn page_number(&self, cursor: &str, registry: &Registry, sealer: &Sealer) -> Option<usize> {
        let number = sealer.open(cursor, &self.binding(registry))?;
        let number = usize::try_from(u64::from_le_bytes(number.try_into().ok()?)).ok()?;
        (number < self.pages.len()).then_some(number)
    }

    /// Returns the associated data of this list's sealed cursors, which binds a cursor to the page size and to the
    /// listed tools with their names and contracts.
    fn binding(&self, registry: &Registry) -> Vec<u8> {
        let digest = self.digest.get_or_init(|| {
            let mut bytes = Vec::with_capacity(8 + 33 * self.tools.len());
            bytes.extend_from_slice(&(self.page_size as u64).to_le_bytes());
            for (index, is_newest) in &self.tools {
                bytes.push(u8::from(*is_newest));
                bytes.extend(registry.tools().get(*index).into_iter().flat_map(|tool| tool.digest.bytes()));
            }
            Digest::of_bytes(&bytes)
        });
        [b"tools/list", &digest.bytes()[..]].concat()
    }
}
