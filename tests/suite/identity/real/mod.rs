//! Real parts: tokens of a real authorization server, presented by rmcp's client and by others.

mod authorization_server;
mod client;
mod enterprise;
mod introspection;
mod keys;
mod other_tokens;
mod whole_way;
