//! Audit records of a server under test.

use std::{
    io,
    sync::{Arc, Mutex},
};

use mcp_tool_core::{audit::Sink, sync};
use serde_json::Value;

/// Sink that keeps the audit records in memory, for [`TestServer::records`](super::TestServer::records).
#[derive(Clone, Debug, Default)]
pub(super) struct Records {
    lines: Arc<Mutex<Vec<Value>>>,
}

impl Records {
    /// Returns the records so far, in the order in which they were written.
    pub(super) fn lines(&self) -> Vec<Value> {
        sync::lock(&self.lines).clone()
    }
}

impl Sink for Records {
    fn open(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// Parses complete JSON lines. Fails if a line isn't JSON.
    fn write(&mut self, lines: &mut &[u8]) -> io::Result<()> {
        let mut records = sync::lock(&self.lines);
        for line in lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            records.push(serde_json::from_slice(line)?);
        }
        *lines = &[];
        Ok(())
    }

    /// Returns `true`, as for an audit file: the server refuses calls whose records could be lost.
    fn is_required(&self) -> bool {
        true
    }
}
