//! Gates. A gate is an additional scope of a destructive tool: the tool runs only for callers that have the scope. A
//! destructive tool without a gate runs only if the operator permits it by `--allow-destructive`.
//!
//! An adapter is a tool, here version 1 of another, that passes its calls to the other, its target.

use mcp_tool_runtime::{Adapted, Caller, StartError, ToolEntry, prelude::*, testing::TestServer};
use serde_json::json;

use crate::harness::{HttpServer, StdioServer, correlation, text};

/// End a thing; the scope of the gate is `things:end`.
#[mcp_tool(version = "2.0", scope = "things:read", destructive, gate(scope = "things:end"))]
async fn end() {}

mod gated_v1 {
    use super::*;

    /// End a thing through an adapter with the same gate.
    #[mcp_tool(version = "1.0", scope = "things:read", destructive, gate(scope = "things:end"))]
    pub(super) fn end() -> Adapted<super::end> {
        Adapted::to(json!({}))
    }
}

mod ungated_v1 {
    use super::*;

    /// End a thing through an adapter without a gate. The adapter needs the operator's permission, and the scope of its
    /// target's gate.
    #[mcp_tool(
        version = "1.0",
        scope = ["things:read", "things:end"],
        destructive
    )]
    pub(super) fn end() -> Adapted<super::end> {
        Adapted::to(json!({}))
    }
}

mod without_gate_scope {
    use super::*;

    /// End a thing through an invalid adapter: it doesn't name the scope of the gate.
    #[mcp_tool(version = "1.0", scope = "things:read", destructive)]
    pub(super) fn end() -> Adapted<super::end> {
        Adapted::to(json!({}))
    }
}

mod with_upstreams {
    use super::*;

    /// End a thing in two upstreams.
    #[mcp_tool(
        version = "2.0",
        scope = "things:read",
        destructive,
        gate(scope = "things:end"),
        upstream = ["billing", "mail"]
    )]
    pub(super) async fn end() {}
}

mod without_upstream {
    use super::*;

    /// End a thing through an invalid adapter: it names only one of the two upstreams.
    #[mcp_tool(
        version = "1.0",
        scope = "things:read",
        destructive,
        gate(scope = "things:end"),
        upstream = "mail"
    )]
    pub(super) fn end() -> Adapted<super::with_upstreams::end> {
        Adapted::to(json!({}))
    }
}

/// Starts a server whose operator permits the destructive tools in `permitted`.
async fn start(tools: &'static [ToolEntry], permitted: &[&str]) -> Result<TestServer, StartError> {
    let permitted = permitted.iter().copied();
    TestServer::start_allowing(ToolServer::new("ends", "1").tools(tools), permitted).await
}

#[test]
fn gate_scope_is_required_and_listed_over_http() {
    // `purges` of the test server has the scope `specimen:read` and a gate with the scope `specimen:purge`.
    let server = HttpServer::start(&["--local-scopes", "specimen:read"]);
    let call = json!({ "name": "purges", "arguments": {} });
    let reply = server.modern("tools/call", call.clone(), json!({}), &[]);
    assert_eq!((reply.status, &reply.json()["error"]["code"]), (403, &json!(-31_403)));
    let answer = reply.json();
    let message = answer["error"]["message"].as_str().unwrap();
    assert!(message.ends_with(": specimen:purge"), "{message}");
    assert!(!server.modern("tools/list", json!({}), json!({}), &[]).json().to_string().contains("purges"));
    assert_eq!(server.count("finished"), 0, "the function must not run");

    let server = HttpServer::start(&["--local-scopes", "specimen:read", "--local-scopes", "specimen:purge"]);
    let reply = server.modern("tools/call", call, json!({}), &[]);
    assert_eq!((reply.status, text(&reply.json())), (200, "Done."));
    let list = server.modern("tools/list", json!({}), json!({}), &[]).json();
    let listed = list["result"]["tools"].as_array().unwrap().iter().find(|tool| tool["name"] == "purges");
    let meta = &listed.unwrap()["_meta"];
    assert_eq!(meta["dev.mcp-tool/gate"], json!({ "scope": "specimen:purge" }));
    let scopes = json!(["specimen:read", "specimen:purge"]);
    assert_eq!(meta["securitySchemes"], json!([{ "type": "oauth2", "scopes": scopes }]));
}

#[test]
fn gate_scope_does_not_replace_the_scope_of_the_tool() {
    let mut server = StdioServer::initialized(&["--local-scopes", "specimen:purge"]);
    let refused = server.call("purges", json!({}));
    assert_eq!(refused["error"]["code"], -31_403);
    let record = server.stderr.record_of(correlation(&refused));
    assert_eq!(
        (&record["reason"], &record["detail"]),
        (&json!("insufficient_scope"), &json!("specimen:read"))
    );
    let counts = server.call("counts", json!({}))["result"]["structuredContent"].clone();
    assert_eq!(counts["finished"], 0, "the function must not run");
}

#[tokio::test]
async fn gate_scope_replaces_the_operators_permission() {
    let server = start(tools![end, gated_v1::end], &[]).await.unwrap();
    let caller = |scopes: &[&str]| server.as_caller(Caller::new("ann").with_scopes(scopes.iter().copied()));
    for tool in ["end", "end_v1"] {
        assert!(caller(&["things:read", "things:end"]).call(tool, json!({})).await.is_ok());
        let refused = caller(&["things:read"]).call(tool, json!({})).await.unwrap_err();
        assert_eq!(refused.missing_scopes(), ["things:end"]);
        let refused = caller(&[]).call(tool, json!({})).await.unwrap_err();
        assert_eq!(refused.missing_scopes(), ["things:read", "things:end"]);
    }
    let refused = start(tools![end], &["end"]).await.unwrap_err();
    assert_eq!(
        refused.to_string(),
        "--allow-destructive end: leave out this permission, because callers with the scope of the tool's gate may run it"
    );
    // The operator may permit the tool if an older version of it has no gate. These callers have all scopes.
    let permitted = start(tools![end, ungated_v1::end], &["end"]).await.unwrap();
    assert!(permitted.call("end_v1", json!({})).await.is_ok());
    let not_permitted = start(tools![end, ungated_v1::end], &[]).await.unwrap();
    assert!(not_permitted.call("end_v1", json!({})).await.is_err());
}

#[tokio::test]
async fn adapter_must_name_the_gate_and_upstreams_of_its_target() {
    for (tools, reason) in [
        (tools![end, without_gate_scope::end], "doesn't name the scope 'things:end', which 'end' 2.0 needs"),
        (
            tools![with_upstreams::end, without_upstream::end],
            "doesn't name the upstream 'billing', which 'end' 2.0 reaches",
        ),
    ] {
        let refused = start(tools, &[]).await.unwrap_err();
        assert_eq!(refused.to_string(), format!("the tool 'end' 1.0 is an adapter, and {reason}"));
    }
}
