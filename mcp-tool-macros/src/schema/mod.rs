//! `#[derive(ToolSchema)]`: makes a type usable by tools.

mod case;
mod expand;
mod model;
mod parse;
mod serde;

use proc_macro2::TokenStream;

use crate::errors::Errors;

/// Returns the implementations of the runtime's traits for the type, and the errors.
pub(crate) fn expand(item: TokenStream) -> TokenStream {
    let item = match syn::parse2(item) {
        Ok(item) => item,
        Err(error) => return error.to_compile_error(),
    };
    let mut errors = Errors::default();
    let (model, runtime) = parse::model(&item, &mut errors);
    let expanded = expand::model(&model, &runtime);
    let errors = errors.into_tokens();
    quote::quote!(#expanded #errors)
}
