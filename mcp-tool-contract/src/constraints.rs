//! Constraints across several parameters, as JSON Schema of the whole argument object. For example, one of two
//! parameters must be given. A condition is a schema in the constraints, such as an item of `anyOf`.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::name::nearest;

/// Keywords allowed at the root. None of them describes a single parameter, because the signature does that. The parser
/// of locks lists the values of the keywords in the same order.
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

/// Keywords allowed in a condition, in addition to [`KEYWORDS`].
const CONDITION_KEYWORDS: [&str; 10] = [
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

/// Keywords allowed in the schema of one argument or of a value in it, in addition to the two lists above. Such schemas
/// are under `properties` of a condition, for example.
const VALUE_KEYWORDS: [&str; 20] = [
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

/// JSON Schema dialect of all constraints.
const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// Checks that constraints have only known keywords and name only parameters of the tool. In `$defs`, only the keywords
/// are checked, because a definition may also describe a value inside an argument. Returns the constraints in RFC 8785
/// form (canonical JSON), so that two versions can be compared.
///
/// # Errors
/// The violated rule, with a correction.
pub fn check<'p>(text: &str, parameters: impl Iterator<Item = &'p str> + Clone) -> Result<String, String> {
    let schema: Map<String, Value> =
        serde_json::from_str(text).map_err(|error| format!("constraints must be a JSON object: {error}"))?;
    if let Some(other) = schema.keys().find(|key| !KEYWORDS.contains(&key.as_str())) {
        return Err(match nearest(other, KEYWORDS) {
            Some(meant) => format!("`{other}` isn't allowed in constraints; did you mean `{meant}`?"),
            None => format!(
                "`{other}` isn't allowed in constraints: the signature describes parameters; allowed are {}",
                KEYWORDS.join(", ")
            ),
        });
    }
    if schema.keys().all(|key| key.starts_with('$')) {
        return Err("constraints have no condition: add `anyOf`, `if`, `dependentRequired` …".into());
    }
    if schema.get("$schema").is_some_and(|dialect| dialect != DIALECT) {
        return Err(format!("`$schema` must be \"{DIALECT}\", or be removed"));
    }
    for (keyword, value) in &schema {
        match keyword.as_str() {
            "$defs" => members(value).values().try_for_each(check_value_schema)?,
            other if other.starts_with('$') => {}
            other => check_condition(other, value, &parameters)?,
        }
    }
    canonical(&schema)
}

/// Checks the value of `keyword`: the conditions in it must have only known keywords and name only parameters. To check
/// a condition in a list, such as an item of `anyOf`, this calls itself with the keyword `not`, whose value is one
/// condition.
fn check_condition<'p>(
    keyword: &str,
    value: &Value,
    parameters: &(impl Iterator<Item = &'p str> + Clone),
) -> Result<(), String> {
    let check_name = |name: &str| {
        if parameters.clone().any(|parameter| parameter == name) {
            return Ok(());
        }
        Err(match nearest(name, parameters.clone()) {
            Some(meant) => {
                format!("constraints name '{name}', which isn't a parameter; did you mean '{meant}'?")
            }
            None => format!("constraints name '{name}', which isn't a parameter"),
        })
    };
    match keyword {
        "required" => {
            value.as_array().into_iter().flatten().filter_map(Value::as_str).try_for_each(check_name)
        }
        "properties" => members(value).iter().try_for_each(|(name, schema)| {
            check_name(name)?;
            check_value_schema(schema)
        }),
        "dependentRequired" => members(value).iter().try_for_each(|(name, names)| {
            check_name(name)?;
            check_condition("required", names, parameters)
        }),
        "dependentSchemas" => members(value).iter().try_for_each(|(name, schema)| {
            check_name(name)?;
            check_condition("not", schema, parameters)
        }),
        "allOf" | "anyOf" | "oneOf" => value
            .as_array()
            .into_iter()
            .flatten()
            .try_for_each(|schema| check_condition("not", schema, parameters)),
        // Validators ignore unknown keywords, so a misspelled keyword would enforce nothing.
        "not" | "if" | "then" | "else" => members(value).iter().try_for_each(|(keyword, value)| {
            check_keyword(keyword, KEYWORDS.into_iter().chain(CONDITION_KEYWORDS))?;
            check_condition(keyword, value, parameters)
        }),
        _ => Ok(()),
    }
}

/// Checks that the schema of a value, and each schema nested in it, has only known keywords.
fn check_value_schema(schema: &Value) -> Result<(), String> {
    members(schema).iter().try_for_each(|(keyword, value)| {
        check_keyword(keyword, KEYWORDS.into_iter().chain(CONDITION_KEYWORDS).chain(VALUE_KEYWORDS))?;
        match keyword.as_str() {
            "properties" | "$defs" | "dependentSchemas" => {
                members(value).values().try_for_each(check_value_schema)
            }
            "allOf" | "anyOf" | "oneOf" | "prefixItems" => {
                value.as_array().into_iter().flatten().try_for_each(check_value_schema)
            }
            "not"
            | "if"
            | "then"
            | "else"
            | "items"
            | "contains"
            | "additionalProperties"
            | "propertyNames" => check_value_schema(value),
            _ => Ok(()),
        }
    })
}

fn check_keyword<'k>(keyword: &str, allowed: impl Iterator<Item = &'k str> + Clone) -> Result<(), String> {
    if allowed.clone().any(|allowed| allowed == keyword) {
        return Ok(());
    }
    Err(match nearest(keyword, allowed) {
        Some(meant) => format!("`{keyword}` isn't allowed in a condition; did you mean `{meant}`?"),
        None => format!("`{keyword}` isn't allowed in a condition"),
    })
}

/// Returns the members of an object; none for any other value.
fn members(value: &Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

/// Returns the RFC 8785 form (canonical JSON) of a schema.
///
/// # Errors
/// The schema can't be serialized as JSON.
pub(crate) fn canonical(schema: &impl Serialize) -> Result<String, String> {
    serde_json_canonicalizer::to_string(schema).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checks constraints of a tool with the parameters `phone`, `email` and `method`.
    fn checked(text: &str) -> Result<String, String> {
        check(text, ["phone", "email", "method"].into_iter())
    }

    #[test]
    fn conditions_across_parameters_are_accepted() {
        let text =
            r#"{ "anyOf": [{ "required": ["phone"] }, { "required": ["email"] }], "$defs": { "x": {} } }"#;
        let canonical = r#"{"$defs":{"x":{}},"anyOf":[{"required":["phone"]},{"required":["email"]}]}"#;
        assert_eq!(checked(text).as_deref(), Ok(canonical));
        let nested = r#"{"if":{"properties":{"method":{"const":"phone"}}},"then":{"required":["phone"]},
            "dependentRequired":{"email":["method"]},"dependentSchemas":{"phone":{"not":{"required":["email"]}}}}"#;
        assert!(checked(nested).is_ok());
    }

    #[test]
    fn invalid_constraints_are_refused() {
        let refused = [
            ("[]", "constraints must be a JSON object"),
            ("{", "constraints must be a JSON object"),
            (r#"{"$defs":{}}"#, "have no condition"),
            (r#"{"$schema":"http://json-schema.org/draft-07/schema#","not":{}}"#, "`$schema` must be"),
            (r#"{"anyof":[]}"#, "did you mean `anyOf`"),
            (r#"{"properties":{}}"#, "`properties` isn't allowed in constraints"),
            (r#"{"anyOf":[{"required":["fone"]}]}"#, "did you mean 'phone'"),
            (r#"{"if":{"properties":{"zip":{}}}}"#, "'zip', which isn't a parameter"),
            (r#"{"allOf":[{"anyOf":[{"not":{"required":["zip"]}}]}]}"#, "'zip', which isn't a parameter"),
            (
                r#"{"anyOf":[{"requierd":["phone"]}]}"#,
                "`requierd` isn't allowed in a condition; did you mean `required`?",
            ),
            (
                r#"{"if":{"properties":{"method":{"cosnt":"phone"}}}}"#,
                "`cosnt` isn't allowed in a condition; did you mean `const`?",
            ),
            (
                r#"{"if":{"properties":{"method":{"format":"email"}}}}"#,
                "`format` isn't allowed in a condition",
            ),
            (
                r##"{"anyOf":[{"$ref":"#/$defs/x"}],"$defs":{"x":{"requierd":["phone"]}}}"##,
                "mean `required`?",
            ),
            (r#"{"not":{"properties":{"phone":{"items":{"tpye":"string"}}}}}"#, "mean `type`?"),
            (r#"{"dependentRequired":{"phone":["zip"]}}"#, "'zip', which isn't a parameter"),
            (r#"{"dependentSchemas":{"zip":{}}}"#, "'zip', which isn't a parameter"),
        ];
        for (text, reason) in refused {
            let error = checked(text).unwrap_err();
            assert!(error.contains(reason), "{text}: {error}");
        }
    }
}
