//! OAuth 2.1 resource server, which verifies callers' tokens.

mod advice;
mod bearer;
mod cache;
mod challenge;
mod claims;
mod discovery;
mod explain;
mod fetch;
mod introspection;
mod issuer;
mod issuer_settings;
mod jwt;
mod keys;
mod metadata;
mod proof;
mod resource;
mod settings;
mod strict;
mod trust;
mod weak_rsa;

/// Internals for `tests/differential`, which compares them with a second implementation.
#[doc(hidden)]
pub mod internals {
    pub use super::{
        claims::VerifiedToken,
        issuer_settings::AcceptedTyp,
        jwt::{Flaw, Jwt},
        keys::KeySet,
        proof::{is_access_token, verify},
    };
}

pub use explain::{DoctorFinding, IssuerReport};
pub use issuer_settings::{IssuerConfig, IssuerSettings, canonical_name};
pub use resource::{ResourceServer, check_resource_path};
pub use settings::{IntrospectionSettings, OAuthSettings, TokenRules};
