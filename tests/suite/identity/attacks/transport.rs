//! Attacks through the request that carries a token.
//!
//! A [`Pair`] is a server and the issuer that it trusts. `call` sends the message of [`measure`], a call that needs a
//! scope, with the given headers.

use super::{Pair, call, measure, refusal, succeeded};
use crate::harness::Reply;

/// HTTP status of a call with these headers.
fn status(pair: &Pair, headers: &[(&str, &str)]) -> u16 {
    call(&pair.server, headers).status
}

#[test]
fn bearer_scheme_is_case_insensitive() {
    let pair = Pair::start();
    let token = pair.issuer.token();
    for scheme in ["Bearer", "bearer", "BEARER", "bEaReR"] {
        assert!(
            succeeded(&call(&pair.server, &[("Authorization", &format!("{scheme} {token}"))])),
            "{scheme}"
        );
    }
    assert!(succeeded(&call(&pair.server, &[("authorization", &format!("Bearer {token}"))])));
}

/// Without a token the challenge has no `error`. A credential of another scheme or in another header counts as no
/// token.
#[test]
fn call_without_a_token_is_challenged() {
    let pair = Pair::start();
    let reply = call(&pair.server, &[]);
    let challenge = reply.header("www-authenticate").unwrap_or_default();
    assert_eq!(reply.status, 401, "{reply:?}");
    assert!(challenge.starts_with("Bearer ") && challenge.contains("resource_metadata=\""), "{challenge}");
    assert!(!challenge.contains("error="), "{challenge}");
    for header in ["Basic YWxpY2U6c2VjcmV0", "DPoP x.y.z", "Negotiate YII", "Digest a=b"] {
        let reply = call(&pair.server, &[("Authorization", header)]);
        assert_eq!(reply.status, 401, "{header}: {reply:?}");
        assert!(reply.header("www-authenticate").is_some_and(|challenge| challenge.starts_with("Bearer ")));
    }
    let token = pair.issuer.token();
    for other in
        ["X-Authorization", "Proxy-Authorization", "X-Access-Token", "Cookie", "X-Forwarded-Authorization"]
    {
        let value =
            if other == "Cookie" { format!("access_token={token}") } else { format!("Bearer {token}") };
        assert_eq!(status(&pair, &[(other, &value)]), 401, "{other}");
    }
}

#[test]
fn authorization_header_must_contain_exactly_one_token() {
    let pair = Pair::start();
    let token = pair.issuer.token();
    let two = pair.server.post(
        &[("Authorization", &format!("Bearer {token}")), ("Authorization", &format!("Bearer {token}"))],
        &measure(),
    );
    assert_eq!(two.status, 400, "two headers: {two:?}");
    let mixed = pair.server.post(
        &[("Authorization", "Basic YWxpY2U6c2VjcmV0"), ("authorization", &format!("Bearer {token}"))],
        &measure(),
    );
    assert_eq!(mixed.status, 400, "two schemes: {mixed:?}");
    for header in [
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        "Bearer  ".to_owned(),
        token.clone(),
        format!("Bearer{token}"),
        format!("Bearer\t{token}"),
        format!("Bearer:{token}"),
        format!("Bearer={token}"),
        format!("Bearer \"{token}\""),
        format!("Bearer {token} {token}"),
        format!("Bearer {token},Bearer {token}"),
        format!("Bearer {token}, {token}"),
        format!("Basic x, Bearer {token}"),
        format!("Bearer Bearer {token}"),
        format!("Bearer {token} x"),
        format!("Bearer token={token}"),
        format!("Bearer {}", token.replacen('.', ". ", 1)),
        format!("Bearer {}", token.replacen('.', "\t.", 1)),
        format!("Bearer {token}\u{e9}"),
        format!("Bearer {token}\u{a0}"),
        format!("B\u{435}arer {token}"),
        format!("Bearer {token}\u{7f}"),
        format!("Bearer {token}\u{1}"),
        format!("Bearer {token}\u{0}"),
    ] {
        let status = status(&pair, &[("Authorization", &header)]);
        assert!(matches!(status, 400 | 401), "{status} for {:?}", &header[..header.len().min(40)]);
    }
    assert!(succeeded(&call(&pair.server, &[("Authorization", &format!("Bearer {token}"))])));
}

#[test]
fn token_in_the_query_is_refused() {
    let pair = Pair::start();
    let token = pair.issuer.token();
    let bearer = format!("Bearer {token}");
    let body = measure().to_string();
    let post = |path: &str, headers: &[(&str, &str)]| -> Reply {
        pair.server.send("POST", path, headers, body.as_bytes())
    };
    for path in [
        format!("/mcp?access_token={token}"),
        format!("/mcp?a=b&access_token={token}"),
        format!("/mcp?access_token={token}&access_token={token}"),
        format!("/mcp?access%5Ftoken={token}"),
        format!("/mcp?%61ccess_token={token}"),
        "/mcp?access_token=".to_owned(),
        "/mcp?access_token".to_owned(),
    ] {
        assert_eq!(post(&path, &[]).status, 400, "{path}");
        assert_eq!(post(&path, &[("Authorization", &bearer)]).status, 400, "with a header too: {path}");
    }
    // Clients do not send fragments. If a client does, the token in the fragment is not used.
    let reply = post(&format!("/mcp#access_token={token}"), &[]);
    assert!(matches!(reply.status, 400 | 401 | 404), "{reply:?}");
}

#[test]
fn token_in_the_body_is_ignored() {
    let pair = Pair::start();
    let token = pair.issuer.token();
    let mut message = measure();
    message["access_token"] = token.clone().into();
    message["params"]["access_token"] = token.clone().into();
    message["params"]["_meta"] = serde_json::json!({ "authorization": format!("Bearer {token}") });
    assert_eq!(pair.server.post(&[], &message).status, 401);
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    let reply = pair.server.send("POST", "/mcp", &form, format!("access_token={token}").as_bytes());
    assert!(matches!(reply.status, 400 | 401 | 415), "{reply:?}");
}

/// Tries methods of both protocol revisions and an unknown method; as 2026-07-28 requests (`modern`) also with a bad
/// token.
#[test]
fn every_method_needs_a_valid_token() {
    let pair = Pair::start();
    for method in ["initialize", "tools/list", "tools/call", "ping", "server/discover", "prompts/list", "x/y"]
    {
        let message = serde_json::json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": {} });
        assert_eq!(pair.server.post(&[], &message).status, 401, "{method}");
        let modern = pair.server.modern(method, serde_json::json!({}), serde_json::json!({}), &[]);
        assert_eq!(modern.status, 401, "{method}, modern");
        let bad = pair.server.modern(
            method,
            serde_json::json!({}),
            serde_json::json!({}),
            &[("Authorization", "Bearer x")],
        );
        refusal(&bad).unwrap_or_else(|what| panic!("{method}: {what}"));
    }
    let notification = serde_json::json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
    assert_eq!(pair.server.post(&[], &notification).status, 401);
    let get = pair.server.send("GET", "/mcp", &[("Accept", "text/event-stream")], b"");
    assert!(matches!(get.status, 401 | 405), "{get:?}");
}

/// No part of a token appears, neither of an accepted token nor of a refused token.
#[test]
fn token_appears_in_no_response_or_log() {
    let pair = Pair::start();
    let (good, bad) =
        (pair.issuer.token(), pair.issuer.token_with(serde_json::json!({ "aud": "https://other.example" })));
    let answers = [pair.call(&good), pair.call(&bad), pair.call(&format!("{good}x"))];
    let query = pair.server.send("POST", &format!("/mcp?access_token={good}"), &[], b"{}");
    pair.server.stderr.line_with(&["\"correlation_id\""]);
    let written = format!("{answers:?}{query:?}{}", pair.server.stderr.text());
    for part in good.split('.').chain(bad.split('.')) {
        assert!(!written.contains(part), "a response or the log contains a part of a token");
    }
}
