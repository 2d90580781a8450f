//! Result type of the commands.

use std::error::Error;

/// Result of a command. An error is printed to stderr, and the exit code is 1.
pub(crate) type CommandResult<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;
