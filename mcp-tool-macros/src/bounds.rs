//! Bounds: keys of `#[arg(…)]` and `#[schema(…)]` that limit a value, such as `max_len`.

use mcp_tool_contract::{grammar::ArgKey, pattern};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use crate::{
    errors::Errors,
    keys::Key,
    literal::{DeclaredCount, DeclaredLiteral, DeclaredValue},
    runtime_crate::RuntimeCrate,
};

/// Names of the keys that are bounds.
pub(crate) fn names() -> Vec<&'static str> {
    ArgKey::ALL.iter().filter(|key| key.is_bound()).map(|key| key.name()).collect()
}

/// Bounds of one value, as declared. Const evaluation of the generated code checks that the value's type accepts them.
#[derive(Default)]
pub(crate) struct Bounds {
    declared: Vec<DeclaredBound>,
}

struct DeclaredBound {
    key: syn::Ident,
    value: BoundValue,
}

enum BoundValue {
    /// Number of `min` or `max`, with its span.
    Value(DeclaredValue, Span),
    /// Number of code points or items.
    Count(DeclaredCount),
    /// Regular expression.
    Pattern(String),
}

impl Bounds {
    /// Adds the key if it is a bound, or reports an error if its value is invalid. Returns `false` for a key that isn't
    /// a bound.
    pub(crate) fn take(&mut self, key: &Key, errors: &mut Errors) -> bool {
        let name = key.name.to_string();
        let Some(known) = ArgKey::of_name(&name) else { return false };
        let value = match known {
            // `"1"`, and the text below, are examples in the error for a key without a value.
            ArgKey::Min | ArgKey::Max => key.value("1", errors).and_then(|value| {
                let bound = DeclaredValue::of(value, errors)?;
                if let DeclaredValue::Literal(DeclaredLiteral::Boolean(_) | DeclaredLiteral::Text(_)) = bound
                {
                    errors.at(value, format!("`{name}` takes a number: write `{name} = 1`"));
                    return None;
                }
                Some(BoundValue::Value(bound, value.span()))
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
        self.declared.extend(value.map(|value| DeclaredBound { key: key.name.clone(), value }));
        true
    }

    /// Returns the first declared pattern, or `None`.
    pub(crate) fn pattern(&self) -> Option<&str> {
        self.declared.iter().find_map(|bound| match &bound.value {
            BoundValue::Pattern(source) => Some(source.as_str()),
            BoundValue::Value(..) | BoundValue::Count(_) => None,
        })
    }

    /// Returns one statement per bound. The statement adds the bound to the variable `local` of the runtime's type
    /// `declaration`, by the method with the name of the key, such as `Param::max_len`. The statement has the span of
    /// the key, so that errors of const evaluation point at the key.
    pub(crate) fn statements(&self, local: &Ident, declaration: &str, runtime: &RuntimeCrate) -> TokenStream {
        let declaration = Ident::new(declaration, Span::call_site());
        self.declared
            .iter()
            .map(|DeclaredBound { key, value }| {
                let argument = match value {
                    BoundValue::Value(value, span) => value.tokens(*span, runtime),
                    BoundValue::Count(count) => count.tokens(runtime),
                    BoundValue::Pattern(source) => self::pattern(source, runtime),
                };
                let runtime = runtime.at(key.span());
                quote_spanned! {key.span()=>
                    let #local = #runtime::__private::#declaration::#key(#local, #argument);
                }
            })
            .collect()
    }
}

/// Returns the expression of a pattern, with the static that stores the compiled regular expression at run time.
fn pattern(source: &str, runtime: &RuntimeCrate) -> TokenStream {
    quote! {
        {
            fn matcher() -> &'static #runtime::__private::Matcher {
                static MATCHER: #runtime::__private::Matcher =
                    #runtime::__private::Matcher::new(#source);
                &MATCHER
            }
            #runtime::__private::Pattern::new(#source, matcher)
        }
    }
}
