//! `complete = customers(invoices)`: the function that completes an argument, and what it borrows.

use mcp_tool_contract::name;
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{Expr, ExprCall, ExprPath, ext::IdentExt as _, spanned::Spanned};

use super::{
    expand::Local,
    model::{Completion, Input, Lent, Sent, Tool},
};
use crate::{errors::Errors, keys::Key};

const SHAPE: &str = "customers(invoices)";

/// The key as it was written.
pub(super) fn parse(key: &Key, errors: &mut Errors) -> Option<Completion> {
    let value = key.value(SHAPE, errors)?;
    let (function, arguments) = match value {
        Expr::Call(ExprCall { func, args, .. }) => (&**func, args.iter().collect()),
        function => (function, Vec::new()),
    };
    let Expr::Path(ExprPath { path: function, qself: None, .. }) = function else {
        errors.at(function, format!("`complete` names a function: write `complete = {SHAPE}`"));
        return None;
    };
    let mut lent = Vec::new();
    for argument in &arguments {
        match argument {
            Expr::Path(ExprPath { path, qself: None, .. }) if path.get_ident().is_some() => {
                lent.extend(path.get_ident().cloned());
            }
            other => errors.at(
                other,
                "what the tool borrows is named as in its signature, without `&`; the text that was typed comes behind",
            ),
        }
    }
    (lent.len() == arguments.len()).then(|| Completion { function: function.clone(), lent, key: key.span() })
}

/// A function that completes borrows what its tool borrows, by the names of the signature.
pub(super) fn check(inputs: &mut [Input], errors: &mut Errors) {
    let borrowed: Vec<Ident> =
        inputs.iter().filter_map(Input::lent).filter_map(|lent| lent.name.clone()).collect();
    let sent: Vec<String> = inputs
        .iter()
        .filter_map(|input| match input {
            Input::Sent(sent) => Some(sent.name.clone()),
            Input::Lent(_) | Input::Page(_) => None,
        })
        .collect();
    for input in inputs {
        let Input::Sent(Sent { completion, .. }) = input else { continue };
        let Some(Completion { lent, .. }) = &completion else { continue };
        let wrong: Vec<&Ident> = lent.iter().filter(|name| !borrowed.contains(name)).collect();
        for name in &wrong {
            errors.at(name, no_such(&name.unraw().to_string(), &sent, &borrowed));
        }
        if !wrong.is_empty() {
            *completion = None;
        }
    }
}

fn no_such(given: &str, sent: &[String], borrowed: &[Ident]) -> String {
    if sent.iter().any(|name| name == given) {
        return format!(
            "the agent sends `{given}`, and hasn't yet while an argument is typed: only what the tool borrows can be named"
        );
    }
    let known: Vec<String> = borrowed.iter().map(|name| name.unraw().to_string()).collect();
    match name::nearest(given, known.iter().map(String::as_str)) {
        Some(meant) => format!("the tool borrows no `{given}`; did you mean `{meant}`?"),
        None if known.is_empty() => {
            format!("the tool borrows no `{given}`: borrow it, `{given}: &…`, or leave it out here")
        }
        None => format!("the tool borrows no `{given}`; what it borrows is `{}`", known.join("`, `")),
    }
}

/// What completes each argument that a function does, for the tool that is bound.
pub(super) fn completers<'t>(
    tool: &'t Tool,
    constant: impl Fn(usize) -> Ident + 't,
) -> impl Iterator<Item = TokenStream> + 't {
    tool.inputs.iter().enumerate().filter_map(move |(index, input)| match input {
        Input::Sent(Sent { completion: Some(completion), .. }) => {
            Some(completer(completion, &constant(index), &tool.inputs))
        }
        Input::Sent(_) | Input::Lent(_) | Input::Page(_) => None,
    })
}

fn completer(completion: &Completion, declared: &Ident, inputs: &[Input]) -> TokenStream {
    let Completion { function, lent, key } = completion;
    let (state, cx, typed) = (Local::named("state"), Local::named("cx"), Local::named("typed"));
    let held: Vec<&Lent> = inputs.iter().filter_map(Input::lent).collect();
    let lent = lent.iter().filter_map(|name| {
        let place = held.iter().position(|held| held.name.as_ref() == Some(name))?;
        let place = syn::Index::from(place);
        Some(quote!(#state.#place.get(#cx)))
    });
    let asked = quote_spanned!(function.span()=> #function(#(#lent,)* #typed));
    // The future has to be `Send`, and is made where that is looked at.
    let completing = format_ident!("completing", span = function.span());
    let completing = quote_spanned!(*key=> ::mcp_tool_runtime::__private::#completing);
    quote! {
        ::mcp_tool_runtime::__private::Completer {
            declared: &#declared,
            complete: |#state, #cx, #typed| #completing(&#declared, #asked),
        }
    }
}

impl Input {
    /// What the server lends, if that is what it is.
    fn lent(&self) -> Option<&Lent> {
        match self {
            Input::Lent(lent) => Some(lent),
            Input::Page(_) | Input::Sent(_) => None,
        }
    }
}

/// That the type is one that a function can complete, at the key.
pub(super) fn statement(completion: Option<&Completion>, param: &Ident) -> Option<TokenStream> {
    let key = completion?.key;
    Some(quote_spanned! {key=>
        let #param = ::mcp_tool_runtime::__private::Param::completed(#param);
    })
}
