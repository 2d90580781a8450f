//! `#[derive(ToolSchema)]`: a type that tools can send or take.

mod case;
mod expand;
mod model;
mod parse;
mod serde;

use proc_macro2::TokenStream;

use crate::errors::Errors;

/// What makes the type one of a tool's, and its mistakes.
pub(crate) fn expand(item: TokenStream) -> TokenStream {
    let item = match syn::parse2(item) {
        Ok(item) => item,
        Err(error) => return error.to_compile_error(),
    };
    let mut errors = Errors::default();
    let model = parse::model(&item, &mut errors);
    let expanded = expand::model(&model);
    let errors = errors.into_tokens();
    quote::quote!(#expanded #errors)
}
