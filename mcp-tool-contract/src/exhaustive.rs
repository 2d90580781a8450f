//! Copies of `#[non_exhaustive]` enums, for the crates of this workspace. A `match` on such an enum in another crate
//! has a `_` arm, which would hide a new variant where a crate must decide about it. A `match` on the copy has none, so
//! the new variant fails to compile there. Changes without notice.

use serde_json::Value;

use crate::{
    bounds::{self, Object, Text},
    model, rules,
};

/// Declares the copies, each with a method of the original that returns it.
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
    bounds::Format => Format { Uuid, Date, DateTime, }
    rules::ChangeClass => ChangeClass { Patch, Additive, Weakens, Breaking, }
}
