//! Path of the crate `mcp_tool_runtime` in generated code. The server's package may depend on the crate under another
//! name.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{Expr, ExprLit, ExprPath, Lit, parse::Parser as _};

use crate::{
    errors::Errors,
    fragments,
    manifest::{Manifest, PACKAGE},
};

/// Path of the crate `mcp_tool_runtime` or of a re-export of it, such as `::mcp_tool_runtime` or `::my_crate::mcp`.
#[derive(Clone)]
pub(crate) struct RuntimeCrate(TokenStream);

impl RuntimeCrate {
    /// Returns the path of the runtime crate: the re-export that `Cargo.toml` names, or the name that it gives to the
    /// dependency. If neither is found, returns `::mcp_tool_runtime`.
    pub(crate) fn from_manifest() -> Self {
        let manifest = Manifest::current();
        if let Some(path) = manifest.reexport.as_deref()
            && let Ok(path) = syn::Path::parse_mod_style.parse_str(path)
        {
            return RuntimeCrate(path.to_token_stream());
        }
        let name = manifest.runtime.as_deref().unwrap_or(PACKAGE).replace('-', "_");
        // The name comes from a file, so it might not be an identifier.
        match syn::parse_str::<Ident>(&name) {
            Ok(name) => RuntimeCrate(quote!(::#name)),
            Err(_) => RuntimeCrate(quote!(::mcp_tool_runtime)),
        }
    }

    /// Returns the path that the key `crate` has as its value: either text, as in serde's attributes, or a path, which
    /// can be `$crate` in a declarative macro. Reports an error for another value, and returns the path from the
    /// manifest.
    pub(crate) fn from_value(value: &Expr, errors: &mut Errors) -> Self {
        match fragments::ungrouped(value) {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => {
                match text.parse_with(syn::Path::parse_mod_style) {
                    Ok(path) => return RuntimeCrate(path.to_token_stream()),
                    Err(_) => errors.on(text.span(), NOT_A_PATH),
                }
            }
            Expr::Path(ExprPath { path, qself: None, .. }) => return RuntimeCrate(path.to_token_stream()),
            other => errors.at(other, NOT_A_PATH),
        }
        RuntimeCrate::from_manifest()
    }

    /// Returns the path with the span of the code that it is a part of, so that errors point at that code.
    pub(crate) fn at(&self, span: Span) -> TokenStream {
        // `$crate` must keep its hygiene, because its hygiene determines the crate. A path without `::` at its start
        // keeps the hygiene of the macro: rustc's lint `unused_qualifications` would report it in the author's code.
        // Other tokens also take the hygiene of `span`, so that errors don't show the macro's expansion.
        let starts_at_root = matches!(self.0.clone().into_iter().next(), Some(TokenTree::Punct(punct)) if punct.as_char() == ':');
        let located = |mut token: TokenTree| {
            let is_dollar_crate = matches!(&token, TokenTree::Ident(ident) if ident == "$crate");
            token.set_span(match (is_dollar_crate, starts_at_root) {
                (true, _) => token.span().located_at(span),
                (false, false) => Span::call_site().located_at(span),
                (false, true) => span,
            });
            token
        };
        self.0.clone().into_iter().map(located).collect()
    }
}

const NOT_A_PATH: &str = "`crate` must be a path: write `crate = \"::my_crate::mcp\"`";

impl ToTokens for RuntimeCrate {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.0.to_tokens(tokens);
    }
}
