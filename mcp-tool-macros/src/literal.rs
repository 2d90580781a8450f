//! Literals in attributes: values with their JSON text, durations and rates.

use mcp_tool_contract::{model::Rate, quantity};
use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::{Expr, ExprLit, ExprUnary, Lit, UnOp};

use crate::{errors::Errors, runtime_crate::RuntimeCrate};

/// Literal value of a key, such as `20` in `default = 20`.
#[derive(Clone)]
pub(crate) enum DeclaredLiteral {
    Boolean(bool),
    Integer(i128),
    Number(f64),
    Text(String),
}

impl DeclaredLiteral {
    /// Parses a literal, which may have a minus sign. Reports an error for any other expression.
    pub(crate) fn of(expr: &Expr, errors: &mut Errors) -> Option<Self> {
        let literal = match expr {
            Expr::Unary(ExprUnary { op: UnOp::Neg(_), expr: inner, .. }) => {
                match DeclaredLiteral::unsigned(inner) {
                    Some(DeclaredLiteral::Integer(value)) => Some(DeclaredLiteral::Integer(-value)),
                    Some(DeclaredLiteral::Number(value)) => Some(DeclaredLiteral::Number(-value)),
                    _ => None,
                }
            }
            other => DeclaredLiteral::unsigned(other),
        };
        if literal.is_none() {
            errors.at(expr, "this must be a literal: a number, \"text\", `true` or `false`");
        }
        literal
    }

    fn unsigned(expr: &Expr) -> Option<Self> {
        let Expr::Lit(ExprLit { lit, .. }) = expr else { return None };
        match lit {
            Lit::Bool(value) => Some(DeclaredLiteral::Boolean(value.value)),
            Lit::Int(digits) => digits.base10_parse().ok().map(DeclaredLiteral::Integer),
            Lit::Float(digits) => digits
                .base10_parse()
                .ok()
                .filter(|value: &f64| value.is_finite())
                .map(DeclaredLiteral::Number),
            Lit::Str(text) => Some(DeclaredLiteral::Text(text.value())),
            _ => None,
        }
    }

    /// Returns the JSON text of the literal.
    pub(crate) fn json(&self) -> String {
        match self {
            DeclaredLiteral::Boolean(value) => value.to_string(),
            DeclaredLiteral::Integer(value) => value.to_string(),
            DeclaredLiteral::Number(value) => serde_json::Value::from(*value).to_string(),
            DeclaredLiteral::Text(value) => serde_json::Value::from(value.as_str()).to_string(),
        }
    }

    /// Returns a constant expression of the runtime's type `Literal`, which has the value and its JSON text.
    pub(crate) fn tokens(&self, span: Span, runtime: &RuntimeCrate) -> TokenStream {
        let (json, runtime) = (self.json(), runtime.at(span));
        let value = match self {
            DeclaredLiteral::Boolean(value) => quote_spanned!(span=> Boolean(#value)),
            DeclaredLiteral::Integer(value) => quote_spanned!(span=> Integer(#value)),
            DeclaredLiteral::Number(value) => quote_spanned!(span=> Number(#value)),
            DeclaredLiteral::Text(value) => quote_spanned!(span=> Text(#value)),
        };
        quote_spanned! {span=>
            #runtime::__private::Literal::new(#runtime::__private::LiteralValue::#value, #json)
        }
    }
}

/// Parses the value of `timeout`, such as `"250ms"`, `"5s"`, `"2m"` or `"1h"`. Returns milliseconds.
pub(crate) fn milliseconds(text: &syn::LitStr, errors: &mut Errors) -> Option<u64> {
    let time = quantity::milliseconds(&text.value());
    if time.is_none() {
        let message =
            "`timeout` must be a whole number with `ms`, `s`, `m` or `h`, from 1 ms to a day: write \"5s\"";
        errors.on(text.span(), message);
    }
    time
}

/// Parses the value of `rate`, such as `"10/s"`, `"10/min"`, `"10/h"` or `"10/day"`.
pub(crate) fn rate(text: &syn::LitStr, errors: &mut Errors) -> Option<Rate> {
    let rate = quantity::rate(&text.value());
    if rate.is_none() {
        let message = "`rate` must be from 1 to 1000000 calls per `s`, `min`, `h` or `day`: write \"10/min\"";
        errors.on(text.span(), message);
    }
    rate
}
