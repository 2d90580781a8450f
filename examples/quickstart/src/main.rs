//! Two tools over stdio: `cargo run -p quickstart -- serve --stdio`.

use std::{
    collections::BTreeMap,
    process::ExitCode,
    sync::{Mutex, PoisonError},
};

use mcp_tool_runtime::prelude::*;

/// The notes, by title: what the application lends to its tools.
#[derive(Default)]
struct Notes(Mutex<BTreeMap<String, String>>);

/// A note.
#[derive(serde::Serialize, ToolSchema)]
struct Note {
    /// Its title.
    title: String,
    /// What it says.
    #[schema(max_len = 4_000)]
    text: String,
}

/// Write a note, or write it anew.
#[mcp_tool(version = "1.0", scope = "notes:write", idempotent)]
async fn write_note(
    notes: &Notes,
    /// A short title, by which it is found again.
    #[arg(min_len = 1, max_len = 80)]
    title: String,
    /// What it says.
    #[arg(max_len = 4_000)]
    text: String,
) -> Note {
    notes.0.lock().unwrap_or_else(PoisonError::into_inner).insert(title.clone(), text.clone());
    Note { title, text }
}

/// Read a note.
#[mcp_tool(version = "1.0", scope = "notes:read", read_only, max_len = 80)]
async fn read_note(
    notes: &Notes,
    /** Its title. */
    title: String,
) -> Result<Note, ToolError> {
    match notes.0.lock().unwrap_or_else(PoisonError::into_inner).get(&title) {
        Some(text) => Ok(Note { title, text: text.clone() }),
        None => Err(ToolError::not_found("there is no note of that title")),
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    ToolServer::new("quickstart", env!("CARGO_PKG_VERSION"))
        .tools(tools![write_note, read_note])
        .lend(Notes::default())
        .run()
        .await
}
