//! Scopes of tools, and challenges to callers that lack some.
//!
//! A [`Pair`] is a server and the issuer that it trusts.

use serde_json::{Value, json};

use super::{METADATA, Pair, challenge, issuer::Issuer, issuer_keys, measure_arguments, succeeded};
use crate::{
    control::Control,
    harness::{HttpServer, Reply, correlation, kind, text, tool_names, tools_call, until},
};

/// Tool, granted scopes, missing scopes, and scopes that the challenge requests: all scopes of the tool, then the other
/// granted ones. The scopes of `purges` include that of its gate. `weigh` is an adapter.
const LACKING: [(&str, &str, &str, &str); 9] = [
    ("measure", "", "specimen:read", "specimen:read"),
    ("measure", "zeta alpha", "specimen:read", "specimen:read alpha zeta"),
    ("measure", "specimen:admin", "specimen:read", "specimen:read specimen:admin"),
    ("whoami", "", "specimen:read specimen:admin", "specimen:read specimen:admin"),
    ("whoami", "zeta specimen:read", "specimen:admin", "specimen:read specimen:admin zeta"),
    ("destroys", "specimen:read", "specimen:destroy", "specimen:destroy specimen:read"),
    ("purges", "specimen:read other", "specimen:purge", "specimen:read specimen:purge other"),
    ("purges", "specimen:purge", "specimen:read", "specimen:read specimen:purge"),
    ("weigh", "specimen:read zeta", "specimen:admin", "specimen:admin specimen:read zeta"),
];

/// Scopes that resemble `specimen:read`, but don't equal it.
const SIMILAR: [&str; 6] =
    ["specimen", "specimen:", "specimen:*", "SPECIMEN:READ", "specimen:read:all", "xspecimen:read"];

/// Asserts a 403 that names the missing scopes, with an `insufficient_scope` challenge for the requested scopes.
fn check_challenge(reply: &Reply, missing: &str, requested: &str) {
    assert_eq!(reply.status, 403, "{reply:?}");
    let challenged =
        json!({ "error": "insufficient_scope", "scope": requested, "resource_metadata": METADATA });
    assert_eq!(challenge(reply), challenged);
    let answer = reply.json();
    assert_eq!((&answer["error"]["code"], &answer["id"]), (&json!(-31_403), &json!(1)), "{answer}");
    let message = answer["error"]["message"].as_str().unwrap();
    assert!(message.ends_with(&format!("lacks: {missing}")), "{message}");
}

#[test]
fn insufficient_scope_challenge_names_the_needed_scopes() {
    let pair = Pair::start();
    for (tool, held, missing, requested) in LACKING {
        let holder = pair.with_scopes(held);
        check_challenge(&holder.call(tool, json!({})), missing, requested);
        // The same call as a 2026-07-28 request.
        let modern = holder.modern("tools/call", json!({ "name": tool, "arguments": {} }));
        check_challenge(&modern, missing, requested);
        let record = pair.server.stderr.record_of(correlation(&modern.json()));
        assert_eq!((&record["reason"], &record["detail"]), (&json!("insufficient_scope"), &json!(missing)));
        // With the requested scopes, the call is admitted. Only its arguments may be refused.
        let admitted = pair.with_scopes(requested).call(tool, json!({}));
        assert_eq!((admitted.status, admitted.header("www-authenticate")), (200, None), "{admitted:?}");
    }
    for scope in SIMILAR {
        let requested = format!("specimen:read {scope}");
        check_challenge(
            &pair.with_scopes(scope).call("measure", measure_arguments()),
            "specimen:read",
            &requested,
        );
    }
    let holder = pair.with_scopes("specimen:purge specimen:read");
    assert_eq!(text(&holder.call("purges", json!({})).json()), "Done.");
    assert_eq!(
        holder.count("finished"),
        1 + 2,
        "expected this run of `purges` and the two above with the requested scopes"
    );
    let holder = pair.with_scopes("specimen:read specimen:admin");
    assert!(holder.call("weigh", json!({ "n": 3 })).body.contains(r#""mode":"safe""#));
}

/// A call that lacks a scope and has invalid arguments is refused only for the scope.
#[test]
fn arguments_of_an_unauthorized_caller_are_not_parsed() {
    let pair = Pair::start();
    let refused = pair.with_scopes("").call("measure", json!({ "nn": 1 }));
    assert!(refused.status == 403 && !refused.body.contains("/nn"), "{refused:?}");
    let unknown = pair.with_scopes("").call("no_such_tool", json!({}));
    assert_eq!((unknown.status, &unknown.json()["error"]["code"]), (200, &json!(-32_602)));
}

/// A legacy session is a session of 2025-11-25.
#[test]
fn legacy_session_requires_the_same_scopes() {
    let pair = Pair::with(Issuer::start(&issuer_keys()), &["--legacy-sessions", "4"]);
    let id = pair.with_scopes("").open_session();
    let in_session = [("Mcp-Session-Id", id.as_str()), ("MCP-Protocol-Version", "2025-11-25")];
    for (tool, held, missing, requested) in LACKING {
        let holder = pair.with_scopes(held);
        check_challenge(&holder.send(&in_session, &tools_call(1, tool, json!({}))), missing, requested);
    }
    // The same caller continues the session with another token, whose scopes apply.
    let continued = pair.with_scopes("specimen:read").send(&in_session, &super::measure());
    assert!(continued.status == 200 && continued.body.contains(r#""mode":"fast""#), "{continued:?}");
    let list = json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/list" });
    let listed = |scopes: &str| pair.with_scopes(scopes).send(&in_session, &list).body;
    assert!(listed("specimen:read").contains(r#""measure""#) && !listed("").contains(r#""measure""#));
}

#[test]
fn scope_hierarchy_includes_narrower_scopes() {
    let hierarchy = r#"scope_hierarchy = ["specimen:all specimen:some specimen:admin", "specimen:some specimen:read specimen:purge"]"#;
    let pair = Pair::with_settings(hierarchy, &[]);
    let all = pair.with_scopes("specimen:all");
    assert!(succeeded(&all.call("measure", measure_arguments())));
    assert_eq!(
        all.whoami()["scopes"],
        json!(["specimen:all"]),
        "the context must have the scopes of the token, without those that they include"
    );
    assert_eq!(
        text(&all.call("purges", json!({})).json()),
        "Done.",
        "the hierarchy must also apply to the scope of the gate"
    );
    let some = pair.with_scopes("specimen:some");
    assert!(succeeded(&some.call("measure", measure_arguments())));
    assert_eq!(text(&some.call("purges", json!({})).json()), "Done.");
    check_challenge(
        &some.call("whoami", json!({})),
        "specimen:admin",
        "specimen:read specimen:admin specimen:some",
    );
    assert!(some.listed().contains(&"purges".to_owned()) && !some.listed().contains(&"whoami".to_owned()));
    for narrow in ["specimen:read", "specimen:admin", "specimen:purge"] {
        let holder = pair.with_scopes(narrow);
        assert_eq!(holder.call("purges", json!({})).status, 403, "{narrow} must include no other scope");
        assert_eq!(holder.call("whoami", json!({})).status, 403, "{narrow} must include no other scope");
    }
    // Without the setting, `specimen:all` includes no other scope.
    let plain = Pair::start();
    check_challenge(
        &plain.with_scopes("specimen:all").call("measure", measure_arguments()),
        "specimen:read",
        "specimen:read specimen:all",
    );
}

/// Names of the tools in a list that must contain all tools of the specimen, the test server in `tests/src`.
fn all_tools(list: &Value) -> Vec<String> {
    let all = tool_names(list);
    assert!(all.len() > 30 && all.contains(&"purges".to_owned()), "{all:?}");
    all
}

#[test]
fn tools_list_has_exactly_the_tools_that_the_scopes_permit() {
    // A server without authorization lists all tools.
    let all =
        all_tools(&HttpServer::start(&[]).modern("tools/list", json!({}), json!({}), &[]).json()["result"]);
    let pair = Pair::start();
    // From now on, calls of `spins` end at once. Else they block a thread of the server, on which other calls may wait.
    assert_eq!(text(&pair.with_scopes("").call("releases", json!({})).json()), "released");
    for held in [
        "",
        "specimen:read",
        "specimen:admin",
        "specimen:read specimen:admin",
        "specimen:read specimen:purge specimen:destroy",
    ] {
        let holder = pair.with_scopes(held);
        let list = holder.list();
        assert_eq!(list["cacheScope"], "private");
        let listed = tool_names(&list);
        for tool in &all {
            let reply = holder.call(tool, json!({}));
            assert_eq!(listed.contains(tool), reply.status != 403, "{tool} for {held:?}: {reply:?}");
        }
        assert!(listed.iter().all(|tool| all.contains(tool)));
    }
}

/// With `discovery = "grantable"`, the list also has the tools that more scopes would permit.
#[test]
fn grantable_tools_are_listed_when_configured() {
    let control = Control::new();
    let pair = Pair::with_settings(r#"discovery = "grantable""#, &control.flags());
    let holder = pair.with_scopes("");
    let list = holder.list();
    let all = all_tools(&list);
    assert_eq!(list["cacheScope"], "private");
    assert_eq!(
        holder.call("measure", measure_arguments()).status,
        403,
        "a tool that is listed as grantable must still need its scope"
    );
    // A disabled tool is not listed, because no scope makes it callable. `weigh` is an adapter of `measure`.
    control.execute(&["disable", "--tool", "measure"]);
    until("the tool was disabled", || {
        let answer = pair.with_scopes("specimen:read").call("measure", measure_arguments()).json();
        answer["result"]["isError"] == true && kind(&answer) == "disabled"
    });
    let left = holder.listed();
    assert!(!left.contains(&"measure".to_owned()) && !left.contains(&"weigh".to_owned()), "{left:?}");
    assert_eq!(left.len(), all.len() - 2);
}

#[test]
fn tools_list_names_the_scopes_of_each_tool() {
    let pair = Pair::with_settings(r#"discovery = "grantable""#, &[]);
    let list = pair.with_scopes("").list();
    for (tool, scopes) in [
        ("measure", Some(json!(["specimen:read"]))),
        ("whoami", Some(json!(["specimen:read", "specimen:admin"]))),
        ("purges", Some(json!(["specimen:read", "specimen:purge"]))),
        ("weigh", Some(json!(["specimen:admin", "specimen:read"]))),
        ("counts", None),
    ] {
        let tools = list["tools"].as_array().unwrap();
        let meta = &tools.iter().find(|entry| entry["name"] == tool).unwrap()["_meta"];
        let schemes = scopes.map(|scopes| json!([{ "type": "oauth2", "scopes": scopes }]));
        assert_eq!(meta.get("securitySchemes"), schemes.as_ref(), "{tool}");
    }
}

#[test]
fn public_tool_needs_a_token_but_no_scope() {
    let pair = Pair::start();
    assert_eq!(pair.server.post(&[], &tools_call(1, "echo", json!({ "text": "x" }))).status, 401);
    for claims in [json!({ "scope": "" }), json!({ "scope": null })] {
        let reply = pair.claiming(claims).call("echo", json!({ "text": "x" }));
        assert_eq!(text(&reply.json()), "x");
    }
}
