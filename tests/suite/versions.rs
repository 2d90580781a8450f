//! Several versions of one tool: adapters, version selection, and callers that listed another version.
//!
//! An adapter is a version that has no implementation: it converts a call into a call of its target, usually a newer
//! version. In names, `modern` means 2026-07-28 and `legacy` 2025-11-25.

use std::fs;

use mcp_tool_runtime::{
    Adapted, Caller, ErrorKind, Page, PageRequest, ToolEntry, Version,
    prelude::*,
    testing::{TestError, TestServer},
};
use serde::Serialize;
use serde_json::{Value, json};

use crate::harness::{HttpServer, StdioServer, text};

/// A search result.
#[derive(Serialize, ToolSchema)]
struct Found {
    /// Full name of the found thing.
    name: String,
    /// Number of times.
    #[schema(max = 9)]
    times: u32,
}

/// A search result of version 2.
#[derive(Serialize, ToolSchema)]
struct Name {
    /// Name of the found thing.
    title: String,
}

/// Find something.
#[mcp_tool(version = "3.0", scope = "things:find", read_only, concurrency = 1)]
async fn find(
    /// The query.
    #[arg(max_len = 8)]
    query: String,
    /// Number of times.
    #[arg(min = 1, max = 20)]
    times: u32,
) -> Result<Found, ToolError> {
    Ok(Found { name: query, times })
}

mod v2 {
    use super::*;

    /// Find something.
    #[mcp_tool(version = "2.3", scope = ["things:read", "things:find"], read_only)]
    pub(super) fn find(
        /// The query.
        query: String,
        /// Number of times.
        #[arg(default = 1)]
        times: u32,
    ) -> Adapted<super::find, Name> {
        Adapted::to(json!({ "query": query, "times": times }))
            .and_then(|found| Ok(Name { title: found["name"].as_str().unwrap_or_default().to_uppercase() }))
    }
}

mod v1 {
    use super::*;

    /// Find something.
    #[mcp_tool(
        version = "1.0",
        scope = ["things:read", "things:find"],
        read_only,
        deprecated(message = "It knows one word")
    )]
    pub(super) fn find(
        /** The query. */
        word: String,
    ) -> Adapted<super::v2::find, String> {
        Adapted::to(json!({ "query": word }))
            .and_then(|name| Ok(name["title"].as_str().unwrap_or_default().to_owned()))
    }
}

/// End a thing.
#[mcp_tool(version = "2.0", public, destructive)]
async fn end() {}

mod end_v1 {
    use super::*;

    /// End a thing through an adapter.
    #[mcp_tool(version = "1.0", public, destructive)]
    pub(super) fn end() -> Adapted<super::end> {
        Adapted::to(json!({}))
    }
}

/// Remove a thing through an adapter of another name.
#[mcp_tool(version = "1.0", public, destructive)]
fn remove() -> Adapted<end> {
    Adapted::to(json!({}))
}

mod not_destructive {
    use super::*;

    /// End a thing through an invalid adapter: it isn't destructive.
    #[mcp_tool(version = "0.1", public)]
    pub(super) fn end() -> Adapted<super::end> {
        Adapted::to(json!({}))
    }
}

mod other_scope {
    use super::*;

    /// Find something through an invalid adapter: it lacks the scope of its target.
    #[mcp_tool(version = "1.0", scope = "things:read", read_only)]
    pub(super) fn find() -> Adapted<super::find> {
        Adapted::to(json!({ "query": "cat", "times": 1 }))
    }
}

/// An adapter that calls `back`.
#[mcp_tool(version = "1.0", public)]
fn there() -> Adapted<back, String> {
    Adapted::to(json!({})).and_then(|_| Ok(String::new()))
}

/// An adapter that calls `there`.
#[mcp_tool(version = "1.0", public)]
fn back() -> Adapted<there, String> {
    Adapted::to(json!({})).and_then(|_| Ok(String::new()))
}

/// Wait longer than the timeout.
#[mcp_tool(version = "2.0", public, read_only, timeout = "50ms")]
async fn wait() -> String {
    tokio::time::sleep(std::time::Duration::from_secs(20)).await;
    "too late".into()
}

mod waits {
    use super::*;

    /// Wait through an adapter without a timeout.
    #[mcp_tool(version = "1.0", public, read_only)]
    pub(super) fn wait() -> Adapted<super::wait> {
        Adapted::to(json!({}))
    }
}

mod panics {
    use super::*;

    /// Find something through an adapter that panics.
    #[mcp_tool(version = "1.0", scope = "things:find", read_only)]
    pub(super) fn find() -> Adapted<super::find, String> {
        Adapted::to(json!({ "query": "cat", "times": 1 })).and_then(|_| panic!("no result"))
    }
}

/// Version 2.9, which is not an adapter.
mod v2_9 {
    use super::*;

    /// Find something.
    #[mcp_tool(version = "2.9", scope = "things:find", read_only)]
    pub(super) async fn find(
        /** The query. */
        query: String,
    ) -> Result<Found, ToolError> {
        Ok(Found { name: query, times: 1 })
    }
}

const ALL: &[ToolEntry] = tools![find, v1::find, v2::find];

async fn serve(tools: &'static [ToolEntry]) -> TestServer {
    TestServer::start(ToolServer::new("finder", "1.0.0").tools(tools)).await.unwrap()
}

/// Returns the names and versions in the list of a server.
async fn names(server: &TestServer) -> Vec<(String, String)> {
    let version = |tool: &Value| tool["_meta"]["dev.mcp-tool/version"].as_str().unwrap().to_owned();
    server
        .list()
        .await
        .iter()
        .map(|tool| (tool["name"].as_str().unwrap().to_owned(), version(tool)))
        .collect()
}

fn version_of(record: &Value) -> &str {
    record["version"].as_str().unwrap()
}

#[tokio::test]
async fn newest_version_is_listed_by_name_and_older_majors_by_suffix() {
    let server = serve(ALL).await;
    let listed = [("find", "3.0"), ("find_v1", "1.0"), ("find_v2", "2.3")];
    assert_eq!(names(&server).await, listed.map(|(name, version)| (name.to_owned(), version.to_owned())));
    // An adapter needs the scopes of its targets; an older version that is not an adapter needs only its own. The name
    // without a suffix, `find`, always means the newest version.
    let reader = Caller::new("ann").with_scopes(["things:read"]);
    assert_eq!(names(&server.as_caller(reader.clone())).await, []);
    let server = serve(tools![find, v2_with_body::find]).await.as_caller(reader);
    assert_eq!(names(&server).await, [("find_v2".to_owned(), "2.0".to_owned())]);
    let refused = server.call("find", json!({})).await.unwrap_err();
    assert_eq!(refused.missing_scopes(), ["things:find"]);
}

#[tokio::test]
async fn adapter_call_passes_every_check_of_the_newer_version() {
    let server = serve(ALL).await;
    let found = server.call("find_v2", json!({ "query": "cat", "times": 3 })).await.unwrap();
    assert_eq!(found.json(), json!({ "title": "CAT" }));
    // An adapter can target another adapter.
    assert_eq!(server.call("find_v1", json!({ "word": "cat" })).await.unwrap().text(), "CAT");

    // The older version accepts the argument, the newer one refuses it.
    let refused = server.call("find_v2", json!({ "query": "much too long" })).await.unwrap_err();
    assert_eq!(refused.violations().unwrap().listed()[0].pointer, "/query");
    // An invalid result of the newer version is not sent.
    let failed = server.call("find_v2", json!({ "query": "cat", "times": 12 })).await.unwrap_err();
    assert_eq!(failed.kind(), Some(ErrorKind::Internal));

    // The scopes of every target are needed.
    let reader = server.as_caller(Caller::new("ann").with_scopes(["things:read"]));
    let refused = reader.call("find_v1", json!({ "word": "cat" })).await.unwrap_err();
    assert_eq!(refused.missing_scopes(), ["things:find"]);
    let versions: Vec<String> = server.records().iter().map(|record| version_of(record).to_owned()).collect();
    assert_eq!(versions, ["2.3", "1.0", "2.3", "2.3", "1.0"]);
}

#[tokio::test]
async fn invalid_adapter_stops_the_start() {
    let alone = TestServer::start(ToolServer::new("finder", "1").tools(tools![v2::find])).await;
    assert_eq!(
        alone.unwrap_err().to_string(),
        "the tool 'find' 2.3 is an adapter, and 'find' 3.0, which it calls, isn't served"
    );

    /// Change something.
    #[mcp_tool(version = "1.0", public)]
    async fn change() {}
    /// Look at something.
    #[mcp_tool(version = "1.0", public, read_only)]
    fn look() -> Adapted<change> {
        Adapted::to(json!({}))
    }
    for (tools, reason) in [
        (tools![change, look], "'look' 1.0 is an adapter, and is `read_only`, but 'change' 1.0 isn't"),
        (
            tools![end, not_destructive::end],
            "'end' 0.1 is an adapter, and isn't `destructive`, but 'end' 2.0 is",
        ),
        (
            tools![find, other_scope::find],
            "'find' 1.0 is an adapter, and doesn't name the scope 'things:find', which 'find' 3.0 needs",
        ),
        (
            tools![there, back],
            "'there' 1.0 is an adapter, and calls itself, directly or through other adapters: an adapter must call a newer version",
        ),
    ] {
        let server = TestServer::start(ToolServer::new("finder", "1").tools(tools)).await;
        assert_eq!(server.unwrap_err().to_string(), format!("the tool {reason}"));
    }
}

#[tokio::test]
async fn adapter_is_bound_by_the_timeout_and_panic_guard_of_its_target() {
    let waiting = serve(tools![wait, waits::wait]).await;
    assert_eq!(waiting.call("wait_v1", json!({})).await.unwrap_err().kind(), Some(ErrorKind::Timeout));

    let server = serve(tools![find, panics::find]).await;
    assert_eq!(server.call("find_v1", json!({})).await.unwrap_err().kind(), Some(ErrorKind::Internal));
    let record = server.records().pop().unwrap();
    assert_eq!((&record["outcome"], &record["reason"]), (&json!("error"), &json!("internal")));
    let digest = server.list().await[0]["_meta"]["dev.mcp-tool/contract"].as_str().unwrap().to_owned();
    assert_eq!(record["answered_by"], json!(format!("find 3.0 {digest}")));
}

#[tokio::test]
async fn versions_are_hidden_from_unauthorized_callers() {
    let server = serve(ALL).await.as_caller(Caller::new("ann").with_scopes(["things:find"]));
    // Versions 1.0 and 2.3 also need the scope `things:read`.
    let refused = server.requiring("=99").unwrap().call("find", json!({})).await.unwrap_err();
    let TestError::NoSuchVersion(versions) = refused else { panic!("{refused}") };
    assert_eq!(versions, [Version::new(3, 0)]);
    let unauthorized = server.as_caller(Caller::new("bob")).requiring("=99").unwrap();
    let refused = unauthorized.call("find", json!({})).await.unwrap_err();
    assert_eq!(refused.missing_scopes(), ["things:find"]);
}

#[tokio::test]
async fn destructive_tool_needs_permission_through_its_adapters() {
    const ENDS: &[ToolEntry] = tools![end, end_v1::end];
    let refused = serve(ENDS).await.call("end_v1", json!({})).await.unwrap_err();
    assert_eq!(refused.kind(), Some(ErrorKind::ApprovalRequired));
    // The operator permits the destructive tool `end`.
    let server = ToolServer::new("ends", "1").tools(ENDS);
    let allowed = TestServer::start_allowing(server, ["end"]).await.unwrap();
    allowed.call("end_v1", json!({})).await.unwrap();

    // Allowing an adapter does not allow its target. `None` means that the call succeeds.
    for (names, kind) in [(vec!["remove"], Some(ErrorKind::ApprovalRequired)), (vec!["remove", "end"], None)]
    {
        let server = ToolServer::new("ends", "1").tools(tools![end, remove]);
        let server = TestServer::start_allowing(server, names).await.unwrap();
        let called = server.call("remove", json!({})).await;
        assert_eq!(called.err().and_then(|error| error.kind()), kind);
    }
}

#[tokio::test]
async fn call_is_answered_by_the_version_it_requires() {
    let server = serve(ALL).await;
    // A requirement is a range of versions or the digest of a contract. The second entry of the list is `find_v1`.
    let digest = server.list().await[1]["_meta"]["dev.mcp-tool/contract"].as_str().unwrap().to_owned();
    for (requirement, arguments, version) in [
        ("^1", json!({ "word": "cat" }), "1.0"),
        (digest.as_str(), json!({ "word": "cat" }), "1.0"),
        (">=2, <3", json!({ "query": "cat" }), "2.3"),
        ("*", json!({ "query": "cat", "times": 1 }), "3.0"),
    ] {
        server.requiring(requirement).unwrap().call("find", arguments).await.unwrap();
        assert_eq!(version_of(server.records().last().unwrap()), version, "{requirement}");
    }
    for (requirement, name) in [("^4", "find"), ("^3", "find_v1"), ("2.4", "find")] {
        let refused = server.requiring(requirement).unwrap().call(name, json!({})).await.unwrap_err();
        let TestError::NoSuchVersion(versions) = refused else { panic!("{refused}") };
        let served = [(3, 0), (2, 3), (1, 0)].map(|(major, minor)| Version::new(major, minor));
        assert_eq!(versions, served, "{requirement}");
    }
    let refused = server.call("find_v4", json!({})).await.unwrap_err();
    assert!(matches!(refused, TestError::UnknownTool(_)), "{refused}");
}

#[tokio::test]
async fn caller_is_refused_once_after_its_listed_contract_changed() {
    let before = serve(tools![v2_9::find]).await;
    let bot =
        before.as_caller(Caller::new("ann").with_agent("bot").with_scopes(["things:find", "things:read"]));
    assert_eq!(bot.list().await.len(), 1);

    // `succeeded_by` starts the next deployment, which knows what callers listed before. It doesn't serve the listed
    // version: the call is refused and returns the current contract.
    let after = bot.succeeded_by(ToolServer::new("finder", "2").tools(tools![find])).await.unwrap();
    let refused = after.call("find", json!({ "query": "cat" })).await.unwrap_err();
    assert_eq!(refused.kind(), Some(ErrorKind::ContractChanged));
    assert!(refused.to_string().contains(r#""required":["query","times"]"#), "{refused}");
    let record = after.records().pop().unwrap();
    assert_eq!((&record["outcome"], &record["reason"]), (&json!("refused"), &json!("contract_changed")));
    after.call("find", json!({ "query": "cat", "times": 1 })).await.unwrap();

    // Another user with the same agent has listed nothing and gets the newest version.
    let both = bot.succeeded_by(ToolServer::new("finder", "2").tools(tools![find, v2::find])).await.unwrap();
    let other =
        both.as_caller(Caller::new("bob").with_agent("bot").with_scopes(["things:find", "things:read"]));
    let newest = other.call("find", json!({ "query": "cat", "times": 1 })).await.unwrap();
    assert_eq!(newest.json(), json!({ "name": "cat", "times": 1 }));
}

#[tokio::test]
async fn caller_that_listed_an_older_major_is_answered_by_that_major() {
    let before = serve(tools![v2_with_body::find]).await;
    let bot =
        before.as_caller(Caller::new("ann").with_agent("bot").with_scopes(["things:find", "things:read"]));
    assert_eq!(bot.list().await.len(), 1);
    let after = bot.succeeded_by(ToolServer::new("finder", "2").tools(ALL)).await.unwrap();
    let found = after.call("find", json!({ "query": "cat" })).await.unwrap();
    assert_eq!(found.json(), json!({ "title": "CAT" }));
    assert_eq!(version_of(after.records().last().unwrap()), "2.3");
    // A requirement takes precedence over the last-listed contract, and a new list replaces that contract.
    let requiring_v3 = after.requiring("^3").unwrap();
    requiring_v3.call("find", json!({ "query": "cat", "times": 1 })).await.unwrap();
    drop(after.list().await);
    after.call("find", json!({ "query": "cat", "times": 1 })).await.unwrap();

    // A lower minor version may lack parts of the listed one, so it doesn't answer calls for the listed one.
    let newer = serve(tools![v2_1_with_body::find])
        .await
        .as_caller(Caller::new("ann").with_agent("bot").with_scopes(["things:read"]));
    drop(newer.list().await);
    let downgraded =
        newer.succeeded_by(ToolServer::new("finder", "2").tools(tools![v2_with_body::find])).await.unwrap();
    let refused = downgraded.call("find", json!({ "query": "cat" })).await.unwrap_err();
    assert_eq!(refused.kind(), Some(ErrorKind::ContractChanged));
}

/// A version 2.0 that is not an adapter.
mod v2_with_body {
    use super::*;

    /// Find something.
    #[mcp_tool(version = "2.0", scope = "things:read", read_only)]
    pub(super) async fn find(
        /** The query. */
        query: String,
    ) -> Result<Name, ToolError> {
        Ok(Name { title: query })
    }
}

/// A version 2.1 that is not an adapter.
mod v2_1_with_body {
    use super::*;

    /// Find something.
    #[mcp_tool(version = "2.1", scope = "things:read", read_only)]
    pub(super) async fn find(
        /** The query. */
        query: String,
        /** Place to look in. */
        place: Option<String>,
    ) -> Result<Name, ToolError> {
        Ok(Name { title: format!("{query}{place:?}") })
    }
}

#[tokio::test]
async fn deprecated_calls_are_counted_by_caller() {
    let server = serve(ALL).await;
    for (user, calls) in [("ann", 3), ("bob", 1)] {
        let caller = Caller::new(user).with_agent("bot").with_scopes(["things:find", "things:read"]);
        let server = server.as_caller(caller);
        for _ in 0..calls {
            server.call("find_v1", json!({ "word": "cat" })).await.unwrap();
        }
        server.call("find_v2", json!({ "query": "cat" })).await.unwrap();
    }
    // Only version 1.0 is deprecated.
    let first = Version::new(1, 0);
    let counted = [("ann through bot", 3), ("bob through bot", 1)];
    let counted = counted.map(|(caller, calls)| ("find", first, caller.to_owned(), calls));
    assert_eq!(server.deprecated_calls(), counted);
    let marked = server.records().iter().filter(|record| record["deprecated"] == json!(true)).count();
    assert_eq!(marked, 4);
}

/// Entry of a tool in a `tools/list` response.
fn listed(list: &Value, name: &str) -> Value {
    let tools = list["result"]["tools"].as_array().unwrap();
    tools.iter().find(|tool| tool["name"] == name).unwrap_or_else(|| panic!("no {name}: {list}")).clone()
}

/// The test server has `relay` in the versions 2.1 and 1.4. Version 1.4 is a deprecated adapter.
#[test]
fn versions_are_listed_required_and_pinned_in_both_revisions() {
    let server = HttpServer::start(&[]);
    let list = server.modern("tools/list", json!({}), json!({}), &[]).json();
    assert_eq!(listed(&list, "relay")["_meta"]["dev.mcp-tool/version"], "2.1");
    let old = listed(&list, "relay_v1");
    assert_eq!(
        old["description"],
        "Hand a message on. Deprecated: It names nobody. Use 'relay' instead. It will be removed after 2027-01-31."
    );
    let deprecation =
        json!({ "message": "It names nobody", "replacement": "relay", "removalDate": "2027-01-31" });
    assert_eq!(old["_meta"]["dev.mcp-tool/deprecation"], deprecation);

    let call = |requires: &str, arguments: Value| {
        let params = json!({ "name": "relay", "arguments": arguments });
        server.modern("tools/call", params, json!({ "dev.mcp-tool/requires": requires }), &[]).json()
    };
    let answer = call("^1", json!({ "text": "hello" }));
    assert_eq!(text(&answer), "hello to all");
    assert_eq!(answer["result"]["_meta"]["dev.mcp-tool/version"], "1.4");
    assert_eq!(answer["result"]["_meta"]["dev.mcp-tool/deprecation"], deprecation);
    let digest = old["_meta"]["dev.mcp-tool/contract"].as_str().unwrap();
    assert_eq!(text(&call(digest, json!({ "text": "hello" }))), "hello to all");

    let refused = call("^3", json!({}));
    assert_eq!(refused["error"]["code"], -32602);
    assert_eq!(
        refused["error"]["message"],
        "'relay' has no version that satisfies ^3: the served versions are 2.1, 1.4"
    );
    let versions = &refused["error"]["data"]["dev.mcp-tool/versions"];
    assert_eq!(versions[1], json!({ "version": "1.4", "contract": digest }));
    let malformed = call("newest", json!({}));
    assert_eq!(malformed["error"]["code"], -32602);
    assert!(malformed["error"]["message"].as_str().unwrap().contains("dev.mcp-tool/requires"), "{malformed}");

    let mut legacy = StdioServer::initialized(&[]);
    let params = json!({
        "name": "relay", "arguments": { "text": "hello" }, "_meta": { "dev.mcp-tool/requires": "^1" }
    });
    assert_eq!(text(&legacy.request("tools/call", params)), "hello to all");
    assert_eq!(text(&legacy.call("relay_v1", json!({ "text": "hello" }))), "hello to all");
    let misplaced = legacy.request("tools/list", json!({ "_meta": { "dev.mcp-tool/requires": "^1" } }));
    assert_eq!(misplaced["error"]["code"], -32602);

    // The operator pins the client `harness`, which is this test, to version 1 of `relay`.
    let mut pinned = StdioServer::initialized(&["--pin", "harness relay ^1"]);
    let list = pinned.request("tools/list", json!({}));
    assert_eq!(listed(&list, "relay")["_meta"]["dev.mcp-tool/version"], "1.4");
    assert!(!list.to_string().contains("relay_v1"));
    assert_eq!(text(&pinned.call("relay", json!({ "text": "hello" }))), "hello to all");
    let params = json!({ "name": "relay", "arguments": {}, "_meta": { "dev.mcp-tool/requires": "^2" } });
    let refused = pinned.request("tools/call", params);
    assert_eq!(
        refused["error"]["message"],
        "'relay' has no version that satisfies ^1 and ^2: the served versions are 2.1, 1.4"
    );
}

#[test]
fn legacy_session_can_require_a_version() {
    let server = HttpServer::start(&["--legacy-sessions", "4"]);
    let id = server.open_session(&[]);
    let headers = [("Mcp-Session-Id", id.as_str()), ("MCP-Protocol-Version", "2025-11-25")];
    let params = json!({
        "name": "relay", "arguments": { "text": "hello" }, "_meta": { "dev.mcp-tool/requires": "^1" }
    });
    let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
    let reply = server.post(&headers, &call);
    assert!(reply.body.contains("hello to all"), "{reply:?}");
}

#[test]
fn log_reports_calls_of_deprecated_tools() {
    let mut server = HttpServer::start(&[]);
    // The first call is logged immediately, and the number of calls when the server ends.
    for _ in 0..3 {
        server.call("relay_v1", json!({ "text": "hello" }));
    }
    let line = server.stderr.line_with(&["a deprecated tool was called", "relay", "calls=1"]);
    assert!(line.contains("2027-01-31"), "{line}");
    assert!(server.terminate().success());
    server.stderr.line_with(&["calls of a deprecated tool", "relay", "calls=3"]);
}

#[test]
fn invalid_pin_stops_the_start() {
    let error = |pin: &str| {
        let output = std::process::Command::new(crate::harness::SPECIMEN)
            .args(["serve", "--stdio", "--pin", pin])
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1), "{pin}");
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(error("harness ^1").contains("write a client, a tool (or `*`) and a requirement"));
    assert!(error("harness relay newest").contains("not a version requirement"));
    assert!(error("harness relai ^1").contains("contract.pins: no tool is named 'relai'"));
}

#[test]
fn last_listed_contract_survives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("known.json");
    let arguments = ["--last-listed-file", file.to_str().unwrap()];
    let call = |server: &HttpServer, arguments: Value| {
        let params = json!({ "name": "relay", "arguments": arguments });
        server.modern("tools/call", params, json!({}), &[]).json()
    };
    let mut first = HttpServer::start(&arguments);
    let list = first.modern("tools/list", json!({}), json!({}), &[]).json();
    assert!(first.terminate().success());
    let saved = fs::read_to_string(&file).unwrap();
    let digest =
        |name: &str| listed(&list, name)["_meta"]["dev.mcp-tool/contract"].as_str().unwrap().to_owned();
    let (newest, old) = (digest("relay"), digest("relay_v1"));

    // Edits the file as if the caller had listed `version`. If that version is still served, it answers the calls.
    let start_after_listing = |version: &str, digest: &str| {
        let edited = saved.replace(
            &format!("\"relay\":[\"2.1\",\"{newest}\"]"),
            &format!("\"relay\":[\"{version}\",\"{digest}\"]"),
        );
        assert_ne!(edited, saved);
        fs::write(&file, edited).unwrap();
        HttpServer::start(&arguments)
    };
    let server = start_after_listing("1.4", &old);
    assert_eq!(text(&call(&server, json!({ "text": "hello" }))), "hello to all");
    drop(server);

    // If the listed version is no longer served, the caller receives the current contract once.
    let server = start_after_listing("3.0", &format!("sha256:{}", "0".repeat(64)));
    let refused = call(&server, json!({ "text": "hello" }));
    assert_eq!(refused["result"]["isError"], true);
    let error = &refused["result"]["_meta"]["dev.mcp-tool/error"];
    assert_eq!((&error["kind"], &error["tool"]["name"]), (&json!("contract_changed"), &json!("relay")));
    assert_eq!(error["tool"]["inputSchema"]["required"], json!(["message", "to"]));
    assert_eq!(text(&call(&server, json!({ "message": "hello", "to": "ann" }))), "hello to ann");
    drop(server);

    fs::write(&file, "{").unwrap();
    let output = std::process::Command::new(crate::harness::SPECIMEN)
        .args(["serve", "--stdio"])
        .args(arguments)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stderr).unwrap().contains("contract.last_listed_file: "));
}

/// A row of a list.
#[derive(Serialize, ToolSchema)]
struct Row {
    /// Number of the row.
    number: u32,
}

/// List the rows of an owner.
#[mcp_tool(version = "2.0", public, read_only)]
async fn rows(
    /// The owner.
    owner: String,
    page: PageRequest,
) -> Result<Page<Row>, ToolError> {
    let _ = owner;
    let after = page.after::<u32>()?.unwrap_or_default();
    let numbers = (after + 1..=5).take(usize::try_from(page.fetch()).unwrap_or_default());
    Page::keyset(numbers.map(|number| Row { number }).collect(), &page, |row| row.number)
}

mod of_user {
    use super::*;

    /// List the rows of a user.
    #[mcp_tool(version = "1.0", public, read_only)]
    pub(super) fn rows(
        /// Items on the page.
        #[arg(min = 1, max = 100)]
        limit: u32,
        /// Cursor of the page.
        #[arg(max_len = 1_024)]
        cursor: Option<String>,
        /// The user, whom the target calls the owner.
        user: String,
    ) -> Adapted<super::rows> {
        Adapted::to(json!({ "owner": user, "limit": limit, "cursor": cursor }))
    }
}

#[tokio::test]
async fn cursor_of_an_adapter_is_valid_only_for_the_same_arguments() {
    let tools: &[ToolEntry] = tools![rows, of_user::rows];
    let server = TestServer::start(ToolServer::new("rows", "1").tools(tools)).await.unwrap();
    let page = async |user: &str, cursor: Value| {
        server.call("rows_v1", json!({ "user": user, "limit": 2, "cursor": cursor })).await
    };
    let first = page("ann", Value::Null).await.unwrap().json();
    let cursor = first["next_cursor"].clone();
    let second = page("ann", cursor.clone()).await.unwrap().json();
    assert_eq!(second["items"], json!([{ "number": 3 }, { "number": 4 }]));
    assert!(page("bob", cursor).await.is_err(), "a cursor for ann must not be valid for bob");
}
