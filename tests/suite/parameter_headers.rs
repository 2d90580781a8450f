//! `Mcp-Param-*` headers, which mirror arguments: listed, and compared with the body of 2026-07-28 calls over HTTP.
//!
//! The tool `routed` mirrors `region` (required), `priority`, `trial` (in the header `Dry-Run`), `tier` and `shelf`,
//! but not `note`. It returns its arguments as `REGION PRIORITY TRIAL TIER SHELF NOTE`; absent ones appear as
//! `0 false none 0` and an empty note. Its version 1, `routed_v1`, mirrors `zone`.

use serde_json::{Value, json};

use crate::harness::{HttpServer, Reply, StdioServer, correlation, kind, modern, text};

/// The header for `"region": "eu"`.
const REGION: (&str, &str) = ("Mcp-Param-Region", "eu");

/// Calls `routed` as a 2026-07-28 client.
fn call(server: &HttpServer, arguments: Value, headers: &[(&str, &str)]) -> Reply {
    server.modern("tools/call", json!({ "name": "routed", "arguments": arguments }), json!({}), headers)
}

/// Error message of a call that is refused because of its headers.
fn refused(server: &HttpServer, arguments: Value, headers: &[(&str, &str)]) -> String {
    let reply = call(server, arguments, headers);
    let answer = reply.json();
    assert_eq!((reply.status, &answer["error"]["code"]), (400, &json!(-32_020)), "{headers:?} {answer}");
    answer["error"]["message"].as_str().unwrap().to_owned()
}

#[test]
fn tools_list_names_the_header_of_each_parameter() {
    let server = HttpServer::start(&[]);
    let list = server.modern("tools/list", json!({}), json!({}), &[]).json();
    let tools = list["result"]["tools"].as_array().unwrap().clone();
    let headers = |name: &str| {
        let tool = tools.iter().find(|tool| tool["name"] == name).unwrap();
        let properties = tool["inputSchema"]["properties"].as_object().unwrap().clone();
        properties
            .into_iter()
            .filter_map(|(name, schema)| {
                Some(format!("{name} {} {}", schema["type"].as_str()?, schema.get("x-mcp-header")?.as_str()?))
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(
        headers("routed"),
        [
            "region string Region",
            "priority integer Priority",
            "trial boolean Dry-Run",
            "tier string X!Tier",
            "shelf integer Shelf"
        ]
    );
    assert_eq!(headers("routed_v1"), ["zone string Zone"]);
    assert_eq!(headers("echo"), [""; 0]);
}

#[test]
fn matching_headers_are_accepted() {
    let server = HttpServer::start(&[]);
    let passes = |arguments: Value, headers: &[(&str, &str)]| {
        let reply = call(&server, arguments, headers);
        assert_eq!(reply.status, 200, "{headers:?} {reply:?}");
        text(&reply.json()).to_owned()
    };
    assert_eq!(passes(json!({ "region": "eu" }), &[REGION]), "eu 0 false none 0 ");
    let all =
        json!({ "region": "eu", "priority": -7, "trial": true, "tier": "gold", "shelf": 3, "note": "x" });
    let headers = [
        ("mcp-param-region", "eu"),
        ("MCP-PARAM-PRIORITY", "-7"),
        ("Mcp-Param-dry-run", "true"),
        ("Mcp-Param-X!Tier", "gold"),
        ("Mcp-Param-Shelf", "3"),
    ];
    assert_eq!(passes(all, &headers), "eu -7 true gold 3 x");
    let absent = json!({ "region": "eu", "priority": null, "trial": null, "tier": null });
    assert_eq!(passes(absent, &[REGION]), "eu 0 false none 0 ");
    // Headers that mirror no parameter of `routed` are ignored.
    let others = [REGION, ("Mcp-Param-Note", "another"), ("Mcp-Param-Zone", "a"), ("Mcp-Param-", "a")];
    assert_eq!(passes(json!({ "region": "eu", "note": "x" }), &others), "eu 0 false none 0 x");
}

#[test]
fn text_header_is_plain_or_base64() {
    let server = HttpServer::start(&[]);
    for (region, value) in [
        ("us-west1", "us-west1"),
        ("a b\tc", "a b\tc"),
        ("us-west1", "=?base64?dXMtd2VzdDE=?="),
        ("Hello, 世界", "=?base64?SGVsbG8sIOS4lueVjA==?="),
        (" padded ", "=?base64?IHBhZGRlZCA=?="),
        ("line1\nline2", "=?base64?bGluZTEKbGluZTI=?="),
        ("=?base64?literal?=", "=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?="),
        ("=?BASE64?eA==?=", "=?BASE64?eA==?="),
        ("", "=?base64??="),
        // The value of a header is trimmed.
        ("", " "),
    ] {
        let reply = call(&server, json!({ "region": region }), &[("Mcp-Param-Region", value)]);
        assert_eq!((reply.status, text(&reply.json())), (200, &*format!("{region} 0 false none 0 ")));
    }
    for (region, value) in [
        ("us-west1", "us-west2"),
        ("us-west1", "US-WEST1"),
        ("us-west1", "\"us-west1\""),
        ("us-west1", "=?base64?dXMtd2VzdDI=?="),
        ("us-west1", "dXMtd2VzdDE="),
        ("us-west1", " "),
        ("=?base64?literal?=", "=?base64?literal?="),
    ] {
        let message = refused(&server, json!({ "region": region }), &[("Mcp-Param-Region", value)]);
        assert!(message.starts_with("the header Mcp-Param-Region "), "{message}");
    }
    for value in ["=?base64?!?=", "=?base64?dXMtd2VzdDE?=", "=?base64?/w==?=", "=?base64?dXM td2VzdDE=?="] {
        let message = refused(&server, json!({ "region": "us-west1" }), &[("Mcp-Param-Region", value)]);
        assert_eq!(message, "the header Mcp-Param-Region must be Base64 of UTF-8 text");
    }
    let message = refused(&server, json!({ "region": "größe" }), &[("Mcp-Param-Region", "größe")]);
    assert_eq!(message, "the header Mcp-Param-Region must be visible ASCII");
}

#[test]
fn number_headers_compare_by_value_and_booleans_by_word() {
    let server = HttpServer::start(&[]);
    // JSON text, so that every spelling of a number can be sent.
    let body = |priority: &str, trial: &str| {
        let arguments = format!(r#"{{"region":"eu","priority":{priority},"trial":{trial}}}"#);
        let request = modern(1, "tools/call", json!({ "name": "routed", "arguments": "here" }), json!({}));
        request.to_string().replace("\"here\"", &arguments)
    };
    let status = |body: String, headers: &[(&str, &str)]| {
        let modern = [
            ("MCP-Protocol-Version", "2026-07-28"),
            ("Mcp-Method", "tools/call"),
            ("Mcp-Name", "routed"),
            REGION,
        ];
        let reply = server.send("POST", "/mcp", &[&modern[..], headers].concat(), body.as_bytes());
        (reply.status, reply.json()["error"]["code"].as_i64().unwrap_or(0))
    };
    for (priority, header) in [
        ("1", "1"),
        ("1.0", "1"),
        ("1e0", "1"),
        ("10E-1", "1"),
        ("1", "1.0"),
        ("-0", "0"),
        ("9007199254740991", "9007199254740991"),
        ("-9.007199254740991e15", "-9007199254740991"),
        ("1", "=?base64?MQ==?="),
    ] {
        let headers = [("Mcp-Param-Priority", header)];
        assert_eq!(status(body(priority, "null"), &headers), (200, 0), "{priority} {header}");
    }
    for (priority, header) in
        [("1", "2"), ("1", "+1"), ("1", "01"), ("1", "0x1"), ("1", "1,1"), ("1", "one"), ("1", " ")]
    {
        let headers = [("Mcp-Param-Priority", header)];
        assert_eq!(status(body(priority, "null"), &headers), (400, -32_020), "{priority} {header}");
    }
    for (trial, header, code) in [
        ("true", "true", 0),
        ("false", "false", 0),
        ("true", "false", -32_020),
        ("true", "True", -32_020),
        ("true", "1", -32_020),
    ] {
        let expected = (if code == 0 { 200 } else { 400 }, code);
        assert_eq!(
            status(body("null", trial), &[("Mcp-Param-Dry-Run", header)]),
            expected,
            "{trial} {header}"
        );
    }
}

#[test]
fn header_must_appear_once_and_only_with_its_argument() {
    let server = HttpServer::start(&[]);
    let eu = json!({ "region": "eu" });
    assert_eq!(
        refused(&server, eu.clone(), &[]),
        "the header Mcp-Param-Region is missing: it must equal the argument 'region'; list the tools again"
    );
    assert_eq!(
        refused(&server, eu.clone(), &[("Mcp-Param-Region", "us")]),
        "the header Mcp-Param-Region must equal the argument 'region': got \"us\" and \"eu\""
    );
    for twice in ["eu", "us"] {
        let headers = [REGION, ("mcp-param-region", twice)];
        assert_eq!(
            refused(&server, eu.clone(), &headers),
            "the header Mcp-Param-Region must not be repeated"
        );
    }
    for absent in [eu, json!({ "region": "eu", "priority": null })] {
        assert_eq!(
            refused(&server, absent, &[REGION, ("Mcp-Param-Priority", "0")]),
            "the header Mcp-Param-Priority was sent without the argument 'priority': send both or neither"
        );
    }
    let headers = [REGION, ("Mcp-Param-Priority", "1")];
    refused(&server, json!({ "region": "eu", "priority": [1] }), &headers);
    refused(&server, json!({ "region": "eu", "priority": "2" }), &headers);
    assert_eq!(server.count("finished"), 0, "the function must not run");
}

/// The header check passes arguments that agree with their headers, lists and objects without a header, and arguments
/// with a duplicate name. Then the argument parser reports the violations.
#[test]
fn invalid_arguments_are_reported_by_the_argument_parser() {
    let server = HttpServer::start(&[]);
    let assert_invalid = |arguments: Value, headers: &[(&str, &str)]| {
        let reply = call(&server, arguments, headers);
        assert_eq!((reply.status, kind(&reply.json())), (200, "invalid_arguments"), "{reply:?}");
    };
    assert_invalid(json!({}), &[]);
    assert_invalid(json!({ "region": null }), &[]);
    assert_invalid(json!({ "region": ["eu"] }), &[]);
    assert_invalid(json!({ "region": { "eu": 1 } }), &[]);
    assert_invalid(json!({ "region": "eu", "priority": "2" }), &[REGION, ("Mcp-Param-Priority", "2")]);
    assert_invalid(json!({ "region": "eu", "shelf": 10 }), &[REGION, ("Mcp-Param-Shelf", "10")]);
    let twice =
        modern(1, "tools/call", json!({ "name": "routed", "arguments": { "region": "eu" } }), json!({}));
    let twice = twice.to_string().replace(r#""region":"eu""#, r#""region":"us","region":"eu""#);
    let modern = [
        ("MCP-Protocol-Version", "2026-07-28"),
        ("Mcp-Method", "tools/call"),
        ("Mcp-Name", "routed"),
        REGION,
    ];
    let reply = server.send("POST", "/mcp", &modern, twice.as_bytes());
    assert_eq!((reply.status, kind(&reply.json())), (200, "invalid_arguments"), "{reply:?}");
    assert_eq!(server.count("finished"), 0, "the function must not run");
}

#[test]
fn header_mismatch_is_recorded() {
    let server = HttpServer::start(&[]);
    let answer = call(&server, json!({ "region": "eu" }), &[]).json();
    let record = server.stderr.record_of(correlation(&answer));
    assert_eq!(
        (&record["tool"], &record["version"], &record["outcome"], &record["reason"]),
        (&json!("routed"), &json!("2.0"), &json!("refused"), &json!("header_mismatch"))
    );
    assert_eq!(
        record.get("arguments"),
        None,
        "headers must be checked before arguments are parsed: {record}"
    );
}

#[test]
fn refusal_of_an_unauthorized_caller_names_no_header() {
    let server = HttpServer::start(&["--local-scopes", "specimen:other"]);
    let reply = call(&server, json!({ "region": "eu" }), &[]);
    assert_eq!((reply.status, &reply.json()["error"]["code"]), (403, &json!(-31_403)));
    assert!(!reply.body.contains("Region"), "{}", reply.body);
}

#[test]
fn called_version_decides_which_headers_are_checked() {
    let server = HttpServer::start(&[]);
    let call_v1 = |headers: &[(&str, &str)]| {
        let params = json!({ "name": "routed_v1", "arguments": { "zone": "eu" } });
        let reply = server.modern("tools/call", params, json!({}), headers);
        (reply.status, reply.json()["error"]["code"].as_i64().unwrap_or(0))
    };
    assert_eq!(call_v1(&[("Mcp-Param-Zone", "eu")]), (200, 0));
    assert_eq!(call_v1(&[("Mcp-Param-Zone", "eu"), ("Mcp-Param-Region", "us")]), (200, 0));
    assert_eq!(call_v1(&[REGION]), (400, -32_020));
}

/// Legacy calls are those of 2025-11-25. Stdio has no headers, so there a call of 2026-07-28 needs none.
#[test]
fn legacy_calls_and_stdio_ignore_parameter_headers() {
    let server = HttpServer::start(&["--legacy-sessions", "1"]);
    let params = json!({ "name": "routed", "arguments": { "region": "eu" } });
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
    for headers in [&[][..], &[("Mcp-Param-Region", "us")], &[("Mcp-Param-Region", "größe")]] {
        let reply = server.post(&[&[("MCP-Protocol-Version", "2025-11-25")], headers].concat(), &body);
        assert_eq!((reply.status, text(&reply.json())), (200, "eu 0 false none 0 "));
    }
    let id = server.open_session(&[]);
    let session =
        [("Mcp-Session-Id", &*id), ("MCP-Protocol-Version", "2025-11-25"), ("Mcp-Param-Region", "us")];
    let events = server.post(&session, &body).events();
    assert_eq!(text(events.last().unwrap()), "eu 0 false none 0 ");
    let modern_call = server.modern("tools/call", params.clone(), json!({}), &[session[0], session[2]]);
    assert_eq!(
        (modern_call.status, &modern_call.json()["error"]["code"]),
        (400, &json!(-32_020)),
        "a session id must not bypass the check"
    );

    let mut server = StdioServer::start(&[]);
    server.send(&modern(1, "tools/call", params, json!({})).to_string());
    assert_eq!(text(&server.answer(&json!(1))), "eu 0 false none 0 ");
}
