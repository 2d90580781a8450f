//! Parser of the keys that control access: `scope`, `upstream` and `gate`.

use mcp_tool_contract::name::{self, MAX_UPSTREAMS};
use syn::{Expr, ExprArray, ExprLit, Lit};

use crate::{
    errors::Errors,
    fragments,
    keys::{self, Key},
};

/// Parses `scope = "…"`, or `scope = ["…", …]`.
pub(super) fn scopes(key: &Key, errors: &mut Errors) -> Vec<String> {
    const LIST: TextListKey = TextListKey {
        shape: "\"invoices:read\"",
        empty: "the list of scopes is empty: write `public` for a tool without scopes",
        not_text: "a scope must be text: write `scope = \"invoices:read\"`",
        twice: "this scope is listed twice: remove one",
        check: name::check_scope,
    };
    LIST.read(key, errors)
}

/// Parses `upstream = "…"`, or `upstream = ["…", …]`.
pub(super) fn upstreams(key: &Key, errors: &mut Errors) -> Vec<String> {
    const LIST: TextListKey = TextListKey {
        shape: "\"billing\"",
        empty: "the list of upstreams is empty: remove `upstream`",
        not_text: "an upstream name must be text: write `upstream = \"billing\"`",
        twice: "this upstream is listed twice: remove one",
        check: name::check_upstream,
    };
    let listed = LIST.read(key, errors);
    if listed.len() > MAX_UPSTREAMS {
        let message = format!(
            "a tool can have at most {MAX_UPSTREAMS} upstreams, got {}: split the tool",
            listed.len()
        );
        errors.at(&key.meta, message);
    }
    listed
}

/// Rules of a key whose value is one text or a list of unique texts, with the error for each violation.
struct TextListKey {
    /// Example of a value, for the error if there is none.
    shape: &'static str,
    /// Error for an empty list.
    empty: &'static str,
    /// Error for a value that isn't text.
    not_text: &'static str,
    /// Error for a repeated text.
    twice: &'static str,
    /// Checks one text.
    check: fn(&str) -> Result<(), String>,
}

impl TextListKey {
    /// Returns the valid texts of a key's value, and reports all others.
    fn read(&self, key: &Key, errors: &mut Errors) -> Vec<String> {
        let Some(value) = key.value(self.shape, errors) else { return Vec::new() };
        let listed: Vec<&Expr> = match value {
            Expr::Array(ExprArray { elems, .. }) => elems.iter().collect(),
            single => vec![single],
        };
        if listed.is_empty() {
            errors.at(value, self.empty);
        }
        let mut texts: Vec<String> = Vec::new();
        for item in listed {
            let Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) = fragments::ungrouped(item) else {
                errors.at(item, self.not_text);
                continue;
            };
            match (self.check)(&text.value()) {
                Err(reason) => errors.on(text.span(), reason),
                Ok(()) if texts.contains(&text.value()) => errors.on(text.span(), self.twice),
                Ok(()) => texts.push(text.value()),
            }
        }
        texts
    }
}

/// Parses `gate(scope = "…")`: the scope that permits calls of a destructive tool. Other gates are refused, because
/// this release doesn't enforce them.
pub(super) fn gate(key: &Key, errors: &mut Errors) -> Option<String> {
    const SHAPE: &str = "scope = \"invoices:destroy\"";
    // Conditions that a later release will enforce.
    const UNENFORCED: [&str; 2] = ["approval", "four_eyes"];
    let inside = key.inside(SHAPE, errors)?;
    if inside.is_empty() {
        errors.at(&key.meta, format!("a gate needs a condition: write `gate({SHAPE})`"));
        return None;
    }
    let mut scope = None;
    for part in keys::parse(inside, &[], errors)? {
        let word = part.name.to_string();
        if word == "scope" {
            let text = part.text("\"invoices:destroy\"", errors);
            scope = text.and_then(|text| match name::check_scope(&text.value()) {
                Ok(()) => Some(text.value()),
                Err(_) if text.value().contains(' ') => {
                    errors.on(text.span(), "a gate takes one scope, and a scope can't contain a space");
                    None
                }
                Err(reason) => {
                    errors.on(text.span(), reason);
                    None
                }
            });
        } else if UNENFORCED.contains(&word.as_str()) {
            let message = format!(
                "this release can't enforce `{word}`: write `gate({SHAPE})`, or remove the gate: calls are then refused \
                 unless the operator allows them"
            );
            errors.at(&part.name, message);
        } else {
            keys::unknown(&part, &["scope"], errors);
        }
    }
    scope
}
