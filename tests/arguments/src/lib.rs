//! Arguments of the running rustc. Cargo passes a test the paths of its binaries, but not those of its libraries.

use proc_macro::{Literal, TokenStream, TokenTree};

/// Expands to the arguments of the rustc that compiles the caller, one a line, as a string literal.
#[proc_macro]
pub fn arguments(_: TokenStream) -> TokenStream {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    TokenTree::Literal(Literal::string(&arguments.join("\n"))).into()
}
