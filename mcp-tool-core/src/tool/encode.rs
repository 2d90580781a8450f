//! Encodes results as JSON text of limited size.

use std::io;

use serde::Serialize;

use crate::{
    call::context::CallContext,
    error::{ErrorKind, ToolError},
};

/// Encodes a tool's result as JSON on one line.
///
/// # Errors
/// [`ErrorKind::TooLarge`] if the text exceeds the maximum size of a result, or an internal error if `value` can't be
/// serialized. Both are marked as unsettled: the function has run, and may have changed something.
pub(crate) fn json(value: &impl Serialize, cx: &CallContext) -> Result<String, ToolError> {
    let mut buffer = BoundedBuffer { bytes: Vec::with_capacity(256), max: cx.max_result(), full: false };
    match serde_json::to_writer(&mut buffer, value) {
        Ok(()) => {
            // A `RawValue` may contain line breaks between its tokens, which would end a message of stdio or SSE.
            // Within strings, JSON escapes line breaks, so this changes only white space.
            for byte in &mut buffer.bytes {
                if matches!(byte, b'\n' | b'\r') {
                    *byte = b' ';
                }
            }
            String::from_utf8(buffer.bytes).map_err(|error| ToolError::internal(error).unsettled())
        }
        Err(_) if buffer.full => Err(too_large(cx)),
        Err(error) => Err(ToolError::internal(error).unsettled()),
    }
}

/// Returns the error for a result that exceeds the maximum size.
pub(crate) fn too_large(cx: &CallContext) -> ToolError {
    ToolError::of(
        ErrorKind::TooLarge,
        format!("the result is larger than {} bytes, the maximum: ask for less", cx.max_result()),
    )
    .unsettled()
}

/// Buffer that refuses writes by which it would exceed `max` bytes.
struct BoundedBuffer {
    bytes: Vec<u8>,
    max: usize,
    /// True once a write was refused.
    full: bool,
}

impl io::Write for BoundedBuffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + bytes.len() > self.max {
            self.full = true;
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        match bytes {
            // Fast path, because most writes are one character of JSON punctuation.
            [byte] if self.bytes.len() < self.max => self.bytes.push(*byte),
            _ => drop(self.write(bytes)?),
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
