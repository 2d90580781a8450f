//! OAuth 2.1 behind `mcp-tool-runtime`, which is the crate to depend on: tokens of callers ([`inbound`]), credentials
//! for upstreams ([`outbound`]), and TLS on the server's own listener ([`tls`]).
//!
//! Everything here but the upstream types is internal to the workspace's crates and changes without notice.

pub mod inbound;
pub mod outbound;
mod secret;
pub mod tls;
