//! The operator's orders to a server that knows its callers: in force within a second, for cached tokens too.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    Pair,
    issuer::{Issuer, RESOURCE, now},
    known, measured,
};
use crate::{
    control::{Control, until},
    harness::{HttpServer, Reply, correlation, kind},
};

/// A server with a control file, and what the commands write into it.
struct Ordered {
    pair: Pair,
    control: Control,
}

impl Ordered {
    fn start() -> Self {
        let control = Control::new();
        let pair = Pair::with(Issuer::start(&known()), &control.flags());
        Ordered { pair, control }
    }

    /// The server again, after its end.
    fn restart(&mut self) {
        assert!(self.pair.server.terminate().success());
        let url = self.pair.issuer.url.clone();
        let own = ["--oauth-issuer", &url, "--oauth-resource", RESOURCE];
        self.pair.server = HttpServer::start(&[&own, &self.control.flags()[..]].concat());
    }

    fn call(&self, claims: &Value) -> Reply {
        self.pair.claiming(claims.clone()).call("measure", measured())
    }

    /// Gives an order and holds the server to it: these are refused soon, those go on, before a restart and after.
    fn heeds(&mut self, order: &[&str], refused: &[Value], others: &[Value], is_refused: fn(&Reply) -> bool) {
        for claims in refused.iter().chain(others) {
            let reply = self.call(claims);
            assert!(super::opened(&reply), "{claims} before {order:?}: {reply:?}");
        }
        self.control.said(order);
        let took = until(&format!("{order:?} held"), || is_refused(&self.call(&refused[0])));
        assert!(took < Duration::from_secs(30));
        for again in [false, true] {
            if again {
                self.restart();
            }
            for claims in refused {
                let reply = self.call(claims);
                assert!(is_refused(&reply), "{claims} after {order:?}: {reply:?}");
            }
            for claims in others {
                let reply = self.call(claims);
                assert!(super::opened(&reply), "{claims} after {order:?}: {reply:?}");
            }
        }
    }
}

fn is_revoked(reply: &Reply) -> bool {
    let challenge = reply.header("www-authenticate").unwrap_or_default();
    reply.status == 401 && challenge.contains(r#"error="invalid_token""#)
}

fn is_withdrawn(reply: &Reply) -> bool {
    reply.status == 403 && reply.header("www-authenticate").is_none() && reply.body.contains("withdrawn")
}

fn is_off(reply: &Reply) -> bool {
    let answer = reply.json();
    answer["result"]["isError"] == true && kind(&answer) == "disabled"
}

#[test]
fn one_token_is_revoked_by_its_id() {
    let mut ordered = Ordered::start();
    let token = |jti: &str| json!({ "jti": jti });
    ordered.heeds(
        &["revoke", "--jti", "a-1"],
        &[token("a-1")],
        &[token("a-2"), token("A-1"), json!({ "jti": null })],
        is_revoked,
    );
    ordered.pair.server.stderr.line_with(&[r#""reason":"invalid_token""#, r#""detail":"revoked""#]);
}

#[test]
fn a_users_tokens_are_revoked() {
    let mut ordered = Ordered::start();
    let (alice, bob) = (json!({}), json!({ "sub": "bob" }));
    // One that doesn't say when it was issued may be as old as any.
    let undated = json!({ "iat": null });
    ordered.heeds(&["revoke", "--subject", "alice"], &[alice, undated], &[bob], is_revoked);
    // Whose token it was is known, and goes into the record.
    ordered.pair.server.stderr.line_with(&[r#""user":"alice""#, r#""detail":"revoked""#]);
    // The issuer's clock may be ahead by so much: it may be older than the order all the same.
    assert!(is_revoked(&ordered.call(&json!({ "iat": now() + 20 }))));
}

#[test]
fn a_clients_tokens_are_revoked() {
    let mut ordered = Ordered::start();
    let by_azp = json!({ "client_id": null, "azp": "agent-7", "sub": "carol" });
    let through = json!({ "act": { "sub": "bot-3" } });
    ordered.heeds(
        &["revoke", "--client", "agent-7"],
        &[json!({}), by_azp, through, json!({ "client_id": "agent-8", "act": { "sub": "agent-7" } })],
        &[json!({ "client_id": "agent-8" })],
        is_revoked,
    );
    assert!(is_revoked(&ordered.call(&json!({ "iat": now() + 20 }))));
}

#[test]
fn everything_before_a_time_is_revoked() {
    let mut ordered = Ordered::start();
    let time = chrono::DateTime::from_timestamp(now() - 60, 0).unwrap();
    let before = serde_json::to_value(time).unwrap();
    ordered.heeds(
        &["revoke", "--before", before.as_str().unwrap()],
        &[json!({ "iat": now() - 120 }), json!({ "iat": now() - 120, "sub": "bob" }), json!({ "iat": null })],
        &[json!({ "iat": now() - 5 }), json!({ "iat": now() - 5, "sub": "bob" })],
        is_revoked,
    );
}

#[test]
fn a_user_is_switched_off_whatever_token_it_gets() {
    let mut ordered = Ordered::start();
    let newer = json!({ "iat": now() + 20, "client_id": "agent-8" });
    ordered.heeds(
        &["disable", "--user", "alice"],
        &[json!({}), newer],
        &[json!({ "sub": "bob" })],
        is_withdrawn,
    );
    let holder = ordered.pair.with_scopes("specimen:read");
    assert!(holder.listed().is_empty());
    let answer = holder.call("measure", measured()).json();
    let record = ordered.pair.server.stderr.record_of(correlation(&answer));
    assert_eq!((&record["user"], &record["reason"]), (&json!("alice"), &json!("user_disabled")));
    ordered.control.said(&["enable", "--user", "alice"]);
    until("the user was on again", || super::opened(&ordered.call(&json!({}))));
}

/// It is the token that says which client it is: no name that a client gives itself.
#[test]
fn a_client_is_switched_off_by_what_its_token_says() {
    let mut ordered = Ordered::start();
    let off = [json!({}), json!({ "sub": "bob" }), json!({ "act": { "sub": "bot-3" } })];
    let others = [
        json!({ "client_id": "agent-8" }),
        // The first word of what an agent is called says who it is only where it calls itself so.
        json!({ "client_id": "agent-8", "act": { "sub": "agent-7 2" } }),
    ];
    ordered.heeds(&["disable", "--client", "agent-7"], &off, &others, is_withdrawn);
    ordered.control.said(&["disable", "--client", "harness"]);
    ordered.control.said(&["disable", "--tool", "echo"]);
    let honest = ordered.pair.claiming(json!({ "client_id": "agent-8" }));
    until("the last order held", || is_off(&honest.call("echo", json!({ "text": "x" }))));
    let named = honest.modern("tools/call", json!({ "name": "measure", "arguments": measured() }));
    assert!(super::opened(&named), "it calls itself 'harness': {named:?}");
}

#[test]
fn a_tool_is_switched_off_for_all() {
    let mut ordered = Ordered::start();
    ordered.heeds(&["disable", "--tool", "measure"], &[json!({}), json!({ "sub": "bob" })], &[], is_off);
    let holder = ordered.pair.with_scopes("specimen:read");
    assert!(!holder.listed().contains(&"measure".to_owned()));
    assert_eq!(holder.call("echo", json!({ "text": "x" })).status, 200);
}
