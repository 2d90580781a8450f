//! The contract as JSON: JSON Schema 2020-12 in the portable subset that every client accepts, the entry of
//! `tools/list`, and the form without prose that a contract's digest is taken over.

use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use serde_json::Value;

use crate::{
    bounds::{Items, Kind, Schema, Text},
    digest::Digest,
    model::{Contract, Hints, Member, Object, Output, Param},
};

/// The `_meta` key of a contract's version (SEP-1575's words, the project's prefix).
pub const META_VERSION: &str = "dev.mcp-tool/version";
/// The `_meta` key of a contract's digest.
pub const META_CONTRACT: &str = "dev.mcp-tool/contract";

/// Whether descriptions are written: callers read them, digests leave them out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prose {
    /// With descriptions and titles.
    Kept,
    /// What binds, alone.
    Dropped,
}

impl Contract {
    /// The input schema. A parameter's order is the signature's; `required` is always there.
    #[must_use]
    pub const fn input_schema(&self, prose: Prose) -> impl Serialize + use<> {
        Input { params: self.input, prose }
    }

    /// The output schema, where results are structured; its root is an object.
    #[must_use]
    pub fn output_schema(&self, prose: Prose) -> Option<impl Serialize + use<>> {
        Some(match self.output {
            Output::Nothing | Output::Text => return None,
            Output::Object(object) | Output::Page(object) => Root::Declared(Shape { object, prose }),
            Output::Dynamic(schema) => Root::Dynamic(match prose {
                Prose::Kept => schema(),
                Prose::Dropped => without_prose(schema()),
            }),
        })
    }

    /// The entry of `tools/list` (`Tool` of the protocol's schema).
    #[must_use]
    pub fn listing(&self, digest: &Digest) -> impl Serialize + use<> {
        Listing { contract: *self, digest: digest.to_string() }
    }

    /// The digest over the RFC 8785 form of all that binds: everything but prose.
    ///
    /// # Errors
    /// When a schema that is known only at run time can't be JSON.
    pub fn digest(&self) -> Result<Digest, serde_json::Error> {
        Digest::of_canonical(&Binding { contract: *self })
    }
}

/// What binds, for the digest.
struct Binding {
    contract: Contract,
}

impl Serialize for Binding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let contract = &self.contract;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("name", contract.name)?;
        map.serialize_entry("version", &contract.version.to_string())?;
        map.serialize_entry("inputSchema", &contract.input_schema(Prose::Dropped))?;
        map.serialize_entry("outputSchema", &contract.output_schema(Prose::Dropped))?;
        map.serialize_entry("annotations", &Annotations { hints: contract.hints, title: None })?;
        map.serialize_entry("scopes", contract.scopes)?;
        map.serialize_entry("secrets", &Secrets(contract.input))?;
        map.serialize_entry("timeoutMs", &contract.timeout_ms)?;
        map.serialize_entry("concurrency", &contract.concurrency)?;
        map.end()
    }
}

struct Secrets(&'static [Param]);

impl Serialize for Secrets {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().filter(|param| param.secret).map(|param| param.name))
    }
}

struct Listing {
    contract: Contract,
    digest: String,
}

impl Serialize for Listing {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let contract = &self.contract;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("name", contract.name)?;
        if let Some(title) = contract.title {
            map.serialize_entry("title", title)?;
        }
        map.serialize_entry("description", contract.description)?;
        map.serialize_entry("inputSchema", &contract.input_schema(Prose::Kept))?;
        if let Some(schema) = contract.output_schema(Prose::Kept) {
            map.serialize_entry("outputSchema", &schema)?;
        }
        map.serialize_entry("annotations", &Annotations { hints: contract.hints, title: contract.title })?;
        map.serialize_entry("_meta", &Stamp { contract, digest: &self.digest })?;
        map.end()
    }
}

struct Stamp<'s> {
    contract: &'s Contract,
    digest: &'s str,
}

impl Serialize for Stamp<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry(META_VERSION, &self.contract.version.to_string())?;
        map.serialize_entry(META_CONTRACT, self.digest)?;
        map.end()
    }
}

struct Annotations {
    hints: Hints,
    title: Option<&'static str>,
}

impl Serialize for Annotations {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Hints { read_only, destructive, idempotent, open_world } = self.hints;
        let mut map = serializer.serialize_map(None)?;
        if let Some(title) = self.title {
            map.serialize_entry("title", title)?;
        }
        map.serialize_entry("readOnlyHint", &read_only)?;
        map.serialize_entry("destructiveHint", &destructive)?;
        map.serialize_entry("idempotentHint", &idempotent)?;
        map.serialize_entry("openWorldHint", &open_world)?;
        map.end()
    }
}

struct Input {
    params: &'static [Param],
    prose: Prose,
}

impl Serialize for Input {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(4))?;
        map.serialize_entry("type", "object")?;
        map.serialize_entry("properties", &Properties(self))?;
        let required = self.params.iter().filter(|param| param.is_required()).map(|param| param.name);
        map.serialize_entry("required", &required.collect::<Vec<_>>())?;
        map.serialize_entry("additionalProperties", &false)?;
        map.end()
    }
}

struct Properties<'p>(&'p Input);

impl Serialize for Properties<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Input { params, prose } = self.0;
        serializer.collect_map(params.iter().map(|param| {
            let description = match param.default {
                Some(default) => format!("{} Default: {}.", param.description, default.json),
                None => param.description.to_owned(),
            };
            // `null` counts as absent when a call is read; the schema stays a plain type, which clients take.
            let schema = Schema { optional: false, ..param.schema };
            (param.name, Property { schema, description, prose: *prose })
        }))
    }
}

/// One property with its description.
struct Property {
    schema: Schema,
    description: String,
    prose: Prose,
}

impl Serialize for Property {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let description = (self.prose == Prose::Kept).then_some(self.description.as_str());
        let mut map = serializer.serialize_map(None)?;
        match &self.schema.items {
            Some(Items { min, max }) => {
                typed(&mut map, "array", self.schema.optional, description)?;
                let items = Schema { items: None, optional: false, ..self.schema };
                map.serialize_entry("items", &Bare { schema: items, prose: self.prose })?;
                if *min > 0 {
                    map.serialize_entry("minItems", min)?;
                }
                if let Some(max) = max {
                    map.serialize_entry("maxItems", max)?;
                }
            }
            None => kind(&mut map, &self.schema, description, self.prose)?,
        }
        map.end()
    }
}

/// The items of an array.
struct Bare {
    schema: Schema,
    prose: Prose,
}

impl Serialize for Bare {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        kind(&mut map, &self.schema, None, self.prose)?;
        map.end()
    }
}

fn typed<M: SerializeMap>(
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

fn kind<M: SerializeMap>(
    map: &mut M,
    schema: &Schema,
    description: Option<&str>,
    prose: Prose,
) -> Result<(), M::Error> {
    match &schema.kind {
        Kind::Boolean => typed(map, "boolean", schema.optional, description),
        Kind::Integer { minimum, maximum } => {
            typed(map, "integer", schema.optional, description)?;
            map.serialize_entry("minimum", minimum)?;
            map.serialize_entry("maximum", maximum)
        }
        Kind::Number { minimum, maximum } => {
            typed(map, "number", schema.optional, description)?;
            if let Some(minimum) = minimum {
                map.serialize_entry("minimum", minimum)?;
            }
            if let Some(maximum) = maximum {
                map.serialize_entry("maximum", maximum)?;
            }
            Ok(())
        }
        Kind::String(Text { min_len, max_len, pattern, format }) => {
            typed(map, "string", schema.optional, description)?;
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
            typed(map, "string", schema.optional, description)?;
            map.serialize_entry("enum", &Values { values, nullable: schema.optional })
        }
        Kind::Object(object) => {
            typed(map, "object", schema.optional, description)?;
            object_members(map, object, prose)
        }
    }
}

struct Values {
    values: &'static [&'static str],
    nullable: bool,
}

impl Serialize for Values {
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

enum Root {
    Declared(Shape),
    Dynamic(Value),
}

impl Serialize for Root {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Root::Declared(shape) => shape.serialize(serializer),
            Root::Dynamic(schema) => schema.serialize(serializer),
        }
    }
}

struct Shape {
    object: &'static Object,
    prose: Prose,
}

impl Serialize for Shape {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", "object")?;
        object_members(&mut map, self.object, self.prose)?;
        map.end()
    }
}

/// The members of a result's object. It stays open to readers, so that a field can be added without breaking
/// them; the server itself sends nothing that isn't declared.
fn object_members<M: SerializeMap>(
    map: &mut M,
    object: &'static Object,
    prose: Prose,
) -> Result<(), M::Error> {
    map.serialize_entry("properties", &Fields { object, prose })?;
    let mut required = Vec::new();
    required_of(object, &mut required);
    map.serialize_entry("required", &required)
}

fn required_of(object: &'static Object, found: &mut Vec<&'static str>) {
    for member in object.members {
        match member {
            Member::Field(field) if field.required => found.push(field.name),
            Member::Field(_) => {}
            Member::Tag(name, _) => found.push(name),
            Member::Flatten(inner) => required_of(inner, found),
        }
    }
}

struct Fields {
    object: &'static Object,
    prose: Prose,
}

impl Serialize for Fields {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        fields(&mut map, self.object, self.prose)?;
        map.end()
    }
}

fn fields<M: SerializeMap>(map: &mut M, object: &'static Object, prose: Prose) -> Result<(), M::Error> {
    for member in object.members {
        match member {
            Member::Field(field) => {
                let description = field.description.to_owned();
                map.serialize_entry(field.name, &Property { schema: field.schema, description, prose })?;
            }
            Member::Tag(name, value) => map.serialize_entry(name, &Tag(value))?,
            Member::Flatten(inner) => fields(map, inner, prose)?,
        }
    }
    Ok(())
}

struct Tag(&'static str);

impl Serialize for Tag {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("type", "string")?;
        map.serialize_entry("enum", &[self.0])?;
        map.end()
    }
}

/// A schema without its annotations (2020-12 validation §9), property names left alone.
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
