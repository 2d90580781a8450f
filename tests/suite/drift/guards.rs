//! Added and removed scopes, annotations, secrets, gates and upstreams. A gate is a scope that permits calls of a
//! destructive tool. The tools here are those before the change that each name states; `ui/drift/guards.rs` has them
//! after it.

use mcp_tool_runtime::{ToolEntry, mcp_tool, tools};

pub const TOOLS: &[ToolEntry] = tools![
    scope_added,
    scope_added_to_a_public_tool,
    scope_removed,
    scope_removed_altogether,
    scope_replaced,
    read_only_added,
    read_only_removed,
    destructive_added,
    destructive_removed,
    idempotent_added,
    idempotent_removed,
    open_world_added,
    open_world_removed,
    secret_removed,
    gate_added,
    gate_removed,
    gate_replaced,
    destructive_added_with_its_gate,
    upstream_added,
    upstream_removed
];

/// Do.
#[mcp_tool(version = "1.0", scope = "things:read")]
pub async fn scope_added() {}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn scope_added_to_a_public_tool() {}

/// Do.
#[mcp_tool(version = "1.0", scope = ["things:read", "things:write"])]
pub async fn scope_removed() {}

// Becomes public.
/// Do.
#[mcp_tool(version = "1.0", scope = "things:read")]
pub async fn scope_removed_altogether() {}

/// Do.
#[mcp_tool(version = "1.0", scope = "things:read")]
pub async fn scope_replaced() {}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn read_only_added() {}

/// Do.
#[mcp_tool(version = "1.0", public, read_only)]
pub async fn read_only_removed() {}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn destructive_added() {}

/// Do.
#[mcp_tool(version = "1.0", public, destructive)]
pub async fn destructive_removed() {}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn idempotent_added() {}

/// Do.
#[mcp_tool(version = "1.0", public, idempotent)]
pub async fn idempotent_removed() {}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn open_world_added() {}

/// Do.
#[mcp_tool(version = "1.0", public, open_world)]
pub async fn open_world_removed() {}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn secret_removed(
    /** Its name. */
    #[arg(secret)]
    word: String,
) {
}

/// Do.
#[mcp_tool(version = "1.0", scope = "things:read", destructive)]
pub async fn gate_added() {}

/// Do.
#[mcp_tool(version = "1.0", scope = "things:read", destructive, gate(scope = "things:purge"))]
pub async fn gate_removed() {}

/// Do.
#[mcp_tool(version = "1.0", scope = "things:read", destructive, gate(scope = "things:purge"))]
pub async fn gate_replaced() {}

/// Do.
#[mcp_tool(version = "1.0", scope = "things:read")]
pub async fn destructive_added_with_its_gate() {}

/// Do.
#[mcp_tool(version = "1.0", public, upstream = "billing")]
pub async fn upstream_added() {}

/// Do.
#[mcp_tool(version = "1.0", public, upstream = ["billing", "mail"])]
pub async fn upstream_removed() {}
