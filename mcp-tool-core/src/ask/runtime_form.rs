//! Forms whose schema is known at run time only (`CallContext::ask_for`).
//!
//! A schema is allowed if rmcp's type [`ElicitationSchema`] can represent it completely. rmcp doesn't validate answers,
//! and the `jsonschema` crate is optional, so answers are validated here.

use std::fmt::Display;

use mcp_tool_contract::{
    bounds::Format,
    read::{format::has_format, violation::escaped_excerpt},
};
use rmcp::model::{
    ElicitationSchema, EnumSchema, MultiSelectEnumSchema, PrimitiveSchemaDefinition, SingleSelectEnumSchema,
    StringFormat, StringSchema,
};
use serde::Deserialize as _;
use serde_json::{Map, Value};

use super::{
    Reply,
    question::{Question, read_elicitation},
};

/// Accepts a schema of MCP elicitation. A keyword that is lost in rmcp's type is refused, because clients may ignore
/// it, and answers aren't validated against it.
///
/// # Errors
/// The reason, which names the property or keyword.
pub(super) fn check(schema: &Value) -> Result<(), String> {
    const KEYWORDS: [&str; 4] = ["$schema", "type", "properties", "required"];
    let properties = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
    for (name, property) in properties {
        let invalid = |reason: &str| Err(format!("property `{name}` of the form: {reason}"));
        let Ok(parsed) = PrimitiveSchemaDefinition::deserialize(property) else {
            return invalid(
                "must be a string, number, integer, boolean, choice of strings or list of such choices, with \
                 keywords of MCP elicitation",
            );
        };
        let parsed = serde_json::to_value(parsed).map_err(|error| error.to_string())?;
        if let Some(keyword) = dropped_keyword(property, &parsed) {
            return invalid(&format!("`{keyword}` isn't a keyword of this type in MCP elicitation"));
        }
    }
    let parsed = ElicitationSchema::deserialize(schema)
        .map_err(|error| format!("the form's schema isn't one of MCP elicitation: {error}"))?;
    let mut keywords = schema.as_object().into_iter().flat_map(Map::keys);
    if let Some(keyword) = keywords.find(|keyword| !KEYWORDS.contains(&keyword.as_str())) {
        return Err(format!("the form's schema has `{keyword}`; it may have {}", KEYWORDS.join(", ")));
    }
    match parsed.required.iter().flatten().find(|name| !parsed.properties.contains_key(*name)) {
        Some(name) => Err(format!("`{name}` is required and isn't a property of the form")),
        None => Ok(()),
    }
}

/// Returns the first keyword of `schema`, at any depth, that is missing in `parsed`; `None` if
/// there is none.
fn dropped_keyword<'s>(schema: &'s Value, parsed: &Value) -> Option<&'s str> {
    match (schema, parsed) {
        (Value::Object(schema), Value::Object(parsed)) => {
            schema.iter().find_map(|(keyword, value)| match parsed.get(keyword) {
                None => Some(keyword.as_str()),
                Some(parsed) => dropped_keyword(value, parsed),
            })
        }
        (Value::Array(schema), Value::Array(parsed)) => {
            schema.iter().zip(parsed).find_map(|(schema, parsed)| dropped_keyword(schema, parsed))
        }
        _ => None,
    }
}

/// Parses an answer and validates it against the question's schema. Members that the schema doesn't
/// have are removed.
pub(super) fn read(question: &Question, answer: &Value) -> Result<Reply<Value>, String> {
    let schema = ElicitationSchema::deserialize(&question.params["requestedSchema"])
        .map_err(|error| error.to_string())?;
    read_elicitation(answer, |answer| {
        let content = answer.get("content").and_then(Value::as_object);
        let (mut values, mut violations) = (Map::new(), Vec::new());
        // A deserialized schema always has `property_order`, the names of all properties.
        for name in schema.property_order.iter().flatten() {
            let Some(property) = schema.properties.get(name) else { continue };
            match content.and_then(|content| content.get(name)).filter(|value| !value.is_null()) {
                Some(value) => match check_value(property, value) {
                    Ok(()) => drop(values.insert(name.clone(), value.clone())),
                    Err(reason) => violations.push(format!("/{name}: {reason}")),
                },
                None if schema.required.iter().flatten().any(|required| required == name) => {
                    violations.push(format!("/{name}: required"));
                }
                None => {}
            }
        }
        if violations.is_empty() { Ok(Value::Object(values)) } else { Err(violations.join("\n")) }
    })
}

fn check_value(property: &PrimitiveSchemaDefinition, value: &Value) -> Result<(), String> {
    match property {
        PrimitiveSchemaDefinition::Boolean(_) => value.as_bool().map(drop).ok_or("must be a boolean".into()),
        PrimitiveSchemaDefinition::Number(schema) => {
            let number = value.as_f64().ok_or("must be a number")?;
            check_range(number, schema.minimum, schema.maximum, "")
        }
        PrimitiveSchemaDefinition::Integer(schema) => {
            let integer =
                value.as_f64().filter(|number| number.fract() == 0.0).ok_or("must be an integer")?;
            let bound = |bound: Option<i64>| bound.map(|bound| bound as f64);
            check_range(integer, bound(schema.minimum), bound(schema.maximum), "")
        }
        PrimitiveSchemaDefinition::String(schema) => check_text(schema, value),
        PrimitiveSchemaDefinition::Enum(schema) => check_choices(schema, value),
        // rmcp's enum is `non_exhaustive`; a later rmcp may add a type.
        _ => Err("can't be validated".into()),
    }
}

fn check_text(schema: &StringSchema, value: &Value) -> Result<(), String> {
    let text = value.as_str().ok_or("must be a string")?;
    // No check of the text shows whether an email address or a URI exists, so the check is simple:
    // a separator, text on both sides of it, and no whitespace.
    let has_parts = |separator| {
        text.split_once(separator).is_some_and(|(left, right)| !left.is_empty() && !right.is_empty())
            && !text.contains(char::is_whitespace)
    };
    let (is_valid, expected) = match schema.format {
        None => (true, ""),
        Some(StringFormat::Email) => (has_parts('@'), "an email address"),
        Some(StringFormat::Uri) => (has_parts(':'), "a URI"),
        Some(StringFormat::Date) => (has_format(Format::Date, text), "a date (YYYY-MM-DD)"),
        Some(StringFormat::DateTime) => (has_format(Format::DateTime, text), "a date and time (RFC 3339)"),
        Some(_) => return Err("can't be validated".into()),
    };
    if !is_valid {
        return Err(format!("must be {expected}"));
    }
    let length = u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
    check_range(length, schema.min_length, schema.max_length, " characters")
}

fn check_choices(schema: &EnumSchema, value: &Value) -> Result<(), String> {
    let choices = match schema {
        EnumSchema::Single(SingleSelectEnumSchema::Untitled(schema)) => &schema.enum_,
        // `enum` with `enumNames`, the titles of the choices before 2025-11-25.
        EnumSchema::Legacy(schema) => &schema.enum_,
        EnumSchema::Single(SingleSelectEnumSchema::Titled(schema)) => {
            return check_choice(schema.one_of.iter().map(|choice| &choice.const_), value);
        }
        EnumSchema::Multi(MultiSelectEnumSchema::Untitled(schema)) => {
            let choices = schema.items.enum_.iter();
            return check_list(choices, schema.min_items, schema.max_items, value);
        }
        EnumSchema::Multi(MultiSelectEnumSchema::Titled(schema)) => {
            let choices = schema.items.any_of.iter().map(|choice| &choice.const_);
            return check_list(choices, schema.min_items, schema.max_items, value);
        }
        _ => return Err("can't be validated".into()),
    };
    check_choice(choices.iter(), value)
}

fn check_list<'s>(
    choices: impl Iterator<Item = &'s String> + Clone,
    min: Option<u64>,
    max: Option<u64>,
    value: &Value,
) -> Result<(), String> {
    let items = value.as_array().ok_or("must be an array")?;
    items.iter().try_for_each(|item| check_choice(choices.clone(), item))?;
    check_range(items.len() as u64, min, max, " items")
}

fn check_choice<'s>(
    mut choices: impl Iterator<Item = &'s String> + Clone,
    value: &Value,
) -> Result<(), String> {
    let allowed = choices.clone();
    if value.as_str().is_some_and(|text| choices.any(|choice| choice == text)) {
        return Ok(());
    }
    let allowed: Vec<String> = allowed.map(|choice| format!("{choice:?}")).collect();
    Err(format!("must be one of {}, got {}", allowed.join(", "), escaped_excerpt(&value.to_string())))
}

fn check_range<T: PartialOrd + Display>(
    value: T,
    min: Option<T>,
    max: Option<T>,
    unit: &str,
) -> Result<(), String> {
    if let Some(min) = min.filter(|min| value < *min) {
        return Err(format!("must be at least {min}{unit}, got {value}"));
    }
    match max.filter(|max| value > *max) {
        Some(max) => Err(format!("must be at most {max}{unit}, got {value}")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn schema() -> Value {
        json!({
            "type": "object",
            "properties": {
                "name": { "type": "string", "minLength": 2, "default": "Jo" },
                "age": { "type": "integer", "maximum": 150 },
                "one": { "type": "string", "oneOf": [{ "const": "a", "title": "A" }] },
                "many": { "type": "array", "items": { "anyOf": [{ "const": "a", "title": "A" }] }, "maxItems": 1 },
                "old": { "type": "string", "enum": ["x"], "enumNames": ["X"] },
                "mail": { "type": "string", "format": "email" },
                "page": { "type": "string", "format": "uri" },
                "day": { "type": "string", "format": "date" },
            },
            "required": ["name"],
        })
    }

    #[test]
    fn schema_that_mcp_elicitation_does_not_allow_is_refused() {
        assert_eq!(check(&schema()), Ok(()));
        let wrong = [
            json!({}),
            json!({ "type": "object" }),
            json!({ "type": "object", "properties": { "a": { "type": "object" } } }),
            json!({ "type": "object", "properties": { "a": { "type": ["string", "null"] } } }),
            json!({ "type": "object", "properties": { "a": { "type": "array", "items": { "type": "string" } } } }),
            json!({ "type": "object", "properties": {}, "required": ["a"] }),
            json!({ "type": "object", "properties": {}, "required": "a" }),
            json!({ "type": "object", "properties": {}, "additionalProperties": false }),
            json!({ "type": "object", "properties": { "a": { "type": "string", "pattern": "^a" } } }),
            json!({ "type": "object", "properties": { "a": { "type": "string", "maxLength": "9" } } }),
            json!({ "type": "object", "properties": { "a": { "type": "string", "enum": "b" } } }),
            json!({ "type": "object", "properties": { "a": { "type": "integer", "multipleOf": 2 } } }),
            json!({ "type": "object", "properties": { "a": { "type": "string", "format": "hostname" } } }),
        ];
        for schema in wrong {
            assert!(check(&schema).is_err(), "a schema that isn't allowed was accepted: {schema}");
        }
    }

    #[test]
    fn answer_is_validated_against_the_schema() {
        let question = Question::form("x", "", schema());
        let read = |content: Value| read(&question, &json!({ "action": "accept", "content": content }));
        let good = json!({ "name": "Ann", "age": 7.0, "one": "a", "many": ["a"], "old": "x",
            "mail": "a@b.example", "page": "https://b.example/", "day": "2026-11-21" });
        assert_eq!(read(good.clone()), Ok(Reply::Accepted(good)));
        assert_eq!(read(json!({ "name": "Ann", "else": 1 })), Ok(Reply::Accepted(json!({ "name": "Ann" }))));
        let wrong = [
            (json!({}), "/name: required"),
            (json!({ "name": "A" }), "/name: must be at least 2 characters, got 1"),
            (json!({ "name": "Ann", "age": 1.5 }), "/age: must be an integer"),
            (json!({ "name": "Ann", "age": 151 }), "/age: must be at most 150, got 151"),
            (json!({ "name": "Ann", "one": "b" }), "/one: must be one of \"a\", got \"b\""),
            (json!({ "name": "Ann", "many": ["a", "a"] }), "/many: must be at most 1 items, got 2"),
            (json!({ "name": "Ann", "many": ["b"] }), "/many: must be one of \"a\", got \"b\""),
            (json!({ "name": "Ann", "mail": "@b" }), "/mail: must be an email address"),
            (json!({ "name": "Ann", "page": "b.example" }), "/page: must be a URI"),
            (json!({ "name": "Ann", "day": "2026-02-29" }), "/day: must be a date (YYYY-MM-DD)"),
            (json!({ "name": "Ann", "old": "y" }), "/old: must be one of \"x\", got \"y\""),
        ];
        for (content, reason) in wrong {
            assert_eq!(read(content.clone()), Err(reason.to_owned()), "{content}");
        }
    }
}
