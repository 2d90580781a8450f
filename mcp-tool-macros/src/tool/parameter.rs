//! Parser of a parameter: an argument, application state, or a page request.

use mcp_tool_contract::{grammar::ArgKey, name};
use quote::ToTokens as _;
use syn::{Attribute, Ident, Pat, PatType, Type, TypeReference, ext::IdentExt as _, spanned::Spanned as _};

use super::{
    completion,
    model::{ArgumentParam, DefaultValue, Header, Input, StateParam, Undescribed},
};
use crate::{
    bounds::Bounds,
    docs::{self, Description},
    errors::Errors,
    fragments, keys,
    literal::{DeclaredLiteral, DeclaredValue},
};

/// Names of types that can't be application state, because they are argument types or resemble them (`char`, `usize`,
/// `isize`). A borrowed parameter of such a type is an error. Aliases of argument types are found later, in const
/// evaluation.
const ARGUMENT_TYPES: [&str; 18] = [
    "str", "String", "Vec", "Option", "bool", "i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64", "f32",
    "f64", "char", "usize", "isize",
];

/// Parses one parameter. `allows_missing` is `true` if the function has `#[allow(missing_docs)]`. Returns `None` after
/// an error.
pub(super) fn parse(
    parameter: &PatType,
    allows_missing: bool,
    undescribed: &mut Vec<Undescribed>,
    errors: &mut Errors,
) -> Option<Input> {
    let PatType { attrs, pat, ty, .. } = parameter;
    let ty = fragments::ungrouped_type(ty);
    let name = match &**pat {
        Pat::Ident(pat) if pat.by_ref.is_none() && pat.subpat.is_none() => Some(&pat.ident),
        Pat::Wild(_) | Pat::Ident(_) => None,
        other => {
            errors.at(other, "a parameter must be a single name: destructure it in the body");
            return None;
        }
    };
    if let Type::Reference(reference) = ty {
        return state(name, reference, attrs, errors);
    }
    if is_page_request(ty) {
        refuse_keys(attrs, "`limit` and `cursor` have fixed bounds: remove this", errors);
        return Some(Input::Page(ty.span()));
    }
    if let Type::ImplTrait(opaque) = ty {
        errors.at(
            opaque,
            "a parameter type can't be `impl Trait`, because the contract needs it: name the type",
        );
        return None;
    }
    let Some(name) = name else {
        errors.at(pat, "an argument needs a name: replace the pattern");
        return None;
    };
    Some(Input::Argument(argument(name, attrs, ty, allows_missing, undescribed, errors)))
}

/// Parses a borrowed parameter: the call's context, or application state.
fn state(
    name: Option<&Ident>,
    reference: &TypeReference,
    attrs: &[Attribute],
    errors: &mut Errors,
) -> Option<Input> {
    refuse_keys(attrs, "application state can't have keys: remove this", errors);
    refuse_conditions(attrs, errors);
    if let Some(mutability) = &reference.mutability {
        errors.at(
            mutability,
            "application state is shared by all calls: borrow it with `&`, and use a lock inside",
        );
        return None;
    }
    // Other named lifetimes are reported where the function declares them.
    if let Some(lifetime) = &reference.lifetime
        && lifetime.ident == "static"
    {
        let message = "application state is borrowed for one call: remove the `'static`";
        errors.at(lifetime, message);
        return None;
    }
    if let Some(owned) = owned_form(fragments::ungrouped_type(&reference.elem)) {
        let message =
            format!("an argument must be owned: write `{owned}`; only application state is borrowed");
        errors.at(reference, message);
        return None;
    }
    Some(Input::State(StateParam {
        name: name.cloned(),
        ty: fragments::ungrouped_type(&reference.elem).clone(),
    }))
}

/// Returns the owned form of a borrowed argument type; `None` for a type of application state.
fn owned_form(elem: &Type) -> Option<String> {
    match elem {
        Type::Slice(slice) => Some(format!("Vec<{}>", spelled(&slice.elem))),
        Type::Path(path) => {
            let last = path.path.segments.last()?.ident.to_string();
            let owned = if last == "str" { "String".to_owned() } else { spelled(elem) };
            ARGUMENT_TYPES.contains(&last.as_str()).then_some(owned)
        }
        _ => None,
    }
}

/// Returns the text of a type without spaces.
fn spelled(ty: &Type) -> String {
    ty.to_token_stream().to_string().replace(' ', "")
}

/// Returns `true` for the type `PageRequest`, which is recognized by its name. A parameter of this type adds `limit`
/// and `cursor` to the contract.
pub(super) fn is_page_request(ty: &Type) -> bool {
    matches!(ty, Type::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == "PageRequest"))
}

/// Refuses `cfg` on parameters, because a contract must be the same in every build.
fn refuse_conditions(attrs: &[Attribute], errors: &mut Errors) {
    let conditions = ["cfg", "cfg_attr"];
    for attribute in attrs {
        if conditions.iter().any(|condition| attribute.path().is_ident(condition)) {
            errors.at(attribute, "a parameter can't be conditional: put the `cfg` on the whole tool");
        }
    }
}

/// Refuses `#[arg(…)]` on a parameter that can't have keys.
fn refuse_keys(attrs: &[Attribute], message: &str, errors: &mut Errors) {
    for attribute in attrs.iter().filter(|attribute| attribute.path().is_ident("arg")) {
        errors.at(attribute, message);
    }
}

/// Parses a parameter that the agent sends.
fn argument(
    ident: &Ident,
    attrs: &[Attribute],
    ty: &Type,
    allows_missing: bool,
    undescribed: &mut Vec<Undescribed>,
    errors: &mut Errors,
) -> ArgumentParam {
    let name = ident.unraw().to_string();
    if let Err(reason) = name::check_parameter(&name) {
        errors.at(ident, reason);
    }
    refuse_conditions(attrs, errors);
    let description = Description::of(attrs).unwrap_or_else(|| {
        if !allows_missing && !docs::may_be_missing(attrs) {
            let what = format!("the parameter '{name}' has no description");
            undescribed.push(Undescribed { what, span: ident.span() });
        }
        Description::from_name(&name)
    });
    let (mut bounds, mut default, mut secret) = (Bounds::default(), None, false);
    let (mut header, mut completion) = (None, None);
    for key in keys::of_attributes(attrs, "arg", errors) {
        if bounds.take(&key, errors) {
            continue;
        }
        match ArgKey::of_name(&key.name.to_string()) {
            Some(ArgKey::Secret) => secret = key.flag(errors),
            Some(ArgKey::Default) => {
                default = key.value("20", errors).and_then(|value| {
                    let declared = DeclaredValue::of(value, errors)?;
                    Some(DefaultValue { value: declared, key: key.span(), span: value.span() })
                });
            }
            Some(ArgKey::Header) => header = self::header(&key, errors),
            Some(ArgKey::Complete) => completion = completion::parse(&key, errors),
            // `Bounds::take` has already handled the bounds.
            Some(
                ArgKey::Min
                | ArgKey::Max
                | ArgKey::MinLen
                | ArgKey::MaxLen
                | ArgKey::MinItems
                | ArgKey::MaxItems
                | ArgKey::Pattern,
            )
            | None => keys::unknown(&key, ArgKey::NAMES, errors),
        }
    }
    if let (Some(pattern), Some(DefaultValue { value, span, .. })) = (bounds.pattern(), &default)
        && let DeclaredValue::Literal(DeclaredLiteral::Text(text)) = value
        && !mcp_tool_contract::pattern::matches(pattern, text)
    {
        errors.on(*span, format!("default {text:?} doesn't match {pattern}"));
        default = None;
    }
    if secret && let Some(DefaultValue { key, .. }) = &default {
        errors.on(*key, "a `secret` can't have a default, which every caller sees: remove one of the two");
        default = None;
    }
    if secret && let Some(Header { key, .. }) = &header {
        let message = "a `secret` can't have a header, which every proxy sees: remove one of the two";
        errors.on(*key, message);
        header = None;
    }
    if secret && let Some(given) = &completion {
        let message =
            "a `secret` can't be completed, because partial input would be sent: remove one of the two";
        errors.on(given.key, message);
        completion = None;
    }
    ArgumentParam { name, description, ty: ty.clone(), bounds, default, secret, header, completion }
}

/// Parses `header = "Region"`.
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
