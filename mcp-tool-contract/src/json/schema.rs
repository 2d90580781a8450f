//! JSON Schema 2020-12 of parameters and results. All schemas except those that are known only at run time use a
//! portable subset, which every client accepts: types with bounds, without `default`. Constraints add keywords.

use std::collections::BTreeMap;

use serde::ser::{Error as _, Serialize, SerializeMap, SerializeSeq, Serializer};
use serde_json::Value;

use crate::{
    bounds::{Items, Kind, Member, Object, Schema, Text},
    model::{Contract, Param, ToolOutput},
};

/// Schema keyword whose value names the header that mirrors an argument (revision 2026-07-28, tools §x-mcp-header).
pub const HEADER: &str = "x-mcp-header";

/// Selects whether titles and descriptions are included. Listings include them, digests omit them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Prose {
    /// With descriptions and titles.
    Kept,
    /// Without descriptions and titles.
    Dropped,
}

impl Contract {
    /// Returns the input schema. Parameters keep the order of the signature; `required` is always present.
    #[must_use]
    pub const fn input_schema(&self, prose: Prose) -> impl Serialize + use<> {
        InputSchema { params: self.input, constraints: self.constraints, prose }
    }

    /// Returns the output schema of a structured result, whose root is an object. `None` for other results: nothing,
    /// text and content blocks.
    #[must_use]
    pub fn output_schema(&self, prose: Prose) -> Option<impl Serialize + use<>> {
        Some(match self.output {
            ToolOutput::Nothing | ToolOutput::Text | ToolOutput::Content => return None,
            ToolOutput::Object(object) | ToolOutput::Paged(object) => {
                OutputSchema::Declared(ObjectSchema { object, prose })
            }
            ToolOutput::Dynamic(schema) => OutputSchema::of(schema(), prose),
            // Parsing never fails, because the lock's parser accepted the schema as JSON.
            ToolOutput::FromLock(schema) => {
                OutputSchema::of(serde_json::from_str(schema).unwrap_or_default(), prose)
            }
        })
    }
}

struct InputSchema {
    params: &'static [Param],
    constraints: Option<&'static str>,
    prose: Prose,
}

impl Serialize for InputSchema {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(4))?;
        map.serialize_entry("type", "object")?;
        map.serialize_entry("properties", &InputProperties(self))?;
        let required = self.params.iter().filter(|param| param.is_required()).map(|param| param.name);
        map.serialize_entry("required", &required.collect::<Vec<_>>())?;
        map.serialize_entry("additionalProperties", &false)?;
        if let Some(constraints) = self.constraints {
            let members: BTreeMap<String, Value> =
                serde_json::from_str(constraints).map_err(S::Error::custom)?;
            for (keyword, value) in &members {
                map.serialize_entry(keyword, value)?;
            }
        }
        map.end()
    }
}

struct InputProperties<'p>(&'p InputSchema);

impl Serialize for InputProperties<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let InputSchema { params, prose, constraints: _ } = self.0;
        serializer.collect_map(params.iter().map(|param| {
            let description = match param.default {
                Some(default) => super::with_default(param.description, default),
                None => param.description.to_owned(),
            };
            // A `null` argument counts as absent. The schema still has a plain type, because not every client accepts a
            // union with `null`.
            let schema = Schema { optional: false, ..param.schema };
            (param.name, PropertySchema { schema, description, header: param.header, prose: *prose })
        }))
    }
}

/// Schema of a parameter or of a result's field. `header` is the header that mirrors the parameter, if any.
struct PropertySchema {
    schema: Schema,
    description: String,
    header: Option<&'static str>,
    prose: Prose,
}

impl Serialize for PropertySchema {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let is_described = self.prose == Prose::Kept && !self.description.is_empty();
        let description = is_described.then_some(self.description.as_str());
        let mut map = serializer.serialize_map(None)?;
        match &self.schema.items {
            Some(Items { min, max }) => {
                write_type(&mut map, "array", self.schema.optional, description)?;
                let items = Schema { items: None, optional: false, ..self.schema };
                map.serialize_entry("items", &ItemSchema { schema: items, prose: self.prose })?;
                if *min > 0 {
                    map.serialize_entry("minItems", min)?;
                }
                if let Some(max) = max {
                    map.serialize_entry("maxItems", max)?;
                }
            }
            None => write_kind(&mut map, &self.schema, description, self.prose)?,
        }
        match (self.header, self.prose) {
            (None, _) => {}
            (Some(header), Prose::Kept) => map.serialize_entry(HEADER, header)?,
            // Digests don't depend on the case, because header names are case-insensitive (RFC 9110 §5.1).
            (Some(header), Prose::Dropped) => map.serialize_entry(HEADER, &header.to_ascii_lowercase())?,
        }
        map.end()
    }
}

/// Schema of the items of an array.
struct ItemSchema {
    schema: Schema,
    prose: Prose,
}

impl Serialize for ItemSchema {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        write_kind(&mut map, &self.schema, None, self.prose)?;
        map.end()
    }
}

/// Writes `type` and `description`.
fn write_type<M: SerializeMap>(
    map: &mut M,
    name: &str,
    nullable: bool,
    description: Option<&str>,
) -> Result<(), M::Error> {
    if nullable {
        map.serialize_entry("type", &[name, "null"])?;
    } else {
        map.serialize_entry("type", name)?;
    }
    match description {
        Some(description) => map.serialize_entry("description", description),
        None => Ok(()),
    }
}

/// Writes all keywords of a single value; the caller writes the keywords of an array.
fn write_kind<M: SerializeMap>(
    map: &mut M,
    schema: &Schema,
    description: Option<&str>,
    prose: Prose,
) -> Result<(), M::Error> {
    match &schema.kind {
        Kind::Boolean => write_type(map, "boolean", schema.optional, description),
        Kind::Integer { minimum, maximum } => {
            write_type(map, "integer", schema.optional, description)?;
            map.serialize_entry("minimum", minimum)?;
            map.serialize_entry("maximum", maximum)
        }
        Kind::Number { minimum, maximum } => {
            write_type(map, "number", schema.optional, description)?;
            if let Some(minimum) = minimum {
                map.serialize_entry("minimum", minimum)?;
            }
            if let Some(maximum) = maximum {
                map.serialize_entry("maximum", maximum)?;
            }
            Ok(())
        }
        Kind::Text(Text { min_len, max_len, pattern, format }) => {
            write_type(map, "string", schema.optional, description)?;
            if let Some(format) = format {
                map.serialize_entry("format", format.name())?;
            }
            if *min_len > 0 {
                map.serialize_entry("minLength", min_len)?;
            }
            if let Some(max_len) = max_len {
                map.serialize_entry("maxLength", max_len)?;
            }
            match pattern {
                Some(pattern) => map.serialize_entry("pattern", pattern.source()),
                None => Ok(()),
            }
        }
        Kind::Enum(values) => {
            write_type(map, "string", schema.optional, description)?;
            map.serialize_entry("enum", &EnumValues { values, nullable: schema.optional })
        }
        Kind::Object(object) => {
            write_type(map, "object", schema.optional, description)?;
            write_object(map, object, prose)
        }
    }
}

/// Value of the keyword `enum`. It includes `null` if the value may be `null`.
struct EnumValues {
    values: &'static [&'static str],
    nullable: bool,
}

impl Serialize for EnumValues {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut seq = serializer.serialize_seq(None)?;
        for value in self.values {
            seq.serialize_element(value)?;
        }
        if self.nullable {
            seq.serialize_element(&())?;
        }
        seq.end()
    }
}

enum OutputSchema {
    /// Schema of a struct that derives `ToolSchema`.
    Declared(ObjectSchema),
    /// Schema that is known only at run time, or such a schema from a lock.
    Dynamic(Value),
}

impl OutputSchema {
    /// Wraps a schema that is known only at run time.
    fn of(schema: Value, prose: Prose) -> OutputSchema {
        OutputSchema::Dynamic(match prose {
            Prose::Kept => schema,
            Prose::Dropped => without_prose(schema),
        })
    }
}

impl Serialize for OutputSchema {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            OutputSchema::Declared(schema) => schema.serialize(serializer),
            OutputSchema::Dynamic(schema) => schema.serialize(serializer),
        }
    }
}

struct ObjectSchema {
    object: &'static Object,
    prose: Prose,
}

impl Serialize for ObjectSchema {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", "object")?;
        write_object(&mut map, self.object, self.prose)?;
        map.end()
    }
}

/// Writes the keywords of a result's object. `additionalProperties` is omitted, so that adding a field doesn't break
/// readers. The server itself sends only declared fields.
fn write_object<M: SerializeMap>(map: &mut M, object: &'static Object, prose: Prose) -> Result<(), M::Error> {
    map.serialize_entry("properties", &ObjectFields { object, prose })?;
    let mut required = Vec::new();
    collect_required(object, &mut required);
    map.serialize_entry("required", &required)
}

fn collect_required(object: &'static Object, found: &mut Vec<&'static str>) {
    for member in object.members {
        match member {
            Member::Field(field) if field.required => found.push(field.name),
            Member::Field(_) => {}
            Member::Tag(name, _) => found.push(name),
            Member::Flatten(inner) => collect_required(inner, found),
        }
    }
}

struct ObjectFields {
    object: &'static Object,
    prose: Prose,
}

impl Serialize for ObjectFields {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        write_fields(&mut map, self.object, self.prose)?;
        map.end()
    }
}

/// Writes the schemas of an object's fields. The fields of a flattened struct are fields of the object.
fn write_fields<M: SerializeMap>(map: &mut M, object: &'static Object, prose: Prose) -> Result<(), M::Error> {
    for member in object.members {
        match member {
            Member::Field(field) => {
                let description = field.description.to_owned();
                let property = PropertySchema { schema: field.schema, description, header: None, prose };
                map.serialize_entry(field.name, &property)?;
            }
            Member::Tag(name, value) => map.serialize_entry(name, &TagSchema(value))?,
            Member::Flatten(inner) => write_fields(map, inner, prose)?,
        }
    }
    Ok(())
}

/// Schema of a tag (serde's `tag`): a string with one possible value.
struct TagSchema(&'static str);

impl Serialize for TagSchema {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("type", "string")?;
        map.serialize_entry("enum", &[self.0])?;
        map.end()
    }
}

/// Removes the keywords `title`, `description`, `$comment` and `examples` from a schema and the schemas in it. Keeps
/// properties with these names.
fn without_prose(mut schema: Value) -> Value {
    if let Value::Object(keywords) = &mut schema {
        for annotation in ["title", "description", "$comment", "examples"] {
            keywords.remove(annotation);
        }
        for (keyword, value) in keywords.iter_mut() {
            match (keyword.as_str(), value.take()) {
                ("properties" | "$defs" | "patternProperties", Value::Object(named)) => {
                    let named = named.into_iter().map(|(name, schema)| (name, without_prose(schema)));
                    *value = Value::Object(named.collect());
                }
                (_, Value::Array(schemas)) => *value = schemas.into_iter().map(without_prose).collect(),
                (_, other) => *value = without_prose(other),
            }
        }
    }
    schema
}
