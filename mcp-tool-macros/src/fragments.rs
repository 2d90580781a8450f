//! Tokens of the author in generated code, and fragments of declarative macros. rustc passes a fragment such as `$t:ty` or `$e:expr` as a group without visible
//! delimiters, which means the same as its content.

use proc_macro2::{Ident, Span};
use syn::{Expr, ExprGroup, ExprParen, Type, TypeGroup, TypeParen};

/// Returns the type without the invisible group of a fragment and without parentheses.
pub(crate) fn ungrouped_type(mut ty: &Type) -> &Type {
    while let Type::Group(TypeGroup { elem, .. }) | Type::Paren(TypeParen { elem, .. }) = ty {
        ty = elem;
    }
    ty
}

/// Returns the expression without the invisible group of a fragment and without parentheses.
pub(crate) fn ungrouped(mut expr: &Expr) -> &Expr {
    while let Expr::Group(ExprGroup { expr: inner, .. }) | Expr::Paren(ExprParen { expr: inner, .. }) = expr {
        expr = inner;
    }
    expr
}

/// Returns the same name as a part of generated code: rustc's and clippy's lints then don't report its uses, for example
/// of a deprecated variant.
pub(crate) fn of_macro(name: &Ident) -> Ident {
    let mut name = name.clone();
    name.set_span(Span::call_site().located_at(name.span()));
    name
}
