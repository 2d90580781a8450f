//! Read access to schemas, and hidden methods that construct them. Code that `#[mcp_tool]` and `#[derive(ToolSchema)]`
//! generate calls the hidden methods.

use super::{Field, Format, Items, Kind, Literal, LiteralValue, Member, Object, Schema, Text};
use crate::{
    accessors::{accessors, setters},
    pattern::Pattern,
};

accessors! { Schema:
    "Kind of the value or, for an array, of each item." kind: Kind,
    "Bounds of the number of items; `None` if the value isn't an array." items: Option<Items>,
}

impl Schema {
    /// For a parameter, returns `true` if the argument may be absent or `null`. For a field of a result, returns `true`
    /// if the field may be `null`.
    #[must_use]
    pub const fn is_optional(&self) -> bool {
        self.optional
    }

    /// Returns the schema of an item of the array. An item is never `null`. If the value isn't an array, this equals
    /// [`Schema::required`].
    #[must_use]
    pub const fn item(&self) -> Schema {
        self.kind.schema()
    }

    /// Returns the same schema for a value that can be neither absent nor `null`.
    #[must_use]
    pub const fn required(self) -> Schema {
        Schema { optional: false, ..self }
    }
}

accessors! { Field:
    "Name in the JSON." name: &'static str,
    "Description for the model that reads the result." description: &'static str,
    "Schema of the field's value." schema: Schema,
}

impl Field {
    /// Returns `true` if the field is never absent. It may still be `null`.
    #[must_use]
    pub const fn is_required(&self) -> bool {
        self.required
    }
}

accessors! { Object:
    "Members in the order of the struct's fields." members: &'static [Member],
}

accessors! { Text:
    "Least length in code points." min_len: u64,
    "Greatest length in code points; `None` without limit." max_len: Option<u64>,
    "Pattern that the text must match, if any." pattern: Option<Pattern>,
    "Format that the text must have, if any." format: Option<Format>,
}

accessors! { Items:
    "Least number of items." min: u64,
    "Greatest number of items; `None` without limit." max: Option<u64>,
}

accessors! { Literal:
    "Parsed value." value: LiteralValue,
    "JSON text of the value." json: &'static str,
}

setters! { Schema:
    with_kind kind: Kind,
    with_items items: Option<Items>,
    with_optional optional: bool,
}

setters! { Field:
    with_name name: &'static str,
    with_description description: &'static str,
    with_schema schema: Schema,
    with_required required: bool,
}

setters! { Text:
    with_min_len min_len: u64,
    with_max_len max_len: Option<u64>,
    with_pattern pattern: Option<Pattern>,
    with_format format: Option<Format>,
}

#[doc(hidden)]
impl Text {
    /// Text without bounds.
    pub const ANY: Text = Text { min_len: 0, max_len: None, pattern: None, format: None };
}

#[doc(hidden)]
impl Items {
    #[must_use]
    pub const fn new(min: u64, max: Option<u64>) -> Self {
        Items { min, max }
    }
}

#[doc(hidden)]
impl Object {
    #[must_use]
    pub const fn new(members: &'static [Member]) -> Self {
        Object { members }
    }
}

#[doc(hidden)]
impl Literal {
    #[must_use]
    pub const fn new(value: LiteralValue, json: &'static str) -> Self {
        Literal { value, json }
    }
}
