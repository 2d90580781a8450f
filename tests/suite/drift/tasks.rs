//! Added, required and removed support for tasks. The tools here are those before the change that each name states.
//! `ui/drift/tasks.rs` has them after it.

use mcp_tool_runtime::{ToolEntry, mcp_tool, tools};

pub const TOOLS: &[ToolEntry] = tools![task_added, task_required, task_removed];

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn task_added() {}

/// Do.
#[mcp_tool(version = "1.0", task, public)]
pub async fn task_required() {}

/// Do.
#[mcp_tool(version = "1.0", task, public)]
pub async fn task_removed() {}
