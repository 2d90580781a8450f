//! The pages of `mcp-tool-contract/RULES.md`, one for each rule of contract changes.

use super::ChangeRule;
use crate::name;

const PAGES: &str = include_str!("../../RULES.md");

/// Returns the rule with this id, and its page.
///
/// # Errors
/// No rule has this id; the error suggests a similar one. Or the rule has no page, which a test excludes.
pub fn explain(id: &str) -> Result<(ChangeRule, &'static str), String> {
    let Some(rule) = ChangeRule::of_id(id) else {
        return Err(match name::nearest(id, ChangeRule::ALL.iter().map(|rule| rule.id())) {
            Some(meant) => format!("unknown rule '{id}'; did you mean '{meant}'?"),
            None => {
                let all: Vec<&str> = ChangeRule::ALL.iter().map(|rule| rule.id()).collect();
                format!("unknown rule '{id}'; use one of {}", all.join(", "))
            }
        });
    };
    page(rule).map(|page| (rule, page)).ok_or_else(|| format!("'{id}' has no page"))
}

/// Returns the text under a rule's heading in `RULES.md`; `None` if the rule has no heading.
#[must_use]
pub fn page(rule: ChangeRule) -> Option<&'static str> {
    let (_, rest) = PAGES.split_once(&format!("\n### {}\n", rule.id()))?;
    let end = rest
        .find("\n### ")
        .or_else(|| rest.find("\n## "))
        .map_or(rest.len(), |end| end.min(rest.find("\n## ").unwrap_or(end)));
    Some(rest[..end].trim())
}
