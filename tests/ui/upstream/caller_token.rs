//! A function can't get the caller's token.

use mcp_tool_runtime::{CallContext, Caller, ToolError, Upstream, mcp_tool};

/// Pass the caller's token on.
#[mcp_tool(version = "1.0", scope = "invoices:read", upstream = "billing", read_only)]
async fn pass_on(cx: &CallContext) -> Result<String, ToolError> {
    let token = cx.token();
    let inside = cx.call.token;
    let exposed: mcp_tool_runtime::InboundToken = token;
    let named: mcp_tool_runtime::identity::InboundToken = inside;
    Ok(format!("{exposed:?} {named:?}"))
}

fn of_the_caller(caller: &Caller) -> &str {
    caller.token()
}

fn of_the_upstream(upstream: &Upstream) -> &str {
    upstream.remote.credentials
}

fn main() {}
