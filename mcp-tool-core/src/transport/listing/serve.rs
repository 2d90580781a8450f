//! Serves tool lists: determines the tools that a caller sees, and returns the page that the caller requested.

use std::sync::Arc;

use super::{
    Listing,
    page::{self, ListPage, ListRequest, ListResponse},
    tool_list::{ToolList, Visible},
};
use crate::{
    call::caller::Caller,
    pipeline::{Pipeline, policy::Decision},
    transport::{
        endpoint::Endpoint,
        protocol_error::{ProtocolError, code},
        response::FramedResponse,
    },
};

impl Endpoint {
    /// Answers a `tools/list` request, whose id, `_meta` and headers the transport has already checked. Returns an
    /// error response if the cursor is invalid, or if the cursor of the next page can't be made.
    pub(crate) async fn list(
        &self,
        caller: &Caller,
        request: ListRequest<'_>,
    ) -> Result<ListResponse, FramedResponse> {
        let page = self.page(caller, request.cursor).await.map_err(|error| {
            // Status 200, because the message itself is valid. rmcp answers in the same way in sessions of legacy
            // clients (revisions up to 2025-11-25).
            let error = FramedResponse::protocol_error(&error.with_id(request.id));
            FramedResponse { status: 200, ..error }
        })?;
        let is_private = self.lists_differ(request.is_guarded);
        let head = page::head(&request, page.next.as_deref(), is_private, &self.server_info);
        Ok(ListResponse { head, entries: page.entries })
    }

    /// Returns a page of the tools that `caller` sees; an empty page for a disabled caller. Remembers the contracts of
    /// all tools that are listed to `caller` under their own names, on other pages too, to check the caller's later calls.
    pub async fn page(&self, caller: &Caller, cursor: Option<&str>) -> Result<ListPage, ProtocolError> {
        let Pipeline { registry, versions, services, controls, .. } = &self.pipeline;
        let is_disabled = controls.disabled_part(caller).is_some();
        let list = if is_disabled { Arc::clone(&self.listing.empty) } else { self.visible_to(caller).await };
        let number = match cursor {
            None => 0,
            Some(cursor) => list.page_number(cursor, registry, &services.sealer).ok_or_else(stale_cursor)?,
        };
        let page = list.page(number, &self.listing.entries, registry, &services.sealer);
        let page = page.ok_or_else(|| {
            ProtocolError::new(code::INTERNAL, "the cursor of the next page could not be made")
        })?;
        if !is_disabled {
            versions.last_listed.remember_list(caller, list.last_listed(registry));
        }
        Ok(page)
    }

    /// Returns the list of all tools that `caller` sees. Doesn't check if the caller itself is disabled.
    pub(super) async fn visible_to(&self, caller: &Caller) -> Arc<ToolList> {
        let Pipeline { registry, versions, policy, controls, .. } = &self.pipeline;
        let Listing {
            entries, page_size, shows_grantable, scope_samples, sample_of, complete, cache, ..
        } = &self.listing;
        let is_visible = |decision: &Decision| match decision {
            Decision::Permit => true,
            Decision::NeedsScopes { .. } => *shows_grantable,
            Decision::Deny { .. } => false,
        };
        let tools = registry.tools();
        // The application's own policy decides each tool, so `decided` has an element for each tool. The built-in policy
        // decides by scopes alone, so one tool for each set of needed scopes is enough: `decided` has an element for each
        // set, and `sample_of` has the position of each tool's set.
        let decided: Vec<bool> = if policy.is_own() {
            policy.decide_all(caller, tools).await.iter().map(is_visible).collect()
        } else {
            let mut decided = Vec::with_capacity(scope_samples.len());
            for tool in scope_samples.iter().filter_map(|index| tools.get(*index)) {
                decided.push(is_visible(&policy.decide(caller, tool).await));
            }
            decided
        };
        let any_is_disabled = controls.has_disabled_tools();
        if !any_is_disabled && versions.pins.is_empty() && decided.iter().all(|is_visible| *is_visible) {
            return Arc::clone(complete);
        }
        let may_see = |index: usize| {
            let sample = if policy.is_own() { Some(index) } else { sample_of.get(index).copied() };
            sample.and_then(|sample| decided.get(sample)).copied().unwrap_or(false)
                // An adapter is also hidden if its target is disabled.
                && !(any_is_disabled
                    && tools.get(index).is_none_or(|tool| {
                        tool.chain().any(|tool| controls.is_tool_disabled(tool.contract.name()))
                    }))
        };
        let mut visible = Visible::none(tools.len());
        if versions.pins.is_empty() {
            for index in (0..tools.len()).filter(|index| may_see(*index)) {
                visible.show(index, entries.is_newest(index));
            }
        } else {
            for listed in versions.listed(registry, caller, may_see) {
                visible.show(listed.index, listed.is_newest);
            }
        }
        cache.get_or_make(visible, |visible| ToolList::new(visible, *page_size), |list| list.size(entries))
    }

    /// Returns `true` if different callers may see different lists, for example because the control file may disable
    /// some callers, or because the listener authenticates callers (`is_guarded`). Shared caches must not store such lists.
    pub(crate) fn lists_differ(&self, is_guarded: bool) -> bool {
        let Pipeline { versions, policy, controls, .. } = &self.pipeline;
        is_guarded
            || controls.has_file()
            || policy.is_own()
            || !versions.pins.is_empty()
            || self.listing.needs_scopes
    }

    /// Returns the list entries of all tools that `caller` sees, without pagination; none for a disabled caller. Each
    /// entry is a JSON object. Remembers the contracts of these tools, as [`page`](Self::page) does.
    pub async fn entries(&self, caller: &Caller) -> Vec<String> {
        if self.pipeline.controls.disabled_part(caller).is_some() {
            return Vec::new();
        }
        let Pipeline { registry, versions, .. } = &self.pipeline;
        let list = self.visible_to(caller).await;
        versions.last_listed.remember_list(caller, list.last_listed(registry));
        list.entries(&self.listing.entries).map(str::to_owned).collect()
    }
}

fn stale_cursor() -> ProtocolError {
    let message = "`cursor` is invalid, belongs to another list of tools, or was sealed with other keys: leave it out to start from the first page";
    ProtocolError::new(code::INVALID_PARAMS, message)
}
