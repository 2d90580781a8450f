//! Each tool's entry as text, and what rmcp's own type of one has no place for.

use std::{ops::Range, sync::Arc};

use mcp_tool_contract::json::META_SECURITY;
use serde_json::Value;

use crate::pipeline::registry::{RegisteredTool, Registry, older_name};

/// A part of a text that many share.
#[derive(Clone, Debug)]
pub struct Text {
    whole: Arc<str>,
    part: Range<usize>,
}

impl Text {
    pub fn as_str(&self) -> &str {
        self.whole.get(self.part.clone()).unwrap_or_default()
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Text { part: 0..text.len(), whole: text.into() }
    }
}

impl AsRef<[u8]> for Text {
    fn as_ref(&self) -> &[u8] {
        self.as_str().as_bytes()
    }
}

/// The entries of all tools, by their places: the newest version of each by the tool's own name, older majors by
/// theirs.
#[derive(Debug)]
pub(super) struct Entries {
    /// All of them, with commas between, so that tools that follow each other are one part of it.
    whole: Arc<str>,
    parts: Vec<Range<usize>>,
    is_newest: Vec<bool>,
    /// Each by its other name. Only a pin makes another version the newest, so without any there are none.
    others: Vec<Box<str>>,
}

impl Entries {
    /// # Errors
    /// Where an entry can't be what rmcp takes for one.
    pub(super) fn of(registry: &Registry, has_pins: bool) -> Result<Self, serde_json::Error> {
        let (mut whole, mut parts, mut is_newest) = (String::new(), Vec::new(), Vec::new());
        let mut others = Vec::new();
        for tool in registry.tools() {
            let family = registry.family(tool.contract.name).unwrap_or_default();
            let newest = !family.iter().any(|other| other.contract.version > tool.contract.version);
            if !whole.is_empty() {
                whole.push(',');
            }
            let from = whole.len();
            whole.push_str(&written(tool, newest)?);
            parts.push(from..whole.len());
            is_newest.push(newest);
            if has_pins {
                others.push(written(tool, !newest)?.into());
            }
        }
        Ok(Entries { whole: whole.into(), parts, is_newest, others })
    }

    /// Whether the tool there is the newest of its name.
    pub(super) fn is_newest(&self, place: usize) -> bool {
        self.is_newest.get(place).copied().unwrap_or(false)
    }

    /// The entry of the tool there.
    pub(super) fn at(&self, place: usize) -> &str {
        self.parts.get(place).and_then(|part| self.whole.get(part.clone())).unwrap_or_default()
    }

    /// The same by the tool's own name, or by that of an older major.
    pub(super) fn named(&self, place: usize, is_newest: bool) -> &str {
        if self.is_newest(place) == is_newest {
            return self.at(place);
        }
        self.others.get(place).map_or("", |entry| entry)
    }

    /// The entries of these with commas between: a part of the whole, where they follow each other there.
    pub(super) fn spliced(&self, tools: &[(usize, bool)]) -> Text {
        let follows = |pair: &[(usize, bool)]| matches!(pair, [(one, _), (next, _)] if *next == one + 1);
        let is_part = tools.windows(2).all(follows)
            && tools.iter().all(|(place, is_newest)| self.is_newest(*place) == *is_newest);
        let ends = tools.first().zip(tools.last());
        let ends = ends.and_then(|((first, _), (last, _))| self.parts.get(*first).zip(self.parts.get(*last)));
        if let Some((first, last)) = ends.filter(|_| is_part) {
            return Text { whole: Arc::clone(&self.whole), part: first.start..last.end };
        }
        let mut text = String::with_capacity(self.size(tools));
        for (place, is_newest) in tools {
            if !text.is_empty() {
                text.push(',');
            }
            text.push_str(self.named(*place, *is_newest));
        }
        text.into()
    }

    /// Bytes of the entries of these.
    pub(super) fn size(&self, tools: &[(usize, bool)]) -> usize {
        tools.iter().map(|(place, is_newest)| self.named(*place, *is_newest).len() + 1).sum()
    }
}

/// An entry by the tool's own name, or by that of an older major.
fn written(tool: &RegisteredTool, is_newest: bool) -> Result<String, serde_json::Error> {
    let older = older_name(tool.contract);
    let name = if is_newest { tool.contract.name } else { &older };
    let mut entry = serde_json::to_value(tool.contract.listing_as(name, &tool.digest))?;
    with_security(&mut entry);
    let text = serde_json::to_string(&entry)?;
    // In a legacy session it is rmcp that answers.
    serde_json::from_str::<rmcp::model::Tool>(&text)?;
    Ok(text)
}

/// Lays the schemes by which a tool is opened beside its name (SEP-1488), where hosts look for them.
pub fn with_security(tool: &mut Value) {
    let schemes = tool.pointer(&format!("/_meta/{META_SECURITY}")).cloned();
    if let (Some(schemes), Value::Object(members)) = (schemes, tool) {
        members.insert(META_SECURITY.to_owned(), schemes);
    }
}

/// The same for each tool of an answer to `tools/list` that rmcp wrote.
#[cfg(feature = "http")]
pub(crate) fn all_with_security(answer: &mut Value) {
    let tools = answer.pointer_mut("/result/tools").and_then(Value::as_array_mut);
    tools.into_iter().flatten().for_each(with_security);
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_schemes_stand_beside_the_name() {
        let schemes = json!([{ "type": "oauth2", "scopes": ["mail:send"] }]);
        let mut tool = json!({ "name": "send", "_meta": { "securitySchemes": schemes } });
        with_security(&mut tool);
        assert_eq!(tool["securitySchemes"], schemes);
        let mut tool = json!({ "name": "open" });
        with_security(&mut tool);
        assert_eq!(tool, json!({ "name": "open" }));
    }
}
