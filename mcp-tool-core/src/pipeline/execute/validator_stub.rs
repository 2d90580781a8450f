//! Replacement of `validator.rs` without the feature `schemars`: refuses every schema.

use serde_json::Value;

/// A compiled JSON Schema. It has no values, because every schema is refused.
#[derive(Debug)]
pub(crate) enum Validator {}

impl Validator {
    /// Refuses the schema.
    pub(super) fn new(_: &Value) -> Result<Self, String> {
        Err("it needs the feature `schemars` of mcp-tool-runtime: enable it".to_owned())
    }

    pub(super) fn first_error(&self, _: &Value) -> Option<(String, String)> {
        match *self {}
    }

    pub(super) fn errors(&self, _: &Value, _: &str) -> Vec<(String, String)> {
        match *self {}
    }
}
