//! Who calls: tokens of a real authorization server, presented by real clients.

#[cfg(feature = "clients")]
mod authorization_server;
#[cfg(feature = "clients")]
mod client;
#[cfg(feature = "clients")]
mod enterprise;
#[cfg(feature = "clients")]
mod introspection;
#[cfg(feature = "clients")]
mod keys;
#[cfg(feature = "clients")]
mod other_tokens;
#[cfg(feature = "clients")]
mod whole_way;
