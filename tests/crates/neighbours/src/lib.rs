//! Tools with the names of crates on which this package depends, and tools together with the macros of other crates.

use std::sync::Arc;

use async_trait::async_trait;
use mcp_tool_runtime::{ToolEntry, prelude::*};
use tracing::debug;

/// A service behind an object-safe trait.
#[async_trait]
pub trait Store: Send + Sync {
    /// Counts the rows.
    async fn count(&self) -> u64;
}

/// A store without rows.
#[derive(Debug)]
pub struct Empty;

#[async_trait]
impl Store for Empty {
    async fn count(&self) -> u64 {
        0
    }
}

/// An error of the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The store is closed.
    #[error("closed")]
    Closed,
}

/// Set the level of traces.
#[mcp_tool(version = "1.0", public)]
#[tracing::instrument(skip_all)]
pub async fn tracing(
    store: &dyn Store,
    /// The level.
    level: String,
) -> Result<String, StoreError> {
    debug!(level);
    tracing::info!(count = store.count().await);
    Ok(level)
}

/// Serialize something.
#[tracing::instrument]
#[mcp_tool(version = "1.0", public, read_only)]
pub fn serde(
    /// A text.
    text: String,
) -> Answer {
    tracing::info!("serializing");
    Answer { text }
}

/// The result of `serde`.
#[derive(Debug, serde::Serialize, ToolSchema)]
pub struct Answer {
    /// The text.
    pub text: String,
}

/// Run a task.
#[mcp_tool(version = "1.0", public)]
pub async fn tokio(_: &CallContext) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    tokio::spawn(async {}).await?;
    Ok(())
}

/// Tools whose names are those of crates, in a module.
pub mod names {
    use super::*;

    /// Standard.
    #[mcp_tool(version = "1.0", public)]
    pub fn std() {
        let _ = std::mem::size_of::<u8>();
    }

    /// The framework.
    #[mcp_tool(version = "1.0", public)]
    pub fn mcp_tool_runtime() {
        let _ = std::any::type_name::<mcp_tool_runtime::Hints>();
    }
}

/// The tools of another package, by its name and by another name of it.
pub const FOREIGN: &[&[ToolEntry]] = {
    use mcp_tool_tests_fragments as fragments;
    &[tools![mcp_tool_tests_fragments::levels::tracing], tools![fragments::levels::tracing]]
};

/// All tools.
pub const TOOLS: &[ToolEntry] = tools![tracing, self::serde, tokio, names::std, names::mcp_tool_runtime];

/// The state of the tools.
#[must_use]
pub fn store() -> Arc<dyn Store> {
    Arc::new(Empty)
}
