//! Destinations of audit records.

use std::io::{self, Write};

/// Destination of audit records.
pub trait Sink: Send + 'static {
    /// Prepares the destination. If opening fails, the writer tries again later.
    ///
    /// # Errors
    /// The destination can't be opened, so lines can't be written to it.
    fn open(&mut self) -> io::Result<()>;

    /// Writes lines, and removes the written lines from the front of `lines`.
    ///
    /// # Errors
    /// Not all lines were written. The caller passes the remaining lines again.
    fn write(&mut self, lines: &mut &[u8]) -> io::Result<()>;

    /// Returns `true` if the server must refuse calls whose records could be lost: calls of tools that aren't
    /// `read_only` while this sink fails, and all calls while too many records wait.
    fn is_required(&self) -> bool;
}

/// Sink that writes lines to a stream, such as stderr. If writing fails, records are dropped and calls still run.
pub struct LineSink(pub(crate) Box<dyn Write + Send>);

impl Sink for LineSink {
    fn open(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn write(&mut self, lines: &mut &[u8]) -> io::Result<()> {
        for line in lines.split_inclusive(|byte| *byte == b'\n') {
            self.0.write_all(line)?;
            *lines = &lines[line.len()..];
        }
        Ok(())
    }

    fn is_required(&self) -> bool {
        false
    }
}
