//! Tokens of a real authorization server, presented by real clients.

mod authorization_server;
mod client;
mod enterprise;
mod introspection;
mod other_tokens;
mod rotation;
mod whole_way;
