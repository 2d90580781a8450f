//! Model of a type, independent of syntax.

use syn::{Generics, Ident, Type};

use crate::bounds::Bounds;

/// Kind of type.
pub(crate) enum Model {
    /// Unit variants: a string with these values.
    Enum { ident: Ident, variants: Vec<Variant> },
    /// One unnamed field, with additional bounds.
    Newtype { ident: Ident, inner: Box<Type>, bounds: Bounds, from_str: bool },
    /// Named fields: an object of a result.
    Struct { ident: Ident, members: Vec<Member> },
    /// Placeholder after errors, so that no further errors follow.
    Broken { ident: Ident, generics: Generics },
}

/// A variant and its JSON string.
pub(crate) struct Variant {
    pub(crate) ident: Ident,
    pub(crate) name: String,
}

/// A member of an object.
pub(crate) enum Member {
    Field(Field),
    Flatten(Type),
    Tag { key: String, value: String },
}

/// A serialized field.
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) ty: Type,
    pub(crate) bounds: Bounds,
    pub(crate) presence: Presence,
    /// Marks a value that is neither returned nor requested.
    pub(crate) secret: bool,
}

/// Presence of a field in the JSON.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Presence {
    /// Always present; `null` for `None`.
    Always,
    /// Absent for `None`.
    UnlessNone,
    /// Absent if another function returns true.
    Sometimes,
}
