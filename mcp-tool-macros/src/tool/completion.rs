//! `complete = customers(invoices)`: the function that completes an argument, and what it borrows.

use mcp_tool_contract::name;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Expr, ExprCall, ExprPath, Index, ext::IdentExt as _, spanned::Spanned};

use super::{
    expand::Local,
    model::{Completion, Input, Sent, StateMap, Tool},
};
use crate::{errors::Errors, keys::Key};

const SHAPE: &str = "customers(invoices)";

/// The key as it was written.
pub(super) fn parse(key: &Key, errors: &mut Errors) -> Option<Box<Completion>> {
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
    (lent.len() == arguments.len())
        .then(|| Box::new(Completion { function: function.clone(), lent, key: key.span() }))
}

/// A function that completes borrows what its tool borrows, by the names of the signature.
pub(super) fn check(inputs: &mut [Input], errors: &mut Errors) {
    let borrowed: Vec<Ident> =
        inputs.iter().filter_map(Input::lent).filter_map(|lent| lent.name.clone()).collect();
    let sent: Vec<String> = inputs
        .iter()
        .filter_map(|input| match input {
            Input::Sent(sent) => Some(sent.name.clone()),
            Input::StateMap(_) | Input::Page(_) => None,
        })
        .collect();
    for input in inputs {
        let Input::Sent(Sent { completion, .. }) = input else { continue };
        let Some(given) = &completion else { continue };
        let wrong: Vec<&Ident> = given.lent.iter().filter(|name| !borrowed.contains(name)).collect();
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
        Input::Sent(_) | Input::StateMap(_) | Input::Page(_) => None,
    })
}

fn completer(completion: &Completion, declared: &Ident, inputs: &[Input]) -> TokenStream {
    let Completion { function, lent, .. } = completion;
    let (state, cx, typed) = (Local::named("state"), Local::named("cx"), Local::named("typed"));
    let held: Vec<&StateMap> = inputs.iter().filter_map(Input::lent).collect();
    let lent = lent.iter().filter_map(|name| {
        let place = held.iter().position(|held| held.name.as_ref() == Some(name))?;
        let at = name.span();
        // The compiler shows a borrow of another type where it was named.
        let (state, place) = (located(&state, at), Index { span: at, ..Index::from(place) });
        Some(quote_spanned!(at=> #state.#place.get(#cx)))
    });
    let at = function.span();
    let typed_here = located(&typed, at);
    let completing = quote_spanned! {at=>
        ::mcp_tool_runtime::__private::completing(&#declared, #function(#(#lent,)* #typed_here))
    };
    quote! {
        ::mcp_tool_runtime::__private::Completer {
            declared: &#declared,
            complete: |#state, #cx, #typed| #completing,
        }
    }
}

/// The same local, shown elsewhere.
fn located(local: &Ident, at: Span) -> Ident {
    Ident::new(&local.to_string(), local.span().located_at(at))
}

impl Input {
    /// What the server lends, if that is what it is.
    fn lent(&self) -> Option<&StateMap> {
        match self {
            Input::StateMap(lent) => Some(lent),
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
