//! Two callers are never one because their names are alike: what is kept for one isn't the other's.

use std::time::Instant;

use mcp_tool_runtime::{Caller, ErrorKind, prelude::*, testing::TestServer};
use serde_json::{Value, json};

use super::{
    Bearer,
    issuer::{Issuer, RESOURCE},
    known, request,
};
use crate::harness::{HttpServer, PATIENCE, kind, text};

/// A server that trusts two issuers, each of which has an Alice who uses the same agent.
struct Two {
    server: HttpServer,
    issuers: [Issuer; 2],
}

impl Two {
    fn start(arguments: &[&str]) -> Self {
        let issuers = [Issuer::start(&known()), Issuer::start(&known())];
        let urls = [issuers[0].url.clone(), issuers[1].url.clone()].join(",");
        let own = ["--oauth-issuer", &urls, "--oauth-resource", RESOURCE];
        Two { server: HttpServer::start(&[&own, arguments].concat()), issuers }
    }

    /// The two, and other tenants' and agents' Alices of the first issuer.
    fn alices(&self) -> [Bearer<'_>; 3] {
        let [first, second] = &self.issuers;
        let other = json!({ "client_id": "agent-8" });
        [first.token(), second.token(), first.token_with(other)]
            .map(|token| Bearer::new(&self.server, &token))
    }
}

#[test]
fn each_has_a_rate_of_its_own() {
    let two = Two::start(&[]);
    for (number, alice) in two.alices().iter().enumerate() {
        for _ in 0..3 {
            let answer = alice.call("limited", json!({})).json();
            assert_eq!(text(&answer), "counted", "Alice {number}");
        }
        assert_eq!(kind(&alice.call("limited", json!({})).json()), "rate_limited", "Alice {number}");
    }
}

#[test]
fn each_has_cursors_of_its_own() {
    let two = Two::start(&[]);
    let alices = two.alices();
    for (number, alice) in alices.iter().enumerate() {
        let answer = alice.call("numbers", json!({ "below": 9, "limit": 3 })).json();
        let cursor = &answer["result"]["structuredContent"]["next_cursor"];
        assert!(cursor.is_string(), "{answer}");
        let next = json!({ "below": 9, "limit": 3, "cursor": cursor });
        for (reader, other) in alices.iter().enumerate() {
            let answer = other.call("numbers", next.clone()).json();
            match reader == number {
                true => assert_eq!(answer["result"]["structuredContent"]["items"][0]["n"], 3, "{answer}"),
                false => assert_eq!(kind(&answer), "invalid_arguments", "{answer}"),
            }
        }
    }
}

#[test]
fn a_call_is_cancelled_by_its_own_caller() {
    let two = Two::start(&[]);
    let [alice, others @ ..] = two.alices();
    let cancel =
        json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": 7 } });
    let running = |wanted: u64| {
        let begun = Instant::now();
        while alice.count("running") != wanted {
            assert!(begun.elapsed() < PATIENCE);
        }
    };
    let held = |milliseconds: u32| request(7, "holds", json!({ "text": "x", "milliseconds": milliseconds }));
    std::thread::scope(|scope| {
        let call = scope.spawn(|| alice.send(&[], &held(3_000)).json());
        running(1);
        for other in &others {
            assert_eq!(other.send(&[], &cancel).status, 202);
        }
        assert_eq!(text(&call.join().unwrap()), "held");
        let call = scope.spawn(|| alice.send(&[], &held(60_000)).json());
        running(1);
        assert_eq!(alice.send(&[], &cancel).status, 202);
        assert_eq!(call.join().unwrap()["error"]["code"], -31_499);
    });
}

#[test]
fn a_session_is_its_owners() {
    let two = Two::start(&["--legacy-sessions", "8"]);
    let alices = two.alices();
    let list = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" });
    for (number, alice) in alices.iter().enumerate() {
        let id = alice.session();
        let inside = [("Mcp-Session-Id", id.as_str()), ("MCP-Protocol-Version", "2025-11-25")];
        for (other, user) in alices.iter().enumerate() {
            for message in [&list, &request(2, "echo", json!({ "text": "x" }))] {
                let wanted = if other == number { 200 } else { 404 };
                let reply = user.send(&inside, message);
                assert_eq!(reply.status, wanted, "session {number} by {other}: {reply:?}");
            }
            if other != number {
                let own = [("Authorization", user.authorization.as_str()), inside[0], inside[1]];
                assert_eq!(two.server.send("DELETE", "/mcp", &own, b"").status, 404);
                let events = [&own[..], &[("Accept", "text/event-stream")]].concat();
                assert_eq!(two.server.send("GET", "/mcp", &events, b"").status, 404);
            }
        }
        // It is still there, and who ends it is its owner.
        assert_eq!(alice.send(&inside, &list).status, 200);
        let own = [("Authorization", alice.authorization.as_str()), inside[0], inside[1]];
        assert!((200..300).contains(&two.server.send("DELETE", "/mcp", &own, b"").status));
        assert_eq!(alice.send(&inside, &list).status, 404);
    }
    // Nobody's is nobody's.
    assert_eq!(two.server.post(&[("Mcp-Session-Id", "x")], &list).status, 401);
}

mod before {
    use super::*;

    /// Look something up.
    #[mcp_tool(version = "1.0", scope = "things:read", read_only)]
    pub(super) async fn find(
        /** What. */
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
        /** What. */
        query: String,
    ) -> String {
        query
    }
}

#[tokio::test]
async fn each_is_held_to_what_it_listed_itself() {
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
        assert!(answer.is_ok(), "{other:?} listed nothing: {answer:?}");
    }
    let refused = later.call("find", query).await.unwrap_err();
    assert_eq!(refused.kind(), Some(ErrorKind::ContractChanged));
}
