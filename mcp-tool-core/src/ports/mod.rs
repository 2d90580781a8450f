//! Ports: traits that other crates implement.

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
