//! Descriptions: doc comments, as a model reads them.

use syn::{Attribute, Expr, ExprLit, Lit, Meta};

/// The text of the doc comments, without the blank that follows `///`.
pub(crate) fn text(attributes: &[Attribute]) -> String {
    let lines = attributes.iter().filter_map(|attribute| match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
            Expr::Lit(ExprLit { lit: Lit::Str(line), .. }) => Some(line.value()),
            _ => None,
        },
        _ => None,
    });
    // A block comment comes as one line with its own line ends.
    let lines: Vec<String> =
        lines.flat_map(|line| line.lines().map(|line| line.trim().to_owned()).collect::<Vec<_>>()).collect();
    lines.join("\n").trim().to_owned()
}

/// Whether a missing description is meant: `#[allow(missing_docs)]`.
pub(crate) fn may_be_missing(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let mut allowed = false;
        if attribute.path().is_ident("allow") {
            // An attribute of another shape is rustc's to refuse.
            drop(attribute.parse_nested_meta(|lint| {
                allowed |= lint.path.is_ident("missing_docs");
                Ok(())
            }));
        }
        allowed
    })
}

/// What stands in for a description that is missing: clients want one on every parameter.
pub(crate) fn from_name(name: &str) -> String {
    name.replace(['_', '-'], " ").trim().to_owned()
}
