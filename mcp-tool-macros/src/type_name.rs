//! Name of a tool's type.

use quote::format_ident;
use syn::{Ident, ext::IdentExt as _};

use crate::manifest::Manifest;

/// Returns the name of the type of the tool that this function defines: the function's name, or `tracing_tool` for a
/// function `tracing` in a package that depends on the crate `tracing`. A type of the crate's name would hide the crate,
/// so that `tracing::info!` would no longer compile.
pub(crate) fn type_name(function: &Ident) -> Ident {
    let name = function.unraw().to_string();
    if Manifest::current().has_crate(&name) {
        return format_ident!("{}_tool", name, span = function.span());
    }
    function.clone()
}
