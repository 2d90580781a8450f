//! `#[mcp_tool]`: a function becomes a tool.

mod attribute;
mod completion;
mod expand;
mod guards;
mod model;
mod parse;

use proc_macro2::TokenStream;

use crate::errors::Errors;

/// The function as it was, what makes it a tool, and its mistakes.
pub(crate) fn expand(keys: TokenStream, function: TokenStream) -> TokenStream {
    let Ok(function) = syn::parse2::<parse::Function>(function.clone()) else {
        // What isn't a function at all, rustc knows better how to say.
        return match syn::parse2::<syn::Item>(function.clone()) {
            Ok(item) => {
                let message = "`#[mcp_tool]` stands on a free function";
                let error = syn::Error::new_spanned(&item, message).to_compile_error();
                quote::quote!(#error #function)
            }
            Err(_) => function,
        };
    };
    let mut errors = Errors::default();
    let attribute = attribute::parse(keys, &mut errors);
    let tool = expand::tool(&parse::tool(&function, attribute, &mut errors));
    let errors = errors.into_tokens();
    let function = function.without_keys();
    quote::quote!(#function #tool #errors)
}
