//! Types and bounds of values. The module [`narrow`] tightens bounds in const evaluation. A declaration is a named
//! value with bounds: a parameter, a [`Field`] of an [`Object`], or a newtype.

mod access;
mod constant;
mod declaration;
pub mod narrow;
mod object;

pub use constant::{Constant, ConstantValue};
pub use declaration::NewtypeSchema;
pub(crate) use declaration::bound_setters;

use crate::pattern::Pattern;

/// Maximum length, in code points, of a string if `max_len` is set neither by the parameter or field, nor by its type,
/// nor by the tool. A tool's `max_len` applies only to parameters.
pub const DEFAULT_MAX_LEN: u64 = 1_024;
/// Maximum number of items of an array parameter if neither the parameter nor its tool sets `max_items`.
pub const DEFAULT_MAX_ITEMS: u64 = 100;

/// Schema of one JSON value: a value of a [`Kind`] or an array of such values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Schema {
    pub(crate) kind: Kind,
    pub(crate) items: Option<Items>,
    /// `true` for an `Option`: an argument may be absent or `null`, and a field may be `null`.
    pub(crate) optional: bool,
}

/// Kind of a single value, with its bounds. All bounds are inclusive.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Kind {
    /// `true` or `false`.
    Boolean,
    /// A number without a fraction, including `1.0`.
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
    /// A string.
    Text(Text),
    /// A string that equals one of these values.
    Enum(&'static [&'static str]),
    /// A nested object. Only results can contain objects.
    Object(&'static Object),
}

/// A field of a result. It may be absent if it isn't required, and `null` if its schema is optional.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Field {
    pub(crate) name: &'static str,
    pub(crate) description: &'static str,
    pub(crate) schema: Schema,
    pub(crate) required: bool,
}

/// An object in a result. The server never sends undeclared fields. The JSON Schema in `tools/list` allows them, so
/// that a later version can add fields.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Object {
    pub(crate) members: &'static [Member],
}

/// A member of an object.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Member {
    /// A field.
    Field(Field),
    /// The fields of another struct, which serde's `flatten` puts into this object.
    Flatten(&'static Object),
    /// A fixed member that serde's `tag` adds: its key, and the struct's serialized name as its value.
    Tag(&'static str, &'static str),
}

/// Bounds of a string, lengths in Unicode code points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Text {
    pub(crate) min_len: u64,
    pub(crate) max_len: Option<u64>,
    pub(crate) pattern: Option<Pattern>,
    pub(crate) format: Option<Format>,
}

/// Format of a string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// A UUID in its hyphenated form (RFC 9562 §4).
    Uuid,
    /// A calendar date, `2026-11-21` (RFC 3339 `full-date`).
    Date,
    /// An instant with its offset, `2026-11-21T08:30:00Z` (RFC 3339 `date-time`).
    DateTime,
    /// An IPv4 address, `192.0.2.1` (RFC 2673 §3.2).
    Ipv4,
    /// An IPv6 address without zone, `2001:db8::1` (RFC 4291 §2.2).
    Ipv6,
    /// An absolute URI, `https://example.com/` (RFC 3986).
    Uri,
    /// A duration, `PT1H30M` (RFC 3339 appendix A), without years and months, whose length varies.
    Duration,
}

impl Format {
    /// All formats.
    pub const ALL: [Format; 7] = [
        Format::Uuid,
        Format::Date,
        Format::DateTime,
        Format::Ipv4,
        Format::Ipv6,
        Format::Uri,
        Format::Duration,
    ];

    /// Name in JSON Schema (2020-12 validation §7.3).
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Format::Uuid => "uuid",
            Format::Date => "date",
            Format::DateTime => "date-time",
            Format::Ipv4 => "ipv4",
            Format::Ipv6 => "ipv6",
            Format::Uri => "uri",
            Format::Duration => "duration",
        }
    }

    /// Bounds of a string of this format.
    #[must_use]
    pub const fn text(self) -> Text {
        let (min_len, max_len) = match self {
            Format::Uuid => (36, 36),
            Format::Date => (10, 10),
            // The fraction of a second may have any number of digits, so 64 is this crate's limit.
            Format::DateTime => (20, 64),
            Format::Ipv4 => (7, 15),
            Format::Ipv6 => (2, 45),
            // RFC 9110 §4.1 recommends to support at least 8,000 octets. This crate's limit is lower, because models
            // rarely copy a longer URI without an error.
            Format::Uri => (2, 2_048),
            Format::Duration => (3, 32),
        };
        Text { min_len, max_len: Some(max_len), pattern: None, format: Some(self) }
    }
}

/// Bounds of an array's length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Items {
    pub(crate) min: u64,
    pub(crate) max: Option<u64>,
}

/// A literal in a declaration (a bound or a default), with its JSON text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Literal {
    pub(crate) value: LiteralValue,
    pub(crate) json: &'static str,
}

/// The value of a [`Literal`].
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum LiteralValue {
    /// `true` or `false`.
    Boolean(bool),
    /// A number without a point or an exponent.
    Integer(i128),
    /// A number with a point or an exponent.
    Number(f64),
    /// A string.
    Text(&'static str),
}

impl LiteralValue {
    pub(crate) const fn noun(self) -> &'static str {
        match self {
            LiteralValue::Boolean(_) => "a boolean",
            LiteralValue::Integer(_) => "an integer",
            LiteralValue::Number(_) => "a number",
            LiteralValue::Text(_) => "a string",
        }
    }
}

impl Kind {
    /// A string without bounds.
    pub const TEXT: Kind = Kind::Text(Text::ANY);

    /// Returns the schema of a single, required value of this kind.
    #[must_use]
    pub const fn schema(self) -> Schema {
        Schema { kind: self, items: None, optional: false }
    }

    /// Name of the JSON type with its article, for messages: `an integer`.
    #[must_use]
    pub const fn noun(self) -> &'static str {
        match self {
            Kind::Boolean => "a boolean",
            Kind::Integer { .. } => "an integer",
            Kind::Number { .. } => "a number",
            Kind::Text(_) | Kind::Enum(_) => "a string",
            Kind::Object(_) => "an object",
        }
    }
}

impl Schema {
    /// Returns the schema of an array of these values, still of any length.
    #[must_use]
    pub const fn array(self) -> Schema {
        Schema { items: Some(Items { min: 0, max: None }), ..self }
    }

    /// Returns the schema of an optional value.
    #[must_use]
    pub const fn optional(self) -> Schema {
        Schema { optional: true, ..self }
    }
}
