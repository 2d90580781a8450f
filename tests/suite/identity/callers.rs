//! Whom a token names: in the call's context and in its record, by claims and by nothing else.

use std::time::Instant;

use serde_json::{Value, json};

use super::{
    Bearer, Pair,
    issuer::{Issuer, now},
    known, measure, measured,
};
use crate::harness::{PATIENCE, correlation};

const BOTH: &str = "specimen:read specimen:admin";

/// What a handler sees of whoever holds a token with these claims, and what the record says of the same call.
fn seen(pair: &Pair, mut claims: Value) -> (Value, Value) {
    if claims.get("scope").is_none() {
        claims["scope"] = BOTH.into();
    }
    let reply = pair.claiming(claims).call("whoami", json!({}));
    let answer = reply.json();
    let who = answer["result"]["structuredContent"].clone();
    assert!(who.is_object(), "{reply:?}");
    (who, pair.server.stderr.record_of(correlation(&answer)))
}

/// Holds both to these members; `null` is none.
fn is(pair: &Pair, claims: Value, wanted: Value) {
    let (who, record) = seen(pair, claims.clone());
    for (name, value) in wanted.as_object().unwrap() {
        assert_eq!(&who[name], value, "{name} in the context, by {claims}");
        assert_eq!(&record[name], value, "{name} in the record, by {claims}");
    }
    assert_eq!((&who["issuer"], &record["issuer"]), (&json!(pair.issuer.url), &json!(pair.issuer.url)));
}

fn is_refused(pair: &Pair, claims: Value, detail: &str) {
    let reply = pair.claiming(claims.clone()).call("echo", json!({ "text": "x" }));
    assert_eq!(reply.status, 401, "{claims}: {reply:?}");
    pair.server.stderr.line_with(&[r#""reason":"invalid_token""#, &format!(r#""detail":"{detail}"#)]);
}

#[test]
fn a_token_names_user_client_and_agent() {
    let pair = Pair::start();
    is(
        &pair,
        json!({}),
        json!({ "user": "alice", "agent": "agent-7", "client": "agent-7", "tenant": null, "kind": "human" }),
    );
    is(
        &pair,
        json!({ "client_id": null, "azp": "app-1" }),
        json!({ "user": "alice", "agent": "app-1", "client": "app-1" }),
    );
    is(&pair, json!({ "azp": "app-1" }), json!({ "agent": "agent-7", "client": "agent-7" }));
    is(
        &pair,
        json!({ "act": { "sub": "bot-3", "act": { "sub": "bot-1" } } }),
        json!({ "user": "alice", "agent": "bot-3", "client": "agent-7" }),
    );
    is(&pair, json!({ "client_id": null }), json!({ "user": "alice", "agent": null, "client": null }));
    let (who, record) = seen(&pair, json!({ "scope": format!("zeta {BOTH} zeta") }));
    let scopes = json!(["specimen:admin", "specimen:read", "zeta"]);
    assert_eq!((&who["scopes"], &record["scopes"]), (&scopes, &scopes));
    let (who, _) = seen(&pair, json!({ "auth_time": 1_700_000_000 }));
    assert_eq!(who["authenticated_at"], 1_700_000_000);
}

#[test]
fn a_program_on_its_own_account_is_no_person() {
    let pair = Pair::set(r#"machine_claim = "app.kind=service""#, &[]);
    is(&pair, json!({ "sub": "agent-7" }), json!({ "user": "agent-7", "kind": "machine" }));
    is(&pair, json!({ "sub": null }), json!({ "user": "agent-7", "kind": "machine" }));
    is(&pair, json!({ "app": { "kind": "service" } }), json!({ "user": "alice", "kind": "machine" }));
    for app in [json!({ "kind": "person" }), json!({ "kind": ["service"] }), json!("service"), json!({})] {
        is(&pair, json!({ "app": app }), json!({ "kind": "human" }));
    }
}

#[test]
fn a_tenant_is_wanted_where_a_claim_is_named() {
    let pair = Pair::set(r#"tenant_claim = "org.id""#, &[]);
    is(&pair, json!({ "org": { "id": "acme" } }), json!({ "tenant": "acme" }));
    // A claim of that very name comes before a way through objects.
    is(&pair, json!({ "org.id": "globex", "org": { "id": "acme" } }), json!({ "tenant": "globex" }));
    for claims in [json!({}), json!({ "org": "acme" }), json!({ "org": {} }), json!({ "tenant": "acme" })] {
        is_refused(&pair, claims, "tenant_missing");
    }
    for id in [json!(""), json!(7), json!(["acme"]), json!({ "x": "acme" }), json!("a\nb")] {
        is_refused(&pair, json!({ "org": { "id": id } }), "name_unreadable");
    }
}

#[test]
fn the_settings_say_which_claims_name_whom() {
    let pair = Pair::set(
        "user_claim = \"email\"\nagent_claims = [\"app.name\", \"azp\"]\nscope_claims = [\"scope\", \"roles\"]",
        &[],
    );
    let email = "ann@example.com";
    is(
        &pair,
        json!({ "email": email, "app": { "name": "desk" }, "azp": "app-1", "act": { "sub": "bot-3" } }),
        json!({ "user": email, "agent": "desk", "client": "agent-7" }),
    );
    is(&pair, json!({ "email": email, "azp": "app-1" }), json!({ "agent": "app-1" }));
    is(
        &pair,
        json!({ "email": email, "scope": "specimen:read", "roles": ["specimen:admin", "x"] }),
        json!({ "scopes": ["specimen:admin", "specimen:read", "x"] }),
    );
    is(
        &pair,
        json!({ "email": email, "scope": ["specimen:read"], "roles": "specimen:admin", "scp": "y" }),
        json!({ "scopes": ["specimen:admin", "specimen:read"] }),
    );
    is_refused(&pair, json!({}), "user_missing");
    is_refused(&pair, json!({ "email": email, "roles": ["a b"] }), "scope_unreadable");
    is_refused(&pair, json!({ "email": email, "roles": [1] }), "scope_unreadable");
}

/// Whatever a client says of itself is a label at most.
#[test]
fn nothing_that_a_client_sends_beside_its_token_counts() {
    let pair = Pair::start();
    let holder = pair.with_scopes(BOTH);
    let (plain, _) = seen(&pair, json!({}));
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
    let mut message = super::request(1, "whoami", json!({}));
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
    for (name, wanted) in
        [("user", "alice"), ("agent", "agent-7"), ("client", "agent-7"), ("remote", "127.0.0.1")]
    {
        assert_eq!(record[name], wanted, "{record}");
    }
    // An argument of such a name is an argument that there isn't.
    let refused = holder.call("whoami", json!({ "user": "root" })).json();
    assert_eq!(refused["result"]["isError"], true, "{refused}");
    assert_eq!(pair.server.stderr.record_of(correlation(&refused))["user"], "alice");
}

#[test]
fn a_token_of_a_user_called_local_is_not_the_local_user() {
    let pair = Pair::start();
    let holder = pair.claiming(json!({ "sub": "local", "client_id": null, "scope": "" }));
    let refused = holder.call("measure", measured());
    assert_eq!(refused.status, 403, "the local user holds all scopes: {refused:?}");
    assert!(!holder.listed().contains(&"measure".to_owned()));
    let record = pair.server.stderr.record_of(correlation(&refused.json()));
    assert_eq!((&record["user"], &record["issuer"]), (&json!("local"), &json!(pair.issuer.url)));
    assert_eq!((&record["scopes"], record.get("agent")), (&json!([]), None));
    is(&pair, json!({ "sub": "local" }), json!({ "user": "local", "agent": "agent-7", "kind": "human" }));
}

#[test]
fn who_is_not_let_in_stands_in_the_record() {
    let issuer = Issuer::start(&known());
    let pair = Pair::with(issuer, &["--trusted-proxy", "127.0.0.1"]);
    let from = |last: &str| format!("198.51.100.{last}");
    let refused = |number: &str, authorization: &[&str]| {
        let forwarded = from(number);
        let mut headers = vec![("X-Forwarded-For", forwarded.as_str())];
        headers.extend(authorization.iter().map(|value| ("Authorization", *value)));
        pair.server.post(&headers, &measure());
        let line = pair.server.stderr.line_with(&[r#""outcome":"refused""#, &format!(r#""{forwarded}""#)]);
        serde_json::from_str::<Value>(&line).unwrap()
    };
    let with = |claims: Value| format!("Bearer {}", pair.issuer.token_with(claims));
    let good = with(json!({}));
    for (number, authorization, reason, detail) in [
        ("1", &[][..], "unauthenticated", Value::Null),
        ("2", &[&*with(json!({ "exp": now() - 60 }))], "invalid_token", json!("expired")),
        ("3", &[&*with(json!({ "aud": "https://other.example" }))], "invalid_token", json!("aud_of_another")),
        ("4", &[&*good, &*good], "malformed_token", Value::Null),
    ] {
        let record = refused(number, authorization);
        let said = (&record["reason"], &record["detail"], &record["user"], &record["scopes"]);
        assert_eq!(said, (&json!(reason), &detail, &json!("unauthenticated"), &json!([])), "{record}");
        assert!(record.get("agent").is_none() && record.get("issuer").is_none(), "{record}");
    }
}

#[test]
fn a_flood_of_strangers_does_not_bury_the_record() {
    let pair = Pair::start();
    let strangers = || {
        let records = pair.server.stderr.records();
        records.into_iter().filter(|record| record["reason"] == "unauthenticated").collect::<Vec<_>>()
    };
    let left_out = |record: &Value| -> u64 {
        let detail = record["detail"].as_str().unwrap_or_default();
        detail.strip_suffix(" more before it are not recorded").map_or(0, |number| number.parse().unwrap())
    };
    let (begun, mut sent) = (Instant::now(), 0);
    while !strangers().iter().any(|record| left_out(record) > 0) {
        assert!(begun.elapsed() < PATIENCE, "each of {sent} strangers is recorded");
        std::thread::scope(|scope| {
            for _ in 0..16 {
                scope.spawn(|| assert_eq!(pair.server.post(&[], &measure()).status, 401));
            }
        });
        sent += 16;
    }
    let records = strangers();
    let told: u64 = records.iter().map(|record| 1 + left_out(record)).sum();
    assert!(
        records.len() < sent && told <= sent as u64,
        "{} records tell of {told} of {sent}",
        records.len()
    );
    // Those who are known are recorded meanwhile.
    let answer = Bearer::new(&pair.server, &pair.issuer.token()).call("echo", json!({ "text": "x" })).json();
    assert_eq!(pair.server.stderr.record_of(correlation(&answer))["user"], "alice");
}
