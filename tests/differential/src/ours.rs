//! The code under test. No other file names a path of the workspace's internal crates.

pub(crate) use mcp_tool_auth::inbound::{
    TokenRules,
    internals::{Jwt, KeySet, is_access_token, prove},
};
pub(crate) use mcp_tool_core::{
    application::{Application, OperatorSettings as Settings},
    pipeline::{
        policy::Policy,
        registry::older_name,
        versions::{ClientPin, Requirement},
    },
    tool::answer::AdapterTarget,
    transport::{
        Endpoint,
        http::{AuthenticationLayer, HttpSettings, Origins, PATH, serve},
        internals::{
            Protocol, ReadPath as Reader, disable_fast_path as bar_fast_path, take_recorded as readers_taken,
        },
        listing::with_security,
    },
};

/// Readers of a message, by the names that the rules use.
pub(crate) const FAST_PATH: Reader = Reader::Fast;
pub(crate) const FULL_PARSER: Reader = Reader::Full;
pub(crate) const LIST: Reader = Reader::List;
pub(crate) const RMCP: Reader = Reader::Rmcp;
