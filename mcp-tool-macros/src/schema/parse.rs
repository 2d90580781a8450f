//! Parser of the definition of a type that derives `ToolSchema`.

use mcp_tool_contract::grammar::ArgKey;
use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Attribute, Data, DeriveInput, Field, Fields, Ident, Variant, ext::IdentExt as _};

use super::{
    model::{self, Model, StructMember},
    serde,
};
use crate::{bounds::Bounds, docs::Description, errors::Errors, keys, runtime_crate::RuntimeCrate};

/// Returns the type's model, and the path of the runtime crate.
pub(super) fn model(item: &DeriveInput, errors: &mut Errors) -> (Model, RuntimeCrate) {
    let (mut keys, mut runtime) = (Vec::new(), None);
    for key in keys::of_attributes(&item.attrs, "schema", errors) {
        if key.name == "crate" {
            let value = key.value("\"::my_crate::mcp\"", errors);
            runtime = value.map(|value| RuntimeCrate::from_value(value, errors));
        } else {
            keys.push(key);
        }
    }
    (type_model(item, &keys, errors), runtime.unwrap_or_else(RuntimeCrate::from_manifest))
}

/// Returns the type's model, or [`Model::Broken`] if types of this form aren't supported at all. After any other error,
/// returns a model without the parts that have errors. `schema_keys` are the keys of `#[schema(…)]` on the type.
fn type_model(item: &DeriveInput, schema_keys: &[keys::Key], errors: &mut Errors) -> Model {
    let ident = item.ident.clone();
    let broken = Model::Broken { ident: ident.clone(), generics: item.generics.clone() };
    if !item.generics.params.is_empty() {
        let message = "a type of a contract can't be generic: write one type for each use";
        errors.at(&item.generics.params, message);
        return broken;
    }
    let is_enum = matches!(item.data, Data::Enum(_));
    let container = serde::container(&item.attrs, is_enum, errors);
    match &item.data {
        Data::Enum(data) => {
            refuse_keys(schema_keys, "an enum can't have bounds: remove this", errors);
            if data.variants.is_empty() {
                errors.at(&item.ident, "an enum needs at least one variant");
                return broken;
            }
            let variants: Vec<_> = data
                .variants
                .iter()
                .filter_map(|variant| self::variant(variant, &container, errors))
                .collect();
            check_distinct(&data.variants.iter().collect::<Vec<_>>(), &variants, errors);
            Model::Enum { ident, variants }
        }
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => {
                refuse_keys(schema_keys, "a struct can't have bounds: put them on its fields", errors);
                if let Some(transparent) = container.transparent {
                    let message = "serde's `transparent` removes the field's name: write a newtype, `struct Name(String)`";
                    errors.on(transparent, message);
                }
                let tag = container.tag.clone().map(|key| StructMember::Tag {
                    key,
                    value: container.rename.clone().unwrap_or_else(|| item.ident.unraw().to_string()),
                });
                let mut members: Vec<StructMember> = tag.into_iter().collect();
                for field in &fields.named {
                    if let Some(member) = member(field, &item.ident, &container, errors) {
                        check_name(&member, &members, field, errors);
                        members.push(member);
                    }
                }
                Model::Struct { ident, members }
            }
            Fields::Unnamed(fields) if fields.unnamed.len() == 1 => match fields.unnamed.first() {
                Some(inner) => newtype(ident, schema_keys, inner, errors),
                None => broken,
            },
            Fields::Unnamed(fields) => {
                errors.at(fields, "a tuple struct with several fields isn't supported: name the fields");
                broken
            }
            Fields::Unit => {
                errors.at(&item.ident, "a struct needs fields: a tool without a result returns `()`");
                broken
            }
        },
        Data::Union(data) => {
            errors.at(data.union_token, "a union isn't supported: use a struct or an enum");
            broken
        }
    }
}

fn variant(variant: &Variant, container: &serde::Container, errors: &mut Errors) -> Option<model::Variant> {
    let Variant { attrs, ident, fields, .. } = variant;
    refuse_schema(attrs, "a variant can't have bounds: remove this", errors);
    if !matches!(fields, Fields::Unit) {
        let message = "a variant with data isn't supported: use unit variants and a separate field, \
                       or return the type as `Schemars<T>`";
        errors.at(variant, message);
        return None;
    }
    let keys = serde::variant(attrs, errors);
    let rust_name = ident.unraw().to_string();
    let name = keys
        .rename
        .unwrap_or_else(|| container.rename_all.map_or(rust_name.clone(), |case| case.variant(&rust_name)));
    if name.is_empty() {
        errors.at(ident, "clients reject an empty string in an enum: rename this variant");
        return None;
    }
    Some(model::Variant { ident: ident.clone(), name })
}

/// Reports variants with the same JSON string, each at its definition in `written`. `variants` doesn't contain variants
/// that have errors.
fn check_distinct(written: &[&Variant], variants: &[model::Variant], errors: &mut Errors) {
    for (index, variant) in variants.iter().enumerate() {
        if variants.iter().take(index).any(|before| before.name == variant.name)
            && let Some(written) = written.iter().find(|written| written.ident == variant.ident)
        {
            errors.at(written, format!("another variant is also \"{}\": rename one", variant.name));
        }
    }
}

/// Parses a struct of one unnamed field `inner`.
fn newtype(ident: Ident, schema_keys: &[keys::Key], inner: &Field, errors: &mut Errors) -> Model {
    let (mut bounds, mut from_str) = (Bounds::default(), false);
    for key in schema_keys {
        match key.name.to_string().as_str() {
            "min_items" | "max_items" => {
                errors.at(&key.name, "a newtype is a single value: put this on the array of this type");
            }
            "from_str" => from_str = key.flag(errors),
            _ if bounds.take(key, errors) => {}
            _ => {
                let known = ["min", "max", "min_len", "max_len", "pattern", "from_str", "crate"];
                keys::unknown(key, &known, errors);
            }
        }
    }
    refuse_schema(&inner.attrs, "put the bounds on the struct itself", errors);
    serde::inner(&inner.attrs, errors);
    Model::Newtype { ident, inner: Box::new(inner.ty.clone()), bounds, from_str }
}

/// Parses a named field of the struct `owner`. Returns `None` for a field that isn't serialized, or after an error.
fn member(
    field: &Field,
    owner: &Ident,
    container: &serde::Container,
    errors: &mut Errors,
) -> Option<StructMember> {
    let Field { attrs, ident, ty, .. } = field;
    let rust_name = ident.as_ref()?.unraw().to_string();
    let keys = serde::field(attrs, errors);
    if keys.skip {
        return None;
    }
    if mentions(&ty.to_token_stream(), owner) {
        errors.at(
            ty,
            "a recursive type isn't supported: return its parts separately, or the type as `Schemars<T>`",
        );
        return None;
    }
    if keys.flatten {
        refuse_schema(attrs, "a flattened struct can't have bounds: put them on its fields", errors);
        return Some(StructMember::Flatten(ty.clone()));
    }
    let (mut bounds, mut secret) = (Bounds::default(), false);
    for key in keys::of_attributes(attrs, "schema", errors) {
        if key.name == ArgKey::Secret.name() {
            secret = key.flag(errors);
        } else if !bounds.take(&key, errors) {
            let known = [crate::bounds::names(), vec![ArgKey::Secret.name()]].concat();
            keys::unknown(&key, &known, errors);
        }
    }
    let name = keys
        .rename
        .unwrap_or_else(|| container.rename_all.map_or(rust_name.clone(), |case| case.field(&rust_name)));
    let description = Description::of(attrs).unwrap_or_else(|| Description::from_name(&rust_name));
    Some(StructMember::Field(model::DeclaredField {
        name,
        description,
        ty: ty.clone(),
        bounds,
        presence: keys.presence,
        secret,
    }))
}

/// Reports a member whose JSON name an earlier member of the struct has too. The names in flattened structs are unknown
/// here; const evaluation of the generated code checks them.
fn check_name(member: &StructMember, before: &[StructMember], field: &Field, errors: &mut Errors) {
    let name_of = |member: &StructMember| match member {
        StructMember::Field(field) => Some(field.name.clone()),
        StructMember::Tag { key, .. } => Some(key.clone()),
        StructMember::Flatten(_) => None,
    };
    if let Some(name) = name_of(member)
        && before.iter().any(|before| name_of(before).as_ref() == Some(&name))
    {
        errors.at(&field.ident, format!("another field also has the JSON name '{name}': rename one"));
    }
}

fn refuse_keys(keys: &[keys::Key], message: &str, errors: &mut Errors) {
    for key in keys {
        errors.at(&key.meta, message);
    }
}

fn refuse_schema(attributes: &[Attribute], message: &str, errors: &mut Errors) {
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("schema")) {
        errors.at(attribute, message);
    }
}

/// Returns `true` if a type contains the name `owner` or `Self`, which makes the struct `owner` recursive. The names in
/// a path such as `billing::Invoice` don't count, because the path may lead to another type of the same name.
fn mentions(tokens: &TokenStream, owner: &Ident) -> bool {
    let tokens: Vec<TokenTree> = tokens.clone().into_iter().collect();
    let is_colon =
        |token: Option<&TokenTree>| matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == ':');
    tokens.iter().enumerate().any(|(index, token)| match token {
        TokenTree::Ident(ident) => {
            let before = index.checked_sub(1).and_then(|before| tokens.get(before));
            let is_unqualified = !is_colon(before) && !is_colon(tokens.get(index + 1));
            is_unqualified && (ident == owner || ident == "Self")
        }
        TokenTree::Group(group) => mentions(&group.stream(), owner),
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}
