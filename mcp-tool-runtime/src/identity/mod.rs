//! Who calls: the caller that a verified token names, or whoever sits at this machine.

#[cfg(feature = "oauth")]
mod cache;
mod caller;
#[cfg(feature = "oauth")]
pub(crate) mod challenge;
#[cfg(feature = "oauth")]
mod claims;
#[cfg(feature = "oauth")]
mod fetch;
#[cfg(feature = "oauth")]
mod introspection;
#[cfg(feature = "oauth")]
mod issuer;
#[cfg(feature = "oauth")]
mod jwt;
#[cfg(feature = "oauth")]
mod keys;
#[cfg(feature = "oauth")]
pub(crate) mod metadata;
#[cfg(feature = "oauth")]
mod proof;
#[cfg(feature = "oauth")]
mod resource;
#[cfg_attr(not(feature = "oauth"), allow(dead_code, reason = "a file of settings means the same everywhere"))]
mod settings;
#[cfg(feature = "oauth")]
mod strict;
#[cfg(feature = "oauth")]
mod token;

pub(crate) use caller::Memo;
pub(crate) use caller::Principal;
pub use caller::{Caller, CallerKind, Scopes};
#[allow(unused_imports, reason = "the command line reads settings")]
pub(crate) use settings::{Introspection, OAuth};
#[cfg(feature = "oauth")]
pub(crate) use {
    resource::{Authenticated, ResourceServer},
    token::InboundToken,
};
#[cfg(all(test, feature = "oauth"))]
mod oracle;
