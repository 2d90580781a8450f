//! Tokens of a real authorization server, presented by real clients.

mod authorization_server;
mod client;
mod enterprise;
mod introspection;
mod oauth_flow;
mod rotation;
mod wrong_tokens;
