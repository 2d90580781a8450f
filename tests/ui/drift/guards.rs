//! Scopes, gates and annotations.
#![allow(dead_code, unused_variables)]
use mcp_tool_runtime::mcp_tool;

/// Do.
#[mcp_tool(version = "1.0", scope = ["things:read", "things:write"])]
async fn scope_added() {}

/// Do.
#[mcp_tool(version = "1.0", scope = "things:read")]
async fn scope_added_to_a_public_tool() {}

/// Do.
#[mcp_tool(version = "1.0", scope = "things:read")]
async fn scope_removed() {}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn scope_removed_altogether() {}

/// Do.
#[mcp_tool(version = "1.0", scope = "things:list")]
async fn scope_replaced() {}

/// Do.
#[mcp_tool(version = "1.0", public, read_only)]
async fn read_only_added() {}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn read_only_removed() {}

/// Do.
#[mcp_tool(version = "1.0", public, destructive)]
async fn destructive_added() {}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn destructive_removed() {}

/// Do.
#[mcp_tool(version = "1.0", public, idempotent)]
async fn idempotent_added() {}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn idempotent_removed() {}

/// Do.
#[mcp_tool(version = "1.0", public, open_world)]
async fn open_world_added() {}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn open_world_removed() {}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn secret_removed(
    /** Its name. */
    word: String,
) {
}

/// Do.
#[mcp_tool(version = "1.0", scope = "things:read", destructive, gate(scope = "things:purge"))]
async fn gate_added() {}

/// Do.
#[mcp_tool(version = "1.0", scope = "things:read", destructive)]
async fn gate_removed() {}

/// Do.
#[mcp_tool(version = "1.0", scope = "things:read", destructive, gate(scope = "things:drop"))]
async fn gate_replaced() {}

/// Do.
#[mcp_tool(version = "1.0", scope = "things:read", destructive, gate(scope = "things:purge"))]
async fn destructive_added_with_its_gate() {}

/// Do.
#[mcp_tool(version = "1.0", public, upstream = ["billing", "mail"])]
async fn upstream_added() {}

/// Do.
#[mcp_tool(version = "1.0", public, upstream = "mail")]
async fn upstream_removed() {}

fn main() {}
