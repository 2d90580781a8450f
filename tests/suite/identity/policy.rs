//! Custom authorization policies.

use std::process::Command;

use mcp_tool_runtime::{
    Adapted, Authorizer, Caller, Contract, Decision, DecisionFuture, ScopeAuthorizer,
    prelude::*,
    testing::{TestError, TestServer},
};
use serde_json::{Value, json};

use super::{
    Bearer,
    issuer::{Issuer, RESOURCE},
    issuer_keys, measure,
};
use crate::harness::{HttpServer, SPECIMEN, correlation};

/// Look at something.
#[mcp_tool(version = "1.0", scope = "things:read", read_only)]
async fn look() -> String {
    "seen".to_owned()
}

/// Change something.
#[mcp_tool(version = "1.0", scope = "things:write")]
async fn change() -> String {
    "changed".to_owned()
}

/// Say the time.
#[mcp_tool(version = "1.0", public, read_only)]
async fn time() -> String {
    "late".to_owned()
}

/// End a thing; the gate needs a scope.
#[mcp_tool(version = "1.0", scope = "things:read", destructive, gate(scope = "things:end"))]
async fn end() {}

/// Starts a server with this policy. The default caller is `ann`, who has the scopes of all tools.
async fn start<A: Authorizer>(policy: impl FnOnce(ScopeAuthorizer) -> A + 'static) -> TestServer {
    let server = ToolServer::new("things", "1").tools(tools![look, change, time, end, alter]);
    let server = TestServer::start(server.authorize_with(policy)).await.unwrap();
    server.as_caller(Caller::new("ann").with_scopes(["things:read", "things:write", "things:end"]))
}

async fn listed(server: &TestServer) -> Vec<String> {
    let list = server.list().await;
    list.iter().map(|tool| tool["name"].as_str().unwrap().to_owned()).collect()
}

/// Asserts that a call is denied, that the caller isn't told the reason, and that the record has the reason.
async fn assert_denied(server: &TestServer, tool: &str, reason: &str) {
    let refused = server.call(tool, json!({})).await.unwrap_err();
    assert!(matches!(refused, TestError::Denied), "{tool}: {refused}");
    assert!(!refused.to_string().contains(reason), "{refused}");
    let record = server.records().pop().unwrap();
    let recorded = (&record["outcome"], &record["reason"], &record["detail"], &record["tool"]);
    assert_eq!(recorded, (&json!("refused"), &json!("denied"), &json!(reason), &json!(tool)), "{record}");
}

/// Change something through an adapter.
#[mcp_tool(version = "1.0", scope = "things:write")]
fn alter() -> Adapted<change> {
    Adapted::to(json!({}))
}

/// Implements no method, so that the default applies.
struct Silent;

impl Authorizer for Silent {}

#[tokio::test]
async fn default_policy_denies_everything() {
    let server = start(|_| Silent).await;
    for tool in ["look", "change", "time", "end"] {
        assert_denied(&server, tool, "no_policy").await;
    }
    assert!(listed(&server).await.is_empty());
    let local = server.as_caller(Caller::local(mcp_tool_runtime::Scopes::All));
    assert_denied(&local, "time", "no_policy").await;
}

/// Requires one further scope for tools that write, and denies everything to the user `mallory`.
struct Narrower(ScopeAuthorizer);

impl Authorizer for Narrower {
    fn decide<'a>(&'a self, caller: &'a Caller, tool: &'a Contract) -> DecisionFuture<'a> {
        Box::pin(async move {
            if caller.user() == "mallory" {
                return Decision::Deny { reason: "on_the_list".into() };
            }
            if !tool.hints().read_only() && !self.0.holds(caller, "things:office") {
                return Decision::NeedsScopes { missing: vec!["things:office".into()] };
            }
            self.0.decide(caller, tool).await
        })
    }
}

#[tokio::test]
async fn policy_can_require_more_than_scopes() {
    let server = start(Narrower).await;
    assert_eq!(listed(&server).await, ["look", "time"]);
    assert_eq!(server.call("look", json!({})).await.unwrap().text(), "seen");
    let refused = server.call("change", json!({})).await.unwrap_err();
    assert_eq!(refused.missing_scopes(), ["things:office"]);
    let record = server.records().pop().unwrap();
    assert_eq!(
        (&record["reason"], &record["detail"]),
        (&json!("insufficient_scope"), &json!("things:office"))
    );
    let holder =
        |user: &str, scopes: &[&str]| server.as_caller(Caller::new(user).with_scopes(scopes.iter().copied()));
    let officer = holder("ann", &["things:office", "things:write"]);
    assert_eq!(officer.call("change", json!({})).await.unwrap().text(), "changed");
    assert_eq!(officer.call("look", json!({})).await.unwrap_err().missing_scopes(), ["things:read"]);
    let mallory = holder("mallory", &["things:office", "things:read", "things:write"]);
    assert!(listed(&mallory).await.is_empty());
    assert_denied(&mallory, "time", "on_the_list").await;
}

/// A denied tool is not listed, and a denial has no challenge, because no other token would change the decision.
#[test]
fn denied_tool_is_refused_without_a_challenge() {
    let issuer = Issuer::start(&issuer_keys());
    let mut command = Command::new(SPECIMEN);
    // The test server's policy denies `measure`. `grantable` also lists the tools that more scopes would permit.
    command.env("SPECIMEN_DENIES", "measure").env("MCP_TOOL_OAUTH_DISCOVERY", "grantable");
    let arguments = ["--oauth-issuer", &issuer.url, "--oauth-resource", RESOURCE, "--legacy-sessions", "1"];
    let server = HttpServer::start_by(&mut command, &arguments);
    let holder = Bearer::new(&server, &issuer.token_with(json!({ "scope": "specimen:read" })));
    let session = holder.open_session();
    let in_session = [("Mcp-Session-Id", session.as_str()), ("MCP-Protocol-Version", "2025-11-25")];
    for reply in [
        holder.send(&[], &measure()),
        holder.send(&in_session, &measure()),
        holder.modern("tools/call", measure()["params"].clone()),
        // The policy also decides on the target of an adapter: `weigh` calls `measure`.
        Bearer::new(&server, &issuer.token_with(json!({ "scope": "specimen:read specimen:admin" })))
            .call("weigh", json!({ "n": 1 })),
    ] {
        assert_eq!((reply.status, reply.header("www-authenticate")), (403, None), "{reply:?}");
        let answer = reply.json();
        assert!(answer["error"]["code"] == -31_403 && !reply.body.contains("the reason"), "{answer}");
        let record = server.stderr.record_of(correlation(&answer));
        let recorded = (&record["reason"], &record["detail"]);
        assert_eq!(recorded, (&json!("denied"), &json!("the reason is in the record")));
    }
    let listed = holder.listed();
    assert!(
        listed.contains(&"whoami".to_owned()),
        "a tool that a token with more scopes could call must be listed"
    );
    assert!(!listed.contains(&"measure".to_owned()) && !listed.contains(&"weigh".to_owned()), "{listed:?}");
}

/// Denies the tool `change`, which is the target of the adapter `alter`.
struct Frozen(ScopeAuthorizer);

impl Authorizer for Frozen {
    fn decide<'a>(&'a self, caller: &'a Caller, tool: &'a Contract) -> DecisionFuture<'a> {
        match tool.name() {
            "change" => Box::pin(std::future::ready(Decision::Deny { reason: "frozen".into() })),
            _ => self.0.decide(caller, tool),
        }
    }
}

#[tokio::test]
async fn policy_decides_on_the_target_of_an_adapter() {
    let server = start(Frozen).await;
    assert_eq!(listed(&server).await, ["look", "time", "end"]);
    assert_denied(&server, "change", "frozen").await;
    assert_denied(&server, "alter", "frozen").await;
    assert!(server.call("end", json!({})).await.is_ok());
}

/// Permits everything.
struct Generous;

impl Authorizer for Generous {
    fn decide<'a>(&'a self, _: &'a Caller, _: &'a Contract) -> DecisionFuture<'a> {
        Box::pin(std::future::ready(Decision::Permit))
    }
}

/// A gate checks its scope independently of the policy.
#[tokio::test]
async fn permissive_policy_does_not_replace_the_scope_of_a_gate() {
    let server = start(|_| Generous).await.as_caller(Caller::new("bob"));
    assert_eq!(server.call("change", json!({})).await.unwrap().text(), "changed");
    let refused = server.call("end", json!({})).await.unwrap_err();
    assert!(refused.to_string().contains("needs the scope things:end"), "{refused}");
    let record: Value = server.records().pop().unwrap();
    assert_eq!(record["outcome"], "refused");
}

/// Panics at once for the tool `look`, and in the returned future for any other tool.
struct Panics;

impl Authorizer for Panics {
    fn decide<'a>(&'a self, _: &'a Caller, tool: &'a Contract) -> DecisionFuture<'a> {
        assert_ne!(tool.name(), "look", "this text must appear only in the log");
        Box::pin(async { panic!("this text must appear only in the log") })
    }
}

#[tokio::test]
async fn panicking_policy_denies() {
    let server = start(|_| Panics).await;
    for tool in ["look", "change", "time"] {
        assert_denied(&server, tool, "policy_panicked").await;
    }
    assert!(listed(&server).await.is_empty());
}

/// Decides that scopes are missing, but names none or malformed ones.
struct UnnamedScopes(&'static [&'static str]);

impl Authorizer for UnnamedScopes {
    fn decide<'a>(&'a self, _: &'a Caller, _: &'a Contract) -> DecisionFuture<'a> {
        let missing = self.0.iter().map(|scope| (*scope).to_owned()).collect();
        Box::pin(std::future::ready(Decision::NeedsScopes { missing }))
    }
}

#[tokio::test]
async fn policy_that_needs_unnamed_scopes_denies() {
    for missing in [&[][..], &["things:read\", error=\"none"], &[""]] {
        let server = start(|_| UnnamedScopes(missing)).await;
        assert_denied(&server, "look", "needs_invalid_scopes").await;
        assert!(listed(&server).await.is_empty());
    }
}

/// Never decides.
struct Undecided;

impl Authorizer for Undecided {
    fn decide<'a>(&'a self, _: &'a Caller, _: &'a Contract) -> DecisionFuture<'a> {
        Box::pin(std::future::pending())
    }
}

/// A decision times out after 5 s. Call and list run concurrently, so that the test takes only 5 s.
#[tokio::test]
async fn policy_that_never_answers_denies() {
    let server = ToolServer::new("times", "1").tools(tools![time]).authorize_with(|_| Undecided);
    let server = TestServer::start(server).await.unwrap();
    let (listed, ()) = tokio::join!(listed(&server), assert_denied(&server, "time", "policy_overran"));
    assert!(listed.is_empty());
}
