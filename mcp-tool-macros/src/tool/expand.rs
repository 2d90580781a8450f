//! What makes a function a tool: constants, and one call.

use mcp_tool_contract::model::Rate;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::{Type, spanned::Spanned};

use super::{
    completion,
    model::{Default, Deprecation, Header, Input, Sent, StateMap, Tool, Undescribed, Weakening},
};

/// The type beside the function, its contract, and how it is called. Where mistakes leave no tool, its type
/// stands there all the same, so that they stay the only errors; and its parts are still judged.
pub(super) fn tool(tool: &Tool) -> TokenStream {
    let Tool { function, visibility, conditions, name, undescribed, output, inputs, .. } = tool;
    let doc = format!("The tool `{name}`.");
    let (contract, bind) = if tool.is_whole { (contract(tool), bind(tool)) } else { broken(name) };
    let parts = (!tool.is_generic).then(|| {
        let declared = inputs.iter().enumerate().filter_map(|(index, input)| match input {
            Input::Sent(sent) => Some(declared(index, sent, tool)),
            Input::StateMap(_) | Input::Page(_) => None,
        });
        let lent = inputs.iter().filter_map(|input| match input {
            Input::StateMap(StateMap { ty, .. }) => Some(check_state(ty)),
            Input::Page(_) | Input::Sent(_) => None,
        });
        let paging = check_paging(inputs, output);
        quote!(#(#declared)* #(#lent)* #paging)
    });
    let missing = undescribed.iter().map(missing_description);
    let (source, judgement, tracked) = (source(tool), judgement(tool), &tool.tracked);
    quote! {
        // Of the crate rather than of the tool, which may be left out of a build.
        #tracked

        #[doc = #doc]
        #[allow(non_camel_case_types)]
        #(#conditions)*
        #visibility enum #function {}

        #(#conditions)*
        const _: () = {
            #parts
            #(#missing)*
            #judgement

            #[automatically_derived]
            impl ::mcp_tool_runtime::Tool for #function {
                #contract
                #source
                #bind
            }
        };
    }
}

/// Where the tool stands, for commands, and the tool that answers for it.
fn source(tool: &Tool) -> TokenStream {
    let output = &tool.output;
    let adapts = if tool.is_whole {
        quote_spanned!(output.span()=> <#output as ::mcp_tool_runtime::__private::Returned>::ADAPTS)
    } else {
        quote!(::core::option::Option::None)
    };
    let late = tool.locked.as_ref().and_then(|locked| locked.late());
    quote! {
        #late
        const ADAPTS: ::core::option::Option<::mcp_tool_runtime::__private::AdapterTarget> = #adapts;
        const SOURCE: ::mcp_tool_runtime::__private::Source = ::mcp_tool_runtime::__private::Source {
            file: ::core::file!(),
            line: ::core::line!(),
        };
    }
}

/// The judgement by the locked contract.
fn judgement(tool: &Tool) -> Option<TokenStream> {
    let (locked, at) = (tool.locked.as_ref()?, tool.keys.version_at?);
    let names = tool.inputs.iter().flat_map(|input| match input {
        Input::StateMap(_) => Vec::new(),
        Input::Page(_) => vec!["limit", "cursor"],
        Input::Sent(sent) => vec![sent.name.as_str()],
    });
    tool.is_whole.then(|| locked.judgement(&tool.function, names, at))
}

/// Stand-ins for the contract and the call of a tool that couldn't be read.
fn broken(name: &str) -> (TokenStream, TokenStream) {
    let contract = quote! {
        const CONTRACT: ::mcp_tool_runtime::Contract = ::mcp_tool_runtime::__private::broken(#name);
    };
    let bind = quote! {
        fn bind(
            lent: &::mcp_tool_runtime::__private::StateMap,
        ) -> ::core::result::Result<
            ::std::boxed::Box<dyn ::mcp_tool_runtime::__private::Bound>,
            ::mcp_tool_runtime::__private::MissingState,
        > {
            ::mcp_tool_runtime::__private::bind_broken(lent)
        }
    };
    (contract, bind)
}

fn constant(index: usize) -> Ident {
    format_ident!("__P{}", index)
}

/// The constant of one parameter. Its type stands in it once, so that a type that can't be one is one error.
fn declared(index: usize, sent: &Sent, tool: &Tool) -> TokenStream {
    let Sent { name, description, ty, bounds, default, secret, header, completion } = sent;
    let constant = constant(index);
    let (declared, param) = (Local::named("declared"), Local::named("param"));
    let bounds = bounds.statements(&param, "Param");
    let (max_len, max_items) = (option(tool.keys.max_len), option(tool.keys.max_items));
    let default = default.as_ref().map(|Default { literal, key, value }| {
        let literal = literal.tokens(*value);
        quote_spanned!(*key=> let #param = ::mcp_tool_runtime::__private::Param::default(#param, #literal);)
    });
    let secret = secret.then(|| quote!(let #param = ::mcp_tool_runtime::__private::Param::secret(#param);));
    let header = header.as_ref().map(|Header { name, key, .. }| {
        quote_spanned!(*key=> let #param = ::mcp_tool_runtime::__private::Param::header(#param, #name);)
    });
    let completed = completion::statement(completion.as_deref(), &param);
    let declare = quote_spanned!(ty.span()=> ::mcp_tool_runtime::__private::declare::<#ty>);
    let bounded = quote_spanned! {ty.span()=>
        let #param = ::mcp_tool_runtime::__private::Param::bounded(#param, #max_len, #max_items);
    };
    quote! {
        const #constant: ::mcp_tool_runtime::__private::DeclaredParam<#ty> = {
            let #declared = #declare(#name, #description);
            let #param = #declared.param;
            #bounds
            #bounded
            #default
            #secret
            #header
            #completed
            #declared.with(#param)
        };
    }
}

fn option<T: quote::ToTokens>(value: Option<T>) -> TokenStream {
    match value {
        Some(value) => quote!(::core::option::Option::Some(#value)),
        None => quote!(::core::option::Option::None),
    }
}

fn check_state(ty: &Type) -> TokenStream {
    quote_spanned! {ty.span()=>
        const _: () = {
            #[allow(unused_imports)]
            use ::mcp_tool_runtime::__private::ArgumentState as _;
            ::mcp_tool_runtime::__private::check_state::<#ty>(<::mcp_tool_runtime::__private::StateSource<#ty>>::SENT)
        };
    }
}

fn check_paging(inputs: &[Input], output: &Type) -> TokenStream {
    let asked = inputs.iter().find_map(|input| match input {
        Input::Page(span) => Some(*span),
        Input::StateMap(_) | Input::Sent(_) => None,
    });
    let is_asked = asked.is_some();
    let is_paged =
        quote_spanned!(output.span()=> <#output as ::mcp_tool_runtime::__private::Returned>::IS_PAGED);
    quote_spanned! {asked.unwrap_or_else(|| output.span())=>
        const _: () = ::mcp_tool_runtime::__private::check_paging(#is_paged, #is_asked);
    }
}

fn contract(tool: &Tool) -> TokenStream {
    let Tool { name, description, keys, inputs, output, .. } = tool;
    let (major, minor) = keys.version;
    let title = option(keys.title.as_ref());
    let scopes = &keys.scopes;
    let (read_only, destructive) = (keys.read_only, keys.destructive);
    let (idempotent, open_world) = (keys.idempotent, keys.open_world);
    let (timeout_ms, concurrency) = (option(keys.timeout_ms), option(keys.concurrency));
    let rate = option(keys.rate.map(|Rate { calls, window }| {
        let window = format_ident!("{}", format!("{window:?}"));
        quote! {
            ::mcp_tool_runtime::__private::Rate {
                calls: #calls,
                window: ::mcp_tool_runtime::__private::Window::#window,
            }
        }
    }));
    let gate =
        option(keys.gate.as_ref().map(|scope| quote!(::mcp_tool_runtime::__private::Gate::Scope(#scope))));
    let constraints = option(tool.constraints.as_ref());
    let task = option(keys.task.map(|support| {
        let support = format_ident!("{}", format!("{support:?}"));
        quote!(::mcp_tool_runtime::__private::TaskSupport::#support)
    }));
    let upstreams = &keys.upstreams;
    let deprecation =
        option(keys.deprecation.as_ref().map(|Deprecation { message, replacement, removal }| {
            let (replacement, removal) = (option(replacement.as_ref()), option(removal.as_ref()));
            quote! {
                ::mcp_tool_runtime::__private::Deprecation {
                    message: #message,
                    replacement: #replacement,
                    removal: #removal,
                }
            }
        }));
    let weakens = keys.weakens.iter().map(|Weakening { rule, reason }| {
        let rule = format_ident!("{}", format!("{rule:?}"));
        quote! {
            ::mcp_tool_runtime::__private::Weakening {
                rule: ::mcp_tool_runtime::__private::ChangeRule::#rule,
                reason: #reason,
            }
        }
    });
    let params = inputs.iter().enumerate().flat_map(|(index, input)| match input {
        Input::StateMap(_) => Vec::new(),
        Input::Page(_) => vec![
            quote!(::mcp_tool_runtime::__private::LIMIT_PARAM.param),
            quote!(::mcp_tool_runtime::__private::CURSOR_PARAM.param),
        ],
        Input::Sent(_) => {
            let constant = constant(index);
            vec![quote!(#constant.param)]
        }
    });
    let output = quote_spanned!(output.span()=> <#output as ::mcp_tool_runtime::__private::Returned>::OUTPUT);
    quote! {
        const CONTRACT: ::mcp_tool_runtime::Contract = ::mcp_tool_runtime::Contract {
            name: #name,
            version: ::mcp_tool_runtime::Version { major: #major, minor: #minor },
            title: #title,
            description: #description,
            input: &[#(#params),*],
            constraints: #constraints,
            output: #output,
            scopes: &[#(#scopes),*],
            hints: ::mcp_tool_runtime::Hints {
                read_only: #read_only,
                destructive: #destructive,
                idempotent: #idempotent,
                open_world: #open_world,
            },
            timeout_ms: #timeout_ms,
            concurrency: #concurrency,
            rate: #rate,
            gate: #gate,
            upstreams: &[#(#upstreams),*],
            task: #task,
            deprecation: #deprecation,
            weakens: &[#(#weakens),*],
        };
    }
}

/// Names of the locals in the expansion; at `mixed_site` they can't meet the author's.
pub(super) struct Local;

impl Local {
    pub(super) fn named(name: &str) -> Ident {
        Ident::new(name, Span::mixed_site())
    }

    fn numbered(name: &str, index: usize) -> Ident {
        format_ident!("{}{}", name, index, span = Span::mixed_site())
    }
}

/// How the tool is bound to what it borrows, and called.
fn bind(tool: &Tool) -> TokenStream {
    let (lent, state, cx) = (Local::named("lent"), Local::named("state"), Local::named("cx"));
    let arguments = Local::named("arguments");
    let held = tool.inputs.iter().filter_map(|input| match input {
        Input::StateMap(StateMap { ty, .. }) => {
            Some(quote_spanned!(ty.span()=> <::mcp_tool_runtime::__private::StateSource<#ty>>::hold(#lent)?))
        }
        Input::Page(_) | Input::Sent(_) => None,
    });
    let defaulted = tool.inputs.iter().enumerate().filter_map(|(index, input)| match input {
        Input::Sent(Sent { default: Some(_), .. }) => Some(constant(index)),
        Input::Sent(_) | Input::StateMap(_) | Input::Page(_) => None,
    });
    let completers = completion::completers(tool, constant);
    let slots = slots(tool);
    let paged = paged(tool, &cx, &arguments);
    let answer = answer(tool, &state, &cx);
    quote! {
        #[allow(unused_variables)]
        fn bind(
            #lent: &::mcp_tool_runtime::__private::StateMap,
        ) -> ::core::result::Result<
            ::std::boxed::Box<dyn ::mcp_tool_runtime::__private::Bound>,
            ::mcp_tool_runtime::__private::MissingState,
        > {
            #[allow(unused_imports)]
            use ::mcp_tool_runtime::__private::SharedState as _;
            let #state = (#(#held,)*);
            ::core::result::Result::Ok(::mcp_tool_runtime::__private::bound(
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

/// The slots of what the agent sends, the one walk that fills them, and the arguments out of them.
fn slots(tool: &Tool) -> TokenStream {
    let arguments = Local::named("arguments");
    let sent = tool.inputs.iter().enumerate().flat_map(|(index, input)| match input {
        Input::StateMap(_) => Vec::new(),
        Input::Page(_) => [("limit", "LIMIT_PARAM"), ("cursor", "CURSOR_PARAM")]
            .map(|(name, declared)| {
                let declared = format_ident!("{}", declared);
                (Local::named(name), quote!(::mcp_tool_runtime::__private::#declared))
            })
            .into(),
        Input::Sent(_) => vec![(Local::numbered("slot", index), constant(index).into_token_stream())],
    });
    let (names, declared): (Vec<Ident>, Vec<TokenStream>) = sent.unzip();
    let (slots, violations) = (Local::named("slots"), Local::named("violations"));
    let places = (0..names.len()).map(syn::Index::from);
    // In one tuple, made and taken apart without a call: what could unwind between them would cost each tool code
    // that drops every slot.
    let filled = (!names.is_empty()).then(|| {
        quote! {
            let (#(::mcp_tool_runtime::__private::Slot {
                state: ::mcp_tool_runtime::__private::SlotState::Filled(#names), ..
            },)*) = #slots else {
                return ::core::result::Result::Err(::mcp_tool_runtime::__private::unread());
            };
        }
    });
    quote! {
        #[allow(unused_mut)]
        let mut #slots = (#(::mcp_tool_runtime::__private::Slot {
            declared: &#declared,
            state: ::mcp_tool_runtime::__private::SlotState::Empty,
        },)*);
        if let ::core::result::Result::Err(#violations) =
            ::mcp_tool_runtime::__private::read(#arguments, &mut [#(&mut #slots.#places),*])
        {
            return ::core::result::Result::Err(#violations);
        }
        #filled
    }
}

/// The page that is asked for, out of its arguments.
fn paged(tool: &Tool, cx: &Ident, arguments: &Ident) -> Option<TokenStream> {
    let index = tool.inputs.iter().position(|input| matches!(input, Input::Page(_)))?;
    let slot = Local::numbered("slot", index);
    let (limit, cursor) = (Local::named("limit"), Local::named("cursor"));
    Some(quote! {
        let #slot = ::mcp_tool_runtime::__private::PageRequest::open(#cx, #arguments, #limit, #cursor)?;
    })
}

/// The call of the function, and what becomes of what it returns.
fn answer(tool: &Tool, state: &Ident, cx: &Ident) -> TokenStream {
    let function = &tool.function;
    let mut held = 0usize;
    let call_arguments: Vec<TokenStream> = tool
        .inputs
        .iter()
        .enumerate()
        .map(|(index, input)| match input {
            Input::StateMap(_) => {
                let place = syn::Index::from(held);
                held += 1;
                // The function of its own pool holds the call's context itself.
                let cx = if tool.is_async { quote!(#cx) } else { quote!(&#cx) };
                quote!(#state.#place.get(#cx))
            }
            Input::Page(_) | Input::Sent(_) => {
                let slot = Local::numbered("slot", index);
                quote!(#slot)
            }
        })
        .collect();
    // The future of an async function is made at once, and begins with its first poll: held by the block instead
    // of its arguments, it stands in memory once.
    let (begun, call) = if tool.is_async {
        let future = Local::named("future");
        (
            quote_spanned!(function.span()=> let #future = #function(#(#call_arguments),*);),
            quote_spanned!(function.span()=> #future.await),
        )
    } else {
        let call = quote! {
            {
                let (#state, #cx) = (#state.clone(), #cx.clone());
                ::mcp_tool_runtime::__private::blocking(move || #function(#(#call_arguments),*)).await?
            }
        };
        (TokenStream::new(), call)
    };
    let (returned, answered) = (Local::named("returned"), Local::named("answered"));
    let ty = &tool.output;
    let answer = quote_spanned! {ty.span()=>
        (&&&&&&::mcp_tool_runtime::__private::Returning::new(#returned)).answer(#cx)
    };
    quote_spanned! {function.span()=>
        #begun
        ::core::result::Result::Ok(::mcp_tool_runtime::__private::running(async move {
            #[allow(unused_imports)]
            use ::mcp_tool_runtime::__private::answering::{
                AnyErrors as _, BoxedErrors as _, NoErrors as _, NoResults as _, Results as _, ToolErrors as _,
            };
            let #returned: #ty = #call;
            // The references are steps, of which few types need all.
            #[allow(clippy::needless_borrow)]
            let #answered = #answer;
            #answered
        }))
    }
}

/// A warning that can be allowed: rustc gives macros no lint of their own, so a deprecated constant is used.
fn missing_description(missing: &Undescribed) -> TokenStream {
    let Undescribed { what, span } = missing;
    let note =
        format!("{what}, and a model chooses by it: write `/// …` above it, or `#[allow(missing_docs)]`");
    quote_spanned! {*span=>
        const _: () = {
            #[deprecated(note = #note)]
            const MISSING_DESCRIPTION: () = ();
            MISSING_DESCRIPTION
        };
    }
}
