//! A macro that returns the command line of the rustc process that compiles the crate that uses it. The UI tests find
//! the paths of compiled libraries in it, because cargo passes a test only the paths of its package's binaries.

use proc_macro::{Literal, TokenStream, TokenTree};

/// Expands to a string literal with the arguments of the rustc process that expands the macro, one argument on a line,
/// without the name of the program.
#[proc_macro]
pub fn arguments(_: TokenStream) -> TokenStream {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    TokenTree::Literal(Literal::string(&arguments.join("\n"))).into()
}
