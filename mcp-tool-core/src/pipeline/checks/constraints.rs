//! Constraints among the arguments of one call, which a tool declares as a JSON Schema (`constraints = "…"`).

use mcp_tool_contract::{
    model::Contract,
    read::violation::{Rule, Violation, Violations},
};
use serde_json::Value;

use super::validator::Validator;
use crate::error::ToolError;

/// The constraints of a tool, compiled when the server starts; `None` for a tool without constraints.
#[derive(Debug, Default)]
pub(crate) struct Constraints(Option<ConstraintSchema>);

#[derive(Debug)]
struct ConstraintSchema {
    validator: Validator,
    /// Names of the optional parameters, for which the constraints treat `null` as absent.
    optional: Vec<&'static str>,
}

impl Constraints {
    /// Compiles the constraints of a contract.
    ///
    /// # Errors
    /// If the constraints aren't a JSON Schema, or if the tool has constraints and the feature `schemars` is off.
    pub(crate) fn new(contract: &Contract) -> Result<Self, String> {
        let Some(text) = contract.constraints() else { return Ok(Constraints::default()) };
        let schema: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let optional = contract.input().iter().filter(|param| !param.is_required()).map(|param| param.name());
        Ok(Constraints(Some(ConstraintSchema {
            validator: Validator::new(&schema)?,
            optional: optional.collect(),
        })))
    }

    /// Checks the constraints. `arguments` must be JSON that satisfies the contract's other rules.
    ///
    /// # Errors
    /// All violations of the constraints.
    pub(crate) fn check(&self, arguments: &str) -> Result<(), ToolError> {
        match &self.0 {
            None => Ok(()),
            Some(schema) => schema.check(arguments),
        }
    }
}

impl ConstraintSchema {
    fn check(&self, arguments: &str) -> Result<(), ToolError> {
        let mut arguments: Value = serde_json::from_str(arguments).map_err(ToolError::internal)?;
        if let Value::Object(arguments) = &mut arguments {
            arguments.retain(|name, value| !(value.is_null() && self.optional.contains(&name.as_str())));
        }
        let broken = self.validator.errors(&arguments, "the arguments");
        let violations = broken.into_iter().map(|(pointer, message)| Violation {
            pointer,
            rule: Rule::Constraints,
            limit: None,
            message,
        });
        Violations::of(violations.collect())
            .map_or(Ok(()), |violations| Err(ToolError::arguments_refused(violations)))
    }
}
