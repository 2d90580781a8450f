//! `tools/list`: the same list on every transport, paging, and refusals. In names, `modern` means 2026-07-28. The tools
//! are those of the test server, named `specimen`.

use std::process::Command;

use serde_json::{Value, json};

use crate::{
    control::Control,
    harness::{HttpServer, Reply, SPECIMEN, StdioServer, modern, rpc, tools_call, until},
};

const VERSION: &str = "io.modelcontextprotocol/protocolVersion";
const CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";

/// Calls `test` for every transport and for both protocol revisions: 2026-07-28 if the label says `modern`, else
/// 2025-11-25. `test` gets a label such as `stdio, modern`, and a function that sends `tools/list` with parameters and returns the
/// response.
fn on_every_transport(arguments: &[&str], test: impl Fn(&str, &mut dyn FnMut(Value) -> Value)) {
    let server = HttpServer::start(arguments);
    test("HTTP", &mut |params| {
        let headers = [("MCP-Protocol-Version", "2025-11-25"), ("User-Agent", "harness 2")];
        server.post(&headers, &rpc("tools/list", params)).json()
    });
    test("HTTP, modern", &mut |params| server.modern("tools/list", params, json!({}), &[]).json());
    // Sessions exist in 2025-11-25 and earlier revisions.
    let sessions = [arguments, &["--legacy-sessions", "2"]].concat();
    let server = HttpServer::start(&sessions);
    let id = server.open_session(&[]);
    test("a session", &mut |params| {
        let headers = [("Mcp-Session-Id", id.as_str()), ("MCP-Protocol-Version", "2025-11-25")];
        server.post(&headers, &rpc("tools/list", params)).events().pop().unwrap()
    });
    test("HTTP, modern, sessions enabled", &mut |params| {
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
fn tools_list_is_identical_on_every_transport() {
    for arguments in [
        &[][..],
        // Hides the tools that need other scopes.
        &["--local-scopes", "specimen:read"],
        // Permits only version 1 of `relay` to the client `harness`, which is this test, and all versions of other tools
        // (`*`).
        &["--pin", "harness relay ^1", "--pin", "harness * >=1"],
    ] {
        let over_stdio = StdioServer::initialized(arguments).request("tools/list", json!({}));
        let tools = over_stdio["result"]["tools"].as_array().unwrap().clone();
        assert!(tools.len() > 20);
        on_every_transport(arguments, |transport, list| {
            let mut answer = list(json!({}));
            assert_eq!(answer["jsonrpc"], "2.0", "{transport}");
            let result = answer["result"].as_object_mut().unwrap();
            let mut expected = tools.clone();
            if transport == "a session" {
                // In a session, rmcp writes the list, and rmcp's type `Tool` has no `securitySchemes`.
                expected
                    .iter_mut()
                    .for_each(|tool| drop(tool.as_object_mut().unwrap().remove("securitySchemes")));
            }
            assert_eq!(result.remove("tools").unwrap(), Value::from(expected), "{transport}");
            let info =
                json!({ "io.modelcontextprotocol/serverInfo": { "name": "specimen", "version": "1.2.3" } });
            let rest = match transport.contains("modern") {
                true => {
                    json!({ "resultType": "complete", "_meta": info, "ttlMs": 60_000, "cacheScope": "private" })
                }
                false => json!({ "ttlMs": 60_000, "cacheScope": "private" }),
            };
            assert_eq!(Value::from(result.clone()), rest, "{transport}");
        });
    }
}

#[test]
fn tools_list_is_paged() {
    let all = StdioServer::initialized(&[]).request("tools/list", json!({}))["result"]["tools"].clone();
    let all: Vec<&Value> = all.as_array().unwrap().iter().map(|tool| &tool["name"]).collect();
    on_every_transport(&["--list-page", "7"], |transport, list| {
        let (mut names, mut params, mut pages) = (Vec::new(), json!({}), 0);
        loop {
            let answer = list(params);
            let tools =
                answer["result"]["tools"].as_array().unwrap_or_else(|| panic!("{transport}: {answer}"));
            names.extend(tools.iter().map(|tool| tool["name"].clone()));
            pages += 1;
            let Some(next) = answer["result"].get("nextCursor") else { break };
            assert_eq!(tools.len(), 7, "{transport}");
            params = json!({ "cursor": next });
        }
        assert_eq!(pages, all.len().div_ceil(7), "{transport}");
        assert_eq!(names.iter().collect::<Vec<_>>(), all, "{transport}");
        for invalid in [json!("x"), json!(""), json!("AAAA".repeat(50))] {
            let answer = list(json!({ "cursor": invalid }));
            assert_eq!(answer["error"]["code"], -32_602, "{transport}: {answer}");
            let message = answer["error"]["message"].as_str().unwrap();
            assert!(
                message.starts_with("`cursor` ") && message.contains("leave it out"),
                "{transport}: {message}"
            );
        }
    });
}

fn assert_cursor_refused(reply: &Reply) {
    assert_eq!((reply.status, &reply.json()["error"]["code"]), (200, &json!(-32_602)), "{reply:?}");
}

#[test]
fn cursor_is_valid_only_for_its_own_list() {
    // A seal key encrypts cursors. It is 32 bytes in Base64, which are 43 characters.
    let sealing_with = |key: &str| {
        let mut command = Command::new(SPECIMEN);
        command.env("MCP_TOOL_SEAL_KEYS", key.repeat(43));
        command
    };
    let control = Control::new();
    let flags = control.flags();
    let arguments = [&["--list-page", "7"], &flags[..]].concat();
    let server = HttpServer::start_by(&mut sealing_with("A"), &arguments);
    let list = |server: &HttpServer, params: Value| server.modern("tools/list", params, json!({}), &[]);
    let next = list(&server, json!({})).json()["result"]["nextCursor"].clone();
    let continued = json!({ "cursor": next });
    let second = list(&server, continued.clone()).json()["result"]["tools"].clone();
    assert_eq!(second.as_array().unwrap().len(), 7);
    // A replica with the same key and the same list accepts the cursor.
    let replica = HttpServer::start_by(&mut sealing_with("A"), &["--list-page", "7"]);
    assert_eq!(list(&replica, continued.clone()).json()["result"]["tools"], second);
    // Servers with another key, another page size, no paging, and other tools refuse it.
    assert_cursor_refused(&list(
        &HttpServer::start_by(&mut sealing_with("E"), &["--list-page", "7"]),
        continued.clone(),
    ));
    assert_cursor_refused(&list(
        &HttpServer::start_by(&mut sealing_with("A"), &["--list-page", "8"]),
        continued.clone(),
    ));
    assert_cursor_refused(&list(&HttpServer::start_by(&mut sealing_with("A"), &[]), continued.clone()));
    let fewer_tools = ["--list-page", "7", "--local-scopes", "specimen:read"];
    assert_cursor_refused(&list(
        &HttpServer::start_by(&mut sealing_with("A"), &fewer_tools),
        continued.clone(),
    ));
    // While a tool is disabled, the list is another one.
    control.execute(&["disable", "--tool", "weigh"]);
    until("the tool left the list", || list(&server, continued.clone()).json().get("error").is_some());
    assert_cursor_refused(&list(&server, continued.clone()));
    control.execute(&["enable", "--tool", "weigh"]);
    until("the tool returned to the list", || {
        list(&server, continued.clone()).json()["result"]["tools"] == second
    });
}

/// The framework answers `tools/list`, and rmcp answers `prompts/list`. Both must refuse the same headers and `_meta`.
#[test]
fn tools_list_is_refused_like_requests_that_rmcp_answers() {
    let server = HttpServer::start(&[]);
    let complete = json!({ VERSION: "2026-07-28", CAPABILITIES: {} });
    // `null` removes a member.
    let meta = |changes: Value| {
        let mut meta = complete.clone();
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
        Some(complete.clone()),
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
    // The header `Mcp-Method` is absent, right or wrong.
    let methods = [None, Some(true), Some(false)];
    let (mut refused, mut answered) = (0, 0);
    for meta in &metas {
        for version in versions {
            for is_method_right in methods {
                let ask = |method: &str| {
                    let method_header =
                        is_method_right.map(|is_right| if is_right { method } else { "tools/call" });
                    let version_header = version.map(|version| ("MCP-Protocol-Version", version));
                    let headers: Vec<_> = version_header
                        .into_iter()
                        .chain(method_header.map(|method| ("Mcp-Method", method)))
                        .collect();
                    let params = meta.as_ref().map_or(json!({}), |meta| json!({ "_meta": meta }));
                    let reply = server.post(&headers, &rpc(method, params));
                    let code = reply.json()["error"]["code"].as_i64();
                    let content_type = reply.header("content-type").map(str::to_owned);
                    (reply.status, code, content_type)
                };
                let (by_framework, by_rmcp) = (ask("tools/list"), ask("prompts/list"));
                let case = format!("{meta:?} {version:?} {is_method_right:?}");
                // rmcp answers a valid request with "method not found", because prompts are not declared.
                if by_rmcp.1 == Some(-32_601) {
                    assert_eq!((by_framework.0, by_framework.1), (200, None), "{case}");
                    answered += 1;
                } else {
                    assert_eq!(by_framework, by_rmcp, "{case}");
                    refused += 1;
                }
            }
        }
    }
    assert!(refused > 100 && answered > 10, "{refused} were refused, {answered} answered");
}

#[test]
fn refused_tools_list_states_the_reason() {
    let server = HttpServer::start(&[]);
    let refusal = |meta: Value, headers: &[(&str, &str)]| {
        let reply = server.modern("tools/list", json!({}), meta, headers);
        (reply.status, reply.json()["error"].clone())
    };
    let (status, error) =
        refusal(json!({ VERSION: "1900-01-01" }), &[("MCP-Protocol-Version", "1900-01-01")]);
    assert_eq!((status, &error["code"]), (400, &json!(-32_022)));
    assert_eq!(error["data"]["requested"], "1900-01-01");
    assert!(error["data"]["supported"].as_array().unwrap().contains(&json!("2026-07-28")));
    for (meta, headers, words) in [
        (
            json!({}),
            &[("Mcp-Method", "tools/call")][..],
            "the header mcp-method must equal the body: got \"tools/call\"",
        ),
        (json!({}), &[("Mcp-Method", "")], "the header mcp-method is missing"),
        (json!({}), &[("MCP-Protocol-Version", "")], "the header mcp-protocol-version is missing"),
        (json!({}), &[("Mcp-Name", "x"), ("Mcp-Name", "x")], "the header mcp-name must not be repeated"),
        (json!({ CAPABILITIES: null }), &[], "`_meta` lacks io.modelcontextprotocol/clientCapabilities"),
        (json!({ VERSION: null }), &[], "`_meta` lacks io.modelcontextprotocol/protocolVersion"),
    ] {
        let (status, error) = refusal(meta, headers);
        assert_eq!(status, 400);
        assert!(error["message"].as_str().unwrap().contains(words), "{error}");
    }
    let mut stdio = StdioServer::start(&[]);
    let mut stdio_error = |message: Value| {
        stdio.send(&message.to_string());
        stdio.receive()["error"].clone()
    };
    let error = stdio_error(rpc("tools/list", json!({})));
    assert_eq!(error["code"], -32_602);
    assert!(error["message"].as_str().unwrap().contains("or `initialize` first"), "{error}");
    assert_eq!(
        stdio_error(modern(1, "tools/list", json!({}), json!({ CAPABILITIES: null })))["code"],
        -32_602
    );
    assert_eq!(
        stdio_error(modern(1, "tools/list", json!({}), json!({ VERSION: "1900-01-01" })))["code"],
        -32_022
    );
    assert_eq!(stdio_error(rpc("tools/list", json!({ "cursor": 7 })))["code"], -32_602);
    assert_eq!(stdio_error(modern(1, "tools/list", json!({}), json!({}))), Value::Null);
}

#[test]
fn custom_policy_filters_tools_list() {
    let mut command = Command::new(SPECIMEN);
    // The specimen's own policy denies the tool `measure`.
    command.env("SPECIMEN_DENIES", "measure");
    let mut server = StdioServer::initialized_by(&mut command, &[]);
    let list = server.request("tools/list", json!({}));
    assert!(list["result"]["tools"].as_array().unwrap().len() > 20);
    assert!(!list.to_string().contains("\"measure\"") && list.to_string().contains("\"echo\""));
    let again = server.request("tools/list", json!({}));
    assert_eq!(list["result"], again["result"]);
}

#[test]
fn tools_list_cannot_reuse_the_id_of_a_running_call() {
    let mut server = StdioServer::initialized(&[]);
    server.send(&tools_call(1, "steps", json!({ "count": 10, "milliseconds": 10_000 })).to_string());
    server.send(&rpc("tools/list", json!({})).to_string());
    assert_eq!(server.receive()["error"]["code"], -32_600);
}
