//! Tokens that a trusted issuer made, and meant otherwise.

use serde_json::{Value, json};

use super::{
    authorization_server::{AuthorizationServer, Format, Protected},
    client::{Client, Era, challenge},
};

const READ: &[&str] = &["specimen:read"];
const ELSEWHERE: &str = "http://127.0.0.1:1/mcp";

/// Holds that a token opens nothing, and says nothing of why.
fn refused(server: &Protected, token: &str) {
    let reply = server.measure(token);
    assert_eq!(reply.status, 401, "{reply:?}");
    assert!(reply.header("www-authenticate").unwrap().contains("error=\"invalid_token\""), "{reply:?}");
}

#[test]
fn a_token_for_another_resource() {
    let issuer = AuthorizationServer::start(&[]);
    let server = Protected::start(&issuer, Format::Jwt("RS256"));
    refused(&server, &issuer.token(ELSEWHERE, READ));
}

/// It says to a client who signed in, and that client may have the resource's name.
#[test]
fn an_id_token() {
    let issuer = AuthorizationServer::start(&[]);
    let server = Protected::start(&issuer, Format::Jwt("RS256"));
    for audience in ["agent", &server.resource] {
        let asked = json!({ "user": "ann", "client": "agent", "audience": audience });
        refused(&server, issuer.control("id_token", &asked)["id_token"].as_str().unwrap());
    }
}

/// A grant is none, even where whoever gave it also gives tokens, and means this server.
#[test]
fn an_id_jag_for_the_server_itself() {
    let issuer = AuthorizationServer::start(&[]);
    let server = Protected::start(&issuer, Format::Jwt("RS256"));
    let jag = [
        ("requested_token_type", "urn:ietf:params:oauth:token-type:id-jag"),
        ("audience", &server.resource),
        ("resource", &server.resource),
        ("scope", "specimen:read"),
    ];
    refused(&server, &issuer.exchange(&issuer.token(ELSEWHERE, READ), "access_token", &jag));
}

/// The issuer says that it is active; it isn't for resources.
#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token() {
    let issuer = AuthorizationServer::start(&[]);
    let server = Protected::start(&issuer, Format::Opaque);
    let mut client = Client::of(&server, Era::Modern);
    let denied = client.connect().await.unwrap_err();
    client.sign_in(challenge(&denied), READ).await;
    assert_eq!(server.measure(&client.token().await).status, 200);
    refused(&server, &client.refresh_token().await);
}

/// Whoever was given a token for a user acts for that user, and is named beside them.
#[test]
fn a_token_that_was_exchanged() {
    let issuer = AuthorizationServer::start(&[]);
    for format in [Format::Jwt("ES256"), Format::Opaque] {
        let server = Protected::start(&issuer, format);
        let wanted = [("resource", server.resource.as_str()), ("scope", "specimen:read specimen:admin")];
        let token = issuer.exchange(&issuer.token(ELSEWHERE, READ), "access_token", &wanted);
        let who: Value = server.call(&token, "whoami", &json!({})).json();
        let who = &who["result"]["structuredContent"];
        assert_eq!((&who["user"], &who["agent"]), (&json!("ann"), &json!("agent")));
    }
}
