//! A type, once its syntax is behind us.

use syn::{Generics, Ident, Type};

use crate::bounds::Bounds;

/// What the type is to tools.
pub(crate) enum Model {
    /// Unit variants: a string of these.
    Enum { ident: Ident, variants: Vec<Variant> },
    /// One unnamed field: that, with bounds of its own.
    Newtype { ident: Ident, inner: Box<Type>, bounds: Bounds, from_str: bool },
    /// Named fields: an object of a result.
    Struct { ident: Ident, members: Vec<Member> },
    /// Nothing, because of its mistakes; stands in so that they stay the only errors.
    Broken { ident: Ident, generics: Generics },
}

/// A variant and the string that stands for it.
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

/// A field that is serialised.
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) ty: Type,
    pub(crate) bounds: Bounds,
    pub(crate) presence: Presence,
    /// Its value neither leaves the server nor is asked for.
    pub(crate) secret: bool,
}

/// When a field is in the JSON.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Presence {
    /// Always; `null` where it is `None`.
    Always,
    /// Left out where it is `None`.
    UnlessNone,
    /// Left out where some other function says so.
    Sometimes,
}
