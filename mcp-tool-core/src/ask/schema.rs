//! Forms of an application's own: the part of JSON Schema that a form may have (elicitation §requested schema).

use mcp_tool_contract::{bounds::Format, read::format::spells};
use serde_json::{Map, Value};

use super::{
    Reply,
    question::{Question, action},
};

/// Holds a schema to what clients make a form of.
pub(super) fn check(schema: &Value) -> Result<(), String> {
    if schema.get("type") != Some(&"object".into()) {
        return Err("a form's schema is an object's: `\"type\": \"object\"`".into());
    }
    if let Some(other) = beyond(schema, &["$schema", "type", "properties", "required"]) {
        return Err(format!("a form's schema has no `{other}`"));
    }
    let properties = schema.get("properties").and_then(Value::as_object).ok_or("a form has `properties`")?;
    for (name, property) in properties {
        let wrong = |reason: &str| Err(format!("the property '{name}' {reason}"));
        let keywords: &[&str] = match property.get("type").and_then(Value::as_str) {
            Some("string") => &["minLength", "maxLength", "format", "enum", "enumNames", "oneOf"],
            Some("number" | "integer") => &["minimum", "maximum"],
            Some("boolean") => &[],
            Some("array") if choices(&property["items"], "anyOf").is_some() => {
                &["items", "minItems", "maxItems"]
            }
            Some("array") => return wrong("is a list, and a form has lists of choices alone"),
            _ => return wrong("is none of string, number, integer, boolean and a list of choices"),
        };
        // What isn't held to is refused rather than passed on.
        let own = ["type", "title", "description", "default"].iter().chain(keywords).copied();
        if let Some(other) = beyond(property, &own.collect::<Vec<_>>()) {
            return wrong(&format!("has `{other}`, which forms don't have for its type"));
        }
        let lists = ["enum", "enumNames", "oneOf"];
        if lists.iter().any(|list| property.get(list).is_some_and(|list| !list.is_array())) {
            return wrong("has choices that are no list");
        }
        let bounds =
            keywords.iter().filter(|keyword| keyword.starts_with("min") || keyword.starts_with("max"));
        if let Some(bound) =
            bounds.copied().find(|bound| property.get(bound).is_some_and(|bound| !bound.is_number()))
        {
            return wrong(&format!("has a `{bound}` that is no number"));
        }
        if let Some(other) =
            property.get("format").filter(|format| !FORMATS.contains(&format.as_str().unwrap_or_default()))
        {
            return wrong(&format!("has the format {other}, and forms know {}", FORMATS.join(", ")));
        }
    }
    let required = schema.get("required").map_or(Ok(&[][..]), |required| {
        required.as_array().map(Vec::as_slice).ok_or("`required` is a list of names")
    })?;
    match required.iter().find(|name| !name.as_str().is_some_and(|name| properties.contains_key(name))) {
        Some(name) => Err(format!("{name} is required, and isn't among the properties")),
        None => Ok(()),
    }
}

/// What strings of a form may spell.
const FORMATS: [&str; 4] = ["email", "uri", "date", "date-time"];

fn spelled(format: &str, text: &str) -> bool {
    let between =
        |sign| text.split_once(sign).is_some_and(|(before, after)| !before.is_empty() && !after.is_empty());
    match format {
        "date" => spells(Format::Date, text),
        "date-time" => spells(Format::DateTime, text),
        // Whether mail arrives, or anything is there, only trying tells.
        "email" => between('@') && !text.contains(char::is_whitespace),
        "uri" => between(':') && !text.contains(char::is_whitespace),
        _ => false,
    }
}

/// A keyword that is none of these.
fn beyond<'s>(schema: &'s Value, known: &[&str]) -> Option<&'s str> {
    schema.as_object()?.keys().map(String::as_str).find(|keyword| !known.contains(keyword))
}

/// What may be chosen: an `enum`, or titles by `oneOf` and `anyOf`.
fn choices<'s>(schema: &'s Value, titled: &str) -> Option<Vec<&'s Value>> {
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        return Some(values.iter().collect());
    }
    let titled = schema.get(titled).and_then(Value::as_array)?;
    Some(titled.iter().filter_map(|choice| choice.get("const")).collect())
}

/// What a person filled in, held to the schema; what it doesn't ask for is left out.
pub(super) fn read(question: &Question, answer: &Value) -> Result<Reply<Value>, String> {
    let schema = &question.params["requestedSchema"];
    action(answer, |answer| {
        let given = answer.get("content").and_then(Value::as_object);
        let (mut taken, mut wrong) = (Map::new(), Vec::new());
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            let is_required = schema["required"]
                .as_array()
                .is_some_and(|required| required.contains(&name.as_str().into()));
            match given.and_then(|given| given.get(name)).filter(|value| !value.is_null()) {
                Some(value) => match value_of(property, value) {
                    Ok(()) => drop(taken.insert(name.clone(), value.clone())),
                    Err(reason) => wrong.push(format!("/{name}: {reason}")),
                },
                None if is_required => wrong.push(format!("/{name}: required")),
                None => {}
            }
        }
        if wrong.is_empty() { Ok(Value::Object(taken)) } else { Err(wrong.join("\n")) }
    })
}

fn value_of(schema: &Value, value: &Value) -> Result<(), String> {
    let kind = schema["type"].as_str().unwrap_or_default();
    let is_of_kind = match kind {
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "number" => value.is_number(),
        "integer" => value.as_f64().is_some_and(|number| number.fract() == 0.0),
        "array" => value.is_array(),
        _ => false,
    };
    if !is_of_kind {
        return Err(format!("a value of type {kind} wanted"));
    }
    let (items, titled) = if kind == "array" { (&schema["items"], "anyOf") } else { (schema, "oneOf") };
    let chosen = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
    if let Some(choices) = choices(items, titled)
        && let Some(other) = chosen.iter().find(|chosen| !choices.contains(chosen))
    {
        return Err(format!(
            "{} is none of the choices",
            mcp_tool_contract::read::violation::shown(&other.to_string())
        ));
    }
    if let (Some(format), Some(text)) = (schema["format"].as_str(), value.as_str())
        && !spelled(format, text)
    {
        return Err(format!("a text of the format {format} wanted"));
    }
    let length = value.as_str().map(|text| text.chars().count() as f64);
    let measures = [
        ("minLength", "maxLength", length, "characters"),
        ("minItems", "maxItems", value.as_array().map(|items| items.len() as f64), "items"),
        ("minimum", "maximum", value.as_f64(), ""),
    ];
    for (least, most, measure, unit) in measures {
        let Some(measure) = measure else { continue };
        if let Some(least) = schema[least].as_f64().filter(|least| measure < *least) {
            return Err(format!("{measure} {unit}, at least {least} wanted").replace(" ,", ","));
        }
        if let Some(most) = schema[most].as_f64().filter(|most| measure > *most) {
            return Err(format!("{measure} {unit}, at most {most} allowed").replace(" ,", ","));
        }
    }
    Ok(())
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
    fn only_flat_schemas_are_forms() {
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
            assert!(check(&schema).is_err(), "{schema}");
        }
    }

    #[test]
    fn answers_are_held_to_the_schema() {
        let question = Question::form("x", "", schema());
        let read = |content: Value| read(&question, &json!({ "action": "accept", "content": content }));
        let good = json!({ "name": "Ann", "age": 7.0, "one": "a", "many": ["a"], "old": "x",
            "mail": "a@b.example", "page": "https://b.example/", "day": "2026-11-21" });
        assert_eq!(read(good.clone()), Ok(Reply::Accepted(good)));
        assert_eq!(read(json!({ "name": "Ann", "else": 1 })), Ok(Reply::Accepted(json!({ "name": "Ann" }))));
        let wrong = [
            (json!({}), "/name: required"),
            (json!({ "name": "A" }), "/name: 1 characters, at least 2 wanted"),
            (json!({ "name": "Ann", "age": 1.5 }), "/age: a value of type integer wanted"),
            (json!({ "name": "Ann", "age": 151 }), "/age: 151, at most 150 allowed"),
            (json!({ "name": "Ann", "one": "b" }), "/one: \"b\" is none of the choices"),
            (json!({ "name": "Ann", "many": ["a", "a"] }), "/many: 2 items, at most 1 allowed"),
            (json!({ "name": "Ann", "many": ["b"] }), "/many: \"b\" is none of the choices"),
            (json!({ "name": "Ann", "mail": "@b" }), "/mail: a text of the format email wanted"),
            (json!({ "name": "Ann", "page": "b.example" }), "/page: a text of the format uri wanted"),
            (json!({ "name": "Ann", "day": "2026-02-29" }), "/day: a text of the format date wanted"),
            (json!({ "name": "Ann", "old": "y" }), "/old: \"y\" is none of the choices"),
        ];
        for (content, reason) in wrong {
            assert_eq!(read(content.clone()), Err(reason.to_owned()), "{content}");
        }
    }
}
