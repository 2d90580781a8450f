//! `tools![…]`: the list of a server's tools.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{
    Expr, Path, Token,
    parse::{Parse, ParseStream, Parser as _},
    punctuated::Punctuated,
    spanned::Spanned,
};

use crate::{errors::Errors, runtime_crate::RuntimeCrate};

/// Input of `tools!`: `crate = "path"; list_invoices, billing::get_invoice`. The part up to `;` is optional.
struct ToolPaths {
    runtime: Option<Expr>,
    tools: Punctuated<Path, Token![,]>,
}

impl Parse for ToolPaths {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut runtime = None;
        if input.peek(Token![crate]) && input.peek2(Token![=]) {
            input.parse::<Token![crate]>()?;
            input.parse::<Token![=]>()?;
            runtime = Some(input.parse()?);
            input.parse::<Token![;]>()?;
        }
        Ok(ToolPaths { runtime, tools: Punctuated::parse_terminated(input)? })
    }
}

/// Expands to a constant slice of `ToolEntry`. If a tool has the name and the major version of an earlier tool in the
/// list, the later path causes an error.
pub(crate) fn expand(list: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let ToolPaths { runtime, tools } = ToolPaths::parse.parse2(list).unwrap_or_else(|error| {
        errors.push(error);
        ToolPaths { runtime: None, tools: Punctuated::new() }
    });
    let runtime = match runtime {
        Some(value) => RuntimeCrate::from_value(&value, &mut errors),
        None => RuntimeCrate::from_manifest(),
    };
    let errors = errors.into_tokens();
    let entries = tools.iter().map(|path| {
        let runtime = runtime.at(path.span());
        quote_spanned!(path.span()=> #runtime::ToolEntry::of::<#path>())
    });
    let checks = tools.iter().enumerate().skip(1).map(|(index, path)| {
        let runtime = runtime.at(path.span());
        quote_spanned!(path.span()=> const _: () = #runtime::__private::check_distinct(LIST, #index);)
    });
    quote! {
        {
            #errors
            const LIST: &[#runtime::ToolEntry] = &[#(#entries),*];
            #(#checks)*
            LIST
        }
    }
}
