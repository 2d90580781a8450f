//! `tools/list`: one list on every way to it, in pages whose cursors hold for it alone, and refused as the rest is.

use std::process::Command;

use serde_json::{Value, json};

use crate::{
    control::{Control, until},
    harness::{HttpServer, Reply, SPECIMEN, StdioServer, modern},
};

const VERSION: &str = "io.modelcontextprotocol/protocolVersion";
const CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";

fn rpc(method: &str, params: Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params })
}

/// A legacy session that lists.
struct Session<'s> {
    server: &'s HttpServer,
    id: String,
}

impl<'s> Session<'s> {
    fn open(server: &'s HttpServer) -> Self {
        let client = json!({ "name": "harness", "version": "2" });
        let hello = json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client });
        let opened = server.post(&[], &rpc("initialize", hello));
        Session { server, id: opened.header("mcp-session-id").unwrap().to_owned() }
    }

    fn list(&self, params: Value) -> Value {
        let headers = [("Mcp-Session-Id", self.id.as_str()), ("MCP-Protocol-Version", "2025-11-25")];
        self.server.post(&headers, &rpc("tools/list", params)).events().pop().unwrap()
    }
}

/// All ways to a list, each as a function from parameters to the answer.
fn ways(arguments: &[&str], test: impl Fn(&str, &mut dyn FnMut(Value) -> Value)) {
    let server = HttpServer::start(arguments);
    test("HTTP", &mut |params| {
        let headers = [("MCP-Protocol-Version", "2025-11-25"), ("User-Agent", "harness 2")];
        server.post(&headers, &rpc("tools/list", params)).json()
    });
    test("HTTP, modern", &mut |params| server.modern("tools/list", params, json!({}), &[]).json());
    let sessions = [arguments, &["--legacy-sessions", "2"]].concat();
    let server = HttpServer::start(&sessions);
    let session = Session::open(&server);
    test("a session", &mut |params| session.list(params));
    test("HTTP, modern, beside sessions", &mut |params| {
        server.modern("tools/list", params, json!({}), &[]).json()
    });
    let mut stdio = StdioServer::initialized(arguments);
    test("stdio", &mut |params| stdio.request("tools/list", params));
    let mut stdio = StdioServer::start(arguments);
    test("stdio, modern", &mut |params| {
        let request = modern(7, "tools/list", params, json!({}));
        stdio.send(&request.to_string());
        stdio.answer(&json!(7))
    });
}

#[test]
fn one_list_on_every_way() {
    for arguments in [
        &[][..],
        &["--local-scopes", "specimen:read"],
        &["--pin", "harness relay ^1", "--pin", "harness * >=1"],
    ] {
        let printed = StdioServer::initialized(arguments).request("tools/list", json!({}));
        let tools = printed["result"]["tools"].as_array().unwrap().clone();
        assert!(tools.len() > 20);
        ways(arguments, |way, list| {
            let mut answer = list(json!({}));
            assert_eq!(answer["jsonrpc"], "2.0", "{way}");
            let result = answer["result"].as_object_mut().unwrap();
            let mut wanted = tools.clone();
            if way == "a session" {
                // It is rmcp that writes them, and its type has no place for it.
                wanted
                    .iter_mut()
                    .for_each(|tool| drop(tool.as_object_mut().unwrap().remove("securitySchemes")));
            }
            assert_eq!(result.remove("tools").unwrap(), Value::from(wanted), "{way}");
            let info =
                json!({ "io.modelcontextprotocol/serverInfo": { "name": "specimen", "version": "1.2.3" } });
            let rest = match way.contains("modern") {
                true => {
                    json!({ "resultType": "complete", "_meta": info, "ttlMs": 60_000, "cacheScope": "private" })
                }
                false => json!({ "ttlMs": 60_000, "cacheScope": "private" }),
            };
            assert_eq!(Value::from(result.clone()), rest, "{way}");
        });
    }
}

#[test]
fn a_list_goes_on_from_page_to_page() {
    let whole = StdioServer::initialized(&[]).request("tools/list", json!({}))["result"]["tools"].clone();
    let whole: Vec<&Value> = whole.as_array().unwrap().iter().map(|tool| &tool["name"]).collect();
    ways(&["--list-page", "7"], |way, list| {
        let (mut names, mut params, mut pages) = (Vec::new(), json!({}), 0);
        loop {
            let answer = list(params);
            let tools = answer["result"]["tools"].as_array().unwrap_or_else(|| panic!("{way}: {answer}"));
            names.extend(tools.iter().map(|tool| tool["name"].clone()));
            pages += 1;
            let Some(next) = answer["result"].get("nextCursor") else { break };
            assert_eq!(tools.len(), 7, "{way}");
            params = json!({ "cursor": next });
        }
        assert_eq!(pages, whole.len().div_ceil(7), "{way}");
        assert_eq!(names.iter().collect::<Vec<_>>(), whole, "{way}");
        for odd in [json!("x"), json!(""), json!("AAAA".repeat(50))] {
            let answer = list(json!({ "cursor": odd }));
            assert_eq!(answer["error"]["code"], -32_602, "{way}: {answer}");
            let message = answer["error"]["message"].as_str().unwrap();
            assert!(message.starts_with("`cursor` ") && message.contains("leave it out"), "{way}: {message}");
        }
    });
}

fn refused(reply: &Reply) {
    assert_eq!((reply.status, &reply.json()["error"]["code"]), (200, &json!(-32_602)), "{reply:?}");
}

#[test]
fn a_cursor_ends_with_the_list_that_it_was_given_for() {
    let keys = |key: &str| {
        let mut command = Command::new(SPECIMEN);
        command.env("MCP_TOOL_SEAL_KEYS", key.repeat(43));
        command
    };
    let control = Control::new();
    let flags = control.flags();
    let arguments = [&["--list-page", "7"], &flags[..]].concat();
    let server = HttpServer::start_by(&mut keys("A"), &arguments);
    let list = |server: &HttpServer, params: Value| server.modern("tools/list", params, json!({}), &[]);
    let next = list(&server, json!({})).json()["result"]["nextCursor"].clone();
    let on = json!({ "cursor": next });
    let second = list(&server, on.clone()).json()["result"]["tools"].clone();
    assert_eq!(second.as_array().unwrap().len(), 7);
    // Where the same key seals the same list, it is the same cursor's.
    let replica = HttpServer::start_by(&mut keys("A"), &["--list-page", "7"]);
    assert_eq!(list(&replica, on.clone()).json()["result"]["tools"], second);
    refused(&list(&HttpServer::start_by(&mut keys("E"), &["--list-page", "7"]), on.clone()));
    refused(&list(&HttpServer::start_by(&mut keys("A"), &["--list-page", "8"]), on.clone()));
    refused(&list(&HttpServer::start_by(&mut keys("A"), &[]), on.clone()));
    let fewer = ["--list-page", "7", "--local-scopes", "specimen:read"];
    refused(&list(&HttpServer::start_by(&mut keys("A"), &fewer), on.clone()));
    control.said(&["disable", "--tool", "weigh"]);
    until("the tool was gone", || list(&server, on.clone()).json().get("error").is_some());
    refused(&list(&server, on.clone()));
    control.said(&["enable", "--tool", "weigh"]);
    until("the tool was back", || list(&server, on.clone()).json()["result"]["tools"] == second);
}

/// What a request is refused for before anybody looks at what it asks: `tools/list`, which is answered here, is
/// refused as `prompts/list` is, which rmcp answers.
#[test]
fn a_list_is_refused_as_the_rest_is() {
    let server = HttpServer::start(&[]);
    let whole = json!({ VERSION: "2026-07-28", CAPABILITIES: {} });
    let meta = |changes: Value| {
        let mut meta = whole.clone();
        for (key, value) in changes.as_object().unwrap() {
            match value {
                Value::Null => drop(meta.as_object_mut().unwrap().remove(key)),
                value => meta[key] = value.clone(),
            }
        }
        meta
    };
    let metas = [
        None,
        Some(json!({})),
        Some(whole.clone()),
        Some(meta(json!({ CAPABILITIES: null }))),
        Some(meta(json!({ CAPABILITIES: 7 }))),
        Some(meta(json!({ CAPABILITIES: { "roots": 7 } }))),
        Some(meta(json!({ CAPABILITIES: { "roots": {} } }))),
        Some(meta(json!({ VERSION: null }))),
        Some(meta(json!({ VERSION: 7 }))),
        Some(meta(json!({ VERSION: "1900-01-01" }))),
        Some(meta(json!({ VERSION: "3000-01-01" }))),
        Some(meta(json!({ VERSION: "3000-01-01", CAPABILITIES: null }))),
        Some(meta(json!({ VERSION: "2025-11-25" }))),
        Some(meta(json!({ VERSION: "2025-11-25", CAPABILITIES: null }))),
        Some(meta(json!({ "progressToken": [] }))),
        Some(meta(json!({ "dev.mcp-tool/requires": "^1" }))),
    ];
    let versions = [
        None,
        Some("2026-07-28"),
        Some("2025-11-25"),
        Some("1900-01-01"),
        Some("3000-01-01"),
        Some("\u{e9}"),
    ];
    let methods = [None, Some(true), Some(false)];
    let (mut refused, mut answered) = (0, 0);
    for meta in &metas {
        for version in versions {
            for is_right in methods {
                let ask = |method: &str| {
                    let right = is_right.map(|is_right| if is_right { method } else { "tools/call" });
                    let named = version.map(|version| ("MCP-Protocol-Version", version));
                    let headers: Vec<_> =
                        named.into_iter().chain(right.map(|right| ("Mcp-Method", right))).collect();
                    let params = meta.as_ref().map_or(json!({}), |meta| json!({ "_meta": meta }));
                    let reply = server.post(&headers, &rpc(method, params));
                    let code = reply.json()["error"]["code"].as_i64();
                    let content_type = reply.header("content-type").map(str::to_owned);
                    (reply.status, code, content_type)
                };
                let (ours, rmcps) = (ask("tools/list"), ask("prompts/list"));
                let case = format!("{meta:?} {version:?} {is_right:?}");
                // What isn't declared isn't there, which it says of a good request.
                if rmcps.1 == Some(-32_601) {
                    assert_eq!((ours.0, ours.1), (200, None), "{case}");
                    answered += 1;
                } else {
                    assert_eq!(ours, rmcps, "{case}");
                    refused += 1;
                }
            }
        }
    }
    assert!(refused > 100 && answered > 10, "{refused} were refused, {answered} answered");
}

#[test]
fn a_list_says_what_it_has_against_a_request() {
    let server = HttpServer::start(&[]);
    let said = |meta: Value, headers: &[(&str, &str)]| {
        let reply = server.modern("tools/list", json!({}), meta, headers);
        (reply.status, reply.json()["error"].clone())
    };
    let (status, error) = said(json!({ VERSION: "1900-01-01" }), &[("MCP-Protocol-Version", "1900-01-01")]);
    assert_eq!((status, &error["code"]), (400, &json!(-32_022)));
    assert_eq!(error["data"]["requested"], "1900-01-01");
    assert!(error["data"]["supported"].as_array().unwrap().contains(&json!("2026-07-28")));
    for (meta, headers, words) in [
        (json!({}), &[("Mcp-Method", "tools/call")][..], "the header mcp-method says \"tools/call\""),
        (json!({}), &[("Mcp-Method", "")], "the header mcp-method is missing"),
        (json!({}), &[("MCP-Protocol-Version", "")], "the header mcp-protocol-version is missing"),
        (json!({}), &[("Mcp-Name", "x"), ("Mcp-Name", "x")], "the header mcp-name came twice"),
        (json!({ CAPABILITIES: null }), &[], "`_meta` lacks io.modelcontextprotocol/clientCapabilities"),
        (json!({ VERSION: null }), &[], "`_meta` lacks io.modelcontextprotocol/protocolVersion"),
    ] {
        let (status, error) = said(meta, headers);
        assert_eq!(status, 400);
        assert!(error["message"].as_str().unwrap().contains(words), "{error}");
    }
    let mut stdio = StdioServer::start(&[]);
    let mut said = |message: Value| {
        stdio.send(&message.to_string());
        stdio.receive()["error"].clone()
    };
    let error = said(rpc("tools/list", json!({})));
    assert_eq!(error["code"], -32_602);
    assert!(error["message"].as_str().unwrap().contains("there was no `initialize`"), "{error}");
    assert_eq!(said(modern(1, "tools/list", json!({}), json!({ CAPABILITIES: null })))["code"], -32_602);
    assert_eq!(said(modern(1, "tools/list", json!({}), json!({ VERSION: "1900-01-01" })))["code"], -32_022);
    assert_eq!(said(rpc("tools/list", json!({ "cursor": 7 })))["code"], -32_602);
    assert_eq!(said(modern(1, "tools/list", json!({}), json!({}))), Value::Null);
}

/// Over stdio too, where a policy of the application's own is asked beside what comes next.
#[test]
fn a_policy_of_its_own_decides_on_lists() {
    let mut command = Command::new(SPECIMEN);
    command.env("SPECIMEN_DENIES", "measure");
    let mut server = StdioServer::initialized_by(&mut command, &[]);
    let list = server.request("tools/list", json!({}));
    assert!(list["result"]["tools"].as_array().unwrap().len() > 20);
    assert!(!list.to_string().contains("\"measure\"") && list.to_string().contains("\"echo\""));
    let again = server.request("tools/list", json!({}));
    assert_eq!(list["result"], again["result"]);
}

/// An id that is in use is in use for a list too.
#[test]
fn a_list_can_not_share_its_id_with_a_call() {
    let mut server = StdioServer::initialized(&[]);
    let steps = json!({ "name": "steps", "arguments": { "count": 10, "milliseconds": 10_000 } });
    server.send(&rpc("tools/call", steps).to_string());
    server.send(&rpc("tools/list", json!({})).to_string());
    assert_eq!(server.receive()["error"]["code"], -32_600);
}
