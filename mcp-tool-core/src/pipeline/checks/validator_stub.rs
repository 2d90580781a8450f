//! Used in place of `validator.rs` when the feature `schemars` is off. Refuses every schema.

use serde_json::Value;

/// A compiled JSON Schema. This type can't be constructed, because [`Validator::new`] always fails.
#[derive(Debug)]
pub(crate) enum Validator {}

impl Validator {
    /// Refuses every schema.
    ///
    /// # Errors
    /// Always; the error names the feature to enable.
    pub(super) fn new(_: &Value) -> Result<Self, String> {
        Err("it needs the feature `schemars` of mcp-tool-runtime: enable it".to_owned())
    }

    /// Can't be called, because there is no value of this type.
    pub(super) fn first_error(&self, _: &Value) -> Option<(String, String)> {
        match *self {}
    }

    /// Can't be called, because there is no value of this type.
    pub(super) fn errors(&self, _: &Value, _: &str) -> Vec<(String, String)> {
        match *self {}
    }
}
