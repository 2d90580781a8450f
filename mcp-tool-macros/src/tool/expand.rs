//! Code generation for a tool: its type, its contract and its other constants.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Type, spanned::Spanned};

use super::{
    bind::{Local, bind, constant},
    completion,
    model::{
        ArgumentParam, DeclaredDeprecation, DeclaredTool, DeclaredWeakening, DefaultValue, Header, Input,
        StateParam, Undescribed,
    },
};
use crate::{fragments::of_macro, literal::DeclaredCount, runtime_crate::RuntimeCrate};

/// Returns the tool's type and its implementation of `Tool`. If the signature has errors, the implementation is a
/// placeholder, so that no further errors follow. The types of the parameters and the result are still checked, unless
/// the signature is generic.
pub(super) fn tool(tool: &DeclaredTool) -> TokenStream {
    let DeclaredTool {
        type_name, visibility, conditions, name, undescribed, output, inputs, runtime, ..
    } = tool;
    let doc = format!("The tool `{name}`.");
    let (contract, bind) =
        if tool.is_callable { (contract(tool), bind(tool)) } else { broken(name, runtime) };
    let parts = (!tool.is_generic).then(|| {
        let declared = inputs.iter().enumerate().filter_map(|(index, input)| match input {
            Input::Argument(argument) => Some(declared(index, argument, tool)),
            Input::State(_) | Input::Page(_) => None,
        });
        let states = inputs.iter().filter_map(|input| match input {
            Input::State(StateParam { ty, .. }) => Some(check_state(ty, runtime)),
            Input::Page(_) | Input::Argument(_) => None,
        });
        let result = check_result(inputs, output, runtime);
        quote!(#(#declared)* #(#states)* #result)
    });
    let missing = undescribed.iter().map(|missing| {
        let warning = missing_description(missing);
        quote!(#(#conditions)* #warning)
    });
    let (constants, judgement, tracked) = (other_constants(tool), judgement(tool), &tool.tracked);
    // With a span of the macro, lints of naming don't apply to the type.
    let type_name = &of_macro(type_name);
    quote! {
        // This item is outside of the tool's `cfg`, because the crate needs the item even if this tool isn't built.
        #tracked

        #[doc = #doc]
        // Code of other crates can't match the type exhaustively, which some authors require of all public enums.
        #[non_exhaustive]
        #(#conditions)*
        #visibility enum #type_name {}

        #(#missing)*

        #(#conditions)*
        // The function, or a type in its signature, may be deprecated.
        #[allow(deprecated)]
        const _: () = {
            #parts
            #judgement

            #[automatically_derived]
            impl #runtime::Tool for #type_name {
                #contract
                #constants
                #bind
            }
        };
    }
}

/// Returns the constants of `Tool` other than the contract:
/// - `SOURCE`, the source location.
/// - `ADAPTS`, the tool that an adapter calls.
/// - `LOCKED_SCHEMA`, the locked result schema that only a running server can compare. It is omitted without such a
///   schema.
fn other_constants(tool: &DeclaredTool) -> TokenStream {
    let (output, runtime) = (&tool.output, &tool.runtime);
    let adapts = if tool.is_callable {
        let runtime = runtime.at(output.span());
        quote_spanned!(output.span()=> <#output as #runtime::__private::Returned>::ADAPTS)
    } else {
        quote!(::core::option::Option::None)
    };
    let package = &tool.package;
    let late_schema = tool.locked.as_ref().and_then(|locked| locked.late_schema(runtime));
    quote! {
        #late_schema
        const ADAPTS: ::core::option::Option<#runtime::__private::AdapterTarget> = #adapts;
        const SOURCE: #runtime::__private::Source = #runtime::__private::Source {
            package: #package,
            file: ::core::file!(),
            line: ::core::line!(),
        };
    }
}

/// Returns the code that compares the contract with the locked contract of the file `mcp-tools.lock`. `None` if the
/// tool isn't locked, or if the signature has errors.
fn judgement(tool: &DeclaredTool) -> Option<TokenStream> {
    let (locked, at) = (tool.locked.as_ref()?, tool.keys.version_at?);
    let names = tool.inputs.iter().flat_map(|input| match input {
        Input::State(_) => Vec::new(),
        Input::Page(_) => vec!["limit", "cursor"],
        Input::Argument(argument) => vec![argument.name.as_str()],
    });
    (tool.is_callable && !tool.has_errors)
        .then(|| locked.judgement(&tool.type_name, names, at, &tool.runtime))
}

/// Returns placeholders for the contract and the call of a tool with errors.
fn broken(name: &str, runtime: &RuntimeCrate) -> (TokenStream, TokenStream) {
    let contract = quote! {
        const CONTRACT: #runtime::Contract = #runtime::__private::broken(#name);
    };
    let bind = quote! {
        fn bind(
            state: &#runtime::__private::StateMap,
        ) -> ::core::result::Result<
            ::std::boxed::Box<dyn #runtime::__private::Bound>,
            #runtime::__private::MissingState,
        > {
            #runtime::__private::bind_broken(state)
        }
    };
    (contract, bind)
}

/// Returns the name of an enum's variant in generated code.
fn variant(name: &str) -> Ident {
    Ident::new(name, Span::call_site())
}

/// Returns the constant that describes one owned parameter. Of the generated calls, only `declare` needs a trait of the
/// parameter's type, so that an invalid type causes a single error.
fn declared(index: usize, argument: &ArgumentParam, tool: &DeclaredTool) -> TokenStream {
    let ArgumentParam { name, description, ty, bounds, default, secret, header, completion } = argument;
    let constant = constant(index);
    let (declared, param) = (Local::named("declared"), Local::named("param"));
    let runtime = &tool.runtime;
    let bounds = bounds.statements(&param, "Param", runtime);
    let description = description.tokens(runtime);
    let count = |count: &Option<DeclaredCount>| option(count.as_ref().map(|count| count.tokens(runtime)));
    let (max_len, max_items) = (count(&tool.keys.max_len), count(&tool.keys.max_items));
    let default = default.as_ref().map(|DefaultValue { value, key, span }| {
        let literal = value.default_tokens(*span, runtime);
        let runtime = runtime.at(*key);
        quote_spanned!(*key=> let #param = #runtime::__private::Param::default(#param, #literal);)
    });
    let secret = secret.then(|| quote!(let #param = #runtime::__private::Param::secret(#param);));
    let header = header.as_ref().map(|Header { name, key, .. }| {
        let runtime = runtime.at(*key);
        quote_spanned!(*key=> let #param = #runtime::__private::Param::header(#param, #name);)
    });
    let completed = completion::statement(completion.as_deref(), &param, runtime);
    let runtime_at_type = runtime.at(ty.span());
    let declare = quote_spanned!(ty.span()=> #runtime_at_type::__private::declare::<#ty>);
    let bounded = quote_spanned! {ty.span()=>
        let #param = #runtime_at_type::__private::Param::bounded(#param, #max_len, #max_items);
    };
    // `declare` makes a parameter with the bounds of its type. Each statement then replaces `param`, and `with` stores
    // the last `param`.
    quote! {
        const #constant: #runtime::__private::DeclaredParam<#ty> = {
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

/// Returns an expression of type `Option`.
fn option<T: quote::ToTokens>(value: Option<T>) -> TokenStream {
    match value {
        Some(value) => quote!(::core::option::Option::Some(#value)),
        None => quote!(::core::option::Option::None),
    }
}

/// Returns the check that the type of a borrowed parameter isn't a type that agents send. The parser finds such a type
/// by its name, but only const evaluation finds an alias.
fn check_state(ty: &Type, runtime: &RuntimeCrate) -> TokenStream {
    // With the span of the macro, because the import is unused if the compiler chooses the inherent constant.
    let import = quote!(use #runtime::__private::ArgumentState as _;);
    let runtime = runtime.at(ty.span());
    quote_spanned! {ty.span()=>
        const _: () = {
            #import
            #runtime::__private::check_state::<#ty>(
                <#runtime::__private::StateSource<#ty>>::MCP_TOOL_IS_ARGUMENT
            )
        };
    }
}

/// Returns the checks that the function's result can be a tool's result, and that the tool has a `PageRequest` if, and
/// only if, it returns a `Page`.
fn check_result(inputs: &[Input], output: &Type, runtime: &RuntimeCrate) -> TokenStream {
    let request = inputs.iter().find_map(|input| match input {
        Input::Page(span) => Some(*span),
        Input::State(_) | Input::Argument(_) => None,
    });
    let has_request = request.is_some();
    let runtime_at_output = runtime.at(output.span());
    let is_paged =
        quote_spanned!(output.span()=> <#output as #runtime_at_output::__private::Returned>::IS_PAGED);
    let returned = quote_spanned! {output.span()=>
        #runtime_at_output::__private::check_returned(<#output as #runtime_at_output::__private::Returned>::REFUSED)
    };
    let at = request.unwrap_or_else(|| output.span());
    let runtime = runtime.at(at);
    let paging = quote_spanned!(at=> #runtime::__private::check_paging(#is_paged, #has_request));
    // One constant: after the first error, the second check isn't evaluated.
    quote! {
        const _: () = {
            #returned;
            #paging
        };
    }
}

/// Returns the constant `CONTRACT`. In `quote!`, an iterator over an `Option` adds its `#(…)*` once, or not at all.
fn contract(tool: &DeclaredTool) -> TokenStream {
    let DeclaredTool { name, description, keys, inputs, output, runtime, .. } = tool;
    let (major, minor) = keys.version;
    let description = description.tokens(runtime);
    let title = keys.title.iter();
    let scopes = &keys.scopes;
    let (read_only, destructive) = (keys.read_only, keys.destructive);
    let (idempotent, open_world) = (keys.idempotent, keys.open_world);
    let (timeout_ms, concurrency) = (keys.timeout_ms.iter(), keys.concurrency.iter());
    let rate = keys.rate.iter().map(|rate| {
        let (calls, window) = (rate.calls(), variant(rate.window().variant()));
        quote!(#runtime::__private::Rate::new(#calls, #runtime::__private::Window::#window))
    });
    let gate = keys.gate.iter().map(|scope| quote!(#runtime::__private::Gate::Scope(#scope)));
    let constraints = tool.constraints.iter();
    let task = keys.task.iter().map(|support| {
        let support = variant(support.variant());
        quote!(#runtime::__private::TaskSupport::#support)
    });
    let upstreams = &keys.upstreams;
    let deprecation = keys.deprecation.iter().map(|DeclaredDeprecation { message, replacement, removal }| {
        let (replacement, removal) = (option(replacement.as_ref()), option(removal.as_ref()));
        quote!(#runtime::__private::Deprecation::new(#message, #replacement, #removal))
    });
    let weakens = keys.weakens.iter().map(|DeclaredWeakening { rule, reason }| {
        let rule = variant(rule.variant());
        quote!(#runtime::__private::Weakening::new(#runtime::__private::ChangeRule::#rule, #reason))
    });
    let params = inputs.iter().enumerate().flat_map(|(index, input)| match input {
        Input::State(_) => Vec::new(),
        Input::Page(_) => vec![
            quote!(#runtime::__private::LIMIT_PARAM.param),
            quote!(#runtime::__private::CURSOR_PARAM.param),
        ],
        Input::Argument(_) => {
            let constant = constant(index);
            vec![quote!(#constant.param)]
        }
    });
    let runtime_at_output = runtime.at(output.span());
    let output = quote_spanned!(output.span()=> <#output as #runtime_at_output::__private::Returned>::OUTPUT);
    quote! {
        const CONTRACT: #runtime::Contract = #runtime::Contract::new(
            #name,
            #runtime::Version::new(#major, #minor),
            #description,
        )
        #(.with_title(::core::option::Option::Some(#title)))*
        .with_input(&[#(#params),*])
        #(.with_constraints(::core::option::Option::Some(#constraints)))*
        .with_output(#output)
        .with_scopes(&[#(#scopes),*])
        .with_hints(
            #runtime::Hints::NONE
                .with_read_only(#read_only)
                .with_destructive(#destructive)
                .with_idempotent(#idempotent)
                .with_open_world(#open_world),
        )
        #(.with_timeout_ms(::core::option::Option::Some(#timeout_ms)))*
        #(.with_concurrency(::core::option::Option::Some(#concurrency)))*
        #(.with_rate(::core::option::Option::Some(#rate)))*
        #(.with_gate(::core::option::Option::Some(#gate)))*
        .with_upstreams(&[#(#upstreams),*])
        #(.with_task(::core::option::Option::Some(#task)))*
        #(.with_deprecation(::core::option::Option::Some(#deprecation)))*
        .with_weakens(&[#(#weakens),*]);
    }
}

/// Returns code that causes a warning about a missing description. The code uses a deprecated constant, because macros
/// can't define lints.
fn missing_description(missing: &Undescribed) -> TokenStream {
    let Undescribed { what, span } = missing;
    let note = format!("{what}, which models need: write `/// …` above it, or `#[allow(missing_docs)]`");
    quote_spanned! {*span=>
        const _: () = {
            #[deprecated(note = #note)]
            const MISSING_DESCRIPTION: () = ();
            MISSING_DESCRIPTION
        };
    }
}
