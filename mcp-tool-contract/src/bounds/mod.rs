//! What a value may be. [`narrow`] narrows it, in const evaluation; what carries a name and bounds is a
//! declaration: a parameter, a [`Field`] of an [`Object`], or a type of its own.

mod declaration;
pub mod narrow;
mod object;

pub use declaration::NewtypeSchema;
pub(crate) use declaration::bound_setters;

use crate::pattern::Pattern;

/// Longest string of a parameter or result that states no bound of its own, in code points.
pub const DEFAULT_MAX_LEN: u64 = 1_024;
/// Longest array of a parameter that states no bound of its own.
pub const DEFAULT_MAX_ITEMS: u64 = 100;

/// What one JSON value may be: a [`Kind`], perhaps an array of it, perhaps left out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Schema {
    /// The value itself, or each item of the array.
    pub kind: Kind,
    /// The array around it, if there is one.
    pub items: Option<Items>,
    /// A parameter may be absent or `null`; a field of a result may be `null`.
    pub optional: bool,
}

/// The kind of a single value with its bounds, all of them inclusive.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// `true` or `false`.
    Boolean,
    /// A number without a fraction; `1.0` is one.
    Integer {
        /// Least value.
        minimum: i128,
        /// Greatest value.
        maximum: i128,
    },
    /// A finite number.
    Number {
        /// Least value.
        minimum: Option<f64>,
        /// Greatest value.
        maximum: Option<f64>,
    },
    /// Text.
    String(Text),
    /// One of these texts.
    Enum(&'static [&'static str]),
    /// A nested object: in results only.
    Object(&'static Object),
}

/// A field of a result.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Field {
    /// Its name in the JSON.
    pub name: &'static str,
    /// What it means.
    pub description: &'static str,
    /// What its value may be.
    pub schema: Schema,
    /// Whether it is always there.
    pub required: bool,
}

/// An object in a result. What it doesn't declare isn't sent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Object {
    /// Its members in order.
    pub members: &'static [Member],
}

/// A member of an object.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Member {
    /// A field.
    Field(Field),
    /// The fields of another struct, by serde's `flatten`.
    Flatten(&'static Object),
    /// The struct's own name, by serde's `tag`: `(key, value)`.
    Tag(&'static str, &'static str),
}

/// Bounds of a string, lengths in Unicode code points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Text {
    /// Least length.
    pub min_len: u64,
    /// Greatest length.
    pub max_len: Option<u64>,
    /// What it must match.
    pub pattern: Option<Pattern>,
    /// What it spells.
    pub format: Option<Format>,
}

/// What a string spells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A UUID in its hyphenated form (RFC 9562 §4).
    Uuid,
    /// A calendar date, `2026-11-21` (RFC 3339 `full-date`).
    Date,
    /// An instant with its offset, `2026-11-21T08:30:00Z` (RFC 3339 `date-time`).
    DateTime,
}

impl Format {
    /// The name in JSON Schema (2020-12 validation §7.3).
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Format::Uuid => "uuid",
            Format::Date => "date",
            Format::DateTime => "date-time",
        }
    }

    /// Bounds of the text that spells it.
    #[must_use]
    pub const fn text(self) -> Text {
        let (min_len, max_len) = match self {
            Format::Uuid => (36, 36),
            Format::Date => (10, 10),
            Format::DateTime => (20, 64),
        };
        Text { min_len, max_len: Some(max_len), pattern: None, format: Some(self) }
    }
}

/// Bounds of an array's length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Items {
    /// Least number of items.
    pub min: u64,
    /// Greatest number of items.
    pub max: Option<u64>,
}

/// A literal of the declaration, with its JSON text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Literal {
    /// Its value.
    pub value: LiteralValue,
    /// The same as JSON.
    pub json: &'static str,
}

/// The value of a [`Literal`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum LiteralValue {
    /// `true` or `false`.
    Boolean(bool),
    /// Digits without a point.
    Integer(i128),
    /// Digits with a point or an exponent.
    Number(f64),
    /// Quoted text.
    String(&'static str),
}

impl LiteralValue {
    pub(crate) const fn noun(self) -> &'static str {
        match self {
            LiteralValue::Boolean(_) => "a boolean",
            LiteralValue::Integer(_) => "an integer",
            LiteralValue::Number(_) => "a number",
            LiteralValue::String(_) => "a string",
        }
    }
}

impl Kind {
    /// Text without bounds of its own.
    pub const TEXT: Kind = Kind::String(Text { min_len: 0, max_len: None, pattern: None, format: None });

    /// A single, required value of this kind.
    #[must_use]
    pub const fn schema(self) -> Schema {
        Schema { kind: self, items: None, optional: false }
    }

    /// The kind with its article, for messages: `an integer`.
    #[must_use]
    pub const fn noun(self) -> &'static str {
        match self {
            Kind::Boolean => "a boolean",
            Kind::Integer { .. } => "an integer",
            Kind::Number { .. } => "a number",
            Kind::String(_) | Kind::Enum(_) => "a string",
            Kind::Object(_) => "an object",
        }
    }
}

impl Schema {
    /// An array of these values, of any length yet.
    #[must_use]
    pub const fn array(self) -> Schema {
        Schema { items: Some(Items { min: 0, max: None }), ..self }
    }

    /// The same, but it may be left out.
    #[must_use]
    pub const fn optional(self) -> Schema {
        Schema { optional: true, ..self }
    }
}
