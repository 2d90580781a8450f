//! Headers that mirror arguments.
#![allow(dead_code, unused_variables)]
use mcp_tool_runtime::mcp_tool;

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn header_added(
    /** Where. */
    #[arg(header = "Region")]
    region: String,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn header_removed(
    /** Where. */
    region: String,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn header_changed(
    /** Where. */
    #[arg(header = "Zone")]
    region: String,
) {
}

fn main() {}
