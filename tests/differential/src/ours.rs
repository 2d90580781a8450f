//! The code under test. No other file names a path of the workspace's internal crates.

pub(crate) use mcp_tool_auth::inbound::{
    internals::{Jwt, KeySet, is_access_token, prove},
    settings::Rules as TokenRules,
};
pub(crate) use mcp_tool_core::{
    application::{Application, Settings},
    pipeline::{
        policy::Policy,
        registry::older_name,
        versions::{ClientPin, Requirement},
    },
    tool::result::AdapterTarget,
    transport::{
        Endpoint,
        http::{AuthenticationLayer, HttpSettings, Origins, PATH, serve},
        internals::{Protocol, Way as Reader, bar as bar_fast_path, taken as readers_taken},
        listing::with_security,
    },
};

/// Readers of a message, by the names that the rules use.
pub(crate) const FAST_PATH: Reader = Reader::Hot;
pub(crate) const FULL_PARSER: Reader = Reader::Careful;
pub(crate) const LIST: Reader = Reader::List;
pub(crate) const RMCP: Reader = Reader::Rmcp;
