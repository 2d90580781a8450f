//! Validation of results against the output contract.

use std::fmt;

use mcp_tool_contract::{bounds::Object, exhaustive, model::ToolOutput, read::result};
use serde_json::Value;

use super::validator::Validator;
use crate::{error::ToolError, tool::answer::ToolAnswer};

/// The kind of result that a tool must return, and the schema for an object; made when the server starts.
#[derive(Debug)]
pub(crate) enum OutputCheck {
    /// No result.
    Nothing,
    /// Text.
    Text,
    /// Content blocks, which have no schema.
    Content,
    /// An object, validated against the schema in the contract.
    Object(&'static Object),
    /// An object, validated against a JSON Schema that was generated when the server started.
    Generated(Validator),
}

impl OutputCheck {
    /// Returns the check for an output contract.
    ///
    /// # Errors
    /// - If the schema is generated at run time, and it isn't a JSON Schema of an object or the feature `schemars` is
    ///   off.
    /// - If the contract was read from the lock, the file of released contracts, so that it has no function.
    ///
    /// In the text of an error, "it" is the output schema.
    pub(crate) fn new(output: &ToolOutput) -> Result<Self, String> {
        Ok(match output.exhaustive() {
            exhaustive::ToolOutput::Nothing => OutputCheck::Nothing,
            exhaustive::ToolOutput::Text => OutputCheck::Text,
            exhaustive::ToolOutput::Content => OutputCheck::Content,
            exhaustive::ToolOutput::Object(object) | exhaustive::ToolOutput::Paged(object) => {
                OutputCheck::Object(object)
            }
            exhaustive::ToolOutput::Dynamic(schema) => {
                let schema = schema();
                if schema.get("type").and_then(Value::as_str) != Some("object") {
                    return Err("the root of the output schema must be an object".into());
                }
                OutputCheck::Generated(Validator::new(&schema)?)
            }
            exhaustive::ToolOutput::FromLock(_) => {
                return Err("the output schema is known from the lock only, not from a function".into());
            }
        })
    }

    /// Checks a result. Questions to the person behind the call pass unchecked.
    ///
    /// # Errors
    /// If the result violates the output contract: an internal error. The violation is only written to the log, because
    /// it may contain data that the caller must not see.
    pub(crate) fn check(&self, answer: &ToolAnswer) -> Result<(), ToolError> {
        match (self, answer) {
            (_, ToolAnswer::Asks(_))
            | (OutputCheck::Nothing, ToolAnswer::Nothing)
            | (OutputCheck::Text, ToolAnswer::Text(_))
            | (OutputCheck::Content, ToolAnswer::Content(_)) => Ok(()),
            (
                OutputCheck::Object(object),
                ToolAnswer::Object(json) | ToolAnswer::Structured { object: json, .. },
            ) => result::check(json, object).map_err(|violations| broken(&violations)),
            (
                OutputCheck::Generated(validator),
                ToolAnswer::Object(json) | ToolAnswer::Structured { object: json, .. },
            ) => {
                let value =
                    serde_json::from_str(json).map_err(|error| ToolError::internal(error).unsettled())?;
                match validator.first_error(&value) {
                    None => Ok(()),
                    Some((pointer, message)) => Err(broken(&format!("{pointer}: {message}"))),
                }
            }
            // Without the answer, because this text is logged and an answer may be large or secret.
            (_, _) => Err(broken(&"it is of another kind than the contract's output")),
        }
    }
}

/// Returns an internal error, marked as unsettled: the function may have had effects, although its result isn't sent.
fn broken(violation: &dyn fmt::Display) -> ToolError {
    ToolError::internal(format!("the result breaks the output contract: {violation}")).unsettled()
}
