//! Macros that define access to private fields.

/// Defines a method for each field, which returns its copy.
macro_rules! accessors {
    ($type:ident: $($doc:literal $field:ident: $of:ty,)+) => {
        impl $type {$(
            #[doc = $doc]
            #[must_use]
            pub const fn $field(&self) -> $of {
                self.$field
            }
        )+}
    };
}
pub(crate) use accessors;

/// Defines a hidden method for each field, which sets it. Generated code and tests construct values with them.
macro_rules! setters {
    ($type:ident: $($setter:ident $field:ident: $of:ty,)+) => {
        #[doc(hidden)]
        impl $type {$(
            #[must_use]
            pub const fn $setter(mut self, $field: $of) -> Self {
                self.$field = $field;
                self
            }
        )+}
    };
}
pub(crate) use setters;
