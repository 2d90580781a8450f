//! The pages of `RULES.md`: what each rule is about.

use super::ChangeRule;
use crate::name;

const PAGES: &str = include_str!("../../RULES.md");

/// The page of the rule with that id.
///
/// # Errors
/// Which rule was probably meant, where none has that id.
pub fn explain(id: &str) -> Result<String, String> {
    let Some(rule) = ChangeRule::of_id(id) else {
        return Err(match name::nearest(id, ChangeRule::ALL.iter().map(|rule| rule.id())) {
            Some(meant) => format!("no rule is called '{id}'; did you mean '{meant}'?"),
            None => format!("no rule is called '{id}'; `mcp-tool-contract/RULES.md` lists them"),
        });
    };
    page(rule).map(|page| format!("{id}: {page}")).ok_or_else(|| format!("'{id}' has no page"))
}

/// The text under a rule's heading.
#[must_use]
pub fn page(rule: ChangeRule) -> Option<&'static str> {
    let (_, rest) = PAGES.split_once(&format!("\n### {}\n", rule.id()))?;
    let end = rest
        .find("\n### ")
        .or_else(|| rest.find("\n## "))
        .map_or(rest.len(), |end| end.min(rest.find("\n## ").unwrap_or(end)));
    Some(rest[..end].trim())
}
