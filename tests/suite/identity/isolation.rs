//! Callers with equal user names are separate callers if their issuer, tenant or agent differs.

use std::time::Instant;

use mcp_tool_runtime::{Caller, ErrorKind, prelude::*, testing::TestServer};
use serde_json::{Value, json};

use super::{
    Bearer,
    issuer::{Issuer, RESOURCE},
    issuer_keys,
};
use crate::harness::{CANCELLED, HttpServer, MAX_WAIT, kind, text, tools_call};

/// A server that trusts two issuers. Each issuer has a user `alice` with the same agent.
struct TwoIssuers {
    server: HttpServer,
    issuers: [Issuer; 2],
}

impl TwoIssuers {
    fn start(arguments: &[&str]) -> Self {
        let issuers = [Issuer::start(&issuer_keys()), Issuer::start(&issuer_keys())];
        let urls = [issuers[0].url.clone(), issuers[1].url.clone()].join(",");
        let oauth = ["--oauth-issuer", &urls, "--oauth-resource", RESOURCE];
        TwoIssuers { server: HttpServer::start(&[&oauth, arguments].concat()), issuers }
    }

    /// `alice` of each issuer, and `alice` of the first issuer with another agent.
    fn alices(&self) -> [Bearer<'_>; 3] {
        let [first, second] = &self.issuers;
        let other = json!({ "client_id": "agent-8" });
        [first.token(), second.token(), first.token_with(other)]
            .map(|token| Bearer::new(&self.server, &token))
    }
}

/// The tool `limited` may be called three times in an hour.
#[test]
fn callers_have_separate_rate_limits() {
    let two = TwoIssuers::start(&[]);
    for (number, alice) in two.alices().iter().enumerate() {
        for _ in 0..3 {
            let answer = alice.call("limited", json!({})).json();
            assert_eq!(text(&answer), "counted", "`alices()[{number}]` must have its own rate limit");
        }
        assert_eq!(
            kind(&alice.call("limited", json!({})).json()),
            "rate_limited",
            "`alices()[{number}]` must have its own rate limit"
        );
    }
}

#[test]
fn cursor_is_valid_only_for_the_caller_that_received_it() {
    let two = TwoIssuers::start(&[]);
    let alices = two.alices();
    for (number, alice) in alices.iter().enumerate() {
        let answer = alice.call("numbers", json!({ "below": 9, "limit": 3 })).json();
        let cursor = &answer["result"]["structuredContent"]["next_cursor"];
        assert!(cursor.is_string(), "{answer}");
        let next = json!({ "below": 9, "limit": 3, "cursor": cursor });
        for (other, user) in alices.iter().enumerate() {
            let answer = user.call("numbers", next.clone()).json();
            match other == number {
                true => assert_eq!(answer["result"]["structuredContent"]["items"][0]["n"], 3, "{answer}"),
                false => assert_eq!(kind(&answer), "invalid_arguments", "{answer}"),
            }
        }
    }
}

#[test]
fn call_is_cancelled_only_by_its_own_caller() {
    let two = TwoIssuers::start(&[]);
    let [alice, others @ ..] = two.alices();
    let cancel =
        json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": 7 } });
    let wait_for_running = |expected: u64| {
        let begun = Instant::now();
        while alice.count("running") != expected {
            assert!(begun.elapsed() < MAX_WAIT);
        }
    };
    let held =
        |milliseconds: u32| tools_call(7, "holds", json!({ "text": "x", "milliseconds": milliseconds }));
    std::thread::scope(|scope| {
        let call = scope.spawn(|| alice.send(&[], &held(3_000)).json());
        wait_for_running(1);
        for other in &others {
            assert_eq!(other.send(&[], &cancel).status, 202);
        }
        assert_eq!(text(&call.join().unwrap()), "held");
        let call = scope.spawn(|| alice.send(&[], &held(60_000)).json());
        wait_for_running(1);
        assert_eq!(alice.send(&[], &cancel).status, 202);
        assert_eq!(call.join().unwrap()["error"]["code"], CANCELLED);
    });
}

#[test]
fn session_is_usable_only_by_the_caller_that_opened_it() {
    let two = TwoIssuers::start(&["--legacy-sessions", "8"]);
    let alices = two.alices();
    let list = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" });
    for (number, alice) in alices.iter().enumerate() {
        let id = alice.open_session();
        let in_session = [("Mcp-Session-Id", id.as_str()), ("MCP-Protocol-Version", "2025-11-25")];
        for (other, user) in alices.iter().enumerate() {
            for message in [&list, &tools_call(2, "echo", json!({ "text": "x" }))] {
                let expected = if other == number { 200 } else { 404 };
                let reply = user.send(&in_session, message);
                assert_eq!(
                    reply.status, expected,
                    "session of caller {number}, used by caller {other}: {reply:?}"
                );
            }
            if other != number {
                let headers = [("Authorization", user.authorization.as_str()), in_session[0], in_session[1]];
                assert_eq!(two.server.send("DELETE", "/mcp", &headers, b"").status, 404);
                let events = [&headers[..], &[("Accept", "text/event-stream")]].concat();
                assert_eq!(two.server.send("GET", "/mcp", &events, b"").status, 404);
            }
        }
        // The session is still open, and its owner can close it.
        assert_eq!(alice.send(&in_session, &list).status, 200);
        let headers = [("Authorization", alice.authorization.as_str()), in_session[0], in_session[1]];
        assert!((200..300).contains(&two.server.send("DELETE", "/mcp", &headers, b"").status));
        assert_eq!(alice.send(&in_session, &list).status, 404);
    }
    // A request without a token is refused, even with a session id.
    assert_eq!(two.server.post(&[("Mcp-Session-Id", "x")], &list).status, 401);
}

mod before {
    use super::*;

    /// Look something up.
    #[mcp_tool(version = "1.0", scope = "things:read", read_only)]
    pub(super) async fn find(
        /** Word to find. */
        word: String,
    ) -> String {
        word
    }
}

mod after {
    use super::*;

    /// Look something up.
    #[mcp_tool(version = "2.0", scope = "things:read", read_only)]
    pub(super) async fn find(
        /** Query to search for. */
        query: String,
    ) -> String {
        query
    }
}

/// A caller that listed `find` 1.0 gets the error `contract_changed` once only 2.0 is served. Any other caller's call
/// runs, although that caller has the same user name.
#[tokio::test]
async fn last_listed_contract_is_kept_per_caller() {
    let server = TestServer::start(ToolServer::new("finds", "1").tools(tools![before::find])).await.unwrap();
    let alice = || Caller::new("alice").with_agent("agent-7").with_scopes(["things:read"]);
    let others = [
        alice().with_issuer("https://two.example"),
        alice().with_issuer("https://one.example").with_tenant("acme"),
        alice().with_issuer("https://one.example").with_agent("agent-8"),
        alice(),
    ];
    let first = server.as_caller(alice().with_issuer("https://one.example"));
    assert_eq!(first.list().await.len(), 1);
    let later = first.succeeded_by(ToolServer::new("finds", "2").tools(tools![after::find])).await.unwrap();
    let query: Value = json!({ "query": "cat" });
    for other in others {
        let answer = later.as_caller(other.clone()).call("find", query.clone()).await;
        assert!(
            answer.is_ok(),
            "{other:?} never listed tools, so its call must not be refused for a changed contract: {answer:?}"
        );
    }
    // `later` calls as the caller of `first`, which listed `before::find`.
    let refused = later.call("find", query).await.unwrap_err();
    assert_eq!(refused.kind(), Some(ErrorKind::ContractChanged));
}
