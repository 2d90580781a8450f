//! Setters of bounds on parameters, fields and newtypes. Each setter applies one key of `#[arg(…)]` or `#[schema(…)]`,
//! such as `max_len`. If the key is invalid, the setter panics in const evaluation: the compile error names the
//! parameter, field or newtype and, because of `#[track_caller]`, points at the key.

use super::{DEFAULT_MAX_LEN, Field, Kind, Literal, Schema};
use crate::pattern::Pattern;

/// Defines the bound setters that parameters, fields and newtypes share. `$subject` is the noun for the declaration in
/// errors.
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
            "Pattern that the text must match." pattern(Pattern),
            "Least number of items." min_items(u64),
            "Greatest number of items." max_items(u64),
        }
    };
}
pub(crate) use bound_setters;

bound_setters!(Field, "field");

impl Field {
    /// Creates a required field whose only bounds are those of `schema`.
    #[must_use]
    pub const fn new(name: &'static str, description: &'static str, schema: Schema) -> Self {
        Field { name, description, schema, required: true }
    }

    /// Makes the field optional: it may be absent (serde's `skip_serializing_if`).
    #[must_use]
    pub const fn optional(mut self) -> Self {
        self.required = false;
        self
    }

    /// Makes the field absent instead of `null` (`skip_serializing_if = "Option::is_none"`).
    #[must_use]
    pub const fn never_null(mut self) -> Self {
        self.schema.optional = false;
        self.required = false;
        self
    }

    /// If a string has no maximum length, sets it to [`DEFAULT_MAX_LEN`]. Panics for an array without `max_items`:
    /// `max_items` has no default in results.
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

/// Schema of a newtype (a struct of one unnamed field), with the bounds of its `#[schema(…)]`.
#[derive(Clone, Copy, Debug)]
pub struct NewtypeSchema {
    name: &'static str,
    schema: Schema,
}

impl NewtypeSchema {
    /// Creates the schema of the newtype `name`, whose field has the kind `kind`. The setters add the bounds of the
    /// newtype's `#[schema(…)]`.
    #[must_use]
    pub const fn new(name: &'static str, kind: Kind) -> Self {
        NewtypeSchema { name, schema: kind.schema() }
    }

    /// Returns the kind of the field, with the bounds that the setters added.
    #[must_use]
    pub const fn kind(self) -> Kind {
        self.schema.kind
    }
}
bound_setters!(NewtypeSchema, "type");
