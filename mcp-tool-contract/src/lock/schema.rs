//! Parser for the subset of JSON Schema that a lock contains: schemas of parameters and results.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

use crate::{
    bounds::{Field, Format, Items, Kind, Member, Object, Schema, Text},
    pattern::Pattern,
};

/// Leaks a text, because contracts contain only `'static` texts.
pub(super) fn leak(text: String) -> &'static str {
    Box::leak(text.into_boxed_str())
}

/// Members of a JSON object, in the order of the file.
pub(super) struct OrderedMembers<T>(pub(super) Vec<(String, T)>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OrderedMembers<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MembersVisitor<T>(std::marker::PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for MembersVisitor<T> {
            type Value = OrderedMembers<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<OrderedMembers<T>, A::Error> {
                let mut ordered = Vec::new();
                while let Some(member) = members.next_entry()? {
                    ordered.push(member);
                }
                Ok(OrderedMembers(ordered))
            }
        }
        deserializer.deserialize_map(MembersVisitor(std::marker::PhantomData))
    }
}

/// Value of the keyword `type`, such as `"string"` or `["string", "null"]`.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum TypeKeyword {
    One(String),
    Nullable([String; 2]),
}

/// Schema of a parameter, of a result's field, or of an array's items.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct LockedProperty {
    #[serde(rename = "type")]
    ty: TypeKeyword,
    #[serde(default)]
    pub(super) description: String,
    #[serde(rename = "enum")]
    values: Option<Vec<Option<String>>>,
    format: Option<String>,
    #[serde(default)]
    min_length: u64,
    max_length: Option<u64>,
    pattern: Option<String>,
    minimum: Option<Box<RawValue>>,
    maximum: Option<Box<RawValue>>,
    items: Option<Box<LockedProperty>>,
    #[serde(default)]
    min_items: u64,
    max_items: Option<u64>,
    properties: Option<OrderedMembers<LockedProperty>>,
    #[serde(default)]
    required: Vec<String>,
    /// Header that mirrors a parameter. The parser of parameters takes it out before it calls `schema`.
    #[serde(rename = "x-mcp-header")]
    pub(super) header: Option<String>,
}

/// Output schema of a tool.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LockedOutput {
    #[serde(rename = "type")]
    _type: TypeKeyword,
    pub(super) properties: OrderedMembers<LockedProperty>,
    pub(super) required: Vec<String>,
}

/// Converts the properties of an object to an [`Object`]. Tags and the fields of flattened structs become ordinary
/// fields, because their schemas don't differ from those of fields.
pub(super) fn members(
    properties: OrderedMembers<LockedProperty>,
    required: &[String],
) -> Result<&'static Object, String> {
    let mut members = Vec::new();
    for (name, mut property) in properties.0 {
        let description = std::mem::take(&mut property.description);
        let is_required = required.contains(&name);
        let schema = property.schema().map_err(|reason| format!("result field '{name}': {reason}"))?;
        let field = Field { name: leak(name), description: leak(description), schema, required: is_required };
        members.push(Member::Field(field));
    }
    Ok(Box::leak(Box::new(Object { members: members.leak() })))
}

impl LockedProperty {
    /// Converts the property to the schema of its value.
    pub(super) fn schema(self) -> Result<Schema, String> {
        if self.header.is_some() {
            return Err("only a parameter can have `x-mcp-header`, not a result or a nested value".into());
        }
        let (ty, optional) = match self.ty {
            TypeKeyword::One(ref ty) => (ty.clone(), false),
            TypeKeyword::Nullable([ref ty, ref null]) if null == "null" => (ty.clone(), true),
            TypeKeyword::Nullable(_) => return Err("a union must be of one type and `null`".into()),
        };
        if ty == "array" {
            let items = self.items.ok_or("an array needs `items`")?.schema()?;
            if items.items.is_some() {
                return Err("an array can't contain arrays".into());
            }
            let bounds = Items { min: self.min_items, max: self.max_items };
            return Ok(Schema { kind: items.kind, items: Some(bounds), optional });
        }
        let kind = match ty.as_str() {
            "boolean" => Kind::Boolean,
            "integer" => Kind::Integer { minimum: bound(self.minimum)?, maximum: bound(self.maximum)? },
            "number" => Kind::Number {
                minimum: self.minimum.map(|bound| self::bound(Some(bound))).transpose()?,
                maximum: self.maximum.map(|bound| self::bound(Some(bound))).transpose()?,
            },
            "string" => match self.values {
                // `flatten` drops the `null` of an optional enum.
                Some(values) => Kind::Enum(values.into_iter().flatten().map(leak).collect::<Vec<_>>().leak()),
                None => {
                    Kind::Text(text(self.format.as_deref(), self.min_length, self.max_length, self.pattern)?)
                }
            },
            "object" => {
                Kind::Object(members(self.properties.ok_or("an object needs `properties`")?, &self.required)?)
            }
            other => return Err(format!("the type '{other}' isn't supported")),
        };
        Ok(Schema { kind, items: None, optional })
    }
}

/// Parses a bound from its JSON text, so that no digit is lost.
fn bound<N: std::str::FromStr>(bound: Option<Box<RawValue>>) -> Result<N, String> {
    // Only an integer's bound can be absent: a number's bound is parsed only if it is present.
    let raw = bound.ok_or("an integer needs `minimum` and `maximum`")?;
    raw.get().parse().map_err(|_| format!("{raw} isn't a valid bound of this type"))
}

/// Creates the bounds of a string.
fn text(
    format: Option<&str>,
    min_len: u64,
    max_len: Option<u64>,
    pattern: Option<String>,
) -> Result<Text, String> {
    let format = match format {
        None => None,
        Some(name) => {
            let found = Format::ALL.into_iter().find(|format| format.name() == name);
            Some(found.ok_or_else(|| format!("the format '{name}' isn't supported"))?)
        }
    };
    Ok(Text { min_len, max_len, pattern: pattern.map(|source| Pattern::from_lock(leak(source))), format })
}
