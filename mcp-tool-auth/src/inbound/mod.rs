//! OAuth 2.1 resource server, which verifies callers' tokens.

mod bearer;
mod cache;
mod challenge;
mod claims;
mod fetch;
mod introspection;
mod issuer;
mod jwt;
mod keys;
mod metadata;
mod proof;
mod resource;
mod roca;
mod settings;
mod strict;

/// Internals for `tests/differential`, which compares them with a second implementation.
#[doc(hidden)]
pub mod internals {
    pub use super::{
        claims::VerifiedToken,
        jwt::{Flaw, Jwt},
        keys::KeySet,
        proof::{is_access_token, verify},
    };
}

pub use resource::ResourceServer;
pub use settings::{IntrospectionSettings, OAuthSettings, TokenRules};
