//! An upstream comes from a call, and a request from an upstream.

use mcp_tool_runtime::{CallContext, Upstream, UpstreamRequest};

fn made(cx: CallContext) -> Upstream {
    Upstream { cx, remote: Default::default() }
}

fn asked(upstream: Upstream) -> UpstreamRequest {
    UpstreamRequest::new(upstream, "GET", "https://evil.example/")
}

fn main() {}
