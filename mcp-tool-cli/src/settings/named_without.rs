//! Sections of names in a server that was built without what they are for: refused, not ignored.

use std::collections::BTreeMap;

pub(super) const SECTION: &str = "upstream";
pub(super) const PREFIX: &str = "MCP_TOOL_UPSTREAM_";

const WITHOUT: &str = "this server was built without upstreams: add the feature `oauth` of mcp-tool-runtime";

/// Nothing was said.
#[derive(Debug, Default)]
pub(super) struct Named {}

impl Named {
    pub(super) fn read_file(&mut self, path: &str, _: toml::Table) -> Result<(), String> {
        Err(format!("{path}: [{SECTION}]: {WITHOUT}"))
    }

    pub(super) fn read_environment(&mut self, variables: BTreeMap<String, String>) -> Result<(), String> {
        match variables.keys().next() {
            None => Ok(()),
            Some(rest) => Err(format!("the environment variable {PREFIX}{rest}: {WITHOUT}")),
        }
    }

    pub(super) fn print(&self) -> String {
        String::new()
    }
}
