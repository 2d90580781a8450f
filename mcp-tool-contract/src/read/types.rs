//! Traits of the types that parameters and results can have.

use std::{
    borrow::Cow,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    time::Duration,
};

use super::{
    format,
    scan::{JsonScanner, NotJson},
    value::{ParsedValue, mistyped, parse_value},
    violation::{Rule, ValuePath, ViolationReport},
};
use crate::{
    bounds::{Constant, ConstantValue, Format, Items, Kind, Object, Schema, Text},
    pattern::{Matcher, Pattern},
    text,
};

/// Error: a type can't represent a validated value. Contains the name of the type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unreadable(pub &'static str);

/// Names of an enum's variant: in Rust, and as JSON text.
#[doc(hidden)]
pub type VariantNames = (&'static str, &'static str);

/// A single value that an agent can send: for example a string, boolean, integer, float, enum or newtype.
///
/// `#[derive(ToolSchema)]` implements this trait for unit enums, and for newtypes of types that implement it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be a parameter: take a scalar, an enum or a newtype that derives `ToolSchema`, or borrow application \
               state, `&{Self}`",
    label = "an agent can't send this",
    note = "parameters are `String`, `bool`, `char`, integers up to 64 bits, `f64`, `f32`, IP addresses, `Duration`, and \
            enums and newtypes that derive `ToolSchema`; and `Vec` or `Option` of these",
    note = "instead of `usize` or `u128` take a `u64`; instead of `PathBuf`, `Arc<str>` or `&str` a `String`; instead of a \
            `HashSet` or an array a `Vec`; instead of a type of another crate a newtype with `#[schema(from_str)]`",
    note = "the features `uuid`, `chrono`, `url` and `decimal` of `mcp-tool-runtime` add types of these crates",
    note = "arguments are flat: make each field of a struct a parameter, or split the tool"
)]
pub trait Scalar: Sized {
    /// Kind of the type's values.
    const KIND: Kind;

    /// `false` if serde doesn't write a value of this type as its [`KIND`](Scalar::KIND), so that it can't be part of a
    /// result.
    #[doc(hidden)]
    const IS_WRITTEN: bool = true;

    /// Converts a value that [`KIND`](Scalar::KIND) accepted.
    ///
    /// # Errors
    /// The type can't represent the value.
    fn from_value(value: ParsedValue<'_>) -> Result<Self, Unreadable>;
}

/// An enum of unit variants, for which `#[derive(ToolSchema)]` implements this trait.
#[doc(hidden)]
pub trait UnitEnum: Scalar {
    /// Names of the variants, in the order of the values of [`KIND`](Scalar::KIND).
    const VARIANTS: &'static [VariantNames];
}

/// Type of a parameter: a [`Scalar`], a `Vec` of them, or an `Option` of either.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be a parameter: take a scalar, an enum or a newtype that derives `ToolSchema`, or borrow application \
               state, `&{Self}`",
    label = "an agent can't send this",
    note = "parameters are `String`, `bool`, `char`, integers up to 64 bits, `f64`, `f32`, IP addresses, `Duration`, and \
            enums and newtypes that derive `ToolSchema`; and `Vec` or `Option` of these",
    note = "instead of `usize` or `u128` take a `u64`; instead of `PathBuf`, `Arc<str>` or `&str` a `String`; instead of a \
            `HashSet` or an array a `Vec`; instead of a type of another crate a newtype with `#[schema(from_str)]`",
    note = "the features `uuid`, `chrono`, `url` and `decimal` of `mcp-tool-runtime` add types of these crates",
    note = "arguments are flat: make each field of a struct a parameter, or split the tool"
)]
pub trait Parameter: Sized {
    /// Schema of the argument.
    const SCHEMA: Schema;

    /// Parses the JSON text of an argument against `schema`. Returns `None` and adds violations to the report if the
    /// argument is invalid.
    fn read(raw: &str, schema: &Schema, path: &ValuePath<'_>, report: &mut ViolationReport) -> Option<Self>;

    /// Value of an absent argument; `None` if the argument is required.
    fn absent() -> Option<Self> {
        None
    }
}

#[diagnostic::do_not_recommend]
impl<T: Scalar> Parameter for T {
    const SCHEMA: Schema = T::KIND.schema();

    fn read(raw: &str, schema: &Schema, path: &ValuePath<'_>, report: &mut ViolationReport) -> Option<Self> {
        let value = parse_value(&schema.kind, raw, path, report)?;
        match T::from_value(value) {
            Ok(value) => Some(value),
            Err(Unreadable(type_name)) => {
                let message = format!("must be a valid {type_name}");
                report.note(path, Rule::Format, Some(type_name.into()), message);
                None
            }
        }
    }
}

#[diagnostic::do_not_recommend]
impl<T: Scalar> Parameter for Vec<T> {
    const SCHEMA: Schema = T::KIND.schema().array();

    fn read(raw: &str, schema: &Schema, path: &ValuePath<'_>, report: &mut ViolationReport) -> Option<Self> {
        let mut items = Vec::new();
        let all_valid = each_item(raw, schema.items.as_ref(), path, report, &mut |raw, path, report| {
            let item = <T as Parameter>::read(raw, schema, path, report);
            let is_valid = item.is_some();
            items.extend(item);
            is_valid
        });
        all_valid.then_some(items)
    }
}

#[diagnostic::do_not_recommend]
impl<T: Scalar> Parameter for Option<T> {
    const SCHEMA: Schema = T::KIND.schema().optional();

    fn read(raw: &str, schema: &Schema, path: &ValuePath<'_>, report: &mut ViolationReport) -> Option<Self> {
        <T as Parameter>::read(raw, schema, path, report).map(Some)
    }

    fn absent() -> Option<Self> {
        Some(None)
    }
}

#[diagnostic::do_not_recommend]
impl<T: Scalar> Parameter for Option<Vec<T>> {
    const SCHEMA: Schema = T::KIND.schema().array().optional();

    fn read(raw: &str, schema: &Schema, path: &ValuePath<'_>, report: &mut ViolationReport) -> Option<Self> {
        <Vec<T> as Parameter>::read(raw, schema, path, report).map(Some)
    }

    fn absent() -> Option<Self> {
        Some(None)
    }
}

/// Closure that parses one item of an array, and returns `false` if the item is invalid.
pub(super) type ReadItem<'f> = &'f mut dyn FnMut(&str, &ValuePath<'_>, &mut ViolationReport) -> bool;

/// Parses an array's text, with one call of `read` per item. Items beyond the maximum number are counted, not parsed.
/// Returns `false` if the array or one of its items is invalid.
pub(super) fn each_item(
    raw: &str,
    bounds: Option<&Items>,
    path: &ValuePath<'_>,
    report: &mut ViolationReport,
    read: ReadItem<'_>,
) -> bool {
    if !raw.starts_with('[') {
        mistyped::<()>("an array", raw, path, report);
        return false;
    }
    let (least, most) = bounds.map_or((0, u64::MAX), |items| (items.min, items.max.unwrap_or(u64::MAX)));
    let (count, all_valid) = match walk_items(raw, most, path, report, read) {
        Ok(walked) => walked,
        Err(NotJson) => {
            report.note(path, Rule::Syntax, None, "must be valid JSON".into());
            return false;
        }
    };
    if count < least {
        let message = format!("must have at least {least} items, got {count}");
        report.note(path, Rule::MinItems, Some(least.into()), message);
        return false;
    }
    if count > most {
        let message = format!("must have at most {most} items, got {count}");
        report.note(path, Rule::MaxItems, Some(most.into()), message);
        return false;
    }
    all_valid
}

/// Parses the first `most` items. Returns the number of all items, and `true` if all parsed items are valid.
fn walk_items(
    raw: &str,
    most: u64,
    path: &ValuePath<'_>,
    report: &mut ViolationReport,
    read: ReadItem<'_>,
) -> Result<(u64, bool), NotJson> {
    let mut scan = JsonScanner::new(raw);
    let (mut count, mut all_valid) = (0, true);
    scan.enter_array()?;
    while scan.next_item()? {
        let item = scan.value()?;
        if count < most {
            let index = usize::try_from(count).unwrap_or(usize::MAX);
            all_valid &= read(item, &path.index(index), report);
        }
        count += 1;
    }
    scan.end().map(|()| (count, all_valid))
}

/// Type of a single value in a result: a [`Scalar`], a struct, `str`, or one of these behind a `Box` or a reference.
///
/// `#[derive(ToolSchema)]` implements this trait for structs, unit enums and newtypes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be part of a result",
    label = "the JSON of this type is unknown to the contract",
    note = "results are made of strings, booleans, numbers, enums, newtypes and structs that derive \
            `ToolSchema`, and of `Option` and bounded `Vec` of these",
    note = "return a type that only implements `schemars::JsonSchema` as `Schemars<T>`"
)]
pub trait OutputValue {
    /// Kind of the value's JSON.
    const KIND: Kind;
}

/// Type of a field of a result: an [`OutputValue`], a `Vec` of them, or an `Option` of either.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be part of a result",
    label = "the JSON of this type is unknown to the contract",
    note = "results are made of strings, booleans, numbers, enums, newtypes and structs that derive \
            `ToolSchema`, and of `Option` and bounded `Vec` of these",
    note = "return a type that only implements `schemars::JsonSchema` as `Schemars<T>`"
)]
pub trait Output {
    /// Schema of the field's JSON.
    const SCHEMA: Schema;
}

/// A struct that a tool's function can return, because its JSON is an object.
#[diagnostic::on_unimplemented(
    message = "`{Self}` isn't a struct that derives `ToolSchema`",
    label = "this must be an object",
    note = "add `#[derive(serde::Serialize, ToolSchema)]` to it"
)]
pub trait OutputObject: OutputValue {
    /// Members of the object.
    const OBJECT: &'static Object;
}

#[diagnostic::do_not_recommend]
impl<T: OutputValue> Output for T {
    const SCHEMA: Schema = T::KIND.schema();
}

#[diagnostic::do_not_recommend]
impl<T: OutputValue> Output for Vec<T> {
    const SCHEMA: Schema = T::KIND.schema().array();
}

#[diagnostic::do_not_recommend]
impl<T: OutputValue> Output for Option<T> {
    const SCHEMA: Schema = T::KIND.schema().optional();
}

#[diagnostic::do_not_recommend]
impl<T: OutputValue> Output for Option<Vec<T>> {
    const SCHEMA: Schema = T::KIND.schema().array().optional();
}

impl<T: OutputValue + ?Sized> OutputValue for Box<T> {
    const KIND: Kind = T::KIND;
}

impl<T: OutputValue + ?Sized> OutputValue for &T {
    const KIND: Kind = T::KIND;
}

impl OutputValue for str {
    const KIND: Kind = Kind::TEXT;
}

impl OutputValue for Cow<'_, str> {
    const KIND: Kind = Kind::TEXT;
}

impl<T: UnitEnum> Constant<T> {
    /// Returns the value of an enum's variant as the default of a parameter. `name` is the last name of the path, because
    /// const evaluation can't find the variant of a value. Fails to compile if the enum has no variant of this name.
    #[track_caller]
    #[doc(hidden)]
    #[must_use]
    #[expect(clippy::panic, reason = "a panic in const evaluation is a compile error")]
    pub const fn mcp_tool_default(&self, name: &str) -> ConstantValue {
        let mut i = 0;
        while i < T::VARIANTS.len() {
            let (in_rust, json) = T::VARIANTS[i];
            if text::same(in_rust, name)
                && let Kind::Enum(values) = T::KIND
            {
                return ConstantValue::of_variant(values[i], json);
            }
            i += 1;
        }
        panic!("a constant of an enum can't be a default: write its variant, such as `Priority::Low`")
    }
}

/// Returns the kind of a newtype in results. Fails to compile if serde writes another JSON.
#[track_caller]
#[doc(hidden)]
#[must_use]
#[expect(clippy::panic, reason = "a panic in const evaluation is a compile error")]
pub const fn written_kind<T: Scalar>() -> Kind {
    if !T::IS_WRITTEN {
        panic!(
            "a `Duration` can't be part of a result, because serde writes it as an object: return a number of seconds"
        )
    }
    T::KIND
}

/// Implements [`Scalar`] for each type, as [`scalars`] does.
macro_rules! parameters {
    ($($type:ty: $kind:expr, $value:pat => $read:expr $(, $written:literal)?;)+) => {$(
        impl Scalar for $type {
            const KIND: Kind = $kind;
            $(const IS_WRITTEN: bool = $written;)?

            fn from_value(value: ParsedValue<'_>) -> Result<Self, Unreadable> {
                match value {
                    $value => $read,
                    _ => None,
                }
                .ok_or(Unreadable(stringify!($type)))
            }
        }
    )+};
}

/// Implements [`Scalar`] and [`OutputValue`] for each type, from its kind and an expression that converts a validated
/// value.
macro_rules! scalars {
    ($($type:ty: $kind:expr, $value:pat => $read:expr;)+) => {$(
        parameters! { $type: $kind, $value => $read; }

        impl OutputValue for $type {
            const KIND: Kind = <$type as Scalar>::KIND;
        }
    )+};
}

macro_rules! integers {
    ($($type:ty)+) => {
        scalars! {$(
            $type: Kind::Integer { minimum: <$type>::MIN as i128, maximum: <$type>::MAX as i128 },
                ParsedValue::Integer(value) => <$type>::try_from(value).ok();
        )+}
    };
}

integers!(i8 i16 i32 i64 u8 u16 u32 u64);

scalars! {
    bool: Kind::Boolean, ParsedValue::Boolean(value) => Some(value);
    String: Kind::TEXT, ParsedValue::Text(text) => Some(text.into_owned());
    f64: Kind::Number { minimum: None, maximum: None }, ParsedValue::Number(value) => Some(value);
    f32: Kind::Number { minimum: Some(f32::MIN as f64), maximum: Some(f32::MAX as f64) },
        ParsedValue::Number(value) => Some(value as f32);
}

scalars! {
    char: Kind::Text(bounded(1, 1)), ParsedValue::Text(text) => only(text.chars());
    IpAddr: Kind::Text(patterned(2, 45, Pattern::new(IP_ADDRESS, || {
            static MATCHER: Matcher = Matcher::new(IP_ADDRESS);
            &MATCHER
        }))),
        ParsedValue::Text(text) => text.parse().ok();
    Ipv4Addr: Kind::Text(Format::Ipv4.text()), ParsedValue::Text(text) => text.parse().ok();
    Ipv6Addr: Kind::Text(Format::Ipv6.text()), ParsedValue::Text(text) => text.parse().ok();
}

// Without `OutputValue`: `str` and `Cow` have their own, and serde writes a `Duration` as an object.
parameters! {
    Box<str>: Kind::TEXT, ParsedValue::Text(text) => Some(text.into());
    Cow<'_, str>: Kind::TEXT, ParsedValue::Text(text) => Some(Cow::Owned(text.into_owned()));
    Duration: Kind::Text(Format::Duration.text()),
        ParsedValue::Text(text) => format::seconds(&text).map(Duration::from_secs), false;
}

/// Characters of an IP address. JSON Schema has no format for both versions.
const IP_ADDRESS: &str = "^[0-9A-Fa-f:.]+$";

/// Returns the bounds of a string.
const fn bounded(min_len: u64, max_len: u64) -> Text {
    Text { min_len, max_len: Some(max_len), pattern: None, format: None }
}

/// Returns the bounds of a string with a pattern.
const fn patterned(min_len: u64, max_len: u64, pattern: Pattern) -> Text {
    Text { pattern: Some(pattern), ..bounded(min_len, max_len) }
}

/// Returns the only item of an iterator; `None` if there are none or several.
fn only<T>(mut items: impl Iterator<Item = T>) -> Option<T> {
    let first = items.next();
    first.filter(|_| items.next().is_none())
}

#[cfg(feature = "url")]
scalars! {
    url::Url: Kind::Text(Format::Uri.text()), ParsedValue::Text(text) => url::Url::parse(&text).ok();
}

/// Digits of a decimal number. A `Decimal` has at most 28 digits after the point and 29 in total.
#[cfg(feature = "decimal")]
const DECIMAL: &str = "^-?[0-9]{1,29}(?:[.][0-9]{1,28})?$";

#[cfg(feature = "decimal")]
scalars! {
    rust_decimal::Decimal: Kind::Text(patterned(1, 31, Pattern::new(DECIMAL, || {
            static MATCHER: Matcher = Matcher::new(DECIMAL);
            &MATCHER
        }))),
        // Unlike `FromStr`, this refuses text with more digits than fit, instead of rounding.
        ParsedValue::Text(text) => rust_decimal::Decimal::from_str_exact(&text).ok();
}

#[cfg(feature = "uuid")]
scalars! {
    uuid::Uuid: Kind::Text(Format::Uuid.text()), ParsedValue::Text(text) => text.parse().ok();
}

#[cfg(feature = "chrono")]
scalars! {
    chrono::NaiveDate: Kind::Text(Format::Date.text()), ParsedValue::Text(text) => text.parse().ok();
    chrono::DateTime<chrono::FixedOffset>: Kind::Text(Format::DateTime.text()),
        ParsedValue::Text(text) => chrono::DateTime::parse_from_rfc3339(&text).ok();
    chrono::DateTime<chrono::Utc>: Kind::Text(Format::DateTime.text()),
        ParsedValue::Text(text) => chrono::DateTime::parse_from_rfc3339(&text).ok().map(|instant| instant.to_utc());
}
