//! Model of a type that derives `ToolSchema`: result of the parser, and input of the code generation.

use syn::{Generics, Ident, Type};

use crate::{bounds::Bounds, docs::Description};

/// A type that derives `ToolSchema`.
pub(crate) enum Model {
    /// An enum of unit variants. Its JSON is a string.
    Enum { ident: Ident, variants: Vec<Variant> },
    /// A struct of one unnamed field of type `inner`, with additional bounds. With `from_str`, its JSON is a string
    /// that `inner` parses.
    Newtype { ident: Ident, inner: Box<Type>, bounds: Bounds, from_str: bool },
    /// A struct of named fields. Its JSON is an object, in a result or a form.
    Struct { ident: Ident, members: Vec<StructMember> },
    /// A type of an unsupported form, such as a union. Gets placeholder implementations, so that no further errors
    /// follow.
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
    /// Type of a flattened field, whose members become members of this object.
    Flatten(Type),
    /// Member with a constant text (serde's `tag`).
    Tag {
        key: String,
        value: String,
    },
}

/// A field that is serialized under its own name.
pub(crate) struct DeclaredField {
    /// Name in the JSON.
    pub(crate) name: String,
    pub(crate) description: Description,
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
