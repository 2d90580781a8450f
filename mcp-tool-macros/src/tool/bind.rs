//! Code generation for the call of a tool's function: application state, arguments, and the returned value.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::{GenericArgument, PathArguments, Type, spanned::Spanned};

use super::{
    completion,
    model::{ArgumentParam, DeclaredTool, Input, StateParam},
};
use crate::runtime_crate::RuntimeCrate;

/// Returns the name of the constant that describes the parameter at `index`.
pub(super) fn constant(index: usize) -> Ident {
    format_ident!("__P{}", index)
}

/// Creates names of local variables in generated code. Their span is `mixed_site`, so that they can't collide with the
/// author's names.
pub(super) struct Local;

impl Local {
    /// Returns the local variable `name`. Equal names are the same variable.
    pub(super) fn named(name: &str) -> Ident {
        Ident::new(name, Span::mixed_site())
    }

    /// Returns the local variable that belongs to the parameter at `index`.
    fn numbered(name: &str, index: usize) -> Ident {
        format_ident!("{}{}", name, index, span = Span::mixed_site())
    }
}

/// Returns the function `bind`, which takes the application state and returns the state that the tool borrows, together
/// with the parameters that have a default, the completion functions, and the closure that calls the tool.
pub(super) fn bind(tool: &DeclaredTool) -> TokenStream {
    let (states, state, cx) = (Local::named("states"), Local::named("state"), Local::named("cx"));
    let arguments = Local::named("arguments");
    let (function, runtime) = (&tool.function, &tool.runtime);
    let borrowed = tool.inputs.iter().filter_map(|input| match input {
        Input::State(StateParam { ty, .. }) => {
            let runtime = runtime.at(ty.span());
            let held = quote_spanned! {ty.span()=>
                <#runtime::__private::StateSource<#ty>>::mcp_tool_hold(#states)
            };
            // The `?` has the span of the macro, because some authors forbid it in their own code.
            Some(quote!(#held?))
        }
        Input::Page(_) | Input::Argument(_) => None,
    });
    let defaulted = tool.inputs.iter().enumerate().filter_map(|(index, input)| match input {
        Input::Argument(ArgumentParam { default: Some(_), .. }) => Some(constant(index)),
        Input::Argument(_) | Input::State(_) | Input::Page(_) => None,
    });
    let completers = completion::completers(tool, constant);
    let slots = slots(tool);
    let paged = paged(tool, &cx, &arguments);
    let answer = answer(tool, &state, &cx);
    quote! {
        fn bind(
            #states: &#runtime::__private::StateMap,
        ) -> ::core::result::Result<
            ::std::boxed::Box<dyn #runtime::__private::Bound>,
            #runtime::__private::MissingState,
        > {
            use #runtime::__private::SharedState as _;
            // A second use of the function, so that no lint proposes to inline a function with a single call.
            let _ = #function;
            let #state = (#(#borrowed,)*);
            ::core::result::Result::Ok(#runtime::__private::bound(
                #state,
                &[#(&#defaulted),*],
                &[#(#completers),*],
                |#state, #cx, #arguments| {
                    #slots
                    #paged
                    #answer
                },
            ))
        }
    }
}

/// Returns code that declares a slot (a place for the parsed value) for each argument, parses the arguments into the
/// slots, and moves each parsed value into a local variable.
fn slots(tool: &DeclaredTool) -> TokenStream {
    let (arguments, runtime) = (Local::named("arguments"), &tool.runtime);
    let slots = tool.inputs.iter().enumerate().flat_map(|(index, input)| match input {
        Input::State(_) => Vec::new(),
        Input::Page(_) => [("limit", "LIMIT_PARAM"), ("cursor", "CURSOR_PARAM")]
            .map(|(name, declared)| {
                let declared = format_ident!("{}", declared);
                (Local::named(name), quote!(#runtime::__private::#declared))
            })
            .into(),
        Input::Argument(_) => vec![(Local::numbered("slot", index), constant(index).into_token_stream())],
    });
    let (names, declared): (Vec<Ident>, Vec<TokenStream>) = slots.unzip();
    let (slots, violations) = (Local::named("slots"), Local::named("violations"));
    let indices = (0..names.len()).map(syn::Index::from);
    // All slots are in one tuple, which a single pattern destructures. If a panic could occur while only some slots are
    // moved out, each tool would need code that drops the remaining slots.
    let filled = (!names.is_empty()).then(|| {
        quote! {
            let (#(#runtime::__private::Slot {
                state: #runtime::__private::SlotState::Filled(#names), ..
            },)*) = #slots else {
                return ::core::result::Result::Err(#runtime::__private::unfilled_slot());
            };
        }
    });
    quote! {
        let mut #slots = (#(#runtime::__private::Slot {
            declared: &#declared,
            state: #runtime::__private::SlotState::Empty,
        },)*);
        if let ::core::result::Result::Err(#violations) =
            #runtime::__private::read(#arguments, &mut [#(&mut #slots.#indices),*])
        {
            return ::core::result::Result::Err(#violations);
        }
        #filled
    }
}

/// Returns the statement that makes the `PageRequest` from the arguments `limit` and `cursor`; `None` if the tool takes
/// no `PageRequest`.
fn paged(tool: &DeclaredTool, cx: &Ident, arguments: &Ident) -> Option<TokenStream> {
    let index = tool.inputs.iter().position(|input| matches!(input, Input::Page(_)))?;
    let slot = Local::numbered("slot", index);
    let (limit, cursor) = (Local::named("limit"), Local::named("cursor"));
    let runtime = &tool.runtime;
    Some(quote! {
        let #slot = #runtime::__private::PageRequest::open(
            #cx,
            #runtime::Contract::input(&<Self as #runtime::Tool>::CONTRACT),
            #arguments,
            #limit,
            #cursor,
        )?;
    })
}

/// Returns code that calls the function and converts its return value.
fn answer(tool: &DeclaredTool, state: &Ident, cx: &Ident) -> TokenStream {
    let (function, runtime) = (&tool.function, &tool.runtime);
    let mut states = 0usize;
    let call_arguments: Vec<TokenStream> = tool
        .inputs
        .iter()
        .enumerate()
        .map(|(index, input)| match input {
            Input::State(_) => {
                let state_index = syn::Index::from(states);
                states += 1;
                // `cx` is a reference in an async tool. A function that isn't async runs on another thread, for which
                // `cx` is an owned clone.
                let cx = if tool.is_async { quote!(#cx) } else { quote!(&#cx) };
                quote!(#runtime::__private::HeldState::get(&#state.#state_index, #cx))
            }
            Input::Page(_) | Input::Argument(_) => {
                let slot = Local::numbered("slot", index);
                quote!(#slot)
            }
        })
        .collect();
    let (returned, answered) = (Local::named("returned"), Local::named("answered"));
    let ty = &tool.output;
    let (imports, conversion) = conversion(&returned, cx, ty, tool.is_async, runtime);
    let call = quote_spanned!(function.span()=> #function(#(#call_arguments),*));
    if !tool.is_async {
        return quote! {
            let (#state, #cx) =
                (::core::clone::Clone::clone(#state), ::core::clone::Clone::clone(#cx));
            ::core::result::Result::Ok(#runtime::__private::blocking(move || {
                #imports
                let #returned: #ty = #call;
                let #answered = #conversion;
                #answered
            }))
        };
    }
    // The function's future is created before the `async` block, and runs only when it is polled. The block then
    // captures the future instead of the arguments, so that they are in memory only once.
    let future = Local::named("future");
    let runtime = runtime.at(function.span());
    // With the span of the function, a future that isn't `Send` is reported at the function.
    let running = quote_spanned! {function.span()=>
        #runtime::__private::running(async move {
            #imports
            let #returned: #ty = #future.await;
            let #answered = #conversion;
            #answered
        })
    };
    quote! {
        let #future = #call;
        ::core::result::Result::Ok(#running)
    }
}

/// Returns the imports and the expression that convert a function's return value of type `ty`.
fn conversion(
    returned: &Ident,
    cx: &Ident,
    ty: &Type,
    is_async: bool,
    runtime: &RuntimeCrate,
) -> (TokenStream, TokenStream) {
    let imports = quote! {
        use #runtime::__private::answering::{
            AnyErrors as _, BoxedErrors as _, NoErrors as _, NoResults as _, Results as _, ToolErrors as _,
        };
    };
    // Each `&` adds one step of method resolution, which selects one of the traits above. Only the name of the method
    // has the span of the author's type: an error type that can't be converted is reported there.
    let method = Ident::new("mcp_tool_answer", error_type(ty).map_or_else(|| ty.span(), Spanned::span));
    // A function that isn't async runs on another thread, for which `cx` is an owned clone.
    let cx = if is_async { quote!(#cx) } else { quote!(&#cx) };
    let expression = quote!((&&&&&&#runtime::__private::Returning::new(#returned)).#method(#cx));
    (imports, expression)
}

/// Returns the error type of a `Result` as it is spelled, or `None` for other types and aliases.
fn error_type(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = ty else { return None };
    let PathArguments::AngleBracketed(arguments) = &path.path.segments.last()?.arguments else { return None };
    match arguments.args.iter().nth(1)? {
        GenericArgument::Type(error) => Some(error),
        _ => None,
    }
}
