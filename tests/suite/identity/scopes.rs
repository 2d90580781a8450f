//! What each tool needs, and what is asked of a caller who holds too little.

use serde_json::{Value, json};

use super::{METADATA, Pair, challenge, issuer::Issuer, known, measured, names, opened};
use crate::{
    control::{Control, until},
    harness::{HttpServer, Reply, correlation, kind, text},
};

/// Tool, scopes that a caller holds, those that it lacks, and those that it is told to come back with.
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

/// Scopes and addresses that only look like the right ones open nothing either.
const ALIKE: [&str; 6] =
    ["specimen", "specimen:", "specimen:*", "SPECIMEN:READ", "specimen:read:all", "xspecimen:read"];

fn asks(reply: &Reply, lacking: &str, wanted: &str) {
    assert_eq!(reply.status, 403, "{reply:?}");
    let challenged = json!({ "error": "insufficient_scope", "scope": wanted, "resource_metadata": METADATA });
    assert_eq!(challenge(reply), challenged);
    let answer = reply.json();
    assert_eq!((&answer["error"]["code"], &answer["id"]), (&json!(-31_403), &json!(1)), "{answer}");
    let message = answer["error"]["message"].as_str().unwrap();
    assert!(message.ends_with(&format!("doesn't hold: {lacking}")), "{message}");
}

#[test]
fn a_token_that_says_too_little_is_told_what_more_it_needs() {
    let pair = Pair::start();
    for (tool, held, lacking, wanted) in LACKING {
        let holder = pair.with_scopes(held);
        asks(&holder.call(tool, json!({})), lacking, wanted);
        let modern = holder.modern("tools/call", json!({ "name": tool, "arguments": {} }));
        asks(&modern, lacking, wanted);
        let record = pair.server.stderr.record_of(correlation(&modern.json()));
        assert_eq!((&record["reason"], &record["detail"]), (&json!("insufficient_scope"), &json!(lacking)));
        // What it is told to come back with opens the tool: it is refused for its arguments at most.
        let stepped = pair.with_scopes(wanted).call(tool, json!({}));
        assert_eq!((stepped.status, stepped.header("www-authenticate")), (200, None), "{stepped:?}");
    }
    for scope in ALIKE {
        let wanted = format!("specimen:read {scope}");
        asks(&pair.with_scopes(scope).call("measure", measured()), "specimen:read", &wanted);
    }
    let holder = pair.with_scopes("specimen:purge specimen:read");
    assert_eq!(text(&holder.call("purges", json!({})).json()), "Done.");
    assert_eq!(holder.count("finished"), 1 + 2, "and those that were told to come back");
    let holder = pair.with_scopes("specimen:read specimen:admin");
    assert!(holder.call("weigh", json!({ "n": 3 })).body.contains(r#""mode":"safe""#));
}

/// A call whose arguments are wrong too: nothing is said of them to who may not call.
#[test]
fn arguments_are_not_read_for_who_may_not_call() {
    let pair = Pair::start();
    let refused = pair.with_scopes("").call("measure", json!({ "nn": 1 }));
    assert!(refused.status == 403 && !refused.body.contains("/nn"), "{refused:?}");
    let unknown = pair.with_scopes("").call("no_such_tool", json!({}));
    assert_eq!((unknown.status, &unknown.json()["error"]["code"]), (200, &json!(-32_602)));
}

#[test]
fn inside_a_legacy_session_the_same_is_asked() {
    let pair = Pair::with(Issuer::start(&known()), &["--legacy-sessions", "4"]);
    let id = pair.with_scopes("").session();
    let inside = [("Mcp-Session-Id", id.as_str()), ("MCP-Protocol-Version", "2025-11-25")];
    for (tool, held, lacking, wanted) in LACKING {
        let holder = pair.with_scopes(held);
        asks(&holder.send(&inside, &super::request(1, tool, json!({}))), lacking, wanted);
    }
    // Another token of the same caller goes on with the session, and it is what that token says that counts.
    let stepped = pair.with_scopes("specimen:read").send(&inside, &super::measure());
    assert!(stepped.status == 200 && stepped.body.contains(r#""mode":"fast""#), "{stepped:?}");
    let list = json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/list" });
    let listed = |scopes: &str| pair.with_scopes(scopes).send(&inside, &list).body;
    assert!(listed("specimen:read").contains(r#""measure""#) && !listed("").contains(r#""measure""#));
}

#[test]
fn a_scope_includes_others_where_the_settings_say_so() {
    let hierarchy = r#"scope_hierarchy = ["specimen:all specimen:some specimen:admin", "specimen:some specimen:read specimen:purge"]"#;
    let pair = Pair::set(hierarchy, &[]);
    let all = pair.with_scopes("specimen:all");
    assert!(opened(&all.call("measure", measured())));
    assert_eq!(all.whoami()["scopes"], json!(["specimen:all"]), "it holds what its token says");
    assert_eq!(text(&all.call("purges", json!({})).json()), "Done.", "the gate's scope too");
    let some = pair.with_scopes("specimen:some");
    assert!(opened(&some.call("measure", measured())));
    assert_eq!(text(&some.call("purges", json!({})).json()), "Done.");
    asks(&some.call("whoami", json!({})), "specimen:admin", "specimen:read specimen:admin specimen:some");
    assert!(some.listed().contains(&"purges".to_owned()) && !some.listed().contains(&"whoami".to_owned()));
    for narrow in ["specimen:read", "specimen:admin", "specimen:purge"] {
        let holder = pair.with_scopes(narrow);
        assert_eq!(holder.call("purges", json!({})).status, 403, "{narrow} includes nothing");
        assert_eq!(holder.call("whoami", json!({})).status, 403, "{narrow} includes nothing");
    }
    // Without that setting a wide name is a name like any other.
    let plain = Pair::start();
    asks(
        &plain.with_scopes("specimen:all").call("measure", measured()),
        "specimen:read",
        "specimen:read specimen:all",
    );
}

/// Each tool of the server: `echo`, `measure` …
fn everything(list: &Value) -> Vec<String> {
    let all = names(list);
    assert!(all.len() > 30 && all.contains(&"purges".to_owned()), "{all:?}");
    all
}

#[test]
fn a_list_shows_what_may_be_called_and_nothing_else() {
    let all =
        everything(&HttpServer::start(&[]).modern("tools/list", json!({}), json!({}), &[]).json()["result"]);
    let pair = Pair::start();
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
        let listed = names(&list);
        for tool in &all {
            let may = holder.call(tool, json!({})).status != 403;
            assert_eq!(listed.contains(tool), may, "{tool} for {held:?}");
        }
        assert!(listed.iter().all(|tool| all.contains(tool)));
    }
}

#[test]
fn what_could_be_granted_is_shown_where_the_settings_say_so() {
    let control = Control::new();
    let pair = Pair::set(r#"discovery = "grantable""#, &control.flags());
    let holder = pair.with_scopes("");
    let list = holder.list();
    let all = everything(&list);
    assert_eq!(list["cacheScope"], "private");
    assert_eq!(holder.call("measure", measured()).status, 403, "shown isn't permitted");
    // What no scope would give isn't shown.
    control.said(&["disable", "--tool", "measure"]);
    until("a tool was off", || {
        let answer = pair.with_scopes("specimen:read").call("measure", measured()).json();
        answer["result"]["isError"] == true && kind(&answer) == "disabled"
    });
    let left = holder.listed();
    assert!(!left.contains(&"measure".to_owned()) && !left.contains(&"weigh".to_owned()), "{left:?}");
    assert_eq!(left.len(), all.len() - 2);
}

#[test]
fn a_list_says_which_scopes_each_tool_needs() {
    let pair = Pair::set(r#"discovery = "grantable""#, &[]);
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

/// `public` says that no scope is needed; it doesn't say that no token is.
#[test]
fn a_public_tool_needs_a_token_and_no_scope() {
    let pair = Pair::start();
    assert_eq!(pair.server.post(&[], &super::request(1, "echo", json!({ "text": "x" }))).status, 401);
    for claims in [json!({ "scope": "" }), json!({ "scope": null })] {
        let reply = pair.claiming(claims).call("echo", json!({ "text": "x" }));
        assert_eq!(text(&reply.json()), "x");
    }
}
