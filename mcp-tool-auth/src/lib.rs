//! OAuth 2.1 for `mcp-tool-runtime`: verifies callers' tokens ([`inbound`]), sends requests of tools to upstream
//! services with the server's credentials ([`outbound`]), and serves TLS on the server's own listener ([`tls`]).
//!
//! Depend on `mcp-tool-runtime` instead of this crate: its feature `oauth` adds this crate. Only `Upstream`,
//! `UpstreamExt`, `UpstreamRequest` and `UpstreamResponse`, which `mcp-tool-runtime` re-exports, are public API;
//! everything else may change without notice.

mod basic;
mod file_reader;
pub mod inbound;
pub mod outbound;
mod secret;
mod secure_url;
pub mod tls;
mod tls_files;
