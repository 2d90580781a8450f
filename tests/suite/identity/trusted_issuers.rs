//! Settings that decide which issuers and which tokens are trusted. `refusal(…).unwrap()` asserts a 401 with
//! `invalid_token`.

use std::process::Command;

use serde_json::json;

use super::{
    attacks::refusal,
    call,
    issuer::{Issuer, RESOURCE, now, sign},
    issuer_keys,
    keys::KEYS,
    succeeded,
};
use crate::harness::{HttpServer, SPECIMEN};

/// Calls `measure` with this token.
fn call_with(server: &HttpServer, token: &str) -> crate::harness::Reply {
    call(server, &[("Authorization", &format!("Bearer {token}"))])
}

/// The settings are `oauth.issuers` and `oauth.resource`, here from the environment. Tokens of both issuers are
/// accepted.
#[test]
fn two_settings_protect_a_server() {
    let (one, other) = (Issuer::start(&issuer_keys()), Issuer::start(&[&KEYS.attacker]));
    let mut command = Command::new(SPECIMEN);
    command
        .env("MCP_TOOL_OAUTH_ISSUERS", format!("{},{}", one.url, other.url))
        .env("MCP_TOOL_OAUTH_RESOURCE", RESOURCE);
    let server = HttpServer::start_by(&mut command, &[]);
    assert_eq!(call(&server, &[]).status, 401);
    assert!(succeeded(&call_with(&server, &one.token())));
    let header = other.header("RS256", "rsa").to_string();
    let token = sign(&KEYS.attacker, "RS256", header, other.claims().to_string());
    assert!(succeeded(&call_with(&server, &token)));
}

#[test]
fn maximum_token_lifetime_is_configurable() {
    let issuer = Issuer::start(&issuer_keys());
    let oauth = ["--oauth-issuer", &issuer.url, "--oauth-resource", RESOURCE, "--oauth-max-lifetime", "5m"];
    let server = HttpServer::start(&oauth);
    let valid_for = |seconds: i64| issuer.token_with(json!({ "iat": now(), "exp": now() + seconds }));
    assert!(succeeded(&call_with(&server, &valid_for(280))));
    refusal(&call_with(&server, &valid_for(330))).unwrap();
}
