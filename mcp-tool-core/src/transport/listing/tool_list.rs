//! The list of the tools that a caller sees, shared by all callers who see the same tools.

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

/// The set of visible tools. Two bits per tool say that the tool is visible, and that it is listed by its own name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Visible(Box<[u64]>);

const TOOLS_PER_WORD: usize = 32;
const VISIBLE: u64 = 0b01;
const NEWEST: u64 = 0b10;

impl Visible {
    /// The empty set over `tools` tools.
    pub(super) fn none(tools: usize) -> Self {
        Visible(vec![0; tools.div_ceil(TOOLS_PER_WORD)].into())
    }

    /// Adds a tool, listed by its own name if `is_newest`, else by the name of an older major version.
    pub(super) fn show(&mut self, index: usize, is_newest: bool) {
        if let Some(word) = self.0.get_mut(index / TOOLS_PER_WORD) {
            let bits = if is_newest { VISIBLE | NEWEST } else { VISIBLE };
            *word |= bits << (2 * (index % TOOLS_PER_WORD));
        }
    }

    /// Each visible tool's index, and `true` if it is listed by its own name; in order.
    fn tools(&self) -> impl Iterator<Item = (usize, bool)> {
        self.0.iter().enumerate().flat_map(|(word_index, word)| {
            (0..TOOLS_PER_WORD).filter_map(move |tool| {
                let bits = word >> (2 * tool);
                (bits & VISIBLE != 0).then_some((word_index * TOOLS_PER_WORD + tool, bits & NEWEST != 0))
            })
        })
    }
}

/// The list for all callers who see the same tools. Nothing in it depends on the single caller.
#[derive(Debug)]
pub(super) struct ToolList {
    /// Each tool's index, and `true` if it is listed by its own name; in order.
    tools: Vec<(usize, bool)>,
    /// Tools per page.
    page_size: usize,
    pages: Box<[OnceLock<ListPage>]>,
    digest: OnceLock<Digest>,
    last_listed: OnceLock<Arc<ListedVersions>>,
}

impl ToolList {
    pub(super) fn new(visible: &Visible, page_size: usize) -> Self {
        let tools: Vec<(usize, bool)> = visible.tools().collect();
        // An empty list is a page too.
        let pages = (0..tools.len().div_ceil(page_size).max(1)).map(|_| OnceLock::new()).collect();
        ToolList { tools, page_size, pages, digest: OnceLock::new(), last_listed: OnceLock::new() }
    }

    /// The entries in order.
    pub(super) fn entries<'s>(&'s self, entries: &'s Entries) -> impl Iterator<Item = &'s str> {
        self.tools.iter().map(|(index, is_newest)| entries.named(*index, *is_newest))
    }

    /// Maximum bytes of the list's pages.
    pub(super) fn size(&self, entries: &Entries) -> usize {
        entries.size(&self.tools)
    }

    /// The contracts in this list. Later calls of a caller who got this list are checked against them.
    pub(super) fn last_listed(&self, registry: &Registry) -> &Arc<ListedVersions> {
        self.last_listed.get_or_init(|| {
            let newest = self.tools.iter().filter(|(_, is_newest)| *is_newest);
            LastListed::list_of(
                newest.filter_map(|(index, _)| registry.tools().get(*index).map(|tool| &**tool)),
            )
        })
    }

    /// The page with this number, from 0. `None` if the list has fewer pages, or if the cursor of the following page
    /// can't be sealed.
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
        // Several requests may write this page at the same time. All get the page that is stored first, and so the same
        // cursor.
        Some(slot.get_or_init(|| ListPage { entries: entries.joined(tools), next }).clone())
    }

    /// The sealed cursor of a page.
    pub(super) fn cursor(&self, number: usize, registry: &Registry, sealer: &Sealer) -> Option<String> {
        sealer.seal(&(number as u64).to_le_bytes(), &self.binding(registry))
    }

    /// The page number in a cursor. `None` if the cursor was sealed with other keys, for other tools, or before one of
    /// these tools changed.
    pub(super) fn page_number(&self, cursor: &str, registry: &Registry, sealer: &Sealer) -> Option<usize> {
        let number = sealer.open(cursor, &self.binding(registry))?;
        let number = usize::try_from(u64::from_le_bytes(number.try_into().ok()?)).ok()?;
        (number < self.pages.len()).then_some(number)
    }

    /// Associated data of a sealed cursor, which binds it to the listed tools, their names and contracts, and the page
    /// size.
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
