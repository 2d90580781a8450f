//! `tools/list`, from bytes that were written once: the entries when the server starts, a page of them when the
//! first caller asks who sees these tools.

mod entry;
mod page;
mod sets;
mod shown;
#[cfg(test)]
mod tests;

use std::{collections::HashMap, num::NonZeroU32, sync::Arc};

#[cfg(feature = "http")]
pub(crate) use self::entry::all_with_security;
pub use self::entry::with_security;
use self::{
    entry::Entries,
    sets::Sets,
    shown::{Shown, Visible},
};
pub(crate) use self::{
    entry::Text,
    page::{Page, Shape, TAIL},
};
use super::{
    Endpoint,
    answer::{self, Framed},
    fault::{ProtocolError, code},
    id::Id,
};
use crate::{
    call::caller::Caller,
    pipeline::{
        Dispatcher,
        policy::{self, Decision},
        registry::Registry,
    },
};

/// How long a client may take a list for fresh, in milliseconds: it changes when the server does, and when its
/// operator orders something, to which calls are held at once.
pub(crate) const LIST_TTL_MS: u64 = 60_000;

/// Tools on one page, where nobody says. Most clients ask for the first page alone, so all tools of an ordinary
/// server stand on it; of a thousand it has about a megabyte, and no model reads more.
pub(crate) const PAGE: NonZeroU32 = match NonZeroU32::new(1_000) {
    Some(page) => page,
    None => NonZeroU32::MIN,
};

/// All that can be listed.
#[derive(Debug)]
pub(crate) struct Listing {
    entries: Entries,
    /// Tools on one page.
    page: usize,
    /// Whether a list also shows what a caller could have with more scopes.
    shows_grantable: bool,
    /// Of tools that need the same scopes, the place of one. The built-in policy decides on all of them alike.
    alike: Vec<usize>,
    /// By a tool's place, where in `alike` its like is.
    likes: Vec<usize>,
    /// Whether any tool needs a scope.
    pub(crate) needs_scopes: bool,
    /// What is seen by whom nothing is kept from.
    whole: Arc<Shown>,
    /// What is seen by whom everything is.
    nothing: Arc<Shown>,
    sets: Sets,
}

/// What a list is asked for by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted<'w> {
    pub(crate) id: &'w Id,
    pub(crate) shape: Shape,
    pub(crate) cursor: Option<&'w str>,
    /// Whether every request comes with its caller.
    pub(crate) is_guarded: bool,
}

/// A list on its way out: what this request alone has of it, and what it shares. [`TAIL`] follows.
#[derive(Debug)]
pub(crate) struct Listed {
    pub(crate) head: String,
    pub(crate) entries: Text,
}

impl Listed {
    /// The whole message.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        let (mut whole, entries) = (self.head.into_bytes(), self.entries.as_str());
        whole.reserve_exact(entries.len() + TAIL.len());
        whole.extend_from_slice(entries.as_bytes());
        whole.extend_from_slice(TAIL.as_bytes());
        whole
    }
}

impl Listing {
    /// # Errors
    /// Where a tool's entry can't be what rmcp takes for one.
    pub(super) fn new(
        dispatcher: &Dispatcher,
        shows_grantable: bool,
        page: NonZeroU32,
    ) -> Result<Self, serde_json::Error> {
        let Dispatcher { registry, versions, .. } = dispatcher;
        let entries = Entries::of(registry, !versions.pins.is_empty())?;
        let (mut alike, mut likes, mut found) = (Vec::new(), Vec::new(), HashMap::new());
        for (place, tool) in registry.tools().iter().enumerate() {
            let like = *found.entry(policy::needed(tool)).or_insert_with(|| {
                alike.push(place);
                alike.len() - 1
            });
            likes.push(like);
        }
        let (none, mut all) = (Visible::none(registry.tools().len()), Visible::none(registry.tools().len()));
        for place in 0..registry.tools().len() {
            all.show(place, entries.is_newest(place));
        }
        let page = usize::try_from(page.get()).unwrap_or(usize::MAX);
        Ok(Listing {
            page,
            shows_grantable,
            alike,
            likes,
            needs_scopes: registry
                .tools()
                .iter()
                .any(|tool| tool.contract.required_scopes().next().is_some()),
            whole: Arc::new(Shown::new(&all, page)),
            nothing: Arc::new(Shown::new(&none, page)),
            sets: Sets::default(),
            entries,
        })
    }

    /// A tool's entry by the tool's own name, as rmcp has it.
    pub(crate) fn tool(&self, registry: &Registry, name: &str) -> Option<rmcp::model::Tool> {
        let place = registry.tools().iter().position(|tool| tool.contract.name == name)?;
        let mut tool: rmcp::model::Tool = serde_json::from_str(self.entries.at(place)).ok()?;
        tool.name = name.to_owned().into();
        Some(tool)
    }
}

impl Endpoint {
    /// The answer to a request for a list, whose headers were checked; a refusal comes back as its answer.
    pub(crate) async fn list(&self, caller: &Caller, wanted: Wanted<'_>) -> Result<Listed, Framed> {
        let page = self.page(caller, wanted.cursor).await;
        // As rmcp has it, which a legacy session asks: the message was a good one.
        let page = page.map_err(|fault| Framed { status: 200, ..answer::fault(&fault.to(wanted.id)) })?;
        Ok(Listed { head: page::head(self, &wanted, page.next.as_deref()), entries: page.entries })
    }

    /// A page of the tools as this caller sees them, to which it is held from now on.
    #[doc(hidden)]
    pub async fn page(&self, caller: &Caller, cursor: Option<&str>) -> Result<Page, ProtocolError> {
        let Dispatcher { registry, versions, services, controls, .. } = &self.dispatcher;
        let is_off = controls.is_off(caller).is_some();
        let shown = if is_off { Arc::clone(&self.listing.nothing) } else { self.shown_to(caller).await };
        let number = match cursor {
            None => 0,
            Some(cursor) => shown.opened(cursor, registry, &services.sealer).ok_or_else(stale)?,
        };
        let page = shown.page(number, &self.listing.entries, registry, &services.sealer);
        let page = page.ok_or_else(|| ProtocolError::new(code::INTERNAL, "a cursor could not be sealed"))?;
        if !is_off {
            versions.known.listed_as(caller, shown.known(registry));
        }
        Ok(page)
    }

    /// The tools that this caller sees.
    async fn shown_to(&self, caller: &Caller) -> Arc<Shown> {
        let Dispatcher { registry, versions, policy, controls, .. } = &self.dispatcher;
        let Listing { entries, page, shows_grantable, alike, likes, whole, sets, .. } = &self.listing;
        let is_shown = |decision: &Decision| match decision {
            Decision::Permit => true,
            Decision::NeedsScopes { .. } => *shows_grantable,
            Decision::Deny { .. } => false,
        };
        let tools = registry.tools();
        let decided: Vec<bool> = if policy.is_own() {
            policy.decide_all(caller, tools).await.iter().map(is_shown).collect()
        } else {
            let mut decided = Vec::with_capacity(alike.len());
            for tool in alike.iter().filter_map(|place| tools.get(*place)) {
                decided.push(is_shown(&policy.decide(caller, tool).await));
            }
            decided
        };
        let any_is_off = controls.any_tool_is_off();
        if !any_is_off && versions.pins.is_empty() && decided.iter().all(|is_shown| *is_shown) {
            return Arc::clone(whole);
        }
        let may = |place: usize| {
            let at = if policy.is_own() { Some(place) } else { likes.get(place).copied() };
            at.and_then(|at| decided.get(at)).copied().unwrap_or(false)
                && !(any_is_off
                    && tools
                        .get(place)
                        .is_none_or(|tool| tool.chain().any(|tool| controls.tool_is_off(tool.contract.name))))
        };
        let mut visible = Visible::none(tools.len());
        if versions.pins.is_empty() {
            for place in (0..tools.len()).filter(|place| may(*place)) {
                visible.show(place, entries.is_newest(place));
            }
        } else {
            for listed in versions.listed(registry, caller, may) {
                visible.show(listed.place, listed.is_newest);
            }
        }
        sets.of(visible, |visible| Shown::new(visible, *page), |shown| shown.size(entries))
    }

    /// Whether lists differ from caller to caller, so that nobody may keep one for others.
    pub(crate) fn lists_differ(&self, is_guarded: bool) -> bool {
        let Dispatcher { versions, policy, controls, .. } = &self.dispatcher;
        is_guarded
            || controls.are_heeded()
            || policy.is_own()
            || !versions.pins.is_empty()
            || self.listing.needs_scopes
    }

    /// The entries of all tools that this caller sees, as they stand in a list.
    pub async fn entries(&self, caller: &Caller) -> Vec<String> {
        if self.dispatcher.controls.is_off(caller).is_some() {
            return Vec::new();
        }
        let Dispatcher { registry, versions, .. } = &self.dispatcher;
        let shown = self.shown_to(caller).await;
        versions.known.listed_as(caller, shown.known(registry));
        shown.entries(&self.listing.entries).map(str::to_owned).collect()
    }
}

fn stale() -> ProtocolError {
    let message =
        "`cursor` was not given for the tools that this caller sees now: leave it out to start anew";
    ProtocolError::new(code::INVALID_PARAMS, message)
}
