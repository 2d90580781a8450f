//! Declarations: what has a name and is narrowed key by key, so that a error names it and stands at its key.

use super::{DEFAULT_MAX_LEN, Field, Kind, Literal, Schema};
use crate::pattern::Pattern;

/// The bounds that all declarations share; each is checked where it stands.
macro_rules! bound_setters {
    ($declaration:ident, $subject:literal: $($doc:literal $key:ident($bound:ty),)+) => {
        impl $declaration {$(
            #[doc = $doc]
            #[track_caller]
            #[must_use]
            pub const fn $key(mut self, bound: $bound) -> Self {
                match self.schema.$key(bound) {
                    Ok(schema) => self.schema = schema,
                    Err(error) => error.raise($subject, self.name),
                }
                self
            }
        )+}
    };
    ($declaration:ident, $subject:literal) => {
        bound_setters! { $declaration, $subject:
            "Least value." min(Literal),
            "Greatest value." max(Literal),
            "Least length in code points." min_len(u64),
            "Greatest length in code points." max_len(u64),
            "What the text must match." pattern(Pattern),
            "Least number of items." min_items(u64),
            "Greatest number of items." max_items(u64),
        }
    };
}
pub(crate) use bound_setters;

bound_setters!(Field, "field");

impl Field {
    /// A field that is always there, without bounds of its own.
    #[must_use]
    pub const fn new(name: &'static str, description: &'static str, schema: Schema) -> Self {
        Field { name, description, schema, required: true }
    }

    /// It may be left out (serde's `skip_serializing_if`).
    #[must_use]
    pub const fn sometimes(mut self) -> Self {
        self.required = false;
        self
    }

    /// It is left out rather than `null` (`skip_serializing_if = "Option::is_none"`).
    #[must_use]
    pub const fn never_null(mut self) -> Self {
        self.schema.optional = false;
        self.required = false;
        self
    }

    /// Bounds a string that has no bound; an array must have its own.
    #[track_caller]
    #[must_use]
    pub const fn bounded(mut self) -> Self {
        match self.schema.bounded(DEFAULT_MAX_LEN, None) {
            Ok(schema) => self.schema = schema,
            Err(error) => error.raise("field", self.name),
        }
        self
    }
}

/// Bounds written on a type: `#[schema(…)]` of a newtype.
#[derive(Clone, Copy, Debug)]
pub struct NewtypeSchema {
    name: &'static str,
    schema: Schema,
}

impl NewtypeSchema {
    /// A type of this name, before its bounds.
    #[must_use]
    pub const fn new(name: &'static str, kind: Kind) -> Self {
        NewtypeSchema { name, schema: kind.schema() }
    }

    /// The kind with its bounds.
    #[must_use]
    pub const fn kind(self) -> Kind {
        self.schema.kind
    }
}
bound_setters!(NewtypeSchema, "type");
