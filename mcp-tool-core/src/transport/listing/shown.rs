//! What one caller sees, and everyone who sees the same.

use std::sync::{Arc, OnceLock};

use mcp_tool_contract::digest::Digest;

use super::{entry::Entries, page::Page};
use crate::{
    pipeline::{
        registry::Registry,
        versions::{LastListed, List},
    },
    seal::Sealer,
};

/// Which tools are seen, and by which name each: two bits a tool.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Visible(Box<[u64]>);

/// Tools in one word.
const TOOLS: usize = 32;
const SEEN: u64 = 0b01;
const NEWEST: u64 = 0b10;

impl Visible {
    /// None of so many tools.
    pub(super) fn none(tools: usize) -> Self {
        Visible(vec![0; tools.div_ceil(TOOLS)].into())
    }

    /// The tool there is seen, by its own name or by that of an older major.
    pub(super) fn show(&mut self, place: usize, is_newest: bool) {
        if let Some(word) = self.0.get_mut(place / TOOLS) {
            let bits = if is_newest { SEEN | NEWEST } else { SEEN };
            *word |= bits << (2 * (place % TOOLS));
        }
    }

    /// The tools that are seen, in order.
    fn tools(&self) -> impl Iterator<Item = (usize, bool)> {
        self.0.iter().enumerate().flat_map(|(at, word)| {
            (0..TOOLS).filter_map(move |bit| {
                let bits = word >> (2 * bit);
                (bits & SEEN != 0).then_some((at * TOOLS + bit, bits & NEWEST != 0))
            })
        })
    }
}

/// The list of those who see the same tools. It knows nothing of any caller.
#[derive(Debug)]
pub(super) struct Shown {
    /// The tools in order, each with whether it goes by its own name.
    tools: Vec<(usize, bool)>,
    /// Tools on one page.
    most: usize,
    pages: Box<[OnceLock<Page>]>,
    digest: OnceLock<Digest>,
    known: OnceLock<Arc<List>>,
}

impl Shown {
    pub(super) fn new(visible: &Visible, most: usize) -> Self {
        let tools: Vec<(usize, bool)> = visible.tools().collect();
        // An empty list is a page too.
        let pages = (0..tools.len().div_ceil(most).max(1)).map(|_| OnceLock::new()).collect();
        Shown { tools, most, pages, digest: OnceLock::new(), known: OnceLock::new() }
    }

    /// The entries in order.
    pub(super) fn entries<'s>(&'s self, entries: &'s Entries) -> impl Iterator<Item = &'s str> {
        self.tools.iter().map(|(place, is_newest)| entries.named(*place, *is_newest))
    }

    /// Bytes that its pages have at most.
    pub(super) fn size(&self, entries: &Entries) -> usize {
        entries.size(&self.tools)
    }

    /// What a caller is held to who sees this.
    pub(super) fn known(&self, registry: &Registry) -> &Arc<List> {
        self.known.get_or_init(|| {
            let newest = self.tools.iter().filter(|(_, is_newest)| *is_newest);
            LastListed::list_of(
                newest.filter_map(|(place, _)| registry.tools().get(*place).map(|tool| &**tool)),
            )
        })
    }

    /// A page that there is; `None` where the cursor of the next one can't be sealed.
    pub(super) fn page(
        &self,
        number: usize,
        entries: &Entries,
        registry: &Registry,
        sealer: &Sealer,
    ) -> Option<Page> {
        let kept = self.pages.get(number)?;
        if let Some(page) = kept.get() {
            return Some(page.clone());
        }
        let from = number * self.most;
        let tools = self.tools.get(from..self.tools.len().min(from.saturating_add(self.most)))?;
        let next = match number + 1 {
            next if next < self.pages.len() => Some(self.sealed(next, registry, sealer)?),
            _ => None,
        };
        // Whoever made it first made it for all, so that a page says where it goes on always alike.
        Some(kept.get_or_init(|| Page { entries: entries.spliced(tools), next }).clone())
    }

    /// The cursor of a page.
    pub(super) fn sealed(&self, number: usize, registry: &Registry, sealer: &Sealer) -> Option<String> {
        sealer.seal(&(number as u64).to_le_bytes(), &self.binding(registry))
    }

    /// The page that a cursor leads to; `None` where it was sealed elsewhere, for other tools, or before they changed.
    pub(super) fn opened(&self, cursor: &str, registry: &Registry, sealer: &Sealer) -> Option<usize> {
        let number = sealer.open(cursor, &self.binding(registry))?;
        let number = usize::try_from(u64::from_le_bytes(number.try_into().ok()?)).ok()?;
        (number < self.pages.len()).then_some(number)
    }

    /// What a cursor holds for: these tools, by these names and contracts, on pages of this size.
    fn binding(&self, registry: &Registry) -> Vec<u8> {
        let digest = self.digest.get_or_init(|| {
            let mut bytes = Vec::with_capacity(8 + 33 * self.tools.len());
            bytes.extend_from_slice(&(self.most as u64).to_le_bytes());
            for (place, is_newest) in &self.tools {
                bytes.push(u8::from(*is_newest));
                bytes.extend(registry.tools().get(*place).into_iter().flat_map(|tool| tool.digest.bytes()));
            }
            Digest::of_bytes(&bytes)
        });
        [b"tools/list", &digest.bytes()[..]].concat()
    }
}
