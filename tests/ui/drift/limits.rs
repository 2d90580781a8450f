//! Timeouts, concurrency, rates and deprecations.
#![allow(dead_code, unused_variables)]
use mcp_tool_runtime::mcp_tool;

/// Do.
#[mcp_tool(version = "1.0", public, timeout = "4s")]
async fn timeout_lowered() {}

/// Do.
#[mcp_tool(version = "1.0", public, timeout = "4s")]
async fn timeout_set() {}

/// Do.
#[mcp_tool(version = "1.0", public, timeout = "6s")]
async fn timeout_raised() {}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn timeout_left_out() {}

/// Do.
#[mcp_tool(version = "1.0", public, concurrency = 3)]
async fn concurrency_lowered() {}

/// Do.
#[mcp_tool(version = "1.0", public, concurrency = 5)]
async fn concurrency_raised() {}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn concurrency_left_out() {}

/// Do.
#[mcp_tool(version = "1.0", public, deprecated(message = "Count instead.", removal = "2027-01-31"))]
async fn deprecation_added() {}

/// Do.
#[mcp_tool(version = "1.0", public, deprecated(message = "Count instead.", removal = "2027-01-30"))]
async fn removal_earlier() {}

/// Do.
#[mcp_tool(version = "1.0", public, rate = "10/min")]
async fn rate_set() {}

/// Do.
#[mcp_tool(version = "1.0", public, rate = "10/h")]
async fn rate_lowered() {}

/// Do.
#[mcp_tool(version = "1.0", public, rate = "11/min")]
async fn rate_raised() {}

/// Do.
#[mcp_tool(version = "1.0", public, rate = "100/h")]
async fn rate_over_another_window() {}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn rate_left_out() {}

fn main() {}
