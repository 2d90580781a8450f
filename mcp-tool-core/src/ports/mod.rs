//! Ports: traits between this crate and `mcp-tool-auth`. That crate implements token verification, TLS and clients of
//! upstreams; this crate implements [`Revocations`] for it.

mod authenticated;
#[cfg(feature = "http")]
mod authentication;
mod outbound;
mod revocations;
#[cfg(feature = "http")]
mod tls;

pub use self::{
    authenticated::Authenticated,
    outbound::Outbound,
    revocations::{Issued, Revocations},
};
#[cfg(feature = "http")]
pub use self::{
    authentication::{Authentication, Authenticator, Denied},
    tls::{Stream, TlsAcceptor},
};
