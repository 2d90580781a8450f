//! Validation of arguments against `constraints`, and of results against generated schemas, by the `jsonschema` crate.

use serde_json::Value;

/// A compiled JSON Schema (2020-12). Messages of validation errors don't contain the validated values.
#[derive(Debug)]
pub(crate) struct Validator(Box<jsonschema::Validator>);

impl Validator {
    /// Compiles a schema.
    ///
    /// # Errors
    /// If `schema` isn't a JSON Schema.
    pub(super) fn new(schema: &Value) -> Result<Self, String> {
        let validator = jsonschema::draft202012::new(schema).map_err(|error| error.to_string())?;
        Ok(Validator(Box::new(validator)))
    }

    /// Returns JSON Pointer and message of the first error; `None` if the value satisfies the schema.
    pub(super) fn first_error(&self, value: &Value) -> Option<(String, String)> {
        let error = self.0.validate(value).err()?;
        Some((error.instance_path().to_string(), error.masked().to_string()))
    }

    /// Returns JSON Pointer and message of every error. In messages, `subject` replaces the values.
    pub(super) fn errors(&self, value: &Value, subject: &str) -> Vec<(String, String)> {
        let errors = self.0.iter_errors(value);
        errors
            .map(|error| (error.instance_path().to_string(), error.masked_with(subject).to_string()))
            .collect()
    }
}
