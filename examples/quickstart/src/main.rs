//! Server with two tools over stdio. Run it by `cargo run -p quickstart -- serve --stdio`.

use std::{
    collections::BTreeMap,
    process::ExitCode,
    sync::{Mutex, PoisonError},
};

use mcp_tool_runtime::prelude::*;

/// Texts of notes by title. This is the application state, which the tools share.
#[derive(Default)]
struct Notes(Mutex<BTreeMap<String, String>>);

/// A note.
#[derive(serde::Serialize, ToolSchema)]
struct Note {
    /// Title of the note.
    title: String,
    /// Text of the note.
    #[schema(max_len = 4_000)]
    text: String,
}

/// Write or replace a note.
#[mcp_tool(version = "1.0", scope = "notes:write", idempotent)]
async fn write_note(
    notes: &Notes,
    /// Short title that identifies the note.
    #[arg(min_len = 1, max_len = 80)]
    title: String,
    /// Text of the note.
    #[arg(max_len = 4_000)]
    text: String,
) -> Note {
    notes.0.lock().unwrap_or_else(PoisonError::into_inner).insert(title.clone(), text.clone());
    Note { title, text }
}

// `max_len` of a tool is the maximum length of its string parameters without a `max_len` of their own.
/// Read a note.
#[mcp_tool(version = "1.0", scope = "notes:read", read_only, max_len = 80)]
async fn read_note(
    notes: &Notes,
    /** Title of the note. */
    title: String,
) -> Result<Note, ToolError> {
    match notes.0.lock().unwrap_or_else(PoisonError::into_inner).get(&title) {
        Some(text) => Ok(Note { title, text: text.clone() }),
        None => Err(ToolError::not_found("no note has this title")),
    }
}

fn main() -> ExitCode {
    ToolServer::new("quickstart", env!("CARGO_PKG_VERSION"))
        .tools(tools![write_note, read_note])
        .state(Notes::default())
        .run_blocking()
}
