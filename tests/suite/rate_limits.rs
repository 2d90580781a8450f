//! Rate limits per caller and tool. In the specimen (the test server in `tests/src`), `limited` may be called 3 times
//! an hour, and `limited_waits` twice an hour, one call at a time.

use mcp_tool_runtime::{Adapted, Caller, ErrorKind, prelude::*, testing::TestServer};
use serde_json::{Value, json};

use crate::harness::{HttpServer, StdioServer, correlation, kind, text, tools_call};

/// Tell the time.
#[mcp_tool(version = "2.0", public, read_only, rate = "2/day")]
async fn tell() -> String {
    "noon".to_owned()
}

/// Version 1 of `tell`, listed as `tell_v1`, with a higher limit than its target.
mod v1 {
    use super::*;

    /// Tell the time.
    #[mcp_tool(version = "1.0", public, read_only, rate = "3/day")]
    pub(super) fn tell() -> Adapted<super::tell> {
        Adapted::to(json!({}))
    }
}

/// Checks the text and the metadata of the rate limit error of `limited`.
fn check_refusal(answer: &Value) {
    assert_eq!(answer["result"]["isError"], true, "{answer}");
    assert_eq!(kind(answer), "rate_limited");
    let error = &answer["result"]["_meta"]["dev.mcp-tool/error"];
    let after = error["retryAfterMs"].as_u64().unwrap();
    assert!((3_500_000..=3_600_000).contains(&after), "{answer}");
    assert_eq!((&error["limit"], &error["windowMs"]), (&json!(3), &json!(3_600_000)));
    let message = "'limited' may be called 3 times in 1 hour by one caller: try again in 60 min";
    assert_eq!(text(answer), format!("{message} (retry after {after} ms)"));
}

#[test]
fn rate_limited_call_states_when_to_retry_over_stdio() {
    let mut server = StdioServer::initialized(&[]);
    for _ in 0..3 {
        assert_eq!(text(&server.call("limited", json!({}))), "counted");
    }
    let refused = server.call("limited", json!({}));
    check_refusal(&refused);
    let record = server.stderr.record_of(correlation(&refused));
    assert_eq!((&record["outcome"], &record["reason"]), (&json!("refused"), &json!("rate_limited")));
    assert_eq!(
        text(&server.call("echo", json!({ "text": "x" }))),
        "x",
        "the rate limit of a tool must not apply to other tools"
    );
}

#[test]
fn http_rate_limit_is_shared_across_protocol_revisions_and_client_names() {
    let server = HttpServer::start(&[]);
    let call = json!({ "name": "limited", "arguments": {} });
    assert_eq!(text(&server.call("limited", json!({}))), "counted");
    for agent in ["one", "two"] {
        let info = json!({ "io.modelcontextprotocol/clientInfo": { "name": agent, "version": "1" } });
        let reply = server.modern("tools/call", call.clone(), info, &[]);
        assert_eq!((reply.status, text(&reply.json())), (200, "counted"));
    }
    let reply = server.modern("tools/call", call, json!({}), &[]);
    assert_eq!(reply.status, 200);
    check_refusal(&reply.json());
    check_refusal(&server.call("limited", json!({})));
}

#[test]
fn call_refused_for_concurrency_does_not_count_toward_the_rate_limit() {
    let mut server = StdioServer::initialized(&[]);
    let call = |id: &str, milliseconds: u32| {
        tools_call(id, "limited_waits", json!({ "milliseconds": milliseconds })).to_string()
    };
    // Counts, and keeps running, so that `b` and `c` are refused.
    server.send(&call("a", 60_000));
    for id in ["b", "c"] {
        server.send(&call(id, 0));
        let refused = server.receive();
        assert_eq!((&refused["id"], kind(&refused)), (&json!(id), "unavailable"));
    }
    let params = json!({ "requestId": "a" });
    let cancel = json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": params });
    server.send(&cancel.to_string());
    server.stderr.line_with(&["limited_waits", "cancelled"]);
    assert_eq!(text(&server.call("limited_waits", json!({ "milliseconds": 0 }))), "waited");
    assert_eq!(kind(&server.call("limited_waits", json!({ "milliseconds": 0 }))), "rate_limited");
}

#[tokio::test]
async fn each_caller_has_its_own_rate_limit() {
    let server = TestServer::start(ToolServer::new("clock", "1").tools(tools![tell])).await.unwrap();
    let [ann, bob] = ["ann", "bob"].map(|user| server.as_caller(Caller::new(user)));
    for _ in 0..2 {
        assert_eq!(ann.call("tell", json!({})).await.unwrap().text(), "noon");
    }
    let refused = ann.call("tell", json!({})).await.unwrap_err();
    assert_eq!(refused.kind(), Some(ErrorKind::RateLimited));
    assert!(refused.to_string().contains("2 times in 1 day"), "{refused}");
    assert_eq!(bob.call("tell", json!({})).await.unwrap().text(), "noon");
    let record = server.records().swap_remove(2);
    assert_eq!((&record["outcome"], &record["reason"]), (&json!("refused"), &json!("rate_limited")));
    let listed = &server.list().await[0]["_meta"]["dev.mcp-tool/rate"];
    assert_eq!(*listed, json!({ "limit": 2, "windowMs": 86_400_000 }));
}

#[tokio::test]
async fn adapter_call_counts_toward_the_limit_of_its_target() {
    let server = ToolServer::new("clock", "1").tools(tools![tell, v1::tell]);
    let server = TestServer::start(server).await.unwrap();
    for tool in ["tell", "tell_v1"] {
        assert_eq!(server.call(tool, json!({})).await.unwrap().text(), "noon");
    }
    for _ in 0..3 {
        // The limit of version 2 is reached; that of version 1 is not.
        let refused = server.call("tell_v1", json!({})).await.unwrap_err();
        assert_eq!(refused.kind(), Some(ErrorKind::RateLimited));
        assert!(refused.to_string().contains("2 times in 1 day"), "{refused}");
    }
}
