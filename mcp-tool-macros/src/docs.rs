//! Descriptions of tools, parameters and fields, from their doc comments.

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote};
use syn::{Attribute, Expr, ExprLit, Lit, Meta};

use crate::{fragments, runtime_crate::RuntimeCrate};

/// Description of a tool, parameter or field.
pub(crate) enum Description {
    /// Text that the macro has read.
    Text(String),
    /// Parts with at least one macro call, such as `include_str!("tool.md")`. Only the compiler knows its text.
    Computed(Vec<TokenStream>),
}

impl Description {
    /// Returns the description that the doc comments among the attributes contain: each line trimmed, and without the
    /// stars of block comments. `None` without a doc comment.
    pub(crate) fn of(attributes: &[Attribute]) -> Option<Self> {
        let values = attributes.iter().filter_map(|attribute| match &attribute.meta {
            Meta::NameValue(pair) if pair.path.is_ident("doc") => Some(fragments::ungrouped(&pair.value)),
            _ => None,
        });
        let mut parts: Vec<Part> = Vec::new();
        for value in values {
            match value {
                Expr::Lit(ExprLit { lit: Lit::Str(line), .. }) => {
                    parts.extend(lines_of(&line.value()).into_iter().map(Part::Line));
                }
                Expr::Macro(call) => parts.push(Part::Call(call.to_token_stream())),
                // rustc reports any other value.
                _ => {}
            }
        }
        if parts.iter().any(|part| matches!(part, Part::Call(_))) {
            return Some(Description::Computed(parts.into_iter().map(Part::into_tokens).collect()));
        }
        let lines: Vec<String> = parts.into_iter().map(Part::into_line).collect();
        let text = lines.join("\n").trim().to_owned();
        (!text.is_empty()).then_some(Description::Text(text))
    }

    /// Returns the words of a name, separated by spaces. They are the description of a tool, parameter or field without
    /// doc comment, because clients expect a description.
    pub(crate) fn from_name(name: &str) -> Self {
        Description::Text(name.replace(['_', '-'], " ").trim().to_owned())
    }

    /// Returns a constant expression of the text.
    pub(crate) fn tokens(&self, runtime: &RuntimeCrate) -> TokenStream {
        match self {
            Description::Text(text) => text.to_token_stream(),
            // `concat!` expands the macro calls in it.
            Description::Computed(parts) => {
                quote!(#runtime::__private::description(::core::concat!(#(#parts, "\n"),*)))
            }
        }
    }
}

/// A part of a description.
enum Part {
    Line(String),
    /// A macro call.
    Call(TokenStream),
}

impl Part {
    fn into_tokens(self) -> TokenStream {
        match self {
            Part::Line(line) => line.to_token_stream(),
            Part::Call(call) => call,
        }
    }

    fn into_line(self) -> String {
        match self {
            Part::Line(line) => line,
            Part::Call(_) => String::new(),
        }
    }
}

/// Returns the trimmed lines of one doc attribute. A block comment is one attribute with several lines, often with a
/// star before each.
fn lines_of(text: &str) -> Vec<String> {
    let Some((first, rest)) = text.split_once('\n') else { return vec![text.trim().to_owned()] };
    let is_starred = rest.lines().all(|line| line.trim().is_empty() || line.trim().starts_with('*'));
    let without_star = |line: &str| {
        let line = line.trim();
        line.strip_prefix('*').filter(|_| is_starred).unwrap_or(line).trim().to_owned()
    };
    std::iter::once(first.trim().to_owned()).chain(rest.lines().map(without_star)).collect()
}

/// Returns `true` if the attributes contain `#[allow(missing_docs)]`, which permits a missing description.
pub(crate) fn may_be_missing(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let mut allowed = false;
        if attribute.path().is_ident("allow") {
            // An error is ignored here, because rustc reports malformed attributes.
            drop(attribute.parse_nested_meta(|lint| {
                allowed |= lint.path.is_ident("missing_docs");
                Ok(())
            }));
        }
        allowed
    })
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::*;

    fn text(attributes: &[Attribute]) -> Option<String> {
        match Description::of(attributes)? {
            Description::Text(text) => Some(text),
            Description::Computed(parts) => Some(parts.iter().map(ToString::to_string).collect()),
        }
    }

    #[test]
    fn stars_are_removed_only_from_block_comments() {
        let attributes: [Attribute; 1] =
            [parse_quote!(#[doc = " First.\n     * Second.\n     *\n     * - third\n     "])];
        assert_eq!(text(&attributes).as_deref(), Some("First.\nSecond.\n\n- third"));
        // Two line comments are two attributes.
        let attributes: [Attribute; 2] =
            [parse_quote!(#[doc = " * a list"]), parse_quote!(#[doc = " * of two"])];
        assert_eq!(text(&attributes).as_deref(), Some("* a list\n* of two"));
    }

    #[test]
    fn macro_call_is_a_description() {
        let attributes: [Attribute; 1] = [parse_quote!(#[doc = include_str!("tool.md")])];
        assert!(matches!(Description::of(&attributes), Some(Description::Computed(_))));
    }

    #[test]
    fn blank_comment_is_no_description() {
        let attributes: [Attribute; 2] = [parse_quote!(#[doc = " "]), parse_quote!(#[doc(hidden)])];
        assert_eq!(text(&attributes), None);
    }
}
