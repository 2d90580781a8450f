//! What the argument object as a whole has to satisfy, beyond what each parameter says: JSON Schema of conditions
//! among parameters, such as that one of two is given.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::name::nearest;

/// The keywords that such a schema may have: none of them says what a parameter is, which the signature does.
pub const KEYWORDS: [&str; 11] = [
    "$schema",
    "$defs",
    "allOf",
    "anyOf",
    "oneOf",
    "not",
    "if",
    "then",
    "else",
    "dependentRequired",
    "dependentSchemas",
];

/// What a condition may have besides.
const NESTED: [&str; 10] = [
    "required",
    "properties",
    "minProperties",
    "maxProperties",
    "type",
    "title",
    "description",
    "$comment",
    "$anchor",
    "$ref",
];

/// What the schema of a value may have besides these.
const OF_VALUES: [&str; 20] = [
    "enum",
    "const",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "pattern",
    "items",
    "prefixItems",
    "contains",
    "minContains",
    "maxContains",
    "minItems",
    "maxItems",
    "uniqueItems",
    "additionalProperties",
    "propertyNames",
];

/// The dialect of all schemas here.
const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// Holds the text of such a schema to what can be listed and enforced; gives its RFC 8785 form, which compares.
///
/// # Errors
/// What is wrong with it, and what to write instead.
pub fn check<'p>(text: &str, parameters: impl Iterator<Item = &'p str> + Clone) -> Result<String, String> {
    let schema: Map<String, Value> =
        serde_json::from_str(text).map_err(|error| format!("constraints are a JSON object: {error}"))?;
    if let Some(other) = schema.keys().find(|key| !KEYWORDS.contains(&key.as_str())) {
        return Err(match nearest(other, KEYWORDS) {
            Some(meant) => format!("constraints have no `{other}`; did you mean `{meant}`?"),
            None => format!(
                "constraints have no `{other}`: the signature says what a parameter is; they have {}",
                KEYWORDS.join(", ")
            ),
        });
    }
    if schema.keys().all(|key| key.starts_with('$')) {
        return Err("constraints hold nobody to anything: write `anyOf`, `if`, `dependentRequired` …".into());
    }
    if schema.get("$schema").is_some_and(|dialect| dialect != DIALECT) {
        return Err(format!("`$schema` is \"{DIALECT}\", or left out"));
    }
    for (keyword, value) in &schema {
        match keyword.as_str() {
            "$defs" => members(value).values().try_for_each(of_value)?,
            other if other.starts_with('$') => {}
            other => about(other, value, &parameters)?,
        }
    }
    canonical(&schema)
}

/// Each name that a condition is about is a parameter's.
fn about<'p>(
    keyword: &str,
    value: &Value,
    parameters: &(impl Iterator<Item = &'p str> + Clone),
) -> Result<(), String> {
    let known = |name: &str| {
        if parameters.clone().any(|parameter| parameter == name) {
            return Ok(());
        }
        Err(match nearest(name, parameters.clone()) {
            Some(meant) => {
                format!("the constraints name '{name}', which is no parameter; did you mean '{meant}'?")
            }
            None => format!("the constraints name '{name}', which is no parameter"),
        })
    };
    match keyword {
        "required" => value.as_array().into_iter().flatten().filter_map(Value::as_str).try_for_each(known),
        "properties" => members(value).iter().try_for_each(|(name, schema)| {
            known(name)?;
            of_value(schema)
        }),
        "dependentRequired" => members(value).iter().try_for_each(|(name, names)| {
            known(name)?;
            about("required", names, parameters)
        }),
        "dependentSchemas" => members(value).iter().try_for_each(|(name, schema)| {
            known(name)?;
            about("not", schema, parameters)
        }),
        "allOf" | "anyOf" | "oneOf" => {
            value.as_array().into_iter().flatten().try_for_each(|schema| about("not", schema, parameters))
        }
        // A keyword that validators don't know holds nobody to anything.
        "not" | "if" | "then" | "else" => members(value).iter().try_for_each(|(keyword, value)| {
            is_one_of(keyword, KEYWORDS.into_iter().chain(NESTED))?;
            about(keyword, value, parameters)
        }),
        _ => Ok(()),
    }
}

/// The schema of a value has no keyword that validators pass over either, nor has one within it.
fn of_value(schema: &Value) -> Result<(), String> {
    members(schema).iter().try_for_each(|(keyword, value)| {
        is_one_of(keyword, KEYWORDS.into_iter().chain(NESTED).chain(OF_VALUES))?;
        match keyword.as_str() {
            "properties" | "$defs" | "dependentSchemas" => members(value).values().try_for_each(of_value),
            "allOf" | "anyOf" | "oneOf" | "prefixItems" => {
                value.as_array().into_iter().flatten().try_for_each(of_value)
            }
            "not"
            | "if"
            | "then"
            | "else"
            | "items"
            | "contains"
            | "additionalProperties"
            | "propertyNames" => of_value(value),
            _ => Ok(()),
        }
    })
}

fn is_one_of<'k>(keyword: &str, known: impl Iterator<Item = &'k str> + Clone) -> Result<(), String> {
    if known.clone().any(|known| known == keyword) {
        return Ok(());
    }
    Err(match nearest(keyword, known) {
        Some(meant) => format!("a condition has no `{keyword}`; did you mean `{meant}`?"),
        None => format!("a condition has no `{keyword}`"),
    })
}

fn members(value: &Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

/// The RFC 8785 form of a schema.
///
/// # Errors
/// Where it can't be JSON.
pub(crate) fn canonical(schema: &impl Serialize) -> Result<String, String> {
    serde_json_canonicalizer::to_string(schema).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(text: &str) -> Result<String, String> {
        check(text, ["phone", "email", "method"].into_iter())
    }

    #[test]
    fn conditions_among_parameters_are_taken() {
        let text =
            r#"{ "anyOf": [{ "required": ["phone"] }, { "required": ["email"] }], "$defs": { "x": {} } }"#;
        let canonical = r#"{"$defs":{"x":{}},"anyOf":[{"required":["phone"]},{"required":["email"]}]}"#;
        assert_eq!(checked(text).as_deref(), Ok(canonical));
        let nested = r#"{"if":{"properties":{"method":{"const":"phone"}}},"then":{"required":["phone"]},
            "dependentRequired":{"email":["method"]},"dependentSchemas":{"phone":{"not":{"required":["email"]}}}}"#;
        assert!(checked(nested).is_ok());
    }

    #[test]
    fn what_says_something_else_is_refused() {
        let refused = [
            ("[]", "constraints are a JSON object"),
            ("{", "constraints are a JSON object"),
            (r#"{"$defs":{}}"#, "hold nobody to anything"),
            (r#"{"$schema":"http://json-schema.org/draft-07/schema#","not":{}}"#, "`$schema` is"),
            (r#"{"anyof":[]}"#, "did you mean `anyOf`"),
            (r#"{"properties":{}}"#, "constraints have no `properties`"),
            (r#"{"anyOf":[{"required":["fone"]}]}"#, "did you mean 'phone'"),
            (r#"{"if":{"properties":{"zip":{}}}}"#, "'zip', which is no parameter"),
            (r#"{"allOf":[{"anyOf":[{"not":{"required":["zip"]}}]}]}"#, "'zip', which is no parameter"),
            (
                r#"{"anyOf":[{"requierd":["phone"]}]}"#,
                "a condition has no `requierd`; did you mean `required`?",
            ),
            (
                r#"{"if":{"properties":{"method":{"cosnt":"phone"}}}}"#,
                "has no `cosnt`; did you mean `const`?",
            ),
            (r#"{"if":{"properties":{"method":{"format":"email"}}}}"#, "a condition has no `format`"),
            (
                r##"{"anyOf":[{"$ref":"#/$defs/x"}],"$defs":{"x":{"requierd":["phone"]}}}"##,
                "mean `required`?",
            ),
            (r#"{"not":{"properties":{"phone":{"items":{"tpye":"string"}}}}}"#, "mean `type`?"),
            (r#"{"dependentRequired":{"phone":["zip"]}}"#, "'zip', which is no parameter"),
            (r#"{"dependentSchemas":{"zip":{}}}"#, "'zip', which is no parameter"),
        ];
        for (text, reason) in refused {
            let error = checked(text).unwrap_err();
            assert!(error.contains(reason), "{text}: {error}");
        }
    }
}
