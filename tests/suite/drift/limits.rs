//! Changed timeouts, concurrency limits, rates and deprecations. The tools here are those before the change that each
//! name states. `ui/drift/limits.rs` has them after it.

use mcp_tool_runtime::{ToolEntry, mcp_tool, tools};

pub const TOOLS: &[ToolEntry] = tools![
    timeout_lowered,
    timeout_set,
    timeout_raised,
    timeout_left_out,
    concurrency_lowered,
    concurrency_raised,
    concurrency_left_out,
    deprecation_added,
    removal_earlier,
    rate_set,
    rate_lowered,
    rate_raised,
    rate_over_another_window,
    rate_left_out
];

/// Do.
#[mcp_tool(version = "1.0", public, timeout = "5s")]
pub async fn timeout_lowered() {}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn timeout_set() {}

/// Do.
#[mcp_tool(version = "1.0", public, timeout = "5s")]
pub async fn timeout_raised() {}

/// Do.
#[mcp_tool(version = "1.0", public, timeout = "5s")]
pub async fn timeout_left_out() {}

/// Do.
#[mcp_tool(version = "1.0", public, concurrency = 4)]
pub async fn concurrency_lowered() {}

/// Do.
#[mcp_tool(version = "1.0", public, concurrency = 4)]
pub async fn concurrency_raised() {}

/// Do.
#[mcp_tool(version = "1.0", public, concurrency = 4)]
pub async fn concurrency_left_out() {}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn deprecation_added() {}

/// Do.
#[mcp_tool(version = "1.0", public, deprecated(message = "Count instead.", removal = "2027-01-31"))]
pub async fn removal_earlier() {}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn rate_set() {}

/// Do.
#[mcp_tool(version = "1.0", public, rate = "10/min")]
pub async fn rate_lowered() {}

/// Do.
#[mcp_tool(version = "1.0", public, rate = "10/min")]
pub async fn rate_raised() {}

// Becomes `100/h`.
/// Do.
#[mcp_tool(version = "1.0", public, rate = "10/min")]
pub async fn rate_over_another_window() {}

/// Do.
#[mcp_tool(version = "1.0", public, rate = "10/min")]
pub async fn rate_left_out() {}
