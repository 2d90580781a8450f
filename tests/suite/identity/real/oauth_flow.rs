//! The complete OAuth flow of the rmcp client: challenge, metadata, registration, code, call, step-up (a request for
//! further scopes), call.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    authorization_server::{AuthorizationServer, Format, Protected},
    client::{Client, Era, call, challenge, insufficient, tools},
};

/// Runs the flow with a client of 2025-11-25 (`Legacy`) or 2026-07-28 (`Modern`), and with tokens of this format.
async fn check_flow(era: Era, format: Format) {
    let issuer = AuthorizationServer::start(&[]);
    let server = Protected::start(&issuer, format);
    let mut client = Client::of(&server, era);

    let refused = client.connect().await.unwrap_err();
    let challenge = challenge(&refused).to_owned();
    let metadata = format!("http://{}/.well-known/oauth-protected-resource/mcp", server.http.address);
    assert!(challenge.contains(&format!("resource_metadata=\"{metadata}\"")), "{challenge}");

    client.sign_in(&challenge, &["specimen:read"]).await;
    assert_eq!(client.scopes().await, ["specimen:read"]);
    // A JWT has three parts.
    assert_eq!(client.token().await.split('.').count(), if matches!(format, Format::Opaque) { 1 } else { 3 });
    assert_eq!(issuer.count("/reg"), 1);

    let connection = client.connect().await.unwrap();
    assert_eq!(connection.peer_info().unwrap().protocol_version.as_str(), era.version());
    let listed = tools(&connection).await;
    assert!(listed.iter().any(|name| name == "measure"), "{listed:?}");
    assert!(!listed.iter().any(|name| name == "whoami"), "{listed:?}");
    let measured = call(&connection, "measure", json!({ "name": "abc", "n": 3, "mode": "fast" })).await;
    assert_eq!(measured.unwrap(), json!({ "v": 3, "mode": "fast" }));

    // The challenge names the missing scope (`specimen:admin`) and the granted one.
    let refused = call(&connection, "whoami", json!({})).await.unwrap_err();
    let insufficient = insufficient(&refused);
    let header = &insufficient.www_authenticate_header;
    assert!(header.contains("error=\"insufficient_scope\""), "{header}");
    assert!(header.contains(&format!("resource_metadata=\"{metadata}\"")), "{header}");
    let mut needed: Vec<&str> = insufficient.get_required_scope().unwrap().split(' ').collect();
    needed.sort_unstable();
    assert_eq!(needed, ["specimen:admin", "specimen:read"]);

    client.step_up(&needed.join(" ")).await;
    assert_eq!(client.scopes().await, needed);
    // The refused connection continues with the new token.
    let who = call(&connection, "whoami", json!({})).await.unwrap();
    assert_eq!(who["user"], "ann");
    assert!(
        who["agent"].as_str().is_some_and(|agent| agent.len() > 20),
        "the agent must be the registered client id: {who}"
    );
    let listed = tools(&client.connect().await.unwrap()).await;
    assert!(listed.iter().any(|name| name == "whoami"), "{listed:?}");

    let record = server.http.stderr.record_of(who["correlation_id"].as_str().unwrap());
    assert_eq!((&record["user"], &record["agent"]), (&who["user"], &who["agent"]), "{record}");
    let written = server.http.stderr.text();
    assert!(!written.contains(&client.token().await), "a token was written:\n{written}");
}

#[tokio::test(flavor = "multi_thread")]
async fn legacy_client_signs_in_with_jwts() {
    check_flow(Era::Legacy, Format::Jwt("RS256")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn modern_client_signs_in_with_jwts() {
    check_flow(Era::Modern, Format::Jwt("ES256")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn legacy_client_signs_in_with_opaque_tokens() {
    check_flow(Era::Legacy, Format::Opaque).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn modern_client_signs_in_with_opaque_tokens() {
    check_flow(Era::Modern, Format::Opaque).await;
}

/// Without a person, the client `agent` is both the user and the agent of the call.
#[tokio::test(flavor = "multi_thread")]
async fn agent_authenticates_with_client_credentials() {
    let issuer = AuthorizationServer::start(&[]);
    for format in [Format::Jwt("EdDSA"), Format::Opaque] {
        let server = Protected::start(&issuer, format);
        let mut client = Client::of(&server, Era::Modern);
        client.authenticate(&issuer, "agent", &["specimen:read", "specimen:admin"]).await;
        let who: Value = call(&client.connect().await.unwrap(), "whoami", json!({})).await.unwrap();
        assert_eq!((&who["user"], &who["agent"]), (&json!("agent"), &json!("agent")));
    }
}

/// The client uses its refresh token, and the user need not sign in again.
#[tokio::test(flavor = "multi_thread")]
async fn expiring_token_is_refreshed_by_the_client() {
    let issuer = AuthorizationServer::start(&[]);
    let server = Protected::start(&issuer, Format::Jwt("PS256"));
    let mut client = Client::of(&server, Era::Modern);
    let refused = client.connect().await.unwrap_err();
    // The rmcp client refreshes a token in the second half of its lifetime, counted in whole seconds.
    let lifetime = Duration::from_secs(2);
    issuer.control("resource", &json!({ "resource": server.resource, "ttl": lifetime.as_secs() }));
    client.sign_in(challenge(&refused), &["specimen:read"]).await;
    let connection = client.connect().await.unwrap();
    let before = issuer.count("/token");
    for _ in 0..3 {
        tokio::time::sleep(lifetime).await;
        call(&connection, "measure", json!({ "name": "abc", "n": 3, "mode": "fast" })).await.unwrap();
    }
    assert_eq!(issuer.count("/token"), before + 3);
}
