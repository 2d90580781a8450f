//! The code under test, re-exported. No other file of these tests names a path in `mcp-tool-core` or `mcp-tool-auth`.

pub(crate) use mcp_tool_auth::inbound::{
    TokenRules,
    internals::{AcceptedTyp, Jwt, KeySet, is_access_token, verify},
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
        internals::{Protocol, ReadPath, disable_fast_path, take_recorded as take_read_paths},
        listing::with_security,
    },
};

// Short names of the variants of `ReadPath`, the code path that read a message. The fast path reads calls in usual
// spelling, and the full parser reads other calls. `LIST` is for `tools/list`, and `RMCP` for messages that the
// listener forwards to rmcp.
pub(crate) const FAST_PATH: ReadPath = ReadPath::Fast;
pub(crate) const FULL_PARSER: ReadPath = ReadPath::Full;
pub(crate) const LIST: ReadPath = ReadPath::List;
pub(crate) const RMCP: ReadPath = ReadPath::Rmcp;
