//! Ports: traits between this crate and `mcp-tool-auth`. `mcp-tool-auth` implements token verification, TLS, and
//! clients of upstreams, the services that tools call. This crate implements [`Revocations`], which `mcp-tool-auth`
//! reads.

mod authenticated;
#[cfg(feature = "http")]
mod authentication;
mod outbound;
mod revocations;
#[cfg(feature = "http")]
mod tls;

pub use self::{
    authenticated::{Authenticated, TokenClaims},
    outbound::Outbound,
    revocations::{Issued, Revocations},
};
#[cfg(feature = "http")]
pub use self::{
    authentication::{Authentication, Authenticator, Denied},
    tls::{Stream, TlsAcceptor},
};
