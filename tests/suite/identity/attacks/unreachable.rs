//! Issuers that can't be asked, or answer what they shouldn't: never a pass.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{
    super::{
        issuer::{Answer, Issuer, WELL_KNOWN, sign},
        keys::KEYS,
    },
    Pair, known, opened, refusal,
};
use crate::harness::{PATIENCE, Reply};

/// The issuer can't be asked: not the caller's fault, and worth another try.
fn unavailable(reply: &Reply) -> Result<(), String> {
    let wait = reply.header("retry-after").and_then(|wait| wait.parse::<u32>().ok());
    if reply.status == 503 && wait.is_some_and(|wait| wait > 0) { Ok(()) } else { Err(format!("{reply:?}")) }
}

/// Calls until the tool opens.
fn until_open(pair: &Pair, token: &str) {
    let begun = Instant::now();
    loop {
        let reply = pair.call(token);
        if opened(&reply) {
            return;
        }
        assert!(begun.elapsed() < PATIENCE * 2, "{reply:?}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn an_issuer_that_is_down_is_asked_again() {
    let issuer = Issuer::start(&known());
    issuer.set_down(true);
    let pair = Pair::with(issuer, &[]);
    let token = pair.issuer.token();
    unavailable(&pair.call(&token)).unwrap();
    // What needs no keys to be refused is refused.
    refusal(&pair.call("a.b.c")).unwrap();
    let stranger = pair.issuer.token_with(json!({ "iss": "https://evil.example" }));
    refusal(&pair.call(&stranger)).unwrap();
    pair.issuer.set_down(false);
    until_open(&pair, &token);
}

#[test]
fn known_keys_serve_while_the_issuer_is_down() {
    let pair = Pair::start();
    pair.takes(&[("before", pair.issuer.token())]);
    pair.issuer.set_down(true);
    pair.takes(&[("a new token", pair.issuer.token_with(json!({ "jti": "2" })))]);
    let header = pair.issuer.header("RS256", "unknown").to_string();
    let unknown = pair.call(&sign(&KEYS.stranger, "RS256", header, pair.issuer.claims().to_string()));
    // Nobody can say that the issuer hasn't that key.
    unavailable(&unknown).unwrap();
    pair.takes(&[("still", pair.issuer.token_with(json!({ "jti": "3" })))]);
}

#[test]
fn either_document_will_do() {
    for path in WELL_KNOWN {
        let issuer = Issuer::start(&known());
        issuer.set_only(path);
        let pair = Pair::with(issuer, &[]);
        pair.takes(&[(path, pair.issuer.token())]);
    }
}

#[test]
fn a_document_that_is_wrong_is_believed_in_nothing() {
    let evil = Issuer::start(&[&KEYS.rsa]);
    let elsewhere = format!("{}/jwks", evil.url);
    let members = |members: Value| (members.to_string(), members);
    let documents = [
        members(json!({ "issuer": evil.url })),
        members(json!({ "issuer": "https://evil.example", "jwks_uri": elsewhere })),
        members(json!({ "issuer": null })),
        members(json!({ "issuer": 7 })),
        members(json!({ "issuer": ["x"] })),
        members(json!({ "jwks_uri": null })),
        members(json!({ "jwks_uri": 7 })),
        members(json!({ "jwks_uri": "" })),
        members(json!({ "jwks_uri": "/jwks" })),
        members(json!({ "jwks_uri": "file:///etc/passwd" })),
        members(json!({ "jwks_uri": "ftp://127.0.0.1/jwks" })),
        members(json!({ "jwks_uri": "http://issuer.example/jwks" })),
        // Not a loopback address by its digits, and yet one that answers here.
        members(json!({ "jwks_uri": format!("http://0.0.0.0:{}/jwks", evil.address.port()) })),
        members(json!({ "jwks_uri": "data:application/json,{}" })),
    ];
    for (name, members) in documents {
        let issuer = Issuer::start(&known());
        issuer.set_document(members);
        let pair = Pair::with(issuer, &[]);
        unavailable(&pair.call(&pair.issuer.token())).unwrap_or_else(|reply| panic!("{name}: {reply}"));
    }
    assert!(evil.counts().is_empty(), "{:?}", evil.counts());

    let issuer = Issuer::start(&known());
    issuer.set_document(json!({ "issuer": format!("{}/", issuer.url) }));
    let pair = Pair::with(issuer, &[]);
    unavailable(&pair.call(&pair.issuer.token())).unwrap();
}

#[test]
fn bad_answers_are_no_keys() {
    let evil = Issuer::start(&[&KEYS.rsa]);
    let twice = format!(r#"{{"keys":[],"keys":[{}]}}"#, KEYS.rsa.jwk());
    let answers = [
        ("redirected", Answer::Redirect(format!("{}/jwks", evil.url))),
        ("endless", Answer::Endless),
        ("an error", Answer::Status(500)),
        ("missing", Answer::Status(404)),
        ("no content", Answer::Status(204)),
        ("not JSON", Answer::Body("<html></html>".to_owned())),
        ("empty", Answer::Body(String::new())),
        ("null", Answer::Body("null".to_owned())),
        ("a list", Answer::Body(format!("[{}]", KEYS.rsa.jwk()))),
        ("no list", Answer::Body(r#"{"keys":{}}"#.to_owned())),
        ("nothing", Answer::Body("{}".to_owned())),
        ("twice", Answer::Body(twice)),
        (
            "too large",
            Answer::Body(format!(r#"{{"keys":[{}],"x":"{}"}}"#, KEYS.rsa.jwk(), "x".repeat(4 << 20))),
        ),
        ("deep", Answer::Body("[".repeat(100_000))),
    ];
    let mut wrong = Vec::new();
    for (name, answer) in answers {
        let pair = Pair::start();
        pair.issuer.set_jwks(answer.clone());
        if let Err(reply) = unavailable(&pair.call(&pair.issuer.token())) {
            wrong.push(format!("keys {name}: {reply}"));
        }
        if matches!(name, "twice" | "nothing" | "deep") {
            continue;
        }
        let pair = Pair::start();
        pair.issuer.set_metadata(answer);
        if let Err(reply) = unavailable(&pair.call(&pair.issuer.token())) {
            wrong.push(format!("metadata {name}: {reply}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(evil.counts().is_empty(), "{:?}", evil.counts());
}

/// A set without a key in it knows nobody; a token is then wrong, or the issuer is: never right.
#[test]
fn an_empty_set_opens_nothing() {
    let pair = Pair::with(Issuer::start(&[]), &[]);
    let reply = pair.call(&pair.issuer.token());
    assert!(matches!(reply.status, 401 | 503), "{reply:?}");
}

/// An issuer that doesn't answer holds a call up for a while, and then it is refused.
#[test]
fn a_slow_issuer_is_waited_for_no_longer_than_that() {
    let pair = Pair::start();
    pair.issuer.set_jwks(Answer::Held);
    unavailable(&pair.call(&pair.issuer.token())).unwrap();
    pair.issuer.set_jwks(Answer::Right);
    until_open(&pair, &pair.issuer.token());
}
