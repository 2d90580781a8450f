//! A function's signature, read as a tool.

use mcp_tool_contract::{grammar::ArgKey, name};
use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{
    Attribute, FnArg, GenericParam, Ident, LitStr, Meta, Pat, PatType, ReturnType, Signature, Type,
    TypeReference, Visibility,
    ext::IdentExt as _,
    parse::{Parse, ParseStream},
    parse_quote,
    spanned::Spanned,
};

use super::{
    completion,
    model::{Default, Header, Input, Keys, Sent, StateMap, Tool, Undescribed},
};
use crate::{bounds::Bounds, docs, errors::Errors, keys, literal::Literal, lock::PackageLock};

/// Parameters that a tool may have.
const MAX_PARAMETERS: usize = 64;

/// Types that an agent sends, by their spelling; aliases of them are found by const evaluation.
const SENT: [&str; 18] = [
    "str", "String", "Vec", "Option", "bool", "i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64", "f32",
    "f64", "char", "usize", "isize",
];

/// A function whose body stays as it was written, so that its own errors are rustc's.
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
    /// The function as rustc takes it: parameters can't have doc comments or keys.
    pub(super) fn without_keys(mut self) -> TokenStream {
        for parameter in &mut self.signature.inputs {
            if let FnArg::Typed(parameter) = parameter {
                parameter.attrs.retain(|attribute| !is_ours(attribute));
            }
        }
        let Function { attributes, visibility, signature, body } = self;
        quote::quote!(#(#attributes)* #visibility #signature #body)
    }
}

fn is_ours(attribute: &Attribute) -> bool {
    attribute.path().is_ident("doc") || attribute.path().is_ident("arg")
}

/// The tool, as whole as its mistakes leave it.
pub(super) fn tool(function: &Function, keys: Keys, errors: &mut Errors) -> Tool {
    let Function { attributes, visibility, signature, .. } = function;
    let is_sound = check_signature(signature, errors);
    let name = tool_name(signature, &keys, errors);

    let mut undescribed = Vec::new();
    let silent = docs::may_be_missing(attributes);
    let mut description = docs::text(attributes);
    if description.is_empty() {
        if !silent {
            let what = format!("the tool '{name}' has no description");
            undescribed.push(Undescribed { what, span: signature.ident.span() });
        }
        description = docs::from_name(&name);
    }

    let mut inputs = Vec::new();
    for parameter in &signature.inputs {
        let FnArg::Typed(parameter) = parameter else { continue };
        if let Some(input) = input(parameter, silent, &mut undescribed, errors) {
            inputs.push(input);
        }
    }
    check_names(&inputs, signature, errors);
    check_headers(&inputs, errors);
    completion::check(&mut inputs, errors);
    let constraints = keys.constraints.as_ref().and_then(|text| constraints(text, &inputs, errors));

    let output = match &signature.output {
        ReturnType::Default => parse_quote!(()),
        ReturnType::Type(_, ty) => (**ty).clone(),
    };
    let is_complete = inputs.len() == signature.inputs.len();
    let locks = PackageLock::here();
    let locked = keys
        .version_at
        .filter(|_| keys.version != (0, 0))
        .and_then(|at| locks.baseline(&name, keys.version, at, errors));
    Tool {
        function: signature.ident.clone(),
        constraints,
        visibility: visibility.clone(),
        conditions: attributes.iter().filter(|attribute| attribute.path().is_ident("cfg")).cloned().collect(),
        is_whole: is_sound && is_complete,
        is_generic: !signature.generics.params.is_empty() || opaque(output.to_token_stream()).is_some(),
        is_async: signature.asyncness.is_some(),
        name,
        description,
        keys,
        locked,
        tracked: locks.tracked(),
        inputs,
        output,
        undescribed,
    }
}

/// Conditions among the parameters, each of which they name as it is.
fn constraints(text: &LitStr, inputs: &[Input], errors: &mut Errors) -> Option<String> {
    let names = inputs.iter().filter_map(|input| match input {
        Input::Sent(sent) => Some(sent.name.as_str()),
        Input::StateMap(_) | Input::Page(_) => None,
    });
    match mcp_tool_contract::constraints::check(&text.value(), names) {
        Ok(canonical) => Some(canonical),
        Err(reason) => {
            errors.on(text.span(), reason);
            None
        }
    }
}

/// The first `impl` within a type.
fn opaque(tokens: TokenStream) -> Option<Ident> {
    tokens.into_iter().find_map(|token| match token {
        TokenTree::Ident(ident) => (ident == "impl").then_some(ident),
        TokenTree::Group(group) => opaque(group.stream()),
        TokenTree::Punct(_) | TokenTree::Literal(_) => None,
    })
}

fn tool_name(signature: &Signature, keys: &Keys, errors: &mut Errors) -> String {
    if let Some(name) = &keys.name {
        return name.clone();
    }
    let name = signature.ident.unraw().to_string();
    if let Err(reason) = name::check_tool(&name) {
        errors.at(&signature.ident, format!("{reason}; or give it another with `name = \"…\"`"));
    }
    name
}

/// Whether a tool can be made of it at all.
fn check_signature(signature: &Signature, errors: &mut Errors) -> bool {
    let mut whole = true;
    let mut refuse = |tokens: &dyn ToTokens, message: &str| {
        errors.at(tokens.to_token_stream(), message);
        whole = false;
    };
    if let Some(receiver) = signature.receiver() {
        refuse(
            receiver,
            "a tool is a free function: borrow what it needs, `invoices: &Invoices`, and lend it",
        );
    }
    if !signature.generics.params.is_empty() {
        let lifetimes =
            signature.generics.params.iter().all(|param| matches!(param, GenericParam::Lifetime(_)));
        let message = if lifetimes {
            "what is borrowed lives as long as the call, without a name: drop the lifetimes"
        } else {
            "a tool has one contract, so its function can't be generic: name the types"
        };
        refuse(&signature.generics.params, message);
    }
    if let Some(clause) = &signature.generics.where_clause {
        refuse(clause, "a tool's function can't be generic: drop the `where`");
    }
    if let Some(constness) = &signature.constness {
        refuse(constness, "a tool's function isn't `const`");
    }
    if let Some(abi) = &signature.abi {
        refuse(abi, "a tool's function has Rust's own ABI: drop the `extern`");
    }
    if let Some(variadic) = &signature.variadic {
        refuse(variadic, "a tool's parameters are named one by one");
    }
    let safety = signature.safety.to_token_stream();
    if !safety.is_empty() {
        refuse(&safety, "a tool is called by anyone with any arguments, so its function can't be `unsafe`");
    }
    if let Some(opaque) = opaque(signature.output.to_token_stream()) {
        refuse(&opaque, "a result's type is named, so that the contract can show it");
    }
    whole
}

fn input(
    parameter: &PatType,
    silent: bool,
    undescribed: &mut Vec<Undescribed>,
    errors: &mut Errors,
) -> Option<Input> {
    let PatType { attrs, pat, ty, .. } = parameter;
    let name = match &**pat {
        Pat::Ident(pat) if pat.by_ref.is_none() && pat.subpat.is_none() => Some(&pat.ident),
        Pat::Wild(_) | Pat::Ident(_) => None,
        other => {
            errors.at(other, "a parameter is one name: take it apart in the body");
            return None;
        }
    };
    if let Type::Reference(reference) = &**ty {
        return lent(name, reference, attrs, errors);
    }
    if is_page_request(ty) {
        refuse_keys(attrs, "`limit` and `cursor` have bounds of their own: drop this", errors);
        return Some(Input::Page(ty.span()));
    }
    if let Type::ImplTrait(opaque) = &**ty {
        errors.at(opaque, "a parameter's type is named, so that the contract can show it");
        return None;
    }
    let Some(name) = name else {
        errors.at(pat, "what the agent sends needs a name");
        return None;
    };
    Some(Input::Sent(sent(name, attrs, ty, silent, undescribed, errors)))
}

/// A borrowed parameter.
fn lent(
    name: Option<&Ident>,
    reference: &TypeReference,
    attrs: &[Attribute],
    errors: &mut Errors,
) -> Option<Input> {
    refuse_keys(attrs, "the server lends this: only what the agent sends has keys", errors);
    refuse_conditions(attrs, errors);
    if let Some(mutability) = &reference.mutability {
        errors.at(mutability, "what is lent is shared by all calls: borrow it with `&`, and lock inside");
        return None;
    }
    if let Some(owned) = owned_form(&reference.elem) {
        let message = format!(
            "an agent sends this, so it is taken owned: `{owned}`; what is borrowed, the server lends"
        );
        errors.at(reference, message);
        return None;
    }
    Some(Input::StateMap(StateMap { name: name.cloned(), ty: (*reference.elem).clone() }))
}

/// How a borrowed type that an agent sends is taken instead.
fn owned_form(elem: &Type) -> Option<String> {
    match elem {
        Type::Slice(slice) => Some(format!("Vec<{}>", spelled(&slice.elem))),
        Type::Path(path) => {
            let last = path.path.segments.last()?.ident.to_string();
            let owned = if last == "str" { "String".to_owned() } else { spelled(elem) };
            SENT.contains(&last.as_str()).then_some(owned)
        }
        _ => None,
    }
}

fn spelled(ty: &Type) -> String {
    ty.to_token_stream().to_string().replace(' ', "")
}

/// `PageRequest` is recognised by its own name: it stands for two parameters.
fn is_page_request(ty: &Type) -> bool {
    matches!(ty, Type::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == "PageRequest"))
}

/// A contract is the same in every build.
fn refuse_conditions(attrs: &[Attribute], errors: &mut Errors) {
    let conditions = ["cfg", "cfg_attr"];
    for attribute in attrs {
        if conditions.iter().any(|condition| attribute.path().is_ident(condition)) {
            errors.at(attribute, "a parameter is there in every build: put the condition on the whole tool");
        }
    }
}

fn refuse_keys(attrs: &[Attribute], message: &str, errors: &mut Errors) {
    for attribute in attrs.iter().filter(|attribute| attribute.path().is_ident("arg")) {
        errors.at(attribute, message);
    }
}

/// A parameter that the agent sends, with its keys.
fn sent(
    ident: &Ident,
    attrs: &[Attribute],
    ty: &Type,
    silent: bool,
    undescribed: &mut Vec<Undescribed>,
    errors: &mut Errors,
) -> Sent {
    let name = ident.unraw().to_string();
    if let Err(reason) = name::check_parameter(&name) {
        errors.at(ident, reason);
    }
    refuse_conditions(attrs, errors);
    let mut description = docs::text(attrs);
    if description.is_empty() {
        if !silent && !docs::may_be_missing(attrs) {
            let what = format!("the parameter '{name}' has no description");
            undescribed.push(Undescribed { what, span: ident.span() });
        }
        description = docs::from_name(&name);
    }
    let (mut bounds, mut default, mut secret) = (Bounds::default(), None, false);
    let (mut header, mut completion) = (None, None);
    for attribute in attrs.iter().filter(|attribute| attribute.path().is_ident("arg")) {
        let tokens = match &attribute.meta {
            Meta::List(list) => list.tokens.clone(),
            Meta::Path(_) | Meta::NameValue(_) => {
                errors.at(attribute, "write the keys in parentheses: `#[arg(max_len = 64)]`");
                continue;
            }
        };
        for key in keys::parse(tokens, &[], errors).into_iter().flatten() {
            if bounds.take(&key, errors) {
                continue;
            }
            match ArgKey::of_name(&key.name.to_string()) {
                Some(ArgKey::Secret) => secret = key.flag(errors),
                Some(ArgKey::Default) => {
                    default = key.value("20", errors).and_then(|value| {
                        let literal = Literal::of(value, errors)?;
                        Some(Default { literal, key: key.span(), value: value.span() })
                    });
                }
                Some(ArgKey::Header) => header = self::header(&key, errors),
                Some(ArgKey::Complete) => completion = completion::parse(&key, errors),
                _ => keys::unknown(&key, ArgKey::NAMES, errors),
            }
        }
    }
    if let (Some(pattern), Some(Default { literal: Literal::Text(text), value, .. })) =
        (bounds.pattern(), &default)
        && !mcp_tool_contract::pattern::matches(pattern, text)
    {
        errors.on(*value, format!("default {text:?} doesn't match {pattern}"));
        default = None;
    }
    if secret && let Some(Default { key, .. }) = &default {
        errors.on(*key, "a default is shown to every caller, and a `secret` to none: drop one of the two");
        default = None;
    }
    if secret && let Some(Header { key, .. }) = &header {
        let message =
            "a header is seen by every proxy on the way, and a `secret` by none: drop one of the two";
        errors.on(*key, message);
        header = None;
    }
    if secret && let Some(given) = &completion {
        let message = "what is typed of a `secret` would be sent before it is meant: drop one of the two";
        errors.on(given.key, message);
        completion = None;
    }
    Sent { name, description, ty: ty.clone(), bounds, default, secret, header, completion }
}

/// `header = "Region"`.
fn header(key: &keys::Key, errors: &mut Errors) -> Option<Header> {
    let text = key.text("\"Region\"", errors)?;
    match name::check_header(&text.value()) {
        Ok(()) => Some(Header { name: text.value(), key: key.span(), value: text.span() }),
        Err(reason) => {
            errors.on(text.span(), reason);
            None
        }
    }
}

/// Each header once: its name is the same in any case.
fn check_headers(inputs: &[Input], errors: &mut Errors) {
    let mut before: Vec<(&Header, &str)> = Vec::new();
    for input in inputs {
        let Input::Sent(Sent { name, header: Some(header), .. }) = input else { continue };
        match before.iter().find(|(other, _)| other.name.eq_ignore_ascii_case(&header.name)) {
            Some((_, other)) => {
                let message = format!("this header mirrors '{other}' already: give each its own");
                errors.on(header.value, message);
            }
            None => before.push((header, name)),
        }
    }
}

/// Each name once, those of a page among them.
fn check_names(inputs: &[Input], signature: &Signature, errors: &mut Errors) {
    let mut names: Vec<String> = Vec::new();
    let mut pages = 0;
    for input in inputs {
        match input {
            Input::StateMap(_) => {}
            Input::Page(span) => {
                pages += 1;
                if pages > 1 {
                    errors.on(*span, "a tool gives one page: there is one `PageRequest`");
                }
            }
            Input::Sent(sent) => names.push(sent.name.clone()),
        }
    }
    for parameter in &signature.inputs {
        if let FnArg::Typed(PatType { pat, ty, .. }) = parameter
            && let Pat::Ident(pat) = &**pat
            && pages > 0
            && !matches!(**ty, Type::Reference(_))
            && !is_page_request(ty)
            && (pat.ident == "limit" || pat.ident == "cursor")
        {
            errors.at(&pat.ident, "a `PageRequest` brings a parameter of this name: rename this one");
        }
    }
    if names.len() + 2 * pages > MAX_PARAMETERS {
        let message = format!("a tool has at most {MAX_PARAMETERS} parameters: split it");
        errors.on(signature.paren_token.span.join(), message);
    }
}
