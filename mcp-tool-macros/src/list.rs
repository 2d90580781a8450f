//! `tools![…]`: the list of a server's tools.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{
    Attribute, Expr, Path, Token,
    parse::{Parse, ParseStream, Parser as _},
    punctuated::Punctuated,
    spanned::Spanned,
};

use crate::{errors::Errors, fragments::of_macro, runtime_crate::RuntimeCrate, type_name::type_name};

/// Input of `tools!`: `crate = "path"; list_invoices, billing::get_invoice`. The part up to `;` is optional.
struct ListedPaths {
    runtime: Option<Expr>,
    tools: Punctuated<ListedPath, Token![,]>,
}

/// One tool of the list, with its conditions: `#[cfg(feature = "billing")] billing::get_invoice`.
struct ListedPath {
    attributes: Vec<Attribute>,
    path: Path,
}

impl Parse for ListedPaths {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut runtime = None;
        if input.peek(Token![crate]) && input.peek2(Token![=]) {
            input.parse::<Token![crate]>()?;
            input.parse::<Token![=]>()?;
            runtime = Some(input.parse()?);
            input.parse::<Token![;]>()?;
        }
        Ok(ListedPaths { runtime, tools: Punctuated::parse_terminated(input)? })
    }
}

impl Parse for ListedPath {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        Ok(ListedPath { attributes: Attribute::parse_outer(input)?, path: input.parse()? })
    }
}

impl ListedPath {
    /// Returns the expression of the tool's entry.
    ///
    /// If this package has a crate of the tool's name, the type of a tool of this package is named `tracing_tool`, but
    /// that of another package may be `tracing`. In a module, the import of all its names finds the first, and precedes
    /// the import around it, which finds the second. A single name is taken for a tool of this package.
    fn entry(&self, runtime: &RuntimeCrate) -> TokenStream {
        let at = self.path.span();
        let runtime = runtime.at(at);
        let mut path = self.path.clone();
        let Some(function) = path.segments.pop() else {
            return TokenStream::new();
        };
        let name = type_name(&function.ident);
        if name == function.ident {
            let path = &self.path;
            return quote_spanned!(at=> #runtime::ToolEntry::of::<#path>());
        }
        if path.segments.is_empty() {
            return quote_spanned!(at=> #runtime::ToolEntry::of::<#name>());
        }
        for segment in &mut path.segments {
            segment.ident = of_macro(&segment.ident);
        }
        path.segments.pop_punct();
        let (function, name) = (of_macro(&function.ident), of_macro(&name));
        quote! {
            {
                use #path::#function as #name;
                {
                    use #path::*;
                    #runtime::ToolEntry::of::<#name>()
                }
            }
        }
    }

    /// Returns the conditions of all `#[cfg(…)]`. Reports other attributes.
    fn conditions(&self, errors: &mut Errors) -> Vec<TokenStream> {
        let mut conditions = Vec::new();
        for attribute in &self.attributes {
            match attribute.meta.require_list() {
                Ok(list) if attribute.path().is_ident("cfg") => conditions.push(list.tokens.clone()),
                _ => errors.at(attribute, "a tool of the list can have only `#[cfg(…)]`: remove this"),
            }
        }
        conditions
    }
}

/// Expands to a constant slice of `ToolEntry`. If a tool has the name and the major version of an earlier tool in the
/// list, the later path causes an error.
pub(crate) fn expand(list: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let ListedPaths { runtime, tools } = ListedPaths::parse.parse2(list).unwrap_or_else(|error| {
        errors.push(error);
        ListedPaths { runtime: None, tools: Punctuated::new() }
    });
    let runtime = match runtime {
        Some(value) => RuntimeCrate::from_value(&value, &mut errors),
        None => RuntimeCrate::from_manifest(),
    };
    let conditions: Vec<Vec<TokenStream>> = tools.iter().map(|tool| tool.conditions(&mut errors)).collect();
    let errors = errors.into_tokens();
    let entries = tools.iter().zip(&conditions).map(|(tool, conditions)| {
        let entry = tool.entry(&runtime);
        quote!(#(#[cfg(#conditions)])* #entry)
    });
    let (indices, counters) = indices(&conditions);
    let checks = tools.iter().zip(&conditions).zip(indices).skip(1).map(|((tool, conditions), index)| {
        let at = tool.path.span();
        let runtime = runtime.at(at);
        let check = quote_spanned!(at=> const _: () = #runtime::__private::check_distinct(LIST, #index););
        quote!(#(#[cfg(#conditions)])* #check)
    });
    quote! {
        {
            #errors
            const LIST: &[#runtime::ToolEntry] = &[#(#entries),*];
            #counters
            #(#checks)*
            LIST
        }
    }
}

/// Returns an expression of each tool's index in the list, and the constants that these expressions need. Only the
/// compiler knows which conditions hold, so the tools after the first condition get their index from constants.
fn indices(conditions: &[Vec<TokenStream>]) -> (Vec<TokenStream>, TokenStream) {
    let (mut indices, mut counters) = (Vec::new(), TokenStream::new());
    // Constant number of the tools before the current one; `None` while no tool has a condition.
    let mut before: Option<Ident> = None;
    for (position, conditions) in conditions.iter().enumerate() {
        indices.push(before.as_ref().map_or_else(|| quote!(#position), |before| quote!(#before)));
        if before.is_none() && conditions.is_empty() {
            continue;
        }
        let index = indices.last();
        let after = format_ident!("UP_TO_{}", position, span = Span::mixed_site());
        counters.extend(if conditions.is_empty() {
            quote!(const #after: ::core::primitive::usize = #index + 1;)
        } else {
            quote! {
                #[cfg(all(#(#conditions),*))]
                const #after: ::core::primitive::usize = #index + 1;
                #[cfg(not(all(#(#conditions),*)))]
                const #after: ::core::primitive::usize = #index;
            }
        });
        before = Some(after);
    }
    (indices, counters)
}
