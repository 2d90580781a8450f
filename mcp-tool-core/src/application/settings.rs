//! Settings of the operator.

use std::{collections::HashSet, num::NonZeroU32, path::PathBuf, sync::Arc, time::Duration};

use mcp_tool_contract::model::DEFAULT_TIMEOUT_MS;

use crate::{
    call::services::MAX_RESULT, pipeline::versions::ClientPin, ports::Outbound,
    transport::listing::DEFAULT_PAGE_SIZE,
};

/// Settings of the operator that don't depend on the transport.
#[derive(Clone, Debug)]
pub struct OperatorSettings {
    /// Timeout of a call whose tool declares none.
    pub timeout: Duration,
    /// Maximum concurrent calls of all tools.
    pub concurrency: NonZeroU32,
    /// Maximum size of a result in bytes.
    pub max_result: usize,
    /// Destructive tools without a gate that may run.
    pub allow_destructive: HashSet<String>,
    /// Scopes of the local user; all scopes if `None`.
    pub local_scopes: Option<Vec<String>>,
    /// Scope hierarchy. Each line is a scope and the scopes that it includes.
    pub scope_hierarchy: Vec<String>,
    /// Lists also show tools that the caller could use with more scopes.
    pub shows_grantable: bool,
    /// Maximum tools on one page of a list.
    pub list_page: NonZeroU32,
    /// Versions of tools that clients are pinned to.
    pub pins: Vec<ClientPin>,
    /// File that keeps last-listed contracts between runs.
    pub last_listed_file: Option<PathBuf>,
    /// File with revocations and disabled tools, clients and users.
    pub control_file: Option<PathBuf>,
    /// Keys of sealed cursors, in base64url. The first key seals new cursors, and all keys open cursors.
    pub seal_keys: Vec<String>,
    /// Connections to upstreams, if any are configured.
    pub outbound: Option<Arc<dyn Outbound>>,
    /// File for audit records; the log if `None`.
    pub audit_file: Option<PathBuf>,
    /// Size of the audit file in bytes at which it is rotated.
    pub audit_max_size: u64,
    /// Number of rotated files that are kept; all of them if 0.
    pub audit_keep: usize,
}

impl Default for OperatorSettings {
    fn default() -> Self {
        OperatorSettings {
            timeout: Duration::from_millis(DEFAULT_TIMEOUT_MS),
            concurrency: NonZeroU32::new(1_024).unwrap_or(NonZeroU32::MIN),
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
            // Audit records are evidence: they are only deleted if the operator says so.
            audit_keep: 0,
        }
    }
}
