//! OAuth 2.1 for `mcp-tool-runtime`, which is the crate to depend on: verification of callers' tokens ([`inbound`]),
//! credentials for upstreams ([`outbound`]), and TLS on the server's own listener ([`tls`]).
//!
//! Only the upstream types are public API; everything else may change without notice.

mod basic;
pub mod inbound;
pub mod outbound;
mod secret;
mod secure_url;
pub mod tls;
