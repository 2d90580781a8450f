//! A macro that returns the arguments of the running rustc process, which compiles the crate that calls the macro. The
//! UI tests find the paths of compiled libraries in these arguments. Cargo itself passes a test only the paths of the
//! binaries of the test's package.

use proc_macro::{Literal, TokenStream, TokenTree};

/// Expands to a string literal with the arguments of the rustc process that expands the macro: one argument per line,
/// without the program name.
#[proc_macro]
pub fn arguments(_: TokenStream) -> TokenStream {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    TokenTree::Literal(Literal::string(&arguments.join("\n"))).into()
}
