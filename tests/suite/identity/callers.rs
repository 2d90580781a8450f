//! The caller that a token names, in the call context and in the audit record.
//!
//! A [`Pair`] is a server and the issuer that it trusts. The issuer's tokens have `sub: alice` and
//! `client_id: agent-7`, unless a test replaces these claims; `null` removes a claim. The tool `whoami` returns its
//! caller.

use std::time::Instant;

use serde_json::{Value, json};

use super::{
    Bearer, Pair,
    issuer::{Issuer, now},
    issuer_keys, measure, measure_arguments, succeeded,
};
use crate::harness::{HttpServer, MAX_WAIT, correlation, tools_call};

/// Scopes that `whoami` needs.
const WHOAMI_SCOPES: &str = "specimen:read specimen:admin";

/// The caller of a token with these claims, from the call context and from the audit record. Without a `scope` claim
/// the token gets [`WHOAMI_SCOPES`].
fn caller_and_record(pair: &Pair, mut claims: Value) -> (Value, Value) {
    if claims.get("scope").is_none() {
        claims["scope"] = WHOAMI_SCOPES.into();
    }
    let reply = pair.claiming(claims).call("whoami", json!({}));
    let answer = reply.json();
    let who = answer["result"]["structuredContent"].clone();
    assert!(who.is_object(), "{reply:?}");
    (who, pair.server.stderr.record_of(correlation(&answer)))
}

/// Asserts that the caller has these members in the call context and in the record; `null` means that the member is
/// absent.
fn assert_caller(pair: &Pair, claims: Value, expected: Value) {
    let (who, record) = caller_and_record(pair, claims.clone());
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&who[name], value, "{name} in the context for {claims}");
        assert_eq!(&record[name], value, "{name} in the record for {claims}");
    }
    assert_eq!((&who["issuer"], &record["issuer"]), (&json!(pair.issuer.url), &json!(pair.issuer.url)));
}

/// Asserts that a token with these claims gets a 401, and that the record has this detail.
fn assert_refused(pair: &Pair, claims: Value, detail: &str) {
    let reply = pair.claiming(claims.clone()).call("echo", json!({ "text": "x" }));
    assert_eq!(reply.status, 401, "{claims}: {reply:?}");
    pair.server.stderr.line_with(&[r#""reason":"invalid_token""#, &format!(r#""detail":"{detail}"#)]);
}

#[test]
fn token_claims_name_user_client_and_agent() {
    let pair = Pair::start();
    assert_caller(
        &pair,
        json!({}),
        json!({ "user": "alice", "agent": "agent-7", "client": "agent-7", "tenant": null, "kind": "human" }),
    );
    assert_caller(
        &pair,
        json!({ "client_id": null, "azp": "app-1" }),
        json!({ "user": "alice", "agent": "app-1", "client": "app-1" }),
    );
    assert_caller(&pair, json!({ "azp": "app-1" }), json!({ "agent": "agent-7", "client": "agent-7" }));
    assert_caller(
        &pair,
        json!({ "act": { "sub": "bot-3", "act": { "sub": "bot-1" } } }),
        json!({ "user": "alice", "agent": "bot-3", "client": "agent-7" }),
    );
    assert_caller(
        &pair,
        json!({ "client_id": null }),
        json!({ "user": "alice", "agent": null, "client": null }),
    );
    let (who, record) = caller_and_record(&pair, json!({ "scope": format!("zeta {WHOAMI_SCOPES} zeta") }));
    let scopes = json!(["specimen:admin", "specimen:read", "zeta"]);
    assert_eq!((&who["scopes"], &record["scopes"]), (&scopes, &scopes));
    let (who, _) = caller_and_record(&pair, json!({ "auth_time": 1_700_000_000 }));
    assert_eq!(who["authenticated_at"], 1_700_000_000);
}

/// A caller is a machine if its user equals its client, or if its token has the claim that `machine_claim` names.
#[test]
fn client_acting_for_itself_is_a_machine() {
    let pair = Pair::with_settings(r#"machine_claim = "app.kind=service""#, &[]);
    assert_caller(&pair, json!({ "sub": "agent-7" }), json!({ "user": "agent-7", "kind": "machine" }));
    assert_caller(&pair, json!({ "sub": null }), json!({ "user": "agent-7", "kind": "machine" }));
    assert_caller(
        &pair,
        json!({ "app": { "kind": "service" } }),
        json!({ "user": "alice", "kind": "machine" }),
    );
    for app in [json!({ "kind": "person" }), json!({ "kind": ["service"] }), json!("service"), json!({})] {
        assert_caller(&pair, json!({ "app": app }), json!({ "kind": "human" }));
    }
}

#[test]
fn tenant_is_required_once_its_claim_is_configured() {
    let pair = Pair::with_settings(r#"tenant_claim = "org.id""#, &[]);
    assert_caller(&pair, json!({ "org": { "id": "acme" } }), json!({ "tenant": "acme" }));
    // A claim with a dot in its name takes precedence over a nested claim.
    assert_caller(
        &pair,
        json!({ "org.id": "globex", "org": { "id": "acme" } }),
        json!({ "tenant": "globex" }),
    );
    for claims in [json!({}), json!({ "org": "acme" }), json!({ "org": {} }), json!({ "tenant": "acme" })] {
        assert_refused(&pair, claims, "tenant_missing");
    }
    for id in [json!(""), json!(7), json!(["acme"]), json!({ "x": "acme" }), json!("a\nb")] {
        assert_refused(&pair, json!({ "org": { "id": id } }), "name_unreadable");
    }
}

#[test]
fn settings_choose_the_claims_of_user_agent_and_scopes() {
    let pair = Pair::with_settings(
        "user_claim = \"email\"\nagent_claims = [\"app.name\", \"azp\"]\nscope_claims = [\"scope\", \"roles\"]",
        &[],
    );
    let email = "ann@example.com";
    assert_caller(
        &pair,
        json!({ "email": email, "app": { "name": "desk" }, "azp": "app-1", "act": { "sub": "bot-3" } }),
        json!({ "user": email, "agent": "desk", "client": "agent-7" }),
    );
    assert_caller(&pair, json!({ "email": email, "azp": "app-1" }), json!({ "agent": "app-1" }));
    assert_caller(
        &pair,
        json!({ "email": email, "scope": "specimen:read", "roles": ["specimen:admin", "x"] }),
        json!({ "scopes": ["specimen:admin", "specimen:read", "x"] }),
    );
    // `scp` is a scope claim only by default, not with these settings.
    assert_caller(
        &pair,
        json!({ "email": email, "scope": ["specimen:read"], "roles": "specimen:admin", "scp": "y" }),
        json!({ "scopes": ["specimen:admin", "specimen:read"] }),
    );
    assert_refused(&pair, json!({}), "user_missing");
    assert_refused(&pair, json!({ "email": email, "roles": ["a b"] }), "scope_unreadable");
    assert_refused(&pair, json!({ "email": email, "roles": [1] }), "scope_unreadable");
}

/// Headers, metadata and arguments do not change the caller that the token names.
#[test]
fn identity_sent_outside_the_token_is_ignored() {
    let pair = Pair::start();
    let holder = pair.with_scopes(WHOAMI_SCOPES);
    let (plain, _) = caller_and_record(&pair, json!({}));
    let headers = [
        ("User-Agent", "local"),
        ("X-User", "root"),
        ("X-Forwarded-User", "root"),
        ("X-Remote-User", "root"),
        ("X-Tenant", "acme"),
        ("X-Scopes", "specimen:destroy"),
        ("X-Forwarded-For", "192.0.2.1"),
        ("Forwarded", "for=192.0.2.1;by=root"),
        ("Cookie", "user=root"),
    ];
    let mut message = tools_call(1, "whoami", json!({}));
    let labels = json!({
        "io.modelcontextprotocol/clientInfo": { "name": "root", "version": "1" },
        "user": "root", "sub": "root", "scope": "specimen:destroy", "tenant": "acme",
    });
    message["params"]["_meta"] = labels;
    message["params"]["user"] = "root".into();
    message["user"] = "root".into();
    let answer = holder.send(&headers, &message).json();
    let mut who = answer["result"]["structuredContent"].clone();
    who["correlation_id"] = plain["correlation_id"].clone();
    assert_eq!(who, plain, "{answer}");
    let record = pair.server.stderr.record_of(correlation(&answer));
    for (name, expected) in
        [("user", "alice"), ("agent", "agent-7"), ("client", "agent-7"), ("remote", "127.0.0.1")]
    {
        assert_eq!(record[name], expected, "{record}");
    }
    // As an argument of the tool, `user` is refused as unknown.
    let refused = holder.call("whoami", json!({ "user": "root" })).json();
    assert_eq!(refused["result"]["isError"], true, "{refused}");
    assert_eq!(pair.server.stderr.record_of(correlation(&refused))["user"], "alice");
}

#[test]
fn user_named_local_in_a_token_is_not_the_local_user() {
    let pair = Pair::start();
    let holder = pair.claiming(json!({ "sub": "local", "client_id": null, "scope": "" }));
    let refused = holder.call("measure", measure_arguments());
    assert_eq!(
        refused.status, 403,
        "only the local user of a server without authorization may have all scopes: {refused:?}"
    );
    assert!(!holder.listed().contains(&"measure".to_owned()));
    let record = pair.server.stderr.record_of(correlation(&refused.json()));
    assert_eq!((&record["user"], &record["issuer"]), (&json!("local"), &json!(pair.issuer.url)));
    assert_eq!((&record["scopes"], record.get("agent")), (&json!([]), None));
    assert_caller(
        &pair,
        json!({ "sub": "local" }),
        json!({ "user": "local", "agent": "agent-7", "kind": "human" }),
    );
}

#[test]
fn unauthenticated_requests_are_recorded() {
    let issuer = Issuer::start(&issuer_keys());
    let pair = Pair::with(issuer, &["--trusted-proxy", "127.0.0.1"]);
    // Each request has its own client address, by which the test finds the record.
    let address = |last: &str| format!("198.51.100.{last}");
    let refused = |number: &str, authorization: &[&str]| {
        let forwarded = address(number);
        let mut headers = vec![("X-Forwarded-For", forwarded.as_str())];
        headers.extend(authorization.iter().map(|value| ("Authorization", *value)));
        pair.server.post(&headers, &measure());
        let line = pair.server.stderr.line_with(&[r#""outcome":"refused""#, &format!(r#""{forwarded}""#)]);
        serde_json::from_str::<Value>(&line).unwrap()
    };
    let bearer = |claims: Value| format!("Bearer {}", pair.issuer.token_with(claims));
    let good = bearer(json!({}));
    for (number, authorization, reason, detail) in [
        ("1", &[][..], "unauthenticated", Value::Null),
        ("2", &[&*bearer(json!({ "exp": now() - 60 }))], "invalid_token", json!("expired")),
        (
            "3",
            &[&*bearer(json!({ "aud": "https://other.example" }))],
            "invalid_token",
            json!("aud_of_another"),
        ),
        ("4", &[&*good, &*good], "malformed_token", Value::Null),
    ] {
        let record = refused(number, authorization);
        let recorded = (&record["reason"], &record["detail"], &record["user"], &record["scopes"]);
        assert_eq!(recorded, (&json!(reason), &detail, &json!("unauthenticated"), &json!([])), "{record}");
        assert!(record.get("agent").is_none() && record.get("issuer").is_none(), "{record}");
    }
}

/// Requests that authentication refused are recorded or counted, and none is lost.
#[test]
fn flood_of_unauthenticated_requests_is_summarized() {
    let mut pair = Pair::start();
    let repeated =
        |server: &HttpServer| server.stderr.records().iter().any(|record| record["repeated"].is_number());
    let (begun, mut sent) = (Instant::now(), 0);
    while !repeated(&pair.server) {
        assert!(begun.elapsed() < MAX_WAIT, "all {sent} requests were recorded one by one");
        std::thread::scope(|scope| {
            for _ in 0..16 {
                scope.spawn(|| assert_eq!(pair.server.post(&[], &measure()).status, 401));
            }
        });
        sent += 16;
    }
    // Authenticated calls are still recorded.
    let answer = Bearer::new(&pair.server, &pair.issuer.token()).call("echo", json!({ "text": "x" })).json();
    assert_eq!(pair.server.stderr.record_of(correlation(&answer))["user"], "alice");
    // The counts that weren't due yet are recorded at the end.
    assert!(pair.server.terminate().success());
    let records = pair.server.stderr.records();
    let refused: Vec<_> = records.iter().filter(|record| record["reason"] == "unauthenticated").collect();
    let covered: u64 = refused.iter().map(|record| record["repeated"].as_u64().unwrap_or(1)).sum();
    assert_eq!(covered, sent, "{} records", refused.len());
}

/// Invisible characters of claims could hide or reverse text for the readers of records. The command `audit` finds the
/// records by the original name and by the escaped one.
#[test]
fn invisible_characters_of_claims_are_escaped_in_records() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("records.jsonl");
    let file = file.to_str().unwrap();
    let pair = Pair::with(Issuer::start(&issuer_keys()), &["--audit-file", file]);
    let hidden = "ann\u{202e}\u{2028}\u{200b}";
    assert!(succeeded(
        &pair.claiming(json!({ "sub": hidden, "client_id": hidden })).call("measure", measure_arguments())
    ));
    let records = || std::fs::read_to_string(file).unwrap();
    crate::harness::until("the record is written", || records().contains("measure"));
    let text = records();
    assert!(text.contains(r"ann\\u{202e}\\u{2028}\\u{200b}") && text.is_ascii(), "{text}");
    for user in [hidden, r"ann\u{202e}\u{2028}\u{200b}"] {
        let output = std::process::Command::new(crate::harness::SPECIMEN)
            .args(["audit", "--file", file, "--user", user])
            .output()
            .unwrap();
        let listed = String::from_utf8(output.stdout).unwrap();
        assert!(listed.contains("measure") && listed.is_ascii(), "{user:?}: {listed}");
    }
}
