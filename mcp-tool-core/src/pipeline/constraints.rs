//! The arguments against the conditions among them.

use mcp_tool_contract::model::Contract;
#[cfg(feature = "schemars")]
use mcp_tool_contract::read::violation::{Rule, Violation, Violations};
use serde_json::Value;

use crate::error::ToolError;

/// How a tool's arguments are held to conditions among them, settled when the server starts.
#[derive(Debug, Default)]
pub(crate) enum Constraints {
    /// There are none.
    #[default]
    Nothing,
    #[cfg(feature = "schemars")]
    Held {
        validator: Box<jsonschema::Validator>,
        /// Parameters for which `null` counts as absent.
        optional: Vec<&'static str>,
    },
}

impl Constraints {
    /// # Errors
    /// Where they are no JSON Schema, or this server can't enforce any.
    pub(crate) fn new(contract: &Contract) -> Result<Self, String> {
        let Some(text) = contract.constraints else { return Ok(Constraints::Nothing) };
        let schema: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        #[cfg(feature = "schemars")]
        {
            let optional = contract.input.iter().filter(|param| !param.is_required()).map(|param| param.name);
            let validator = jsonschema::draft202012::new(&schema).map_err(|error| error.to_string())?;
            Ok(Constraints::Held { validator: Box::new(validator), optional: optional.collect() })
        }
        #[cfg(not(feature = "schemars"))]
        Err(format!("it needs the feature `schemars` of mcp-tool-runtime to hold calls to {schema}"))
    }

    /// Lets arguments pass that were read.
    #[cfg_attr(
        not(feature = "schemars"),
        allow(unused_variables, reason = "there is nothing to hold them to")
    )]
    pub(crate) fn check(&self, arguments: &str) -> Result<(), ToolError> {
        match self {
            Constraints::Nothing => Ok(()),
            #[cfg(feature = "schemars")]
            Constraints::Held { validator, optional } => {
                let mut given: Value = serde_json::from_str(arguments).map_err(ToolError::internal)?;
                if let Value::Object(given) = &mut given {
                    given.retain(|name, value| !(value.is_null() && optional.contains(&name.as_str())));
                }
                let broken = validator.iter_errors(&given).map(|error| Violation {
                    pointer: error.instance_path().to_string(),
                    rule: Rule::Constraints,
                    limit: None,
                    // Nothing of the values.
                    message: error.masked_with("the arguments").to_string(),
                });
                let broken: Vec<Violation> = broken.collect();
                match Violations::of(broken) {
                    None => Ok(()),
                    Some(violations) => Err(ToolError::unread(violations)),
                }
            }
        }
    }
}
