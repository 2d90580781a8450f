//! Descriptions of tools, parameters and fields, from their doc comments.

use syn::{Attribute, Expr, ExprLit, Lit, Meta};

/// Returns the text of the doc comments among the attributes, with each line trimmed and without the stars of block
/// comments. Empty without a doc comment.
pub(crate) fn text(attributes: &[Attribute]) -> String {
    let lines = attributes.iter().filter_map(|attribute| match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
            Expr::Lit(ExprLit { lit: Lit::Str(line), .. }) => Some(line.value()),
            _ => None,
        },
        _ => None,
    });
    // A block comment is one attribute with several lines, often with a star before each.
    let lines: Vec<String> = lines
        .flat_map(|line| {
            let is_starred =
                line.lines().skip(1).all(|line| line.trim().is_empty() || line.trim().starts_with('*'));
            let without_star = |line: &str| {
                let line = line.trim();
                line.strip_prefix('*').filter(|_| is_starred).unwrap_or(line).trim().to_owned()
            };
            match line.split_once('\n') {
                None => vec![line.trim().to_owned()],
                Some((first, rest)) => {
                    std::iter::once(first.trim().to_owned()).chain(rest.lines().map(without_star)).collect()
                }
            }
        })
        .collect();
    lines.join("\n").trim().to_owned()
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

/// Returns the words of a name, separated by spaces. They are the description of a tool, parameter or field without doc
/// comment, because clients expect a description.
pub(crate) fn from_name(name: &str) -> String {
    name.replace(['_', '-'], " ").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::*;

    #[test]
    fn stars_are_removed_only_from_block_comments() {
        let attributes: [Attribute; 1] =
            [parse_quote!(#[doc = " First.\n     * Second.\n     *\n     * - third\n     "])];
        assert_eq!(text(&attributes), "First.\nSecond.\n\n- third");
        // Two line comments are two attributes.
        let attributes: [Attribute; 2] =
            [parse_quote!(#[doc = " * a list"]), parse_quote!(#[doc = " * of two"])];
        assert_eq!(text(&attributes), "* a list\n* of two");
    }
}
