//! Macros that define access to private fields.

/// Defines, for each field, a method that returns a copy of the field.
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

/// Defines, for each field, a method that sets the field, hidden from the documentation. Code that `#[mcp_tool]` and
/// `#[derive(ToolSchema)]` generate constructs values with these methods, and so do tests.
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
