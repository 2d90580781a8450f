//! The list entry of each tool, as JSON text. Includes the member `securitySchemes`, which rmcp's type `Tool` lacks.

use std::{ops::Range, sync::Arc};

use mcp_tool_contract::json::META_SECURITY;
use serde_json::Value;

use crate::pipeline::registry::{RegisteredTool, Registry, older_name};

/// A slice of a shared string.
#[derive(Clone, Debug)]
pub struct SharedText {
    whole: Arc<str>,
    part: Range<usize>,
}

impl SharedText {
    pub fn as_str(&self) -> &str {
        self.whole.get(self.part.clone()).unwrap_or_default()
    }
}

impl From<String> for SharedText {
    fn from(text: String) -> Self {
        SharedText { part: 0..text.len(), whole: text.into() }
    }
}

impl AsRef<[u8]> for SharedText {
    fn as_ref(&self) -> &[u8] {
        self.as_str().as_bytes()
    }
}

/// The list entries of all tools, by a tool's index in the registry. Each version of a tool has an index and an entry.
/// The newest version is listed by the tool's own name, and any older major version by its [`older_name`], such as
/// `greet_v1`.
#[derive(Debug)]
pub(super) struct Entries {
    /// All entries, separated by commas, so that the entries of consecutive tools are one slice.
    whole: Arc<str>,
    /// The position of each entry in `whole`.
    parts: Vec<Range<usize>>,
    /// `true` for the newest version of each tool.
    is_newest: Vec<bool>,
    /// Each entry with the name that it doesn't have in `whole`: the [`older_name`] for the newest version, and the
    /// tool's own name for an older version, which has this name for a caller that is pinned to it. Empty if the
    /// settings pin no client to a version: the newest registered version is then the newest version for every caller.
    other_names: Vec<Box<str>>,
}

impl Entries {
    /// # Errors
    /// rmcp can't parse an entry as its type `Tool`.
    pub(super) fn of(registry: &Registry, has_pins: bool) -> Result<Self, serde_json::Error> {
        let (mut whole, mut parts, mut is_newest) = (String::new(), Vec::new(), Vec::new());
        let mut other_names = Vec::new();
        for tool in registry.tools() {
            let family = registry.family(tool.contract.name()).unwrap_or_default();
            let newest = !family.iter().any(|other| other.contract.version() > tool.contract.version());
            if !whole.is_empty() {
                whole.push(',');
            }
            let from = whole.len();
            whole.push_str(&write_entry(tool, newest)?);
            parts.push(from..whole.len());
            is_newest.push(newest);
            if has_pins {
                other_names.push(write_entry(tool, !newest)?.into());
            }
        }
        Ok(Entries { whole: whole.into(), parts, is_newest, other_names })
    }

    /// Returns `true` if no other version of the tool is newer than the version at `index`.
    pub(super) fn is_newest(&self, index: usize) -> bool {
        self.is_newest.get(index).copied().unwrap_or(false)
    }

    /// Returns the tool's entry in the form that callers without a pin see.
    pub(super) fn at(&self, index: usize) -> &str {
        self.parts.get(index).and_then(|part| self.whole.get(part.clone())).unwrap_or_default()
    }

    /// Returns the tool's entry, with the tool's own name if `is_newest`, else with its [`older_name`]. `is_newest` is
    /// `true` for the newest version that the caller's pins allow.
    pub(super) fn named(&self, index: usize, is_newest: bool) -> &str {
        if self.is_newest(index) == is_newest {
            return self.at(index);
        }
        self.other_names.get(index).map_or("", |entry| entry)
    }

    /// Returns the entries of `tools` (each an index and `is_newest`), separated by commas. If the tools are
    /// consecutive and have the names that callers without a pin see, nothing is copied.
    pub(super) fn joined(&self, tools: &[(usize, bool)]) -> SharedText {
        let follows = |pair: &[(usize, bool)]| matches!(pair, [(index, _), (next, _)] if *next == index + 1);
        let is_part = tools.windows(2).all(follows)
            && tools.iter().all(|(index, is_newest)| self.is_newest(*index) == *is_newest);
        let ends = tools.first().zip(tools.last());
        let ends = ends.and_then(|((first, _), (last, _))| self.parts.get(*first).zip(self.parts.get(*last)));
        if let Some((first, last)) = ends.filter(|_| is_part) {
            return SharedText { whole: Arc::clone(&self.whole), part: first.start..last.end };
        }
        let mut text = String::with_capacity(self.size(tools));
        for (index, is_newest) in tools {
            if !text.is_empty() {
                text.push(',');
            }
            text.push_str(self.named(*index, *is_newest));
        }
        text.into()
    }

    /// Returns the size of the entries of `tools` with one comma each, in bytes.
    pub(super) fn size(&self, tools: &[(usize, bool)]) -> usize {
        tools.iter().map(|(index, is_newest)| self.named(*index, *is_newest).len() + 1).sum()
    }
}

/// Returns a tool's entry as JSON text, with the tool's own name if `is_newest`, else with its [`older_name`].
fn write_entry(tool: &RegisteredTool, is_newest: bool) -> Result<String, serde_json::Error> {
    let older = older_name(tool.contract);
    let name = if is_newest { tool.contract.name() } else { &older };
    let mut entry = serde_json::to_value(tool.contract.listing_as(name, &tool.digest))?;
    with_security(&mut entry);
    let text = serde_json::to_string(&entry)?;
    // Checked here, because in sessions of legacy clients (revisions up to 2025-11-25), rmcp parses the entry again.
    serde_json::from_str::<rmcp::model::Tool>(&text)?;
    Ok(text)
}

/// Copies the security schemes in the `_meta` of a tool's entry to the top level of the entry, where hosts look for
/// security schemes (SEP-1488).
pub fn with_security(tool: &mut Value) {
    let schemes = tool.pointer(&format!("/_meta/{META_SECURITY}")).cloned();
    if let (Some(schemes), Value::Object(members)) = (schemes, tool) {
        members.insert(META_SECURITY.to_owned(), schemes);
    }
}

/// Applies [`with_security`] to each entry in a `tools/list` response that rmcp wrote, because rmcp's type `Tool` drops
/// the top-level member.
pub(crate) fn all_with_security(answer: &mut Value) {
    let tools = answer.pointer_mut("/result/tools").and_then(Value::as_array_mut);
    tools.into_iter().flatten().for_each(with_security);
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn security_schemes_in_meta_are_copied_to_the_top_level_of_the_entry() {
        let schemes = json!([{ "type": "oauth2", "scopes": ["mail:send"] }]);
        let mut tool = json!({ "name": "send", "_meta": { "securitySchemes": schemes } });
        with_security(&mut tool);
        assert_eq!(tool["securitySchemes"], schemes);
        let mut tool = json!({ "name": "open" });
        with_security(&mut tool);
        assert_eq!(tool, json!({ "name": "open" }));
    }
}
