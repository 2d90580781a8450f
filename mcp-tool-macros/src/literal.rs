//! Literals in attributes: values with their JSON text, durations and rates.

use mcp_tool_contract::{model::Rate, quantity};
use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::{Expr, ExprLit, ExprUnary, Lit, UnOp};

use crate::{errors::Errors, runtime_crate::RuntimeCrate};

/// Literal value of a key.
#[derive(Clone)]
pub(crate) enum Literal {
    Boolean(bool),
    Integer(i128),
    Number(f64),
    Text(String),
}

impl Literal {
    /// Parses a literal, which may have a minus sign. Reports an error for any other expression.
    pub(crate) fn of(expr: &Expr, errors: &mut Errors) -> Option<Self> {
        let literal = match expr {
            Expr::Unary(ExprUnary { op: UnOp::Neg(_), expr: inner, .. }) => match Literal::unsigned(inner) {
                Some(Literal::Integer(value)) => Some(Literal::Integer(-value)),
                Some(Literal::Number(value)) => Some(Literal::Number(-value)),
                _ => None,
            },
            other => Literal::unsigned(other),
        };
        if literal.is_none() {
            errors.at(expr, "this must be a literal: a number, \"text\", `true` or `false`");
        }
        literal
    }

    fn unsigned(expr: &Expr) -> Option<Self> {
        let Expr::Lit(ExprLit { lit, .. }) = expr else { return None };
        match lit {
            Lit::Bool(value) => Some(Literal::Boolean(value.value)),
            Lit::Int(digits) => digits.base10_parse().ok().map(Literal::Integer),
            Lit::Float(digits) => {
                digits.base10_parse().ok().filter(|value: &f64| value.is_finite()).map(Literal::Number)
            }
            Lit::Str(text) => Some(Literal::Text(text.value())),
            _ => None,
        }
    }

    /// JSON text of the literal.
    pub(crate) fn json(&self) -> String {
        match self {
            Literal::Boolean(value) => value.to_string(),
            Literal::Integer(value) => value.to_string(),
            Literal::Number(value) => serde_json::Value::from(*value).to_string(),
            Literal::Text(value) => serde_json::Value::from(value.as_str()).to_string(),
        }
    }

    /// Returns a constant expression of the runtime's type `Literal`.
    pub(crate) fn tokens(&self, span: Span, runtime: &RuntimeCrate) -> TokenStream {
        let (json, runtime) = (self.json(), runtime.at(span));
        let value = match self {
            Literal::Boolean(value) => quote_spanned!(span=> Boolean(#value)),
            Literal::Integer(value) => quote_spanned!(span=> Integer(#value)),
            Literal::Number(value) => quote_spanned!(span=> Number(#value)),
            Literal::Text(value) => quote_spanned!(span=> Text(#value)),
        };
        quote_spanned! {span=>
            #runtime::__private::Literal::new(#runtime::__private::LiteralValue::#value, #json)
        }
    }
}

/// Parses `"250ms"`, `"5s"`, `"2m"`, `"1h"` into milliseconds.
pub(crate) fn milliseconds(text: &syn::LitStr, errors: &mut Errors) -> Option<u64> {
    let time = quantity::milliseconds(&text.value());
    if time.is_none() {
        let message =
            "`timeout` must be a whole number with `ms`, `s`, `m` or `h`, from 1 ms to a day: write \"5s\"";
        errors.on(text.span(), message);
    }
    time
}

/// Parses a rate such as `"10/s"`, `"10/min"`, `"10/h"`, `"10/day"`.
pub(crate) fn rate(text: &syn::LitStr, errors: &mut Errors) -> Option<Rate> {
    let rate = quantity::rate(&text.value());
    if rate.is_none() {
        let message = "`rate` must be from 1 to 1000000 calls per `s`, `min`, `h` or `day`: write \"10/min\"";
        errors.on(text.span(), message);
    }
    rate
}
