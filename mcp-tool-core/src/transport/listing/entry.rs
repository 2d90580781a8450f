//! Each tool's list entry as JSON text, including members that rmcp's `Tool` lacks.

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

/// The list entries of all tools, by a tool's index in the registry. The newest version of a tool has the tool's own
/// name, and an older major version has its [`older_name`].
#[derive(Debug)]
pub(super) struct Entries {
    /// All entries, separated by commas, so that the entries of consecutive tools are one slice.
    whole: Arc<str>,
    parts: Vec<Range<usize>>,
    is_newest: Vec<bool>,
    /// Each entry with the other of its two names. Empty without pins, because only a pin makes another version the
    /// newest for a caller.
    other_names: Vec<Box<str>>,
}

impl Entries {
    /// # Errors
    /// rmcp can't parse an entry as a tool.
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

    /// Returns `true` if the tool is the newest version with its name.
    pub(super) fn is_newest(&self, index: usize) -> bool {
        self.is_newest.get(index).copied().unwrap_or(false)
    }

    /// The tool's entry, as callers without a pin see it.
    pub(super) fn at(&self, index: usize) -> &str {
        self.parts.get(index).and_then(|part| self.whole.get(part.clone())).unwrap_or_default()
    }

    /// The tool's entry with the tool's own name if `is_newest`, else with its [`older_name`].
    pub(super) fn named(&self, index: usize, is_newest: bool) -> &str {
        if self.is_newest(index) == is_newest {
            return self.at(index);
        }
        self.other_names.get(index).map_or("", |entry| entry)
    }

    /// The entries of `tools` (each an index and `is_newest`), separated by commas. Entries of consecutive tools aren't
    /// copied.
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

    /// Bytes of the entries of `tools`, with their commas.
    pub(super) fn size(&self, tools: &[(usize, bool)]) -> usize {
        tools.iter().map(|(index, is_newest)| self.named(*index, *is_newest).len() + 1).sum()
    }
}

/// Writes an entry with the tool's own name if `is_newest`, else with its [`older_name`].
fn write_entry(tool: &RegisteredTool, is_newest: bool) -> Result<String, serde_json::Error> {
    let older = older_name(tool.contract);
    let name = if is_newest { tool.contract.name() } else { &older };
    let mut entry = serde_json::to_value(tool.contract.listing_as(name, &tool.digest))?;
    with_security(&mut entry);
    let text = serde_json::to_string(&entry)?;
    // Checked here, because rmcp parses the entry again in legacy sessions.
    serde_json::from_str::<rmcp::model::Tool>(&text)?;
    Ok(text)
}

/// Copies a tool's security schemes from `_meta` to the top level of its entry, where hosts look for them (SEP-1488).
pub fn with_security(tool: &mut Value) {
    let schemes = tool.pointer(&format!("/_meta/{META_SECURITY}")).cloned();
    if let (Some(schemes), Value::Object(members)) = (schemes, tool) {
        members.insert(META_SECURITY.to_owned(), schemes);
    }
}

/// Applies [`with_security`] to each tool of a `tools/list` response that rmcp wrote.
pub(crate) fn all_with_security(answer: &mut Value) {
    let tools = answer.pointer_mut("/result/tools").and_then(Value::as_array_mut);
    tools.into_iter().flatten().for_each(with_security);
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn security_schemes_are_copied_to_the_entry() {
        let schemes = json!([{ "type": "oauth2", "scopes": ["mail:send"] }]);
        let mut tool = json!({ "name": "send", "_meta": { "securitySchemes": schemes } });
        with_security(&mut tool);
        assert_eq!(tool["securitySchemes"], schemes);
        let mut tool = json!({ "name": "open" });
        with_security(&mut tool);
        assert_eq!(tool, json!({ "name": "open" }));
    }
}
