//! Parser of the signature of a tool's function.

use mcp_tool_contract::name;
use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{
    Attribute, FnArg, GenericParam, Ident, LitStr, Pat, PatType, ReturnType, Signature, Type, Visibility,
    ext::IdentExt as _,
    parse::{Parse, ParseStream},
    parse_quote,
};

use super::{
    completion,
    model::{ArgumentParam, DeclaredTool, Header, Input, Keys, Undescribed},
    parameter,
};
use crate::{
    docs::{self, Description},
    errors::Errors,
    fragments,
    lock::PackageLock,
    runtime_crate::RuntimeCrate,
    type_name::type_name,
};

/// Maximum number of parameters that agents send to a tool. A `PageRequest` counts as two, `limit` and `cursor`.
const MAX_PARAMETERS: usize = 64;

/// A function whose body is kept as tokens, so that rustc reports the errors in the body.
pub(crate) struct Function {
    attributes: Vec<Attribute>,
    visibility: Visibility,
    signature: Signature,
    body: TokenStream,
}

impl Parse for Function {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        Ok(Function {
            attributes: Attribute::parse_outer(input)?,
            visibility: input.parse()?,
            signature: input.parse()?,
            body: input.parse()?,
        })
    }
}

impl Function {
    /// Returns the function without the doc comments and `#[arg(…)]` on its parameters, because rustc refuses both.
    pub(super) fn without_keys(mut self) -> TokenStream {
        for parameter in &mut self.signature.inputs {
            if let FnArg::Typed(parameter) = parameter {
                parameter.attrs.retain(|attribute| !is_removed(attribute));
            }
        }
        let Function { attributes, visibility, signature, body } = self;
        quote::quote!(#(#attributes)* #visibility #signature #body)
    }
}

/// Returns `true` for a doc comment or `#[arg(…)]`, which `#[mcp_tool]` reads and rustc refuses on parameters.
fn is_removed(attribute: &Attribute) -> bool {
    attribute.path().is_ident("doc") || attribute.path().is_ident("arg")
}

/// Parses and checks the signature. Returns the tool without the parts that have errors. `keys` are the parsed keys of
/// `#[mcp_tool(…)]`.
pub(super) fn tool(function: &Function, keys: Keys, errors: &mut Errors) -> DeclaredTool {
    let Function { attributes, visibility, signature, .. } = function;
    let is_valid = check_signature(signature, errors);
    let name = tool_name(signature, &keys, errors);

    let mut undescribed = Vec::new();
    let allows_missing = docs::may_be_missing(attributes);
    let description = Description::of(attributes).unwrap_or_else(|| {
        if !allows_missing {
            let what = format!("the tool '{name}' has no description");
            undescribed.push(Undescribed { what, span: signature.ident.span() });
        }
        Description::from_name(&name)
    });

    let mut inputs = Vec::new();
    for parameter in &signature.inputs {
        let FnArg::Typed(parameter) = parameter else { continue };
        if let Some(input) = parameter::parse(parameter, allows_missing, &mut undescribed, errors) {
            inputs.push(input);
        }
    }
    check_names(&inputs, signature, errors);
    check_headers(&inputs, errors);
    completion::check(&mut inputs, errors);
    let constraints = keys.constraints.as_ref().and_then(|text| constraints(text, &inputs, errors));

    let output = match &signature.output {
        ReturnType::Default => parse_quote!(()),
        ReturnType::Type(_, ty) => fragments::ungrouped_type(ty).clone(),
    };
    let is_complete = inputs.len() == signature.inputs.len();
    let lock = PackageLock::here();
    let locked = keys
        .version_at
        .filter(|_| keys.version != (0, 0))
        .and_then(|at| lock.baseline(&name, keys.version, at, errors));
    DeclaredTool {
        runtime: keys.runtime.clone().unwrap_or_else(RuntimeCrate::from_manifest),
        function: signature.ident.clone(),
        type_name: type_name(&signature.ident),
        constraints,
        visibility: visibility.clone(),
        conditions: attributes.iter().filter(|attribute| attribute.path().is_ident("cfg")).cloned().collect(),
        is_callable: is_valid && is_complete,
        has_errors: !errors.is_empty(),
        is_generic: !signature.generics.params.is_empty() || opaque(output.to_token_stream()).is_some(),
        is_async: signature.asyncness.is_some(),
        name,
        description,
        keys,
        locked,
        package: lock.package(),
        tracked: lock.tracked(),
        inputs,
        output,
        undescribed,
    }
}

/// Checks the constraints across the parameters, and that each parameter in them exists. Returns the constraints in
/// canonical form (RFC 8785).
fn constraints(text: &LitStr, inputs: &[Input], errors: &mut Errors) -> Option<String> {
    let names = inputs.iter().filter_map(|input| match input {
        Input::Argument(argument) => Some(argument.name.as_str()),
        Input::State(_) | Input::Page(_) => None,
    });
    match mcp_tool_contract::constraints::check(&text.value(), names) {
        Ok(canonical) => Some(canonical),
        Err(reason) => {
            errors.on(text.span(), reason);
            None
        }
    }
}

/// Returns the first keyword `impl` in a type, as in `Vec<impl Serialize>`, or `None`.
fn opaque(tokens: TokenStream) -> Option<Ident> {
    tokens.into_iter().find_map(|token| match token {
        TokenTree::Ident(ident) => (ident == "impl").then_some(ident),
        TokenTree::Group(group) => opaque(group.stream()),
        TokenTree::Punct(_) | TokenTree::Literal(_) => None,
    })
}

/// Returns the name from the key `name`, else the function's name. Reports an invalid name of the function.
fn tool_name(signature: &Signature, keys: &Keys, errors: &mut Errors) -> String {
    if let Some(name) = &keys.name {
        return name.clone();
    }
    let name = signature.ident.unraw().to_string();
    if let Err(reason) = name::check_tool(&name) {
        errors.at(&signature.ident, format!("{reason}; or set another name with `name = \"…\"`"));
    }
    name
}

/// Checks the signature. Returns `false` if the function can't become a tool.
fn check_signature(signature: &Signature, errors: &mut Errors) -> bool {
    let mut is_valid = true;
    let mut refuse = |tokens: &dyn ToTokens, message: &str| {
        errors.at(tokens.to_token_stream(), message);
        is_valid = false;
    };
    if let Some(receiver) = signature.receiver() {
        refuse(
            receiver,
            "a tool must be a free function: borrow its state, `invoices: &Invoices`, and register it with `.state(…)`",
        );
    }
    if !signature.generics.params.is_empty() {
        let lifetimes =
            signature.generics.params.iter().all(|param| matches!(param, GenericParam::Lifetime(_)));
        let message = if lifetimes {
            "borrowed parameters can't have named lifetimes: remove them"
        } else {
            "a tool can't be generic, because it has one contract: use concrete types"
        };
        refuse(&signature.generics.params, message);
    }
    if let Some(clause) = &signature.generics.where_clause {
        refuse(clause, "a tool can't be generic: remove the `where`");
    }
    if let Some(constness) = &signature.constness {
        refuse(constness, "a tool can't be `const`: remove it");
    }
    if let Some(abi) = &signature.abi {
        refuse(abi, "a tool must have the Rust ABI: remove the `extern`");
    }
    if let Some(variadic) = &signature.variadic {
        refuse(variadic, "a tool can't be variadic: name each parameter");
    }
    let safety = signature.safety.to_token_stream();
    if !safety.is_empty() {
        refuse(&safety, "a tool can't be `unsafe`, because callers send any arguments: remove it");
    }
    if let Some(opaque) = opaque(signature.output.to_token_stream()) {
        refuse(&opaque, "a result type can't be `impl Trait`, because the contract needs it: name the type");
    }
    is_valid
}

/// Checks that no two arguments have the same header. Header names are case-insensitive.
fn check_headers(inputs: &[Input], errors: &mut Errors) {
    let mut before: Vec<(&Header, &str)> = Vec::new();
    for input in inputs {
        let Input::Argument(ArgumentParam { name, header: Some(header), .. }) = input else { continue };
        match before.iter().find(|(other, _)| other.name.eq_ignore_ascii_case(&header.name)) {
            Some((_, other)) => {
                let message = format!("this header already mirrors '{other}': use a different one");
                errors.on(header.value, message);
            }
            None => before.push((header, name)),
        }
    }
}

/// Checks that there are at most [`MAX_PARAMETERS`] owned parameters and at most one `PageRequest`, and that no owned
/// parameter has the name `limit` or `cursor` if there is a `PageRequest`.
fn check_names(inputs: &[Input], signature: &Signature, errors: &mut Errors) {
    let mut names: Vec<String> = Vec::new();
    let mut pages = 0;
    for input in inputs {
        match input {
            Input::State(_) => {}
            Input::Page(span) => {
                pages += 1;
                if pages > 1 {
                    errors.on(*span, "a tool can have only one `PageRequest`: remove this");
                }
            }
            Input::Argument(argument) => names.push(argument.name.clone()),
        }
    }
    // Names are read from the signature, because `inputs` has no spans of them.
    for parameter in &signature.inputs {
        if let FnArg::Typed(PatType { pat, ty, .. }) = parameter
            && let Pat::Ident(pat) = &**pat
            && pages > 0
            && !matches!(fragments::ungrouped_type(ty), Type::Reference(_))
            && !parameter::is_page_request(fragments::ungrouped_type(ty))
            && (pat.ident == "limit" || pat.ident == "cursor")
        {
            errors.at(&pat.ident, "`PageRequest` adds a parameter of this name: rename this one");
        }
    }
    if names.len() + 2 * pages > MAX_PARAMETERS {
        let message = format!(
            "a tool can have at most {MAX_PARAMETERS} parameters, got {}: split the tool",
            names.len() + 2 * pages
        );
        errors.on(signature.paren_token.span.join(), message);
    }
}
