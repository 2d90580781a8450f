//! Literals in attributes: values with their JSON text, durations and rates.

use mcp_tool_contract::{model::Rate, quantity};
use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Expr, ExprLit, ExprPath, ExprUnary, Lit, UnOp, ext::IdentExt as _, spanned::Spanned};

use crate::{errors::Errors, fragments, runtime_crate::RuntimeCrate};

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
        let literal = match fragments::ungrouped(expr) {
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
            errors.at(
                expr,
                "this must be a literal or a constant: a number, \"text\", `true`, `false` or `LIMIT`",
            );
        }
        literal
    }

    fn unsigned(expr: &Expr) -> Option<Self> {
        let Expr::Lit(ExprLit { lit, .. }) = fragments::ungrouped(expr) else { return None };
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

/// Value of a key: a literal, or a constant of the author, which only const evaluation knows.
pub(crate) enum DeclaredValue {
    Literal(DeclaredLiteral),
    Constant(Box<Expr>),
}

impl DeclaredValue {
    /// Parses a literal or a constant. Reports an error for any other expression.
    pub(crate) fn of(expr: &Expr, errors: &mut Errors) -> Option<Self> {
        match constant(expr) {
            Some(constant) => Some(DeclaredValue::Constant(constant)),
            None => DeclaredLiteral::of(expr, errors).map(DeclaredValue::Literal),
        }
    }

    /// Returns a constant expression of the runtime's type `Literal`.
    pub(crate) fn tokens(&self, span: Span, runtime: &RuntimeCrate) -> TokenStream {
        match self {
            DeclaredValue::Literal(literal) => literal.tokens(span, runtime),
            DeclaredValue::Constant(constant) => literal_of(&constant_value(constant, runtime), runtime),
        }
    }

    /// Returns a constant expression of the runtime's type `Literal` for the default of a parameter. A path may also name
    /// a variant of an enum: only its type decides if it is a constant or a variant.
    pub(crate) fn default_tokens(&self, span: Span, runtime: &RuntimeCrate) -> TokenStream {
        let DeclaredValue::Constant(named) = self else { return self.tokens(span, runtime) };
        let Expr::Path(ExprPath { path, .. }) = &**named else { return self.tokens(span, runtime) };
        let name = path.segments.last().map(|last| last.ident.unraw().to_string());
        let at = runtime.at(span);
        let value = quote_spanned!(span=> #at::__private::Constant(#named).mcp_tool_default(#name));
        literal_of(&value, runtime)
    }
}

/// Value of a key that counts something, such as `max_len`.
pub(crate) enum DeclaredCount {
    Literal(u64),
    Constant(Box<Expr>),
}

impl DeclaredCount {
    /// Parses a whole number or a constant; `None` for any other expression.
    pub(crate) fn of(expr: &Expr) -> Option<Self> {
        let literal = whole_number(expr).map(DeclaredCount::Literal);
        literal.or_else(|| constant(expr).map(DeclaredCount::Constant))
    }

    /// Returns a constant expression of type `u64`.
    pub(crate) fn tokens(&self, runtime: &RuntimeCrate) -> TokenStream {
        match self {
            DeclaredCount::Literal(count) => quote!(#count),
            DeclaredCount::Constant(constant) => {
                let value = constant_value(constant, runtime);
                let at = constant.span();
                let runtime = runtime.at(at);
                quote_spanned!(at=> #runtime::__private::ConstantValue::count(&#value))
            }
        }
    }
}

/// Returns the expression if it names a constant or calculates with constants, such as `LIMIT` or `2 * LIMIT`.
fn constant(expr: &Expr) -> Option<Box<Expr>> {
    let expr = fragments::ungrouped(expr);
    names_constant(expr).then(|| Box::new(expr.clone()))
}

/// Returns `true` if a path is part of the expression. Without one, the type of a calculation would be unknown.
fn names_constant(expr: &Expr) -> bool {
    match fragments::ungrouped(expr) {
        Expr::Path(_) => true,
        Expr::Binary(binary) => names_constant(&binary.left) || names_constant(&binary.right),
        Expr::Cast(cast) => names_constant(&cast.expr),
        _ => false,
    }
}

/// Returns an expression of the runtime's type `Literal` from one of its type `ConstantValue`.
fn literal_of(value: &TokenStream, runtime: &RuntimeCrate) -> TokenStream {
    quote! {
        {
            const __MCP_TOOL_CONSTANT: &#runtime::__private::ConstantValue = &#value;
            #runtime::__private::ConstantValue::literal(__MCP_TOOL_CONSTANT)
        }
    }
}

/// Returns an expression of the runtime's type `ConstantValue`.
fn constant_value(constant: &Expr, runtime: &RuntimeCrate) -> TokenStream {
    let at = constant.span();
    let runtime = runtime.at(at);
    quote_spanned!(at=> #runtime::__private::Constant(#constant).mcp_tool_value())
}

/// Returns the value of a whole number from 0 to 2^64 - 1; `None` for any other expression.
pub(crate) fn whole_number(expr: &Expr) -> Option<u64> {
    match fragments::ungrouped(expr) {
        Expr::Lit(ExprLit { lit: Lit::Int(digits), .. }) => digits.base10_parse().ok(),
        _ => None,
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
