//! OAuth 2.1 resource server: verification of callers' tokens.

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
mod settings;
mod strict;

pub use resource::ResourceServer;
pub use settings::{IntrospectionSettings, OAuthSettings, TokenRules};
