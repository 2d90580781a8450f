//! How much at one time: calls of one tool, and of all tools together.

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{call::permits::Permits, error::ToolError};

/// What a caller is told to wait before it tries again.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// A number of calls that may run at one time.
#[derive(Clone, Debug)]
pub(crate) struct Concurrency {
    free: Arc<Semaphore>,
    most: u32,
}

impl Concurrency {
    pub(crate) fn new(most: NonZeroU32) -> Self {
        let most = most.get();
        Concurrency { free: Arc::new(Semaphore::new(most as usize)), most }
    }

    /// Waits until no call runs.
    pub(crate) async fn idle(&self) {
        drop(self.free.acquire_many(self.most).await);
    }

    /// One call more, if there is room; nobody waits in line, so that overload is answered at once.
    fn take(&self, what: impl std::fmt::Display) -> Result<OwnedSemaphorePermit, ToolError> {
        Arc::clone(&self.free).try_acquire_owned().map_err(|_| {
            let calls = if self.most == 1 { "call" } else { "calls" };
            let message =
                format!("{what} runs {} {calls} at a time, and all are taken: try again later", self.most);
            ToolError::unavailable(message, RETRY_AFTER)
        })
    }
}

/// Takes a permit of the server and one of each tool, or none.
pub(crate) fn take_permits<'c>(
    all: &Concurrency,
    tools: impl Iterator<Item = (&'c Concurrency, &'c str)>,
) -> Result<Permits, ToolError> {
    let tools = tools.map(|(tool, name)| tool.take(format_args!("'{name}'"))).collect::<Result<_, _>>()?;
    Ok(Permits::new(all.take("the server")?, tools))
}
