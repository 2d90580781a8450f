//! Constraints across parameters.
#![allow(dead_code, unused_variables)]
use mcp_tool_runtime::mcp_tool;

/// Do.
#[mcp_tool(version = "1.0", constraints = r#"{"anyOf":[{"required":["phone"]}]}"#, public)]
async fn constraints_added(
    /** By telephone. */
    phone: Option<String>,
    /** By mail. */
    email: Option<String>,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn constraints_removed(
    /** By telephone. */
    phone: Option<String>,
    /** By mail. */
    email: Option<String>,
) {
}

/// Do.
#[mcp_tool(version = "1.0", constraints = r#"{"anyOf":[{"required":["email"]}]}"#, public)]
async fn constraints_changed(
    /** By telephone. */
    phone: Option<String>,
    /** By mail. */
    email: Option<String>,
) {
}

fn main() {}
