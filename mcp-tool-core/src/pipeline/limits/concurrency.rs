//! Limits of concurrent calls: for each tool that declares `concurrency`, and for the server.

use std::{fmt, num::NonZeroU32, sync::Arc, time::Duration};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{call::permits::Permits, error::ToolError};

/// Time that a refused caller is told to wait before it tries again.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Limit of the concurrent calls of one tool, or of the server. Each call holds one permit.
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

    /// Waits until no call holds a permit.
    pub(crate) async fn idle(&self) {
        drop(self.permits.acquire_many(self.max).await);
    }

    /// Takes a permit. Calls don't wait for permits: an overloaded server refuses further calls immediately.
    ///
    /// # Errors
    /// If no permit is free. The message starts with `what`, the name of the tool or "the server".
    fn take(&self, what: impl fmt::Display) -> Result<OwnedSemaphorePermit, ToolError> {
        Arc::clone(&self.permits).try_acquire_owned().map_err(|_| {
            let calls = if self.max == 1 { "call" } else { "calls" };
            let message = format!("{what} runs {} {calls} at a time and is busy: try again in 1 s", self.max);
            ToolError::unavailable(message, RETRY_AFTER)
        })
    }
}

/// Takes a permit of the server (`all`) and one of each tool. If the server or one of the tools has no free permit,
/// takes none.
pub(crate) fn take_permits<'c>(
    all: &Concurrency,
    tools: impl Iterator<Item = (&'c Concurrency, &'c str)>,
) -> Result<Permits, ToolError> {
    let tools = tools.map(|(tool, name)| tool.take(format_args!("'{name}'"))).collect::<Result<_, _>>()?;
    Ok(Permits::new(all.take("the server")?, tools))
}
