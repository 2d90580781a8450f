//! What makes a type one of a tool's: constants, and how a judged value becomes one.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{Generics, Ident, Type, ext::IdentExt as _, spanned::Spanned};

use super::{
    case::Case,
    model::{Field, Member, Model, Presence, Variant},
};
use crate::bounds::Bounds;

/// The implementations of the type.
pub(super) fn model(model: &Model) -> TokenStream {
    match model {
        Model::Enum { ident, variants } => enumeration(ident, variants),
        Model::Newtype { ident, inner, bounds, from_str } => newtype(ident, inner, bounds, *from_str),
        Model::Struct { ident, members } => structure(ident, members),
        Model::Broken { ident, generics } => broken(ident, generics),
    }
}

/// A type that is a parameter and part of results alike.
fn scalar(ident: &Ident, kind: &TokenStream, from_value: &TokenStream) -> TokenStream {
    quote! {
        #[automatically_derived]
        impl ::mcp_tool_runtime::Scalar for #ident {
            const KIND: ::mcp_tool_runtime::__private::Kind = #kind;
            fn from_value(
                value: ::mcp_tool_runtime::__private::ParsedValue<'_>,
            ) -> ::core::result::Result<Self, ::mcp_tool_runtime::__private::Unreadable> {
                #from_value
            }
        }

        #[automatically_derived]
        impl ::mcp_tool_runtime::OutputValue for #ident {
            const KIND: ::mcp_tool_runtime::__private::Kind = <#ident as ::mcp_tool_runtime::Scalar>::KIND;
        }
    }
}

fn unreadable(ident: &Ident) -> TokenStream {
    let name = ident.to_string();
    quote!(::mcp_tool_runtime::__private::Unreadable(#name))
}

fn enumeration(ident: &Ident, variants: &[Variant]) -> TokenStream {
    let names = variants.iter().map(|variant| &variant.name);
    let arms = variants.iter().enumerate().map(|(index, Variant { ident: variant, .. })| {
        quote!(::mcp_tool_runtime::__private::ParsedValue::Variant(#index) => ::core::result::Result::Ok(#ident::#variant))
    });
    let unreadable = unreadable(ident);
    scalar(
        ident,
        &quote!(::mcp_tool_runtime::__private::Kind::Enum(&[#(#names),*])),
        &quote! {
            match value {
                #(#arms,)*
                _ => ::core::result::Result::Err(#unreadable),
            }
        },
    )
}

fn newtype(ident: &Ident, inner: &Type, bounds: &Bounds, from_str: bool) -> TokenStream {
    let name = ident.to_string();
    let narrowed = Ident::new("narrowed", Span::mixed_site());
    let bounds = bounds.statements(&narrowed, "NewtypeSchema");
    let kind = if from_str {
        quote!(::mcp_tool_runtime::__private::Kind::TEXT)
    } else {
        quote_spanned!(inner.span()=> <#inner as ::mcp_tool_runtime::Scalar>::KIND)
    };
    let unreadable = unreadable(ident);
    let from_value = if from_str {
        let parsed = quote_spanned!(inner.span()=> <#inner as ::core::str::FromStr>::from_str(&text));
        quote! {
            let ::mcp_tool_runtime::__private::ParsedValue::Text(text) = value else {
                return ::core::result::Result::Err(#unreadable);
            };
            #parsed.map(#ident).map_err(|_| #unreadable)
        }
    } else {
        let read = quote_spanned!(inner.span()=> <#inner as ::mcp_tool_runtime::Scalar>::from_value);
        quote!(#read(value).map(#ident).map_err(|_| #unreadable))
    };
    let scalar = scalar(ident, &quote!(__KIND), &from_value);
    quote! {
        const _: () = {
            const __KIND: ::mcp_tool_runtime::__private::Kind = {
                let #narrowed = ::mcp_tool_runtime::__private::NewtypeSchema::new(#name, #kind);
                #bounds
                #narrowed.kind()
            };
            #scalar
        };
    }
}

fn structure(ident: &Ident, members: &[Member]) -> TokenStream {
    let constants = members.iter().enumerate().filter_map(|(index, member)| match member {
        Member::Field(field) => Some(self::field(index, field)),
        Member::Flatten(_) | Member::Tag { .. } => None,
    });
    let has_secret = members.iter().any(|member| matches!(member, Member::Field(Field { secret: true, .. })));
    let key = Case::Snake.variant(&ident.unraw().to_string());
    let has_flattened = members.iter().any(|member| matches!(member, Member::Flatten(_)));
    let members = members.iter().enumerate().map(|(index, member)| {
        let member = match member {
            Member::Field(_) => {
                let constant = constant(index);
                quote!(Field(#constant))
            }
            Member::Flatten(ty) => {
                quote_spanned!(ty.span()=> Flatten(<#ty as ::mcp_tool_runtime::OutputObject>::OBJECT))
            }
            Member::Tag { key, value } => quote!(Tag(#key, #value)),
        };
        quote!(::mcp_tool_runtime::__private::Member::#member)
    });
    // The names of its own fields were compared where they stand; those of other structs are known only here.
    let check = (has_flattened && !has_secret).then(|| {
        quote_spanned! {ident.span()=>
            const _: () = ::mcp_tool_runtime::__private::Object::check(
                <#ident as ::mcp_tool_runtime::OutputObject>::OBJECT,
            );
        }
    });
    // A secret neither leaves the server nor is asked for in a form, by itself or as part of another struct.
    let shown = (!has_secret).then(|| quote! {
            #[automatically_derived]
            impl ::mcp_tool_runtime::__private::ObjectResult for #ident {}

            #[automatically_derived]
            impl ::mcp_tool_runtime::Form for #ident {
                const KEY: &'static str = #key;
            }

            #[automatically_derived]
            impl ::mcp_tool_runtime::OutputValue for #ident {
                const KIND: ::mcp_tool_runtime::__private::Kind =
                    ::mcp_tool_runtime::__private::Kind::Object(<#ident as ::mcp_tool_runtime::OutputObject>::OBJECT);
            }

            #[automatically_derived]
            impl ::mcp_tool_runtime::OutputObject for #ident {
                const OBJECT: &'static ::mcp_tool_runtime::__private::Object =
                    &::mcp_tool_runtime::__private::Object { members: &[#(#members),*] };
            }
    });
    quote! {
        const _: () = {
            #(#constants)*
            #check
            #shown
        };
    }
}

fn constant(index: usize) -> Ident {
    format_ident!("__F{}", index)
}

/// The constant of one field. Its type stands in it once, so that a type that can't be one is one error.
fn field(index: usize, field: &Field) -> TokenStream {
    let Field { name, description, ty, bounds, presence, secret: _ } = field;
    let constant = constant(index);
    let local = Ident::new("field", Span::mixed_site());
    let bounds = bounds.statements(&local, "Field");
    let schema = quote_spanned!(ty.span()=> <#ty as ::mcp_tool_runtime::Output>::SCHEMA);
    let presence = match presence {
        Presence::Always => TokenStream::new(),
        Presence::UnlessNone => quote!(.never_null()),
        Presence::Sometimes => quote!(.sometimes()),
    };
    let bounded = quote_spanned!(ty.span()=> ::mcp_tool_runtime::__private::Field::bounded(#local));
    quote! {
        const #constant: ::mcp_tool_runtime::__private::Field = {
            let #local = ::mcp_tool_runtime::__private::Field::new(#name, #description, #schema) #presence;
            #bounds
            #bounded
        };
    }
}

fn broken(ident: &Ident, generics: &Generics) -> TokenStream {
    let (parameters, arguments, clause) = generics.split_for_impl();
    let unreadable = unreadable(ident);
    quote! {
        #[automatically_derived]
        impl #parameters ::mcp_tool_runtime::Scalar for #ident #arguments #clause {
            const KIND: ::mcp_tool_runtime::__private::Kind = ::mcp_tool_runtime::__private::Kind::TEXT;
            fn from_value(
                _: ::mcp_tool_runtime::__private::ParsedValue<'_>,
            ) -> ::core::result::Result<Self, ::mcp_tool_runtime::__private::Unreadable> {
                ::core::result::Result::Err(#unreadable)
            }
        }

        #[automatically_derived]
        impl #parameters ::mcp_tool_runtime::OutputValue for #ident #arguments #clause {
            const KIND: ::mcp_tool_runtime::__private::Kind = ::mcp_tool_runtime::__private::Kind::TEXT;
        }

        #[automatically_derived]
        impl #parameters ::mcp_tool_runtime::OutputObject for #ident #arguments #clause {
            const OBJECT: &'static ::mcp_tool_runtime::__private::Object =
                &::mcp_tool_runtime::__private::Object::EMPTY;
        }
    }
}
