//! Code generation for a type that derives `ToolSchema`: constants that describe its JSON, and for the type of a
//! parameter the conversion of validated JSON values.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{Generics, Ident, Type, ext::IdentExt as _, spanned::Spanned};

use super::{
    case::Case,
    model::{DeclaredField, Model, Presence, StructMember, Variant},
};
use crate::{bounds::Bounds, fragments::of_macro, runtime_crate::RuntimeCrate};

/// Returns the implementations of the runtime's traits for the type.
pub(super) fn model(model: &Model, runtime: &RuntimeCrate) -> TokenStream {
    match model {
        Model::Enum { ident, variants } => enumeration(&of_macro(ident), variants, runtime),
        Model::Newtype { ident, inner, bounds, from_str } => {
            newtype(&of_macro(ident), inner, bounds, *from_str, runtime)
        }
        Model::Struct { ident, members } => structure(&of_macro(ident), ident.span(), members, runtime),
        Model::Broken { ident, generics } => broken(&of_macro(ident), generics, runtime),
    }
}

/// Returns the implementations of `Scalar` and `OutputValue` for an enum or a newtype, which both parameters and
/// results can have. `kind` is the kind of its JSON value with the bounds, `facts` are further constants of `Scalar`, and
/// `from_value` is the body of the conversion.
fn scalar(
    ident: &Ident,
    kind: &TokenStream,
    facts: &TokenStream,
    from_value: &TokenStream,
    runtime: &RuntimeCrate,
) -> TokenStream {
    quote! {
        #[automatically_derived]
        impl #runtime::Scalar for #ident {
            const KIND: #runtime::__private::Kind = #kind;
            #facts
            fn from_value(
                value: #runtime::__private::ParsedValue<'_>,
            ) -> ::core::result::Result<Self, #runtime::__private::Unreadable> {
                #from_value
            }
        }

        #[automatically_derived]
        impl #runtime::OutputValue for #ident {
            const KIND: #runtime::__private::Kind = #runtime::__private::written_kind::<#ident>();
        }
    }
}

/// Returns the error for a validated value that the type can't represent.
fn unreadable(ident: &Ident, runtime: &RuntimeCrate) -> TokenStream {
    let name = ident.to_string();
    quote!(#runtime::__private::Unreadable(#name))
}

fn enumeration(ident: &Ident, variants: &[Variant], runtime: &RuntimeCrate) -> TokenStream {
    let names = variants.iter().map(|variant| &variant.name);
    let json_names =
        variants.iter().map(|variant| serde_json::Value::from(variant.name.as_str()).to_string());
    let rust_names = variants.iter().map(|variant| variant.ident.unraw().to_string());
    let arms = variants.iter().enumerate().map(|(index, Variant { ident: variant, .. })| {
        let variant = of_macro(variant);
        quote!(#runtime::__private::ParsedValue::Variant(#index) => ::core::result::Result::Ok(#ident::#variant))
    });
    let unreadable = unreadable(ident, runtime);
    let scalar = scalar(
        ident,
        &quote!(#runtime::__private::Kind::Enum(&[#(#names),*])),
        &TokenStream::new(),
        &quote! {
            match value {
                #(#arms,)*
                _ => ::core::result::Result::Err(#unreadable),
            }
        },
        runtime,
    );
    quote! {
        #scalar

        #[automatically_derived]
        impl #runtime::__private::UnitEnum for #ident {
            const VARIANTS: &'static [#runtime::__private::VariantNames] = &[#((#rust_names, #json_names)),*];
        }
    }
}

fn newtype(
    ident: &Ident,
    inner: &Type,
    bounds: &Bounds,
    from_str: bool,
    runtime: &RuntimeCrate,
) -> TokenStream {
    let runtime_at_inner = runtime.at(inner.span());
    let name = ident.to_string();
    let narrowed = Ident::new("narrowed", Span::mixed_site());
    let bounds = bounds.statements(&narrowed, "NewtypeSchema", runtime);
    let kind = if from_str {
        quote!(#runtime::__private::Kind::TEXT)
    } else {
        quote_spanned!(inner.span()=> <#inner as #runtime_at_inner::Scalar>::KIND)
    };
    let unreadable = unreadable(ident, runtime);
    let from_value = if from_str {
        let parsed = quote_spanned!(inner.span()=> <#inner as ::core::str::FromStr>::from_str(&text));
        quote! {
            let #runtime::__private::ParsedValue::Text(text) = value else {
                return ::core::result::Result::Err(#unreadable);
            };
            #parsed.map(#ident).map_err(|_| #unreadable)
        }
    } else {
        let read = quote_spanned!(inner.span()=> <#inner as #runtime_at_inner::Scalar>::from_value);
        quote!(#read(value).map(#ident).map_err(|_| #unreadable))
    };
    let facts = (!from_str).then(|| {
        let of_inner = quote_spanned!(inner.span()=> <#inner as #runtime_at_inner::Scalar>);
        quote! {
            const IS_WRITTEN: ::core::primitive::bool = #of_inner::IS_WRITTEN;
        }
    });
    let scalar = scalar(ident, &quote!(__KIND), &quote!(#facts), &from_value, runtime);
    quote! {
        const _: () = {
            const __KIND: #runtime::__private::Kind = {
                let #narrowed = #runtime::__private::NewtypeSchema::new(#name, #kind);
                #bounds
                #narrowed.kind()
            };
            #scalar
        };
    }
}

/// `at` is the span of the struct's name in the author's code, at which an error is reported.
fn structure(ident: &Ident, at: Span, members: &[StructMember], runtime: &RuntimeCrate) -> TokenStream {
    let constants = members.iter().enumerate().filter_map(|(index, member)| match member {
        StructMember::Field(field) => Some(self::field(index, field, runtime)),
        StructMember::Flatten(_) | StructMember::Tag { .. } => None,
    });
    let has_secret = members
        .iter()
        .any(|member| matches!(member, StructMember::Field(DeclaredField { secret: true, .. })));
    // Default key of a question whose form is this struct.
    let form_key = Case::Snake.variant(&ident.unraw().to_string());
    let has_flattened = members.iter().any(|member| matches!(member, StructMember::Flatten(_)));
    let members = members.iter().enumerate().map(|(index, member)| {
        let member = match member {
            StructMember::Field(_) => {
                let constant = constant(index);
                quote!(Field(#constant))
            }
            StructMember::Flatten(ty) => {
                let runtime = runtime.at(ty.span());
                quote_spanned!(ty.span()=> Flatten(<#ty as #runtime::OutputObject>::OBJECT))
            }
            StructMember::Tag { key, value } => quote!(Tag(#key, #value)),
        };
        quote!(#runtime::__private::Member::#member)
    });
    // The parser has compared the names of the fields that this struct declares. Only const evaluation knows the fields
    // of flattened structs. A struct with a secret has no `OBJECT` to check.
    let check = (has_flattened && !has_secret).then(|| {
        let runtime = runtime.at(at);
        quote_spanned! {at=>
            const _: () = #runtime::__private::Object::check(
                <#ident as #runtime::OutputObject>::OBJECT,
            );
        }
    });
    // A struct with a secret field can be neither returned nor requested in a form, directly or inside another struct.
    // So it implements none of the traits, and such a use doesn't compile.
    let public_impls = (!has_secret).then(|| {
        quote! {
                #[automatically_derived]
                impl #runtime::__private::ObjectResult for #ident {}

                #[automatically_derived]
                impl #runtime::Form for #ident {
                    const KEY: &'static ::core::primitive::str = #form_key;
                }

                #[automatically_derived]
                impl #runtime::OutputValue for #ident {
                    const KIND: #runtime::__private::Kind =
                        #runtime::__private::Kind::Object(<#ident as #runtime::OutputObject>::OBJECT);
                }

                #[automatically_derived]
                impl #runtime::OutputObject for #ident {
                    const OBJECT: &'static #runtime::__private::Object =
                        &#runtime::__private::Object::new(&[#(#members),*]);
                }
        }
    });
    quote! {
        const _: () = {
            #(#constants)*
            #check
            #public_impls
        };
    }
}

/// Returns the name of the constant that describes the field at `index`.
fn constant(index: usize) -> Ident {
    format_ident!("__F{}", index)
}

/// Returns the constant that describes one field. The code contains the field's type once, so that an invalid type
/// causes a single error.
fn field(index: usize, field: &DeclaredField, runtime: &RuntimeCrate) -> TokenStream {
    let DeclaredField { name, description, ty, bounds, presence, secret: _ } = field;
    let constant = constant(index);
    let local = Ident::new("field", Span::mixed_site());
    let bounds = bounds.statements(&local, "Field", runtime);
    let description = description.tokens(runtime);
    let runtime_at_type = runtime.at(ty.span());
    let schema = quote_spanned!(ty.span()=> <#ty as #runtime_at_type::Output>::SCHEMA);
    // `never_null` is for a field that is absent instead of `null`, `optional` for a field that may be absent.
    let presence = match presence {
        Presence::Always => TokenStream::new(),
        Presence::UnlessNone => quote!(.never_null()),
        Presence::Sometimes => quote!(.optional()),
    };
    let bounded = quote_spanned!(ty.span()=> #runtime_at_type::__private::Field::bounded(#local));
    quote! {
        const #constant: #runtime::__private::Field = {
            let #local = #runtime::__private::Field::new(#name, #description, #schema) #presence;
            #bounds
            #bounded
        };
    }
}

/// Returns placeholder implementations for a type with errors, so that code that uses the type causes no errors.
fn broken(ident: &Ident, generics: &Generics, runtime: &RuntimeCrate) -> TokenStream {
    let (parameters, arguments, clause) = generics.split_for_impl();
    let unreadable = unreadable(ident, runtime);
    quote! {
        #[automatically_derived]
        impl #parameters #runtime::Scalar for #ident #arguments #clause {
            const KIND: #runtime::__private::Kind = #runtime::__private::Kind::TEXT;
            fn from_value(
                _: #runtime::__private::ParsedValue<'_>,
            ) -> ::core::result::Result<Self, #runtime::__private::Unreadable> {
                ::core::result::Result::Err(#unreadable)
            }
        }

        #[automatically_derived]
        impl #parameters #runtime::OutputValue for #ident #arguments #clause {
            const KIND: #runtime::__private::Kind = #runtime::__private::Kind::TEXT;
        }

        #[automatically_derived]
        impl #parameters #runtime::OutputObject for #ident #arguments #clause {
            const OBJECT: &'static #runtime::__private::Object =
                &#runtime::__private::Object::EMPTY;
        }
    }
}
