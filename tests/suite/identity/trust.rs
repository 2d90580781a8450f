//! Whom a server trusts, as its settings say.

use std::process::Command;

use serde_json::json;

use super::{
    attacks::refusal,
    call,
    issuer::{Issuer, RESOURCE, now, sign},
    keys::KEYS,
    known, opened,
};
use crate::harness::{HttpServer, SPECIMEN};

fn bearer(server: &HttpServer, token: &str) -> crate::harness::Reply {
    call(server, &[("Authorization", &format!("Bearer {token}"))])
}

/// Two settings, from the environment, protect a server.
#[test]
fn two_settings_are_enough() {
    let (one, other) = (Issuer::start(&known()), Issuer::start(&[&KEYS.stranger]));
    let mut command = Command::new(SPECIMEN);
    command
        .env("MCP_TOOL_OAUTH_ISSUERS", format!("{},{}", one.url, other.url))
        .env("MCP_TOOL_OAUTH_RESOURCE", RESOURCE);
    let server = HttpServer::start_by(&mut command, &[]);
    assert_eq!(call(&server, &[]).status, 401);
    assert!(opened(&bearer(&server, &one.token())));
    let header = other.header("RS256", "rsa").to_string();
    let token = sign(&KEYS.stranger, "RS256", header, other.claims().to_string());
    assert!(opened(&bearer(&server, &token)));
}

/// An issuer whose access tokens say `JWT` is named; the others' stay access tokens by their type.
#[test]
fn jwt_is_a_type_only_of_issuers_that_are_named() {
    let (named, other) = (Issuer::start(&known()), Issuer::start(&known()));
    let server = HttpServer::start(&[
        "--oauth-issuer",
        &named.url,
        "--oauth-issuer",
        &other.url,
        "--oauth-typ-jwt",
        &named.url,
        "--oauth-resource",
        RESOURCE,
    ]);
    let token = |issuer: &Issuer, typ: serde_json::Value| {
        let header = json!({ "alg": "RS256", "kid": "rsa", "typ": typ }).to_string();
        sign(&KEYS.rsa, "RS256", header, issuer.claims().to_string())
    };
    for typ in ["JWT", "jwt", "at+jwt"] {
        assert!(opened(&bearer(&server, &token(&named, json!(typ)))), "{typ}");
    }
    for typ in ["dpop+jwt", "logout+jwt", "oauth-id-jag+jwt", "id_token", ""] {
        refusal(&bearer(&server, &token(&named, json!(typ)))).unwrap();
    }
    refusal(&bearer(&server, &token(&named, json!(null)))).unwrap();
    refusal(&bearer(&server, &token(&other, json!("JWT")))).unwrap();
    assert!(opened(&bearer(&server, &token(&other, json!("at+jwt")))));
}

#[test]
fn a_shorter_life_can_be_wanted() {
    let issuer = Issuer::start(&known());
    let own = ["--oauth-issuer", &issuer.url, "--oauth-resource", RESOURCE, "--oauth-max-lifetime", "5m"];
    let server = HttpServer::start(&own);
    let of = |seconds: i64| issuer.token_with(json!({ "iat": now(), "exp": now() + seconds }));
    assert!(opened(&bearer(&server, &of(280))));
    refusal(&bearer(&server, &of(330))).unwrap();
}
