//! Limits of the concurrent calls of one tool, and of all tools together.

use std::{fmt, num::NonZeroU32, sync::Arc, time::Duration};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{call::permits::Permits, error::ToolError};

/// Delay after which a refused caller may try again.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Limit of concurrent calls.
#[derive(Clone, Debug)]
pub(crate) struct Concurrency {
    permits: Arc<Semaphore>,
    max: u32,
}

impl Concurrency {
    pub(crate) fn new(max: NonZeroU32) -> Self {
        let max = max.get();
        Concurrency { permits: Arc::new(Semaphore::new(max as usize)), max }
    }

    /// Waits until no call runs.
    pub(crate) async fn idle(&self) {
        drop(self.permits.acquire_many(self.max).await);
    }

    /// Takes a permit, if one is free. Calls don't wait for permits, so that they are refused immediately when the
    /// server is overloaded.
    fn take(&self, what: impl fmt::Display) -> Result<OwnedSemaphorePermit, ToolError> {
        Arc::clone(&self.permits).try_acquire_owned().map_err(|_| {
            let calls = if self.max == 1 { "call" } else { "calls" };
            let message = format!("{what} runs {} {calls} at a time and is busy: try again in 1 s", self.max);
            ToolError::unavailable(message, RETRY_AFTER)
        })
    }
}

/// Takes a permit of the server and one of each tool, or no permit at all.
pub(crate) fn take_permits<'c>(
    all: &Concurrency,
    tools: impl Iterator<Item = (&'c Concurrency, &'c str)>,
) -> Result<Permits, ToolError> {
    let tools = tools.map(|(tool, name)| tool.take(format_args!("'{name}'"))).collect::<Result<_, _>>()?;
    Ok(Permits::new(all.take("the server")?, tools))
}
