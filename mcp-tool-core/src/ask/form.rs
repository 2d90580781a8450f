//! Forms made from a struct: the schema that the client shows as a form, and the validation of answers.

use mcp_tool_contract::{
    bounds::{Field, Format, Kind, Object},
    exhaustive,
    read::{
        result,
        types::OutputObject,
        violation::{Rule, Violation},
    },
};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::{
    Reply,
    question::{Question, read_elicitation},
};

/// Every JSON parser reads an integer exactly if its absolute value is below this limit (RFC 8785,
/// appendix D). Larger bounds are left out of a form's schema.
const MAX_EXACT: i128 = 1 << 53;

/// A struct that a person can fill in as a form, for [`CallContext::ask`](crate::call::context::CallContext::ask).
///
/// `#[derive(ToolSchema)]` implements this trait for structs that can be forms (MCP elicitation, requested schema):
///
/// - Fields are strings, numbers, booleans, enums and `Vec`s of an enum. The person may leave an `Option` empty.
/// - The bounds of `#[schema(…)]` are in the form's schema, and the server validates answers against them. Forms have
///   no keyword for patterns, so a pattern is added to the field's description.
/// - A struct with a `#[schema(secret)]` field, a nested struct or a `Vec` of anything but an enum doesn't
///   compile as a form.
///
/// The struct must also derive [`serde::Deserialize`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` isn't a form",
    label = "must be a struct that derives `ToolSchema` and has no `secret` field",
    note = "forms must not ask for secrets (MCP elicitation, security considerations): let the person enter them on a page, by `ask_to_open`"
)]
pub trait Form: OutputObject {
    /// Default key of a question with this form: the struct's name in `snake_case`.
    const KEY: &'static str;
}

/// Fails to compile for a struct that can't be a form.
#[track_caller]
pub(super) const fn check(object: &'static Object) {
    object.check_form();
}

/// Returns the form's schema (`requestedSchema` of `ElicitRequestFormParams`).
pub(super) fn schema(object: &'static Object) -> Value {
    let (mut properties, mut required) = (Map::new(), Vec::new());
    for field in object.fields() {
        if !may_be_absent(&field) {
            required.push(field.name());
        }
        properties.insert(field.name().to_owned(), property(&field));
    }
    json!({ "type": "object", "properties": properties, "required": required })
}

const fn may_be_absent(field: &Field) -> bool {
    field.schema().is_optional() || !field.is_required()
}

fn property(field: &Field) -> Value {
    let schema = field.schema();
    let mut description = field.description().to_owned();
    let mut members = Map::new();
    match (schema.items(), schema.kind().exhaustive()) {
        // An array: `items` are the bounds of its length, and `kind` is the kind of its items.
        (Some(items), kind) => {
            members.insert("type".into(), "array".into());
            if let exhaustive::Kind::Enum(values) = kind {
                members.insert("items".into(), json!({ "type": "string", "enum": values }));
            }
            if items.min() > 0 {
                members.insert("minItems".into(), items.min().into());
            }
            members.extend(items.max().map(|max| ("maxItems".into(), max.into())));
        }
        (None, exhaustive::Kind::Boolean) => drop(members.insert("type".into(), "boolean".into())),
        (None, exhaustive::Kind::Integer { minimum, maximum }) => {
            members.insert("type".into(), "integer".into());
            for (name, bound) in [("minimum", minimum), ("maximum", maximum)] {
                if let Ok(bound) = i64::try_from(bound)
                    && i128::from(bound).abs() < MAX_EXACT
                {
                    members.insert(name.into(), bound.into());
                }
            }
        }
        (None, exhaustive::Kind::Number { minimum, maximum }) => {
            members.insert("type".into(), "number".into());
            members.extend(minimum.map(|bound| ("minimum".into(), bound.into())));
            members.extend(maximum.map(|bound| ("maximum".into(), bound.into())));
        }
        (None, exhaustive::Kind::Text(text)) => {
            members.insert("type".into(), "string".into());
            if text.min_len() > 0 {
                members.insert("minLength".into(), text.min_len().into());
            }
            members.extend(text.max_len().map(|max| ("maxLength".into(), max.into())));
            match text.format().map(Format::exhaustive) {
                Some(exhaustive::Format::Date | exhaustive::Format::DateTime) => {
                    members.extend(text.format().map(|format| ("format".into(), format.name().into())));
                }
                // Forms have no other formats, so the description names the format.
                Some(exhaustive::Format::Uuid) => description.push_str(" A UUID."),
                Some(exhaustive::Format::Uri) => {
                    members.insert("format".into(), "uri".into());
                }
                Some(exhaustive::Format::Ipv4) => description.push_str(" An IPv4 address."),
                Some(exhaustive::Format::Ipv6) => description.push_str(" An IPv6 address."),
                Some(exhaustive::Format::Duration) => {
                    description.push_str(" A duration such as PT1H30M (ISO 8601).");
                }
                None => {}
            }
            // Forms have no keyword for patterns. The server validates answers against the pattern,
            // so the description shows the pattern to the person.
            if let Some(pattern) = text.pattern() {
                description.push_str(&format!(" It matches {}.", pattern.source()));
            }
        }
        (None, exhaustive::Kind::Enum(values)) => {
            members.insert("type".into(), "string".into());
            members.insert("enum".into(), json!(values));
        }
        // A struct with a field of another kind doesn't compile as a form.
        (None, exhaustive::Kind::Object(_)) => {}
    }
    if !description.trim().is_empty() {
        members.insert("description".into(), description.trim().into());
    }
    Value::Object(members)
}

/// Parses an answer and validates it against the form. Members that the struct doesn't have are ignored.
pub(super) fn read<T: Form + DeserializeOwned>(_: &Question, answer: &Value) -> Result<Reply<T>, String> {
    read_elicitation(answer, |answer| {
        let content = answer.get("content").and_then(Value::as_object);
        let (mut values, mut violations) = (Map::new(), Vec::new());
        for field in T::OBJECT.fields() {
            match content.and_then(|content| content.get(field.name())).filter(|value| !value.is_null()) {
                Some(value) => match check_field(&field, value) {
                    Ok(value) => drop(values.insert(field.name().to_owned(), value)),
                    Err(violation) => violations.push(violation),
                },
                None if may_be_absent(&field) => {}
                None => violations.push(format!("/{}: required", field.name())),
            }
        }
        match violations.is_empty() {
            true => serde_json::from_value(Value::Object(values)).map_err(|error| error.to_string()),
            false => Err(violations.join("\n")),
        }
    })
}

/// Validates one value of an answer against its field. Returns the value as serde expects it for
/// the field.
fn check_field(field: &Field, value: &Value) -> Result<Value, String> {
    let schema = field.schema().required();
    // Messages of `Rule::Type` name only the expected type, because the client, not the person, chose the actual one.
    result::check_value(&value.to_string(), &schema).map_err(|violations| {
        let messages =
            violations.listed().iter().map(|Violation { pointer, rule, message, .. }| match rule {
                Rule::Type if pointer.is_empty() && schema.items().is_some() => {
                    format!("/{}: must be an array", field.name())
                }
                Rule::Type => format!("/{}{pointer}: must be {}", field.name(), schema.kind().noun()),
                _ => format!("/{}{pointer}: {message}", field.name()),
            });
        messages.collect::<Vec<_>>().join("\n")
    })?;
    // JSON Schema counts `1.0` as an integer; serde doesn't.
    let whole = value.as_f64().filter(|number| value.is_f64() && number.fract() == 0.0);
    Ok(match (field.schema().kind(), whole) {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the number is within the bounds of the field's integer"
        )]
        (Kind::Integer { .. }, Some(whole)) => (whole as i64).into(),
        _ => value.clone(),
    })
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use mcp_tool_macros::ToolSchema;

    #[derive(Clone, Copy, Debug, Deserialize, PartialEq, ToolSchema)]
    #[serde(rename_all = "snake_case")]
    enum Colour {
        Red,
        DarkBlue,
    }

    /// An order.
    #[derive(Debug, Deserialize, PartialEq, ToolSchema)]
    struct ShirtOrder {
        /// Wearer.
        #[schema(min_len = 1, max_len = 8, pattern = "^[A-Z][a-z]*$")]
        name: String,
        /// Number of shirts.
        #[schema(min = 1, max = 5)]
        count: u8,
        colour: Colour,
        #[schema(max_items = 3)]
        others: Vec<Colour>,
        #[serde(rename = "gift")]
        is_gift: bool,
        note: Option<String>,
    }

    #[test]
    fn form_schema_has_the_fields_and_bounds_of_the_struct() {
        assert_eq!(ShirtOrder::KEY, "shirt_order");
        // A field without a doc comment is described by its name. A string without `max_len` has at
        // most 1,024 characters.
        let expected = json!({
            "type": "object",
            "properties": {
                "name": { "type": "string", "minLength": 1, "maxLength": 8, "description": "Wearer. It matches ^[A-Z][a-z]*$." },
                "count": { "type": "integer", "minimum": 1, "maximum": 5, "description": "Number of shirts." },
                "colour": { "type": "string", "enum": ["red", "dark_blue"], "description": "colour" },
                "others": { "type": "array", "items": { "type": "string", "enum": ["red", "dark_blue"] }, "maxItems": 3, "description": "others" },
                "gift": { "type": "boolean", "description": "is gift" },
                "note": { "type": "string", "maxLength": 1024, "description": "note" },
            },
            "required": ["name", "count", "colour", "others", "gift"],
        });
        assert_eq!(schema(ShirtOrder::OBJECT), expected);
    }

    /// Reads an answer in which the person accepted and sent `content`.
    fn read_content(content: Value) -> Result<Reply<ShirtOrder>, String> {
        let question = Question::form("x", "", json!({}));
        read(&question, &json!({ "action": "accept", "content": content }))
    }

    #[test]
    fn answer_is_validated_against_the_form() {
        let good = json!({ "name": "Ann", "count": 2.0, "colour": "red", "others": ["dark_blue"], "gift": true, "else": [] });
        let order = ShirtOrder {
            name: "Ann".into(),
            count: 2,
            colour: Colour::Red,
            others: vec![Colour::DarkBlue],
            is_gift: true,
            note: None,
        };
        assert_eq!(read_content(good), Ok(Reply::Accepted(order)));
        let bad = json!({ "name": "ann", "count": 9, "colour": "green", "others": ["red", 1], "gift": "yes", "note": null });
        let expected = "/name: must match ^[A-Z][a-z]*$, got \"ann\"\n/count: must be at most 5, got 9\n\
                        /colour: must be one of \"red\", \"dark_blue\", got \"green\"\n/others/1: must be a string\n/gift: must be a boolean";
        assert_eq!(read_content(bad).unwrap_err(), expected);
        assert!(read_content(json!({})).unwrap_err().starts_with("/name: required\n/count: required"));
    }

    #[test]
    fn declined_and_cancelled_answers_are_replies_and_malformed_ones_are_errors() {
        let question = Question::form("x", "", json!({}));
        let read = |answer| read::<ShirtOrder>(&question, &answer);
        assert_eq!(read(json!({ "action": "decline" })), Ok(Reply::Declined));
        assert_eq!(read(json!({ "action": "cancel", "content": {} })), Ok(Reply::Cancelled));
        for odd in
            [json!(12_345), json!({}), json!({ "action": "yes" }), json!({ "action": "accept" }), json!(null)]
        {
            assert!(read(odd.clone()).is_err(), "a malformed answer was accepted: {odd}");
        }
    }
}
