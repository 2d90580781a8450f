//! `tools![…]`: the list that a security review reads.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{Path, Token, parse::Parser as _, punctuated::Punctuated, spanned::Spanned};

/// A constant slice of entries; each is compared with those before it, at its own path.
pub(crate) fn expand(list: TokenStream) -> TokenStream {
    let paths = match Punctuated::<Path, Token![,]>::parse_terminated.parse2(list) {
        Ok(paths) => paths,
        Err(error) => {
            let error = error.to_compile_error();
            return quote!({ #error const LIST: &[::mcp_tool_runtime::ToolEntry] = &[]; LIST });
        }
    };
    let entries =
        paths.iter().map(|path| quote_spanned!(path.span()=> ::mcp_tool_runtime::ToolEntry::of::<#path>()));
    let checks = paths.iter().enumerate().skip(1).map(|(index, path)| {
        quote_spanned!(path.span()=> const _: () = ::mcp_tool_runtime::__private::check_distinct(LIST, #index);)
    });
    quote! {
        {
            const LIST: &[::mcp_tool_runtime::ToolEntry] = &[#(#entries),*];
            #(#checks)*
            LIST
        }
    }
}
