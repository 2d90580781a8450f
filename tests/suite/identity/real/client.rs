//! The rmcp client, with rmcp's OAuth support.

use std::error::Error;

use oauth2::TokenResponse as _;
use rmcp::{
    RoleClient,
    model::{CallToolRequestParams, CallToolResult, ProtocolVersion},
    service::{
        ClientInitializeError, ClientLifecycleMode, ClientServiceExt as _, RunningService, ServiceError,
    },
    transport::{
        AuthClient, AuthorizationRequest, ClientCredentialsConfig, StreamableHttpClientTransport,
        auth::{AuthorizationCallback, OAuthState},
        streamable_http_client::{
            AuthRequiredError, InsufficientScopeError, StreamableHttpClientTransportConfig,
        },
    },
};
use serde_json::Value;

use super::authorization_server::{AuthorizationServer, Browser, Protected};

pub type Connection = RunningService<RoleClient, ()>;

/// Redirect URI. Nothing listens there, because the code is read from the URL of the redirect.
const CALLBACK: &str = "http://127.0.0.1:1/callback";

/// Protocol revision of a client.
#[derive(Clone, Copy, Debug)]
pub enum Era {
    Legacy,
    Modern,
}

impl Era {
    pub const fn version(self) -> &'static str {
        match self {
            Era::Legacy => "2025-11-25",
            Era::Modern => "2026-07-28",
        }
    }

    fn lifecycle(self) -> ClientLifecycleMode {
        match self {
            Era::Legacy => ClientLifecycleMode::Initialize,
            Era::Modern => {
                ClientLifecycleMode::Discover { preferred_versions: vec![ProtocolVersion::V_2026_07_28] }
            }
        }
    }
}

/// A client of one server, and the browser of the client's user.
pub struct Client {
    era: Era,
    url: String,
    browser: Browser,
    oauth: Option<AuthClient<reqwest::Client>>,
}

impl Client {
    pub fn of(server: &Protected, era: Era) -> Self {
        Client { era, url: server.http.url(), browser: Browser::default(), oauth: None }
    }

    /// Connects, with a token if the client has one.
    pub async fn connect(&self) -> Result<Connection, ClientInitializeError> {
        let config = StreamableHttpClientTransportConfig::with_uri(self.url.as_str());
        let lifecycle = self.era.lifecycle();
        match &self.oauth {
            Some(oauth) => {
                let transport = StreamableHttpClientTransport::with_client(oauth.clone(), config);
                ().serve_with_lifecycle(transport, lifecycle).await
            }
            None => {
                let transport = StreamableHttpClientTransport::with_client(reqwest::Client::new(), config);
                ().serve_with_lifecycle(transport, lifecycle).await
            }
        }
    }

    /// Connects with this token instead of the client's own.
    pub async fn connect_with(&self, token: &str) -> Result<Connection, ClientInitializeError> {
        let config = StreamableHttpClientTransportConfig::with_uri(self.url.as_str()).auth_header(token);
        let transport = StreamableHttpClientTransport::with_client(reqwest::Client::new(), config);
        ().serve_with_lifecycle(transport, self.era.lifecycle()).await
    }

    /// Signs in after a challenge: metadata of server and issuer, registration, consent, authorization code.
    pub async fn sign_in(&mut self, challenge: &str, scopes: &[&str]) {
        let mut state = OAuthState::new(self.url.as_str(), None).await.unwrap();
        let request = AuthorizationRequest::new(CALLBACK)
            .with_client_name("rmcp")
            .with_challenge(challenge)
            .with_scopes(scopes.iter().copied());
        state.start_authorization(request).await.unwrap();
        let page = state.get_authorization_url().await.unwrap();
        let callback = self.browser.open(&page, CALLBACK);
        state.handle_callback_url(&callback).await.unwrap();
        let manager = state.into_authorization_manager().unwrap();
        self.oauth = Some(AuthClient::new(reqwest::Client::new(), manager));
    }

    /// Gets a token for `client` through the client credentials grant, without a user.
    pub async fn authenticate(&mut self, issuer: &AuthorizationServer, client: &str, scopes: &[&str]) {
        let mut state = OAuthState::new(self.url.as_str(), None).await.unwrap();
        let config = ClientCredentialsConfig::ClientSecret {
            client_id: client.to_owned(),
            client_secret: issuer.secret(client).to_owned(),
            scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
            resource: Some(self.url.clone()),
        };
        state.authenticate_client_credentials(config).await.unwrap();
        let manager = state.into_authorization_manager().unwrap();
        self.oauth = Some(AuthClient::new(reqwest::Client::new(), manager));
    }

    /// Requests further scopes from the user.
    pub async fn step_up(&mut self, scope: &str) {
        let manager = self.oauth.as_ref().unwrap().auth_manager.lock().await;
        let page = manager.request_scope_upgrade(scope).await.unwrap();
        let callback = AuthorizationCallback::from_redirect_url(&self.browser.open(&page, CALLBACK)).unwrap();
        let AuthorizationCallback { code, csrf_token, issuer, .. } = callback;
        manager.exchange_code_for_token_with_issuer(&code, &csrf_token, issuer.as_deref()).await.unwrap();
    }

    /// Granted scopes, sorted.
    pub async fn scopes(&self) -> Vec<String> {
        let manager = self.oauth.as_ref().unwrap().auth_manager.lock().await;
        let mut scopes = manager.get_current_scopes().await;
        scopes.sort();
        scopes
    }

    pub async fn refresh_token(&self) -> String {
        let manager = self.oauth.as_ref().unwrap().auth_manager.lock().await;
        let (_, tokens) = manager.get_credentials().await.unwrap();
        tokens.unwrap().refresh_token().unwrap().secret().clone()
    }

    pub async fn token(&self) -> String {
        self.oauth.as_ref().unwrap().get_access_token().await.unwrap()
    }
}

/// Calls a tool and returns its structured content. Panics if the tool returns an error.
pub async fn call(
    connection: &Connection,
    tool: &'static str,
    arguments: Value,
) -> Result<Value, ServiceError> {
    let Value::Object(arguments) = arguments else { panic!("{arguments} is not an object") };
    let result: CallToolResult =
        connection.call_tool(CallToolRequestParams::new(tool).with_arguments(arguments)).await?;
    assert_ne!(result.is_error, Some(true), "{result:?}");
    Ok(result.structured_content.unwrap())
}

/// Names of the listed tools.
pub async fn tools(connection: &Connection) -> Vec<String> {
    let tools = connection.list_all_tools().await.unwrap();
    tools.into_iter().map(|tool| tool.name.into_owned()).collect()
}

/// Challenge of the 401 that refused a connection.
pub fn challenge(error: &ClientInitializeError) -> &str {
    let ClientInitializeError::TransportError { error, .. } = error else {
        panic!("unexpected error: {error:?}")
    };
    &cause::<AuthRequiredError>(error).www_authenticate_header
}

/// The 403 that refused a call.
pub fn insufficient(error: &ServiceError) -> &InsufficientScopeError {
    let ServiceError::TransportSend(error) = error else { panic!("unexpected error: {error:?}") };
    cause(error)
}

/// Finds an error of type `T` among an error and its sources.
fn cause<'e, T: Error + 'static>(error: &'e (dyn Error + 'static)) -> &'e T {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return found;
        }
        next = error.source();
    }
    panic!("unexpected error: {error:?}");
}
