//! `complete = customers(invoices)` on a parameter: the function that suggests values of the argument, and the tool's
//! borrowed parameters that this function takes.

use mcp_tool_contract::name;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Expr, ExprCall, ExprPath, Index, ext::IdentExt as _, spanned::Spanned};

use super::{
    bind::Local,
    model::{ArgumentParam, DeclaredCompletion, DeclaredTool, Input, StateParam},
};
use crate::{errors::Errors, fragments, keys::Key, runtime_crate::RuntimeCrate};

/// Example value in errors.
const SHAPE: &str = "customers(invoices)";

/// Parses the key `complete` of `#[arg(…)]`.
pub(super) fn parse(key: &Key, errors: &mut Errors) -> Option<Box<DeclaredCompletion>> {
    let value = key.value(SHAPE, errors)?;
    let (function, arguments) = match value {
        Expr::Call(ExprCall { func, args, .. }) => (&**func, args.iter().collect()),
        function => (function, Vec::new()),
    };
    let function = fragments::ungrouped(function);
    let Expr::Path(ExprPath { path: function, qself: None, .. }) = function else {
        errors.at(function, format!("`complete` must be a function: write `complete = {SHAPE}`"));
        return None;
    };
    let mut borrowed = Vec::new();
    for argument in &arguments {
        match fragments::ungrouped(argument) {
            Expr::Path(ExprPath { path, qself: None, .. }) if path.get_ident().is_some() => {
                borrowed.extend(path.get_ident().cloned());
            }
            other => errors.at(
                other,
                "this must be the name of a borrowed parameter of the tool, without `&`; the typed text is added last",
            ),
        }
    }
    (borrowed.len() == arguments.len())
        .then(|| Box::new(DeclaredCompletion { function: function.clone(), borrowed, key: key.span() }))
}

/// Checks that the tool borrows each parameter that a key `complete` names. Otherwise reports an error and removes the
/// completion.
pub(super) fn check(inputs: &mut [Input], errors: &mut Errors) {
    let known: Vec<Ident> =
        inputs.iter().filter_map(Input::state).filter_map(|state| state.name.clone()).collect();
    let sent: Vec<String> = inputs
        .iter()
        .filter_map(|input| match input {
            Input::Argument(argument) => Some(argument.name.clone()),
            Input::State(_) | Input::Page(_) => None,
        })
        .collect();
    for input in inputs {
        let Input::Argument(ArgumentParam { completion, .. }) = input else { continue };
        let Some(given) = &completion else { continue };
        let wrong: Vec<&Ident> = given.borrowed.iter().filter(|name| !known.contains(name)).collect();
        for name in &wrong {
            errors.at(name, unknown_parameter(&name.unraw().to_string(), &sent, &known));
        }
        if !wrong.is_empty() {
            *completion = None;
        }
    }
}

/// Returns the error for a name that isn't a borrowed parameter. `sent` and `borrowed` are the tool's owned and
/// borrowed parameters.
fn unknown_parameter(given: &str, sent: &[String], borrowed: &[Ident]) -> String {
    if sent.iter().any(|name| name == given) {
        return format!(
            "`{given}` is an argument, which isn't available during completion: name a borrowed parameter of the tool"
        );
    }
    let known: Vec<String> = borrowed.iter().map(|name| name.unraw().to_string()).collect();
    match name::nearest(given, known.iter().map(String::as_str)) {
        Some(meant) => format!("the tool doesn't borrow `{given}`; did you mean `{meant}`?"),
        None if known.is_empty() => {
            format!("the tool doesn't borrow `{given}`: add the parameter `{given}: &…`, or remove it here")
        }
        None => format!("the tool doesn't borrow `{given}`; use one of `{}`", known.join("`, `")),
    }
}

/// Returns an expression of the runtime's type `Completer` for each argument that has a completion function. `constant`
/// returns the name of the constant that describes the parameter at an index.
pub(super) fn completers<'t>(
    tool: &'t DeclaredTool,
    constant: impl Fn(usize) -> Ident + 't,
) -> impl Iterator<Item = TokenStream> + 't {
    tool.inputs.iter().enumerate().filter_map(move |(index, input)| match input {
        Input::Argument(ArgumentParam { completion: Some(completion), .. }) => {
            Some(completer(completion, &constant(index), tool))
        }
        Input::Argument(_) | Input::State(_) | Input::Page(_) => None,
    })
}

/// Returns the `Completer` of one argument, whose parameter the constant `declared` describes. Its closure takes the
/// tool's state as a tuple with a member for each borrowed parameter.
fn completer(completion: &DeclaredCompletion, declared: &Ident, tool: &DeclaredTool) -> TokenStream {
    let DeclaredCompletion { function, borrowed, .. } = completion;
    let (state, cx, typed) = (Local::named("state"), Local::named("cx"), Local::named("typed"));
    let states: Vec<&StateParam> = tool.inputs.iter().filter_map(Input::state).collect();
    let borrowed = borrowed.iter().filter_map(|name| {
        let index = states.iter().position(|state| state.name.as_ref() == Some(name))?;
        let at = name.span();
        // With the span `at`, the compiler reports a type mismatch at the name.
        let (state, index) = (located(&state, at), Index { span: at, ..Index::from(index) });
        let runtime = tool.runtime.at(at);
        Some(quote_spanned!(at=> #runtime::__private::HeldState::get(&#state.#index, #cx)))
    });
    let at = function.span();
    let typed_here = located(&typed, at);
    let runtime = tool.runtime.at(at);
    let completing = quote_spanned! {at=>
        #runtime::__private::completing(&#declared, #function(#(#borrowed,)* #typed_here))
    };
    let runtime = &tool.runtime;
    quote! {
        #runtime::__private::Completer {
            declared: &#declared,
            complete: |#state, #cx, #typed| #completing,
        }
    }
}

/// Returns the same local variable at another span.
fn located(local: &Ident, at: Span) -> Ident {
    Ident::new(&local.to_string(), local.span().located_at(at))
}

impl Input {
    /// Returns the parameter if it is borrowed, else `None`.
    fn state(&self) -> Option<&StateParam> {
        match self {
            Input::State(state) => Some(state),
            Input::Page(_) | Input::Argument(_) => None,
        }
    }
}

/// Returns a statement that fails to compile, with an error at the key, if values of the parameter's type can't be
/// suggested. `None` without a completion function.
pub(super) fn statement(
    completion: Option<&DeclaredCompletion>,
    param: &Ident,
    runtime: &RuntimeCrate,
) -> Option<TokenStream> {
    let key = completion?.key;
    let runtime = runtime.at(key);
    Some(quote_spanned! {key=>
        let #param = #runtime::__private::Param::completed(#param);
    })
}
