//! A type's definition, read as one of a tool's.

use mcp_tool_contract::grammar::ArgKey;
use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Attribute, Data, DeriveInput, Field, Fields, Ident, Meta, Variant, ext::IdentExt as _};

use super::{
    model::{self, Member, Model},
    serde,
};
use crate::{bounds::Bounds, docs, errors::Errors, keys};

/// The type's model; [`Model::Broken`] where its mistakes leave none.
pub(super) fn model(item: &DeriveInput, errors: &mut Errors) -> Model {
    let ident = item.ident.clone();
    let broken = Model::Broken { ident: ident.clone(), generics: item.generics.clone() };
    if !item.generics.params.is_empty() {
        let message = "a contract names its types, so they can't be generic: write one type for each use";
        errors.at(&item.generics.params, message);
        return broken;
    }
    let is_enum = matches!(item.data, Data::Enum(_));
    let container = serde::container(&item.attrs, is_enum, errors);
    match &item.data {
        Data::Enum(data) => {
            refuse_schema(&item.attrs, "an enum has no bounds of its own", errors);
            if data.variants.is_empty() {
                errors.at(&item.ident, "an enum without variants has no value");
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
                refuse_schema(&item.attrs, "bounds stand on the fields of a struct", errors);
                if let Some(transparent) = container.transparent {
                    let message = "serde's `transparent` leaves the fields' names out: write a newtype, `struct Name(String)`";
                    errors.on(transparent, message);
                }
                let tag = container.tag.clone().map(|key| Member::Tag {
                    key,
                    value: container.rename.clone().unwrap_or_else(|| item.ident.unraw().to_string()),
                });
                let mut members: Vec<Member> = tag.into_iter().collect();
                for field in &fields.named {
                    if let Some(member) = member(field, &item.ident, &container, errors) {
                        check_name(&member, &members, field, errors);
                        members.push(member);
                    }
                }
                Model::Struct { ident, members }
            }
            Fields::Unnamed(fields) if fields.unnamed.len() == 1 => match fields.unnamed.first() {
                Some(inner) => newtype(ident, &item.attrs, inner, errors),
                None => broken,
            },
            Fields::Unnamed(fields) => {
                errors.at(fields, "a tuple is an array of unlike things: name the fields");
                broken
            }
            Fields::Unit => {
                errors.at(
                    &item.ident,
                    "a struct without fields says nothing: a tool that returns nothing returns `()`",
                );
                broken
            }
        },
        Data::Union(data) => {
            errors.at(data.union_token, "a union has no JSON");
            broken
        }
    }
}

fn variant(variant: &Variant, container: &serde::Container, errors: &mut Errors) -> Option<model::Variant> {
    let Variant { attrs, ident, fields, .. } = variant;
    refuse_schema(attrs, "a variant has no bounds", errors);
    if !matches!(fields, Fields::Unit) {
        let message = "a variant that carries data has no flat schema: use unit variants and a field beside them, \
                       or return the type as `Schemars<T>`";
        errors.at(variant, message);
        return None;
    }
    let keys = serde::variant(attrs, errors);
    let own = ident.unraw().to_string();
    let name =
        keys.rename.unwrap_or_else(|| container.rename_all.map_or(own.clone(), |case| case.variant(&own)));
    if name.is_empty() {
        errors.at(ident, "clients reject an empty string in an enum: name this variant");
        return None;
    }
    Some(model::Variant { ident: ident.clone(), name })
}

fn check_distinct(written: &[&Variant], variants: &[model::Variant], errors: &mut Errors) {
    for (index, variant) in variants.iter().enumerate() {
        if variants.iter().take(index).any(|before| before.name == variant.name)
            && let Some(written) = written.iter().find(|written| written.ident == variant.ident)
        {
            errors.at(written, format!("another variant is \"{}\" too", variant.name));
        }
    }
}

fn newtype(ident: Ident, attributes: &[Attribute], inner: &Field, errors: &mut Errors) -> Model {
    let (mut bounds, mut from_str) = (Bounds::default(), false);
    for key in schema_keys(attributes, errors) {
        match key.name.to_string().as_str() {
            "min_items" | "max_items" => {
                errors.at(&key.name, "a newtype holds a single value: arrays are made of it");
            }
            "from_str" => from_str = key.flag(errors),
            _ if bounds.take(&key, errors) => {}
            _ => {
                let known = ["min", "max", "min_len", "max_len", "pattern", "from_str"];
                keys::unknown(&key, &known, errors);
            }
        }
    }
    refuse_schema(&inner.attrs, "write it on the struct, whose bounds these are", errors);
    serde::inner(&inner.attrs, errors);
    Model::Newtype { ident, inner: Box::new(inner.ty.clone()), bounds, from_str }
}

fn member(field: &Field, owner: &Ident, container: &serde::Container, errors: &mut Errors) -> Option<Member> {
    let Field { attrs, ident, ty, .. } = field;
    let own = ident.as_ref()?.unraw().to_string();
    let keys = serde::field(attrs, errors);
    if keys.skip {
        return None;
    }
    if mentions(&ty.to_token_stream(), owner) {
        errors.at(ty, "a type that holds itself has no end: return the parts apart, or as `Schemars<T>`");
        return None;
    }
    if keys.flatten {
        refuse_schema(attrs, "the fields that are flattened in have their own bounds", errors);
        return Some(Member::Flatten(ty.clone()));
    }
    let (mut bounds, mut secret) = (Bounds::default(), false);
    for key in schema_keys(attrs, errors) {
        if key.name == ArgKey::Secret.name() {
            secret = key.flag(errors);
        } else if !bounds.take(&key, errors) {
            let known = [crate::bounds::names(), vec![ArgKey::Secret.name()]].concat();
            keys::unknown(&key, &known, errors);
        }
    }
    let name =
        keys.rename.unwrap_or_else(|| container.rename_all.map_or(own.clone(), |case| case.field(&own)));
    let mut description = docs::text(attrs);
    if description.is_empty() {
        description = docs::from_name(&own);
    }
    Some(Member::Field(model::Field {
        name,
        description,
        ty: ty.clone(),
        bounds,
        presence: keys.presence,
        secret,
    }))
}

/// A name that another member of the struct has too.
fn check_name(member: &Member, before: &[Member], field: &Field, errors: &mut Errors) {
    let name_of = |member: &Member| match member {
        Member::Field(field) => Some(field.name.clone()),
        Member::Tag { key, .. } => Some(key.clone()),
        Member::Flatten(_) => None,
    };
    if let Some(name) = name_of(member)
        && before.iter().any(|before| name_of(before).as_ref() == Some(&name))
    {
        errors.at(&field.ident, format!("another field is '{name}' in the JSON too"));
    }
}

/// The keys of all `#[schema(…)]`.
fn schema_keys(attributes: &[Attribute], errors: &mut Errors) -> Vec<keys::Key> {
    let mut found = Vec::new();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("schema")) {
        match &attribute.meta {
            Meta::List(list) => {
                found.extend(keys::parse(list.tokens.clone(), &[], errors).into_iter().flatten());
            }
            Meta::Path(_) | Meta::NameValue(_) => {
                errors.at(attribute, "write the keys in parentheses: `#[schema(max_len = 64)]`");
            }
        }
    }
    found
}

fn refuse_schema(attributes: &[Attribute], message: &str, errors: &mut Errors) {
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("schema")) {
        errors.at(attribute, message);
    }
}

/// Whether a type's tokens name `owner` or `Self`, by that word alone: `billing::Invoice` is another `Invoice`.
fn mentions(tokens: &TokenStream, owner: &Ident) -> bool {
    let tokens: Vec<TokenTree> = tokens.clone().into_iter().collect();
    let is_colon =
        |token: Option<&TokenTree>| matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == ':');
    tokens.iter().enumerate().any(|(index, token)| match token {
        TokenTree::Ident(ident) => {
            let before = index.checked_sub(1).and_then(|before| tokens.get(before));
            let is_alone = !is_colon(before) && !is_colon(tokens.get(index + 1));
            is_alone && (ident == owner || ident == "Self")
        }
        TokenTree::Group(group) => mentions(&group.stream(), owner),
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}
