//! Starts the async runtime of a server whose `main` isn't async.

use std::{ffi::OsString, thread::available_parallelism};

use tokio::runtime::{Builder, Runtime};

use crate::result::CommandResult;

/// Environment variable with the number of worker threads. tokio panics if its value is invalid.
const VARIABLE: &str = "TOKIO_WORKER_THREADS";
/// Maximum number of worker threads.
const MAX_WORKERS: usize = 1_024;

/// Starts a runtime with the number of worker threads that `TOKIO_WORKER_THREADS` has, by default one for each core.
///
/// # Errors
/// The variable has another value than a number from 1 to 1,024, or the system refuses to start the threads.
pub(crate) fn start() -> CommandResult<Runtime> {
    let workers = workers(std::env::var_os(VARIABLE))?;
    Ok(Builder::new_multi_thread().worker_threads(workers).enable_all().build()?)
}

fn workers(variable: Option<OsString>) -> Result<usize, String> {
    match variable.filter(|value| !value.is_empty()) {
        None => Ok(available_parallelism().map_or(1, Into::into)),
        Some(value) => {
            let number = value.to_str().and_then(|value| value.parse().ok());
            number.filter(|number| (1..=MAX_WORKERS).contains(number)).ok_or_else(|| {
                format!("{VARIABLE}: must be a whole number from 1 to {MAX_WORKERS}; unset it to have one thread for each core")
            })
        }
    }
}
