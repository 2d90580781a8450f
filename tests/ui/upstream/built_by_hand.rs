//! An upstream can only be obtained from a call.

use mcp_tool_runtime::{CallContext, Upstream};

fn made(cx: CallContext, other: Upstream) -> Upstream {
    Upstream { cx, ..other }
}

fn main() {}
