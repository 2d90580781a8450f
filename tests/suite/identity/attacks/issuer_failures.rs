//! Unreachable issuers and invalid issuer responses.
//!
//! A [`Pair`] is a server and the issuer that it trusts. `refusal(…).unwrap()` asserts a 401 with `invalid_token`.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{
    super::{
        issuer::{Answer, Issuer, RESOURCE, WELL_KNOWN, sign},
        keys::KEYS,
    },
    Pair, call, issuer_keys, refusal, succeeded,
};
use crate::harness::{HttpServer, MAX_WAIT, Reply};

/// Checks for a 503 with `Retry-After`. The error shows any other response.
fn check_unavailable(reply: &Reply) -> Result<(), String> {
    let wait = reply.header("retry-after").and_then(|wait| wait.parse::<u32>().ok());
    if reply.status == 503 && wait.is_some_and(|wait| wait > 0) { Ok(()) } else { Err(format!("{reply:?}")) }
}

/// Repeats a call until it succeeds. After a failed fetch, the server doesn't contact the issuer for 2 s.
fn wait_for_success(pair: &Pair, token: &str) {
    let begun = Instant::now();
    loop {
        let reply = pair.call(token);
        if succeeded(&reply) {
            return;
        }
        assert!(begun.elapsed() < MAX_WAIT * 2, "{reply:?}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn unreachable_issuer_is_contacted_again() {
    let issuer = Issuer::start(&issuer_keys());
    issuer.set_down(true);
    let pair = Pair::with(issuer, &[]);
    let token = pair.issuer.token();
    check_unavailable(&pair.call(&token)).unwrap();
    // Tokens that can be refused without a key still get a 401.
    refusal(&pair.call("a.b.c")).unwrap();
    let foreign = pair.issuer.token_with(json!({ "iss": "https://evil.example" }));
    refusal(&pair.call(&foreign)).unwrap();
    pair.issuer.set_down(false);
    wait_for_success(&pair, &token);
}

#[test]
fn cached_keys_verify_tokens_while_the_issuer_is_down() {
    let pair = Pair::start();
    pair.assert_accepts(&[("before", pair.issuer.token())]);
    pair.issuer.set_down(true);
    pair.assert_accepts(&[("a new token", pair.issuer.token_with(json!({ "jti": "2" })))]);
    let header = pair.issuer.header("RS256", "unknown").to_string();
    let unknown = pair.call(&sign(&KEYS.attacker, "RS256", header, pair.issuer.claims().to_string()));
    // A 503, not a 401, because the issuer may have added this key since the last fetch.
    check_unavailable(&unknown).unwrap();
    pair.assert_accepts(&[("still", pair.issuer.token_with(json!({ "jti": "3" })))]);
}

/// The documents are those of RFC 8414 and of OpenID Connect Discovery. The issuer serves one, and answers 404 for the
/// other.
#[test]
fn either_metadata_document_is_sufficient() {
    for path in WELL_KNOWN {
        let issuer = Issuer::start(&issuer_keys());
        issuer.set_only(path);
        let pair = Pair::with(issuer, &[]);
        pair.assert_accepts(&[(path, pair.issuer.token())]);
    }
}

/// Sites respond to unknown paths in many ways. Each response means "not here", and the next URL is tried.
#[test]
fn response_without_metadata_of_the_issuer_is_skipped() {
    let evil = Issuer::start(&[&KEYS.rsa]);
    let of_another = json!({ "issuer": "https://evil.example", "jwks_uri": format!("{}/jwks", evil.url) });
    let mut wrong = Vec::new();
    for (name, answer) in [
        ("a page", Answer::Body("<!doctype html><title>Sign in</title>".into())),
        ("a large page", Answer::Body("<p>".repeat(200_000))),
        ("nothing", Answer::Body(String::new())),
        ("null", Answer::Body("null".into())),
        ("a list", Answer::Body("[]".into())),
        ("an object", Answer::Body(r#"{"error":"not_found"}"#.into())),
        ("of another issuer", Answer::Body(of_another.to_string())),
        ("a redirect", Answer::Redirect(format!("{}/login", evil.url))),
        ("an error", Answer::Status(500)),
        ("no content", Answer::Status(204)),
        ("forbidden", Answer::Status(403)),
        ("too many requests", Answer::Status(429)),
        ("a closed connection", Answer::Closed),
    ] {
        let issuer = Issuer::start(&issuer_keys());
        issuer.set_only(WELL_KNOWN[1]);
        issuer.set_elsewhere(answer);
        let pair = Pair::with(issuer, &[]);
        let reply = pair.call(&pair.issuer.token());
        if !succeeded(&reply) || pair.issuer.count(WELL_KNOWN[0]) != 1 {
            wrong.push(format!("{name}: {} {}", reply.status, reply.body));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(evil.counts().is_empty(), "{:?}", evil.counts());
}

/// The issuer responds only at the last URL: its own path with `/.well-known/openid-configuration` appended.
#[test]
fn metadata_is_found_below_the_path_of_the_issuer() {
    let issuer = Issuer::start(&issuer_keys());
    let url = format!("{}/tenants/one", issuer.url);
    issuer.set_only("/tenants/one/.well-known/openid-configuration");
    issuer.set_elsewhere(Answer::Body("<html></html>".into()));
    issuer.set_document(json!({ "issuer": url }));
    let server = HttpServer::start(&["--oauth-issuer", &url, "--oauth-resource", RESOURCE]);
    let token = issuer.token_with(json!({ "iss": url }));
    let reply = call(&server, &[("Authorization", &format!("Bearer {token}"))]);
    assert!(succeeded(&reply), "{reply:?}");
}

/// An issuer whose URL differs in its last slash is another issuer. One line of the log shows both URLs.
#[test]
fn issuer_that_differs_in_its_last_slash_is_refused_and_logged_once() {
    let pair = Pair::start();
    let url = pair.issuer.url.clone();
    for number in 0..3 {
        let token = pair.issuer.token_with(json!({ "iss": format!("{url}/"), "jti": number.to_string() }));
        refusal(&pair.call(&token)).unwrap();
        // A token of an unrelated issuer isn't shown, because anyone could write to the log.
        let token = pair.issuer.token_with(json!({ "iss": format!("https://evil.example/{number}") }));
        refusal(&pair.call(&token)).unwrap();
    }
    pair.server.stderr.line_with(&[
        "because of its issuer",
        &format!("\"{url}/\""),
        &format!("oauth.issuers is \"{url}\""),
    ]);
    let all = pair.server.stderr.text();
    assert_eq!(all.matches("because of its issuer").count(), 1, "{all}");
    assert!(!all.contains("evil.example"), "{all}");
}

#[test]
fn invalid_metadata_document_is_rejected() {
    let evil = Issuer::start(&[&KEYS.rsa]);
    let elsewhere = format!("{}/jwks", evil.url);
    // Members that replace those of a valid document; `null` removes one. Their text is the name of the case.
    let named = |members: Value| (members.to_string(), members);
    let documents = [
        named(json!({ "issuer": evil.url })),
        named(json!({ "issuer": "https://evil.example", "jwks_uri": elsewhere })),
        named(json!({ "issuer": null })),
        named(json!({ "issuer": 7 })),
        named(json!({ "issuer": ["x"] })),
        named(json!({ "jwks_uri": null })),
        named(json!({ "jwks_uri": 7 })),
        named(json!({ "jwks_uri": "" })),
        named(json!({ "jwks_uri": "/jwks" })),
        named(json!({ "jwks_uri": "file:///etc/passwd" })),
        named(json!({ "jwks_uri": "ftp://127.0.0.1/jwks" })),
        named(json!({ "jwks_uri": "http://issuer.example/jwks" })),
        // `0.0.0.0` is not a loopback address, although it reaches this machine.
        named(json!({ "jwks_uri": format!("http://0.0.0.0:{}/jwks", evil.address.port()) })),
        named(json!({ "jwks_uri": "data:application/json,{}" })),
    ];
    for (name, members) in documents {
        let issuer = Issuer::start(&issuer_keys());
        issuer.set_document(members);
        let pair = Pair::with(issuer, &[]);
        check_unavailable(&pair.call(&pair.issuer.token())).unwrap_or_else(|reply| panic!("{name}: {reply}"));
    }
    assert!(evil.counts().is_empty(), "{:?}", evil.counts());

    // An identifier with a trailing slash is another issuer.
    let issuer = Issuer::start(&issuer_keys());
    issuer.set_document(json!({ "issuer": format!("{}/", issuer.url) }));
    let pair = Pair::with(issuer, &[]);
    check_unavailable(&pair.call(&pair.issuer.token())).unwrap();
}

#[test]
fn invalid_responses_yield_no_keys() {
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
        if let Err(reply) = check_unavailable(&pair.call(&pair.issuer.token())) {
            wrong.push(format!("keys {name}: {reply}"));
        }
        // As metadata, these add no case: they are a document without `issuer`, or a list.
        if matches!(name, "twice" | "nothing" | "deep") {
            continue;
        }
        let pair = Pair::start();
        pair.issuer.set_metadata(answer);
        if let Err(reply) = check_unavailable(&pair.call(&pair.issuer.token())) {
            wrong.push(format!("metadata {name}: {reply}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(evil.counts().is_empty(), "{:?}", evil.counts());
}

/// With an empty key set, either the token is refused (401) or the issuer counts as unavailable (503).
#[test]
fn empty_key_set_accepts_no_token() {
    let pair = Pair::with(Issuer::start(&[]), &[]);
    let reply = pair.call(&pair.issuer.token());
    assert!(matches!(reply.status, 401 | 503), "{reply:?}");
}

/// The server waits only for a limited time for its issuer. With `Held`, the issuer sends no response.
#[test]
fn slow_issuer_times_out() {
    let pair = Pair::start();
    pair.issuer.set_jwks(Answer::Held);
    check_unavailable(&pair.call(&pair.issuer.token())).unwrap();
    pair.issuer.set_jwks(Answer::Correct);
    wait_for_success(&pair, &pair.issuer.token());
}
