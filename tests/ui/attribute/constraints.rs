//! Constraints can name only the tool's own parameters.
#![allow(unused_variables)]
use mcp_tool_runtime::mcp_tool;

/// Do.
#[mcp_tool(version = "1.0", public, constraints = r#"{"anyOf": [{"required": ["fone"]}]}"#)]
async fn of_no_parameter(/** A number. */ phone: Option<String>) {}

/// Do.
#[mcp_tool(version = "1.0", public, constraints = r#"{"properties": {}}"#)]
async fn of_what_a_parameter_is(/** A number. */ phone: Option<String>) {}

/// Do.
#[mcp_tool(version = "1.0", public, constraints = "{")]
async fn no_json(/** A number. */ phone: Option<String>) {}

/// Do.
#[mcp_tool(version = "1.0", public, constraints)]
async fn nothing(/** A number. */ phone: Option<String>) {}

fn main() {}
