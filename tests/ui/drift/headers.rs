//! Headers that mirror arguments.
#![allow(dead_code, unused_variables)]
use mcp_tool_runtime::mcp_tool;

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn header_added(
    /** The place. */
    #[arg(header = "Region")]
    region: String,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn header_removed(
    /** The place. */
    region: String,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn header_changed(
    /** The place. */
    #[arg(header = "Zone")]
    region: String,
) {
}

fn main() {}
