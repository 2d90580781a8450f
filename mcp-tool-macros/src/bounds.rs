//! Bounds: the keys that `#[arg(…)]` and `#[schema(…)]` share.

use mcp_tool_contract::{grammar::ArgKey, pattern};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use crate::{errors::Errors, keys::Key, literal::Literal};

/// The names of those keys.
pub(crate) fn names() -> Vec<&'static str> {
    ArgKey::ALL.iter().filter(|key| key.is_bound()).map(|key| key.name()).collect()
}

/// Bounds that were written down; whether the type takes them, const evaluation says.
#[derive(Default)]
pub(crate) struct Bounds {
    calls: Vec<Bound>,
}

struct Bound {
    key: syn::Ident,
    value: BoundValue,
}

enum BoundValue {
    Literal(Literal, Span),
    Count(u64),
    Pattern(String),
}

impl Bounds {
    /// Takes a key if it is a bound.
    pub(crate) fn take(&mut self, key: &Key, errors: &mut Errors) -> bool {
        let name = key.name.to_string();
        let Some(known) = ArgKey::of_name(&name) else { return false };
        let value = match known {
            ArgKey::Min | ArgKey::Max => key.value("1", errors).and_then(|value| {
                let literal = Literal::of(value, errors)?;
                if matches!(literal, Literal::Integer(_) | Literal::Number(_)) {
                    return Some(BoundValue::Literal(literal, value.span()));
                }
                errors.at(value, format!("`{name}` takes a number: write `{name} = 1`"));
                None
            }),
            ArgKey::MinLen | ArgKey::MaxLen | ArgKey::MinItems | ArgKey::MaxItems => {
                key.count(errors).map(BoundValue::Count)
            }
            ArgKey::Pattern => {
                key.text("\"^[a-z]+$\"", errors).and_then(|text| match pattern::check(&text.value()) {
                    Ok(()) => Some(BoundValue::Pattern(text.value())),
                    Err(error) => {
                        errors.on(text.span(), error);
                        None
                    }
                })
            }
            ArgKey::Default | ArgKey::Secret | ArgKey::Header | ArgKey::Complete => return false,
        };
        self.calls.extend(value.map(|value| Bound { key: key.name.clone(), value }));
        true
    }

    /// The pattern, if one was written down.
    pub(crate) fn pattern(&self) -> Option<&str> {
        self.calls.iter().find_map(|bound| match &bound.value {
            BoundValue::Pattern(source) => Some(source.as_str()),
            BoundValue::Literal(..) | BoundValue::Count(_) => None,
        })
    }

    /// A statement for each bound, wholly at its key, which is where const evaluation then points: `place` is
    /// narrowed by the functions of `declaration`.
    pub(crate) fn statements(&self, place: &Ident, declaration: &str) -> TokenStream {
        let declaration = Ident::new(declaration, Span::call_site());
        self.calls
            .iter()
            .map(|Bound { key, value }| {
                let argument = match value {
                    BoundValue::Literal(literal, span) => literal.tokens(*span),
                    BoundValue::Count(count) => quote!(#count),
                    BoundValue::Pattern(source) => matched(source),
                };
                quote_spanned! {key.span()=>
                    let #place = ::mcp_tool_runtime::__private::#declaration::#key(#place, #argument);
                }
            })
            .collect()
    }
}

/// A pattern with the place where its compiled form is kept.
fn matched(source: &str) -> TokenStream {
    quote! {
        {
            fn matcher() -> &'static ::mcp_tool_runtime::__private::Matcher {
                static MATCHER: ::mcp_tool_runtime::__private::Matcher =
                    ::mcp_tool_runtime::__private::Matcher::new(#source);
                &MATCHER
            }
            ::mcp_tool_runtime::__private::Pattern::new(#source, matcher)
        }
    }
}
