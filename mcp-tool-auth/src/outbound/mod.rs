//! Upstreams, which are HTTP services that tools call with the server's credentials.
//!
//! A tool function gets a client, but never a credential. The caller's token is never sent to an upstream. Only the
//! token endpoint of a token exchange (RFC 8693) gets it.

mod address;
mod client;
mod config;
mod credential;
mod failure;
mod headers;
mod path;
mod redirect;
mod request;
mod resolve;
mod response;
mod settings;
mod token_endpoint;
mod upstream;

pub use client::Upstreams;
pub use config::UpstreamConfig;
pub use request::UpstreamRequest;
pub use response::UpstreamResponse;
pub use settings::{InvalidSetting, UpstreamSettings, canonical_name};
pub use upstream::{Upstream, UpstreamExt};
