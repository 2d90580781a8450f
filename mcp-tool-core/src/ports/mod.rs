//! Ports: traits that other crates implement.

#[cfg(feature = "http")]
mod authentication;
mod outbound;
mod revocations;
#[cfg(feature = "http")]
mod tls;

#[cfg(feature = "http")]
pub use self::{
    authentication::{Authenticated, Authentication, Authenticator, Denied},
    tls::{Stream, TlsAcceptor},
};
pub use self::{
    outbound::Outbound,
    revocations::{Issued, Revocations},
};
