//! Tokens of a trusted issuer that must be refused, because they aren't access tokens for this server; and an exchanged
//! access token, which must be accepted.

use serde_json::{Value, json};

use super::{
    authorization_server::{AuthorizationServer, Format, Protected},
    client::{Client, Era, challenge},
};

const READ: &[&str] = &["specimen:read"];
/// Another resource of the same issuer.
const ELSEWHERE: &str = "http://127.0.0.1:1/mcp";

/// Asserts that a token is refused as `invalid_token`.
fn assert_refused(server: &Protected, token: &str) {
    let reply = server.measure(token);
    assert_eq!(reply.status, 401, "{reply:?}");
    assert!(reply.header("www-authenticate").unwrap().contains("error=\"invalid_token\""), "{reply:?}");
}

#[test]
fn token_for_another_resource_is_refused() {
    let issuer = AuthorizationServer::start(&[]);
    let server = Protected::start(&issuer, Format::Jwt("RS256"));
    assert_refused(&server, &issuer.token(ELSEWHERE, READ));
}

/// The audience of an ID token is the id of a client, which may equal the resource.
#[test]
fn id_token_is_refused() {
    let issuer = AuthorizationServer::start(&[]);
    let server = Protected::start(&issuer, Format::Jwt("RS256"));
    for audience in ["agent", &server.resource] {
        let parameters = json!({ "user": "ann", "client": "agent", "audience": audience });
        assert_refused(&server, issuer.control("id_token", &parameters)["id_token"].as_str().unwrap());
    }
}

/// An ID-JAG (Identity Assertion JWT Authorization Grant) is not an access token, even if a trusted issuer signed it
/// for this server.
#[test]
fn id_jag_for_the_server_is_refused() {
    let issuer = AuthorizationServer::start(&[]);
    let server = Protected::start(&issuer, Format::Jwt("RS256"));
    let requested = [
        ("requested_token_type", "urn:ietf:params:oauth:token-type:id-jag"),
        ("audience", &server.resource),
        ("resource", &server.resource),
        ("scope", "specimen:read"),
    ];
    assert_refused(&server, &issuer.exchange(&issuer.token(ELSEWHERE, READ), "access_token", &requested));
}

/// Introspection reports a refresh token as active, but it is not an access token.
#[tokio::test(flavor = "multi_thread")]
async fn refresh_token_is_refused() {
    let issuer = AuthorizationServer::start(&[]);
    let server = Protected::start(&issuer, Format::Opaque);
    let mut client = Client::of(&server, Era::Modern);
    let denied = client.connect().await.unwrap_err();
    client.sign_in(challenge(&denied), READ).await;
    assert_eq!(server.measure(&client.token().await).status, 200);
    assert_refused(&server, &client.refresh_token().await);
}

/// The agent is the client that exchanged the token.
#[test]
fn exchanged_token_names_user_and_agent() {
    let issuer = AuthorizationServer::start(&[]);
    for format in [Format::Jwt("ES256"), Format::Opaque] {
        let server = Protected::start(&issuer, format);
        let requested = [("resource", server.resource.as_str()), ("scope", "specimen:read specimen:admin")];
        let token = issuer.exchange(&issuer.token(ELSEWHERE, READ), "access_token", &requested);
        let who: Value = server.call(&token, "whoami", &json!({})).json();
        let who = &who["result"]["structuredContent"];
        assert_eq!((&who["user"], &who["agent"]), (&json!("ann"), &json!("agent")));
    }
}
