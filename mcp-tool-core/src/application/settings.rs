//! The operator's settings that don't depend on the transport.

use std::{collections::HashSet, num::NonZeroU32, path::PathBuf, sync::Arc, time::Duration};

use mcp_tool_contract::model::DEFAULT_TIMEOUT_MS;

use crate::{
    call::services::MAX_RESULT, pipeline::versions::ClientPin, ports::Outbound,
    transport::listing::DEFAULT_PAGE_SIZE,
};

/// The operator's settings that don't depend on the transport.
#[derive(Clone, Debug)]
pub struct OperatorSettings {
    /// Timeout of calls of tools that declare no `timeout`, and of requests to the fallback handler.
    pub timeout: Duration,
    /// Maximum number of concurrent calls of all tools together.
    pub concurrency: NonZeroU32,
    /// Maximum share of one user in the pools that all callers share, such as the concurrent calls, in percent.
    pub user_share: NonZeroU32,
    /// Maximum size of a result in bytes.
    pub max_result: usize,
    /// Names of destructive tools that may run although they have no gate (a scope that their callers need).
    pub allow_destructive: HashSet<String>,
    /// Scopes of the local user, who is the caller over stdio, and also over HTTP if no authorization is configured.
    /// `None` for all scopes.
    pub local_scopes: Option<Vec<String>>,
    /// Lines of `oauth.scope_hierarchy`, each with a scope and the scopes that this scope implies.
    pub scope_hierarchy: Vec<String>,
    /// `true` if lists also show tools that the caller could use with more scopes (setting `oauth.discovery`).
    pub shows_grantable: bool,
    /// Maximum number of tools on one page of `tools/list`.
    pub list_page: NonZeroU32,
    /// Versions of tools that clients are pinned to.
    pub pins: Vec<ClientPin>,
    /// File that keeps the contracts that each caller last listed, for the next run of the server. If `None`, they are
    /// lost when the process ends.
    pub last_listed_file: Option<PathBuf>,
    /// File with revocations and disabled tools, clients and users. If `None`, nothing can be disabled or revoked.
    pub control_file: Option<PathBuf>,
    /// Keys that encrypt cursors and the `requestState` of questions to users, in base64url. The first key encrypts;
    /// every key can decrypt. If empty, the process makes a key of its own, which is lost when the process ends: its
    /// cursors and each `requestState` are then invalid.
    pub seal_keys: Vec<String>,
    /// Connections to upstreams; `None` if no upstream is configured.
    pub outbound: Option<Arc<dyn Outbound>>,
    /// File for audit records. If `None`, the records are written to the log.
    pub audit_file: Option<PathBuf>,
    /// Maximum size of the audit file, in bytes. The file is rotated before it would become larger.
    pub audit_max_size: u64,
    /// Number of rotated audit files that are kept; 0 keeps all of them.
    pub audit_keep: usize,
}

impl Default for OperatorSettings {
    fn default() -> Self {
        OperatorSettings {
            timeout: Duration::from_millis(DEFAULT_TIMEOUT_MS),
            concurrency: NonZeroU32::new(1_024).unwrap_or(NonZeroU32::MIN),
            user_share: NonZeroU32::new(50).unwrap_or(NonZeroU32::MIN),
            max_result: MAX_RESULT,
            allow_destructive: HashSet::new(),
            local_scopes: None,
            scope_hierarchy: Vec::new(),
            shows_grantable: false,
            list_page: DEFAULT_PAGE_SIZE,
            pins: Vec::new(),
            last_listed_file: None,
            control_file: None,
            seal_keys: Vec::new(),
            outbound: None,
            audit_file: None,
            audit_max_size: 64 << 20,
            // Audit records are evidence, so they are deleted only if the operator sets a number of files.
            audit_keep: 0,
        }
    }
}
