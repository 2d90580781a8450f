//! Exhaustive copies of `#[non_exhaustive]` enums, for the other crates of this workspace.
//!
//! In another crate, a `match` on the original must have a `_` arm, which would silently handle a new variant. A
//! `match` on the copy needs no `_` arm, so it fails to compile until it handles the new variant. This module may
//! change in any release.

use serde_json::Value;

use crate::{
    bounds::{self, Object, Text},
    model, rules,
};

/// Declares the copies. Adds the method `exhaustive`, which returns the copy, to each original.
macro_rules! exhaustive {
    ($(
        $original:path => $copy:ident {
            $($variant:ident $(($value:ident: $type:ty))? $({ $($field:ident: $of:ty),+ })?,)+
        }
    )+) => {$(
        #[derive(Clone, Copy, Debug)]
        #[expect(missing_docs, reason = "the original describes each variant")]
        pub enum $copy { $($variant $(($type))? $({ $($field: $of),+ })?,)+ }

        #[doc(hidden)]
        impl $original {
            /// Returns the exhaustive copy.
            #[must_use]
            pub const fn exhaustive(self) -> $copy {
                match self {$(
                    Self::$variant $(($value))? $({ $($field),+ })? => $copy::$variant $(($value))? $({ $($field),+ })?,
                )+}
            }
        }
    )+};
}

exhaustive! {
    model::Gate => Gate { Scope(scope: &'static str), }
    model::TaskSupport => TaskSupport { Optional, Required, }
    model::ToolOutput => ToolOutput {
        Nothing,
        Text,
        Content,
        Object(object: &'static Object),
        Paged(object: &'static Object),
        Dynamic(schema: fn() -> Value),
        FromLock(schema: &'static str),
    }
    bounds::Kind => Kind {
        Boolean,
        Integer { minimum: i128, maximum: i128 },
        Number { minimum: Option<f64>, maximum: Option<f64> },
        Text(text: Text),
        Enum(values: &'static [&'static str]),
        Object(object: &'static Object),
    }
    bounds::Format => Format { Uuid, Date, DateTime, Ipv4, Ipv6, Uri, Duration, }
    rules::ChangeClass => ChangeClass { Patch, Additive, Weakens, Breaking, }
}
