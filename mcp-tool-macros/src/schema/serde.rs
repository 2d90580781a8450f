//! Parser of serde's attributes. Attributes whose effect on the serialized JSON is known are applied. Attributes
//! without effect on the serialized JSON are ignored. All other attributes are refused.

use proc_macro2::Span;
use syn::{Attribute, LitStr, meta::ParseNestedMeta, spanned::Spanned as _};

use super::{case::Case, model::Presence};
use crate::errors::Errors;

/// serde's attributes of a type. `rename` and `rename_all` are the values for serializing.
#[derive(Default)]
pub(super) struct Container {
    pub(super) rename: Option<String>,
    pub(super) rename_all: Option<Case>,
    pub(super) tag: Option<String>,
    /// Span of `transparent`.
    pub(super) transparent: Option<Span>,
}

/// serde's attributes of a field.
pub(super) struct FieldKeys {
    pub(super) rename: Option<String>,
    /// `true` if the field isn't serialized.
    pub(super) skip: bool,
    pub(super) flatten: bool,
    pub(super) presence: Presence,
}

/// serde's attributes of a variant.
#[derive(Default)]
pub(super) struct VariantKeys {
    pub(super) rename: Option<String>,
}

/// Names that one key, `rename` or `rename_all`, gives for serializing and for deserializing.
#[derive(Default)]
struct Names {
    serialize: Option<LitStr>,
    deserialize: Option<LitStr>,
}

/// Parses `key = "…"`, or `key(serialize = "…", deserialize = "…")`.
fn names(meta: &ParseNestedMeta<'_>) -> syn::Result<Names> {
    if meta.input.peek(syn::Token![=]) {
        let both: LitStr = meta.value()?.parse()?;
        return Ok(Names { serialize: Some(both.clone()), deserialize: Some(both) });
    }
    let mut names = Names::default();
    meta.parse_nested_meta(|direction| {
        let name = Some(direction.value()?.parse()?);
        if direction.path.is_ident("serialize") {
            names.serialize = name;
        } else if direction.path.is_ident("deserialize") {
            names.deserialize = name;
        } else {
            return Err(direction.error("this must be `serialize` or `deserialize`"));
        }
        Ok(())
    })?;
    Ok(names)
}

/// Skips the value, if there is one, of a key that doesn't change the serialized JSON.
fn skip_value(meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
    if meta.input.peek(syn::Token![=]) {
        meta.value()?.parse::<syn::Expr>()?;
    }
    Ok(())
}

fn case(name: Option<LitStr>) -> syn::Result<Option<Case>> {
    let Some(name) = name else { return Ok(None) };
    match Case::named(&name.value()) {
        Some(case) => Ok(Some(case)),
        None => Err(syn::Error::new(name.span(), format!("serde supports only {}", Case::names()))),
    }
}

/// Returns the error for a key that isn't supported. `instead` says what to do.
fn refused(meta: &ParseNestedMeta<'_>, instead: &str) -> syn::Error {
    let key = meta.path.get_ident().map(ToString::to_string).unwrap_or_default();
    meta.error(format!(
        "serde's `{key}` changes the JSON in a way that the contract can't describe: {instead}"
    ))
}

const INSTEAD: &str = "remove it, or return the type as `Schemars<T>`";

/// Calls `logic` with each key of the attributes `#[serde(…)]`.
fn for_each_key(
    attributes: &[Attribute],
    errors: &mut Errors,
    mut logic: impl FnMut(ParseNestedMeta<'_>) -> syn::Result<()>,
) {
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("serde")) {
        if let Err(error) = attribute.parse_nested_meta(&mut logic) {
            errors.push(error);
        }
    }
}

fn key(meta: &ParseNestedMeta<'_>) -> String {
    meta.path.get_ident().map(ToString::to_string).unwrap_or_default()
}

/// Parses serde's attributes of a type. Enums are also parameters, whose names are parsed, so an enum must have the
/// same names for serializing and deserializing.
pub(super) fn container(attributes: &[Attribute], is_enum: bool, errors: &mut Errors) -> Container {
    let mut found = Container::default();
    for_each_key(attributes, errors, |meta| {
        match key(&meta).as_str() {
            "rename" => found.rename = names(&meta)?.serialize.map(|name| name.value()),
            "rename_all" => {
                let names = names(&meta)?;
                if is_enum {
                    check_same(&meta, &names)?;
                }
                found.rename_all = case(names.serialize)?;
            }
            "tag" if !is_enum => found.tag = Some(meta.value()?.parse::<LitStr>()?.value()),
            "transparent" => found.transparent = Some(meta.path.span()),
            // These keys don't affect the serialized JSON.
            "default" | "deny_unknown_fields" | "crate" | "expecting" => skip_value(&meta)?,
            _ => return Err(refused(&meta, INSTEAD)),
        }
        Ok(())
    });
    found
}

/// Parses serde's attributes of a struct's named field.
pub(super) fn field(attributes: &[Attribute], errors: &mut Errors) -> FieldKeys {
    let mut found = FieldKeys { rename: None, skip: false, flatten: false, presence: Presence::Always };
    for_each_key(attributes, errors, |meta| {
        match key(&meta).as_str() {
            "rename" => found.rename = names(&meta)?.serialize.map(|name| name.value()),
            "skip" | "skip_serializing" => found.skip = true,
            "flatten" => found.flatten = true,
            "skip_serializing_if" => {
                let function = meta.value()?.parse::<LitStr>()?.value();
                let is_none = matches!(
                    function.replace(' ', "").as_str(),
                    "Option::is_none" | "std::option::Option::is_none" | "core::option::Option::is_none"
                );
                found.presence = if is_none { Presence::UnlessNone } else { Presence::Sometimes };
            }
            "default" | "alias" | "skip_deserializing" | "deserialize_with" => skip_value(&meta)?,
            _ => return Err(refused(&meta, INSTEAD)),
        }
        Ok(())
    });
    found
}

/// Refuses serde's attributes on the field of a newtype, because the JSON of a newtype is only the field's value.
pub(super) fn inner(attributes: &[Attribute], errors: &mut Errors) {
    for_each_key(attributes, errors, |meta| Err(refused(&meta, "remove it")));
}

/// Parses serde's attributes of a variant.
pub(super) fn variant(attributes: &[Attribute], errors: &mut Errors) -> VariantKeys {
    let mut found = VariantKeys::default();
    for_each_key(attributes, errors, |meta| {
        match key(&meta).as_str() {
            "rename" => {
                let names = names(&meta)?;
                check_same(&meta, &names)?;
                found.rename = names.serialize.map(|name| name.value());
            }
            "alias" => return Err(refused(&meta, "a variant can have only one name: add another variant")),
            _ => return Err(refused(&meta, "remove it")),
        }
        Ok(())
    });
    found
}

/// Checks that an enum has the same names for serializing and deserializing.
fn check_same(meta: &ParseNestedMeta<'_>, names: &Names) -> syn::Result<()> {
    let (serialize, deserialize) = (&names.serialize, &names.deserialize);
    if serialize.as_ref().map(LitStr::value) == deserialize.as_ref().map(LitStr::value) {
        return Ok(());
    }
    Err(meta.error("an enum must have the same names in both directions: write `rename = \"…\"`"))
}
