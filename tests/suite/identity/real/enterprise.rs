//! Enterprise-managed authorization: the identity provider issues an ID-JAG (Identity Assertion JWT Authorization
//! Grant), which the authorization server exchanges for a token. The MCP server accepts only that token.

use oauth2::ClientSecret;
use rmcp::transport::auth::{
    default_oauth_http_client,
    enterprise::{EmaAuthorizationServer, EmaClientAuthentication, EmaExchangeRequest},
};
use serde_json::json;

use super::{
    authorization_server::{AuthorizationServer, Format, Protected},
    client::{Client, Era, call, challenge},
};

/// The client `agent` at an authorization server.
fn agent_at(server: &AuthorizationServer) -> EmaAuthorizationServer {
    let secret = ClientSecret::new(server.secret("agent").to_owned());
    EmaAuthorizationServer::new(&server.issuer, format!("{}/token", server.issuer), "agent")
        .with_client_authentication(EmaClientAuthentication::ClientSecretBasic(secret))
}

/// Exchanges an ID token for an ID-JAG at the identity provider, and the ID-JAG for an access token of this format at
/// the authorization server. Only the access token is accepted.
async fn check_exchange(format: Format) {
    let provider = AuthorizationServer::start(&[]);
    let issuer = AuthorizationServer::start(&["--trust", &provider.issuer]);
    let server = Protected::start(&issuer, format);
    let client = Client::of(&server, Era::Modern);
    let http = default_oauth_http_client().unwrap();

    let signed_in = provider.control("id_token", &json!({ "user": "ann", "client": "agent" }));
    let id_token = signed_in["id_token"].as_str().unwrap();
    let request = EmaExchangeRequest::new_with_id_token(
        agent_at(&provider),
        agent_at(&issuer),
        &server.resource,
        id_token,
    );
    let scopes = ["specimen:read", "specimen:admin"];
    let jag = request.with_scopes(scopes).exchange_id_jag(&http).await.unwrap();

    // Neither the ID token nor the ID-JAG is an access token.
    for not_an_access_token in [id_token, jag.assertion().secret()] {
        assert_eq!(server.measure(not_an_access_token).status, 401);
        let refused = client.connect_with(not_an_access_token).await.unwrap_err();
        assert!(challenge(&refused).contains("error=\"invalid_token\""), "{refused:?}");
    }
    // The identity provider is not a trusted issuer of access tokens.
    assert_eq!(server.measure(&provider.token(&server.resource, &scopes)).status, 401);

    let token = jag.exchange(&http).await.unwrap();
    let connection = client.connect_with(token.access_token.secret()).await.unwrap();
    let who = call(&connection, "whoami", json!({})).await.unwrap();
    assert_eq!((&who["user"], &who["agent"]), (&json!("ann"), &json!("agent")));
}

#[tokio::test(flavor = "multi_thread")]
async fn id_jag_is_exchanged_for_a_jwt() {
    check_exchange(Format::Jwt("RS256")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn id_jag_is_exchanged_for_an_opaque_token() {
    check_exchange(Format::Opaque).await;
}
