//! Result type of the commands.

use std::error::Error;

/// Result of a command; the error is printed to stderr.
pub(crate) type CommandResult<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;
