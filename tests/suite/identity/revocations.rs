//! Revoked tokens and disabled users, clients and tools under OAuth. A token has the user `alice` and the client
//! `agent-7`, except where its claims say otherwise.

use serde_json::{Value, json};

use super::{
    Pair,
    issuer::{Issuer, RESOURCE, now},
    issuer_keys, measure_arguments,
};
use crate::{
    control::Control,
    harness::{HttpServer, Reply, correlation, kind, until},
};

/// A protected server with a control file.
struct Controlled {
    pair: Pair,
    control: Control,
}

impl Controlled {
    fn start() -> Self {
        let control = Control::new();
        let pair = Pair::with(Issuer::start(&issuer_keys()), &control.flags());
        Controlled { pair, control }
    }

    /// Stops the server and starts it again.
    fn restart(&mut self) {
        assert!(self.pair.server.terminate().success());
        let url = self.pair.issuer.url.clone();
        let oauth = ["--oauth-issuer", &url, "--oauth-resource", RESOURCE];
        self.pair.server = HttpServer::start(&[&oauth, &self.control.flags()[..]].concat());
    }

    fn call(&self, claims: &Value) -> Reply {
        self.pair.claiming(claims.clone()).call("measure", measure_arguments())
    }

    /// Asserts that calls with all these claims succeed, runs `command`, and waits until the server applies it. Then
    /// asserts that calls with claims in `refused` are refused and that the others still succeed, before and after a
    /// restart of the server.
    fn check(
        &mut self,
        command: &[&str],
        refused: &[Value],
        others: &[Value],
        is_refused: fn(&Reply) -> bool,
    ) {
        for claims in refused.iter().chain(others) {
            let reply = self.call(claims);
            assert!(super::succeeded(&reply), "{claims} before {command:?}: {reply:?}");
        }
        self.control.execute(command);
        until(&format!("{command:?} applied"), || is_refused(&self.call(&refused[0])));
        for restarted in [false, true] {
            if restarted {
                self.restart();
            }
            for claims in refused {
                let reply = self.call(claims);
                assert!(is_refused(&reply), "{claims} after {command:?}: {reply:?}");
            }
            for claims in others {
                let reply = self.call(claims);
                assert!(super::succeeded(&reply), "{claims} after {command:?}: {reply:?}");
            }
        }
    }
}

fn is_revoked(reply: &Reply) -> bool {
    let challenge = reply.header("www-authenticate").unwrap_or_default();
    reply.status == 401 && challenge.contains(r#"error="invalid_token""#)
}

/// Returns `true` if the user or the client of the token is disabled.
fn is_caller_disabled(reply: &Reply) -> bool {
    reply.status == 403
        && reply.header("www-authenticate").is_none()
        && reply.body.contains("has disabled this user or client")
}

/// Returns `true` if the tool is disabled.
fn is_tool_disabled(reply: &Reply) -> bool {
    let answer = reply.json();
    answer["result"]["isError"] == true && kind(&answer) == "disabled"
}

#[test]
fn token_is_revoked_by_its_id() {
    let mut controlled = Controlled::start();
    let token = |jti: &str| json!({ "jti": jti });
    controlled.check(
        &["revoke", "--jti", "a-1"],
        &[token("a-1")],
        &[token("a-2"), token("A-1"), json!({ "jti": null })],
        is_revoked,
    );
    controlled.pair.server.stderr.line_with(&[r#""reason":"invalid_token""#, r#""detail":"revoked""#]);
}

#[test]
fn tokens_of_a_user_are_revoked() {
    let mut controlled = Controlled::start();
    let (alice, bob) = (json!({}), json!({ "sub": "bob" }));
    // A token without `iat` may be arbitrarily old.
    let undated = json!({ "iat": null });
    controlled.check(&["revoke", "--subject", "alice"], &[alice, undated], &[bob], is_revoked);
    // The record names the user of the revoked token.
    controlled.pair.server.stderr.line_with(&[r#""user":"alice""#, r#""detail":"revoked""#]);
    // The issuer's clock may be ahead of the server's, so a token with this `iat` may be older than the revocation.
    assert!(is_revoked(&controlled.call(&json!({ "iat": now() + 20 }))));
}

#[test]
fn tokens_of_a_client_are_revoked() {
    let mut controlled = Controlled::start();
    let by_azp = json!({ "client_id": null, "azp": "agent-7", "sub": "carol" });
    let used_by_bot = json!({ "act": { "sub": "bot-3" } });
    controlled.check(
        &["revoke", "--client", "agent-7"],
        &[json!({}), by_azp, used_by_bot, json!({ "client_id": "agent-8", "act": { "sub": "agent-7" } })],
        &[json!({ "client_id": "agent-8" })],
        is_revoked,
    );
    assert!(is_revoked(&controlled.call(&json!({ "iat": now() + 20 }))));
}

#[test]
fn tokens_issued_before_a_time_are_revoked() {
    let mut controlled = Controlled::start();
    let time = chrono::DateTime::from_timestamp(now() - 60, 0).unwrap();
    let before = serde_json::to_value(time).unwrap();
    controlled.check(
        &["revoke", "--before", before.as_str().unwrap()],
        &[json!({ "iat": now() - 120 }), json!({ "iat": now() - 120, "sub": "bob" }), json!({ "iat": null })],
        &[json!({ "iat": now() - 5 }), json!({ "iat": now() - 5, "sub": "bob" })],
        is_revoked,
    );
}

#[test]
fn disabled_user_is_refused_with_any_token() {
    let mut controlled = Controlled::start();
    let newer = json!({ "iat": now() + 20, "client_id": "agent-8" });
    controlled.check(
        &["disable", "--user", "alice"],
        &[json!({}), newer],
        &[json!({ "sub": "bob" })],
        is_caller_disabled,
    );
    let holder = controlled.pair.with_scopes("specimen:read");
    assert!(holder.listed().is_empty());
    let answer = holder.call("measure", measure_arguments()).json();
    let record = controlled.pair.server.stderr.record_of(correlation(&answer));
    assert_eq!((&record["user"], &record["reason"]), (&json!("alice"), &json!("user_disabled")));
    controlled.control.execute(&["enable", "--user", "alice"]);
    until("the user was enabled again", || super::succeeded(&controlled.call(&json!({}))));
}

/// `disable --client` applies to the client or the agent that a token names, and not to the name in `clientInfo`.
#[test]
fn client_is_disabled_by_the_name_in_its_token() {
    let mut controlled = Controlled::start();
    let disabled = [json!({}), json!({ "sub": "bob" }), json!({ "act": { "sub": "bot-3" } })];
    let others = [
        json!({ "client_id": "agent-8" }),
        // The name of an agent is compared whole. Only a name in `clientInfo` is cut before a space and a version.
        json!({ "client_id": "agent-8", "act": { "sub": "agent-7 2" } }),
    ];
    controlled.check(&["disable", "--client", "agent-7"], &disabled, &others, is_caller_disabled);
    // The name in the test client's `clientInfo`.
    controlled.control.execute(&["disable", "--client", "harness"]);
    controlled.control.execute(&["disable", "--tool", "echo"]);
    let other_client = controlled.pair.claiming(json!({ "client_id": "agent-8" }));
    until("the last command applied", || {
        is_tool_disabled(&other_client.call("echo", json!({ "text": "x" })))
    });
    let named =
        other_client.modern("tools/call", json!({ "name": "measure", "arguments": measure_arguments() }));
    assert!(
        super::succeeded(&named),
        "the client must not be disabled by the name in `clientInfo`, because its token names it agent-8: {named:?}"
    );
}

#[test]
fn disabled_tool_is_refused_for_every_caller() {
    let mut controlled = Controlled::start();
    controlled.check(
        &["disable", "--tool", "measure"],
        &[json!({}), json!({ "sub": "bob" })],
        &[],
        is_tool_disabled,
    );
    let holder = controlled.pair.with_scopes("specimen:read");
    assert!(!holder.listed().contains(&"measure".to_owned()));
    assert_eq!(holder.call("echo", json!({ "text": "x" })).status, 200);
}
