//! A macro for the arguments of the running rustc. The UI tests need the paths of compiled libraries, and cargo passes
//! a test only the paths of its binaries.

use proc_macro::{Literal, TokenStream, TokenTree};

/// Expands to the arguments of the rustc that compiles the caller, one per line, as a string literal.
#[proc_macro]
pub fn arguments(_: TokenStream) -> TokenStream {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    TokenTree::Literal(Literal::string(&arguments.join("\n"))).into()
}
