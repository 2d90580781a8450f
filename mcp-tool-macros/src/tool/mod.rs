//! `#[mcp_tool]`: makes a function a tool. `attribute` parses the keys, `parse` the signature, `parameter` its
//! parameters; `expand` and `bind` generate code.

mod attribute;
mod bind;
mod completion;
mod expand;
mod guards;
mod model;
mod parameter;
mod parse;

use proc_macro2::TokenStream;

use crate::errors::Errors;

/// Returns the function, a type that implements `Tool`, and the errors.
pub(crate) fn expand(keys: TokenStream, function: TokenStream) -> TokenStream {
    let Ok(function) = syn::parse2::<parse::Function>(function.clone()) else {
        return match syn::parse2::<syn::Item>(function.clone()) {
            Ok(item) => {
                let message = "`#[mcp_tool]` can only be applied to a free function";
                let error = syn::Error::new_spanned(&item, message).to_compile_error();
                quote::quote!(#error #function)
            }
            // For a syntax error, rustc's message for the unchanged function is better than syn's.
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
