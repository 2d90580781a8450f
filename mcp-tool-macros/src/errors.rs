//! Errors of one macro call, each reported at the token to correct.

use std::thread;

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;

/// Errors found during parsing. A value that is dropped without a call of [`into_tokens`](Errors::into_tokens) panics,
/// so that no error is lost.
#[derive(Default)]
pub(crate) struct Errors {
    found: Vec<syn::Error>,
    /// `true` after [`into_tokens`](Errors::into_tokens).
    is_read: bool,
}

impl Errors {
    /// Adds an error at these tokens.
    pub(crate) fn at(&mut self, tokens: impl ToTokens, message: impl std::fmt::Display) {
        self.found.push(syn::Error::new_spanned(tokens, message));
    }

    /// Adds an error at this span.
    pub(crate) fn on(&mut self, span: Span, message: impl std::fmt::Display) {
        self.found.push(syn::Error::new(span, message));
    }

    /// Adds an error of syn.
    pub(crate) fn push(&mut self, error: syn::Error) {
        self.found.push(error);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// Returns the errors as calls of `compile_error!`.
    pub(crate) fn into_tokens(mut self) -> TokenStream {
        self.is_read = true;
        self.found.iter().map(syn::Error::to_compile_error).collect()
    }
}

impl Drop for Errors {
    fn drop(&mut self) {
        assert!(self.is_read || thread::panicking(), "the errors of a declaration were dropped unread");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_become_compile_errors() {
        let mut errors = Errors::default();
        errors.on(Span::call_site(), "first");
        errors.on(Span::call_site(), "second");
        let tokens = errors.into_tokens().to_string();
        assert_eq!(tokens.matches("compile_error").count(), 2, "{tokens}");
    }

    #[test]
    #[should_panic = "dropped unread"]
    fn errors_dropped_without_into_tokens_panic() {
        drop(Errors::default());
    }
}
