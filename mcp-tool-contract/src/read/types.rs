//! The types that a function may take and return.

use super::{
    scan::{JsonScanner, NotJson},
    value::{ParsedValue, mistyped, parse_value},
    violation::{Rule, ValuePath, ViolationReport},
};
use crate::bounds::{Items, Kind, Object, Schema};

/// A judged value that the type can't hold after all; names what it isn't.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unreadable(pub &'static str);

/// A single value that an agent can send: a string, boolean, integer, float, enum or newtype.
///
/// `#[derive(ToolSchema)]` implements it for unit enums and for newtypes of these.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be a parameter",
    label = "an agent can't send this",
    note = "parameters are `String`, `bool`, integers up to 64 bits, `f64`, `f32`, and enums and newtypes \
            that derive `ToolSchema`; and `Vec` or `Option` of these",
    note = "a struct is sent flat: make each of its fields a parameter, or split the tool",
    note = "what the server lends is borrowed: `&{Self}`"
)]
pub trait Scalar: Sized {
    /// What a value of the type may be.
    const KIND: Kind;

    /// The type's own value of what [`KIND`](Scalar::KIND) admitted.
    ///
    /// # Errors
    /// Where the type holds less than its kind says.
    fn from_value(value: ParsedValue<'_>) -> Result<Self, Unreadable>;
}

/// What a parameter's argument is read into: a [`Scalar`], a `Vec` of them, or an `Option` of either.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be a parameter",
    label = "an agent can't send this",
    note = "parameters are `String`, `bool`, integers up to 64 bits, `f64`, `f32`, and enums and newtypes \
            that derive `ToolSchema`; and `Vec` or `Option` of these",
    note = "a struct is sent flat: make each of its fields a parameter, or split the tool",
    note = "what the server lends is borrowed: `&{Self}`"
)]
pub trait Parameter: Sized {
    /// What the argument may be.
    const SCHEMA: Schema;

    /// Reads the JSON text of an argument that is there; what is wrong goes to the report.
    fn read(raw: &str, schema: &Schema, path: &ValuePath<'_>, report: &mut ViolationReport) -> Option<Self>;

    /// What an absent argument means, where it means something.
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
            Err(Unreadable(wanted)) => {
                let message = format!("not a valid {wanted}");
                report.note(path, Rule::Format, Some(wanted.into()), message);
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
        let whole = each_item(raw, schema.items.as_ref(), path, report, &mut |raw, path, report| {
            let item = <T as Parameter>::read(raw, schema, path, report);
            let read = item.is_some();
            items.extend(item);
            read
        });
        whole.then_some(items)
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

/// Reads one item of an array; `false` where it was wrong.
pub(super) type ReadItem<'f> = &'f mut dyn FnMut(&str, &ValuePath<'_>, &mut ViolationReport) -> bool;

/// Walks an array's text. Items beyond the bound are counted, not read. `false` where anything was wrong.
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
    let (count, whole) = match walk_items(raw, most, path, report, read) {
        Ok(walked) => walked,
        Err(NotJson) => {
            report.note(path, Rule::Syntax, None, "not readable as JSON".into());
            return false;
        }
    };
    if count < least {
        let message = format!("{count} items, at least {least} wanted");
        report.note(path, Rule::MinItems, Some(least.into()), message);
        return false;
    }
    if count > most {
        let message = format!("{count} items, at most {most} allowed");
        report.note(path, Rule::MaxItems, Some(most.into()), message);
        return false;
    }
    whole
}

/// The number of items, and whether those that were read were right.
fn walk_items(
    raw: &str,
    most: u64,
    path: &ValuePath<'_>,
    report: &mut ViolationReport,
    read: ReadItem<'_>,
) -> Result<(u64, bool), NotJson> {
    let mut scan = JsonScanner::new(raw);
    let (mut count, mut whole) = (0, true);
    scan.enter_array()?;
    while scan.next_item()? {
        let item = scan.value()?;
        if count < most {
            let index = usize::try_from(count).unwrap_or(usize::MAX);
            whole &= read(item, &path.index(index), report);
        }
        count += 1;
    }
    scan.end().map(|()| (count, whole))
}

/// A single value that a function can return inside a struct: a [`Scalar`] or another struct.
///
/// `#[derive(ToolSchema)]` implements it for structs, unit enums and newtypes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be part of a result",
    label = "the contract doesn't know what this is in JSON",
    note = "results are made of strings, booleans, numbers, enums, newtypes and structs that derive \
            `ToolSchema`, and of `Option` and bounded `Vec` of these",
    note = "a type that has `schemars::JsonSchema` alone comes by `Schemars<T>`"
)]
pub trait OutputValue {
    /// What its JSON is.
    const KIND: Kind;
}

/// What a field of a result may be: an [`OutputValue`], a `Vec` of them, or an `Option` of either.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be part of a result",
    label = "the contract doesn't know what this is in JSON",
    note = "results are made of strings, booleans, numbers, enums, newtypes and structs that derive \
            `ToolSchema`, and of `Option` and bounded `Vec` of these",
    note = "a type that has `schemars::JsonSchema` alone comes by `Schemars<T>`"
)]
pub trait Output {
    /// What its JSON is.
    const SCHEMA: Schema;
}

/// A struct that a function can return: its JSON is an object.
#[diagnostic::on_unimplemented(
    message = "`{Self}` isn't a struct that derives `ToolSchema`",
    label = "an object is wanted here",
    note = "add `#[derive(serde::Serialize, ToolSchema)]` to it"
)]
pub trait OutputObject: OutputValue {
    /// Its shape.
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

/// Types that are both: what they hold, and how a judged value becomes one.
macro_rules! scalars {
    ($($type:ty: $kind:expr, $value:pat => $read:expr;)+) => {$(
        impl Scalar for $type {
            const KIND: Kind = $kind;

            fn from_value(value: ParsedValue<'_>) -> Result<Self, Unreadable> {
                match value {
                    $value => $read,
                    _ => None,
                }
                .ok_or(Unreadable(stringify!($type)))
            }
        }

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

#[cfg(feature = "uuid")]
scalars! {
    uuid::Uuid: Kind::String(crate::bounds::Format::Uuid.text()), ParsedValue::Text(text) => text.parse().ok();
}

#[cfg(feature = "chrono")]
scalars! {
    chrono::NaiveDate: Kind::String(crate::bounds::Format::Date.text()), ParsedValue::Text(text) => text.parse().ok();
    chrono::DateTime<chrono::FixedOffset>: Kind::String(crate::bounds::Format::DateTime.text()),
        ParsedValue::Text(text) => chrono::DateTime::parse_from_rfc3339(&text).ok();
    chrono::DateTime<chrono::Utc>: Kind::String(crate::bounds::Format::DateTime.text()),
        ParsedValue::Text(text) => chrono::DateTime::parse_from_rfc3339(&text).ok().map(|instant| instant.to_utc());
}
