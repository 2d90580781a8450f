//! Model of a type that derives `ToolSchema`, independent of syntax.

use syn::{Generics, Ident, Type};

use crate::bounds::Bounds;

/// A type that derives `ToolSchema`.
pub(crate) enum Model {
    /// An enum of unit variants. Its JSON is a string.
    Enum { ident: Ident, variants: Vec<Variant> },
    /// A struct of one unnamed field, with additional bounds.
    Newtype { ident: Ident, inner: Box<Type>, bounds: Bounds, from_str: bool },
    /// A struct of named fields. Its JSON is an object in a result.
    Struct { ident: Ident, members: Vec<StructMember> },
    /// A type whose definition has errors. Gets placeholder implementations, so that no further errors follow.
    Broken { ident: Ident, generics: Generics },
}

/// A variant and its JSON string.
pub(crate) struct Variant {
    pub(crate) ident: Ident,
    pub(crate) name: String,
}

/// A member of an object.
pub(crate) enum StructMember {
    Field(DeclaredField),
    Flatten(Type),
    Tag { key: String, value: String },
}

/// A serialized field.
pub(crate) struct DeclaredField {
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) ty: Type,
    pub(crate) bounds: Bounds,
    pub(crate) presence: Presence,
    /// `true` with `#[schema(secret)]`: a struct with this field can be neither returned nor requested in a form.
    pub(crate) secret: bool,
}

/// Presence of a field in the JSON.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Presence {
    /// Always present. `None` is `null`.
    Always,
    /// Absent if the value is `None`.
    UnlessNone,
    /// Absent if a function other than `Option::is_none` returns `true`.
    Sometimes,
}
