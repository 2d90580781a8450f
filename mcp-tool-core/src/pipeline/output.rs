//! A result against the output contract, before it leaves.

use mcp_tool_contract::{bounds::Object, model::ToolOutput, read::result};

use crate::{error::ToolError, tool::answer::ToolAnswer};

/// How a tool's results are checked, settled when the server starts.
#[derive(Debug)]
pub(crate) enum OutputCheck {
    Nothing,
    Text,
    Content,
    Object(&'static Object),
    #[cfg(feature = "schemars")]
    Dynamic(Box<jsonschema::Validator>),
}

impl OutputCheck {
    /// # Errors
    /// Where a schema that is known only now is none, or isn't one of an object.
    pub(crate) fn new(output: &ToolOutput) -> Result<Self, String> {
        Ok(match output {
            ToolOutput::Nothing => OutputCheck::Nothing,
            ToolOutput::Text => OutputCheck::Text,
            ToolOutput::Content => OutputCheck::Content,
            ToolOutput::Object(object) | ToolOutput::Page(object) => OutputCheck::Object(object),
            #[cfg(feature = "schemars")]
            ToolOutput::Dynamic(schema) => {
                OutputCheck::Dynamic(Box::new(crate::tool::schemars::validator(&schema())?))
            }
            ToolOutput::FromLock(_) => return Err("a lock remembers it, and no function gives it".into()),
            #[cfg(not(feature = "schemars"))]
            ToolOutput::Dynamic(_) => return Err("it needs the feature `schemars`".into()),
        })
    }

    /// Lets a result pass that is what was promised. What was wrong is for the log, not for the caller.
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
            #[cfg(feature = "schemars")]
            (
                OutputCheck::Dynamic(validator),
                ToolAnswer::Object(json) | ToolAnswer::Structured { object: json, .. },
            ) => {
                let value =
                    serde_json::from_str(json).map_err(|error| ToolError::internal(error).unsettled())?;
                validator
                    .validate(&value)
                    .map_err(|error| broken(&format!("{}: {}", error.instance_path(), error.masked())))
            }
            (_, answer) => Err(broken(&format!("{answer:?} is another kind of result"))),
        }
    }
}

fn broken(what: &dyn std::fmt::Display) -> ToolError {
    ToolError::internal(format!("the result breaks the output contract: {what}")).unsettled()
}
