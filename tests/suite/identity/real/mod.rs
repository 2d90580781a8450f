//! Tokens of a real authorization server (`oidc-provider`), sent by rmcp's client or in plain HTTP requests.

mod authorization_server;
mod client;
mod enterprise;
mod introspection;
mod oauth_flow;
mod rotation;
mod wrong_tokens;
