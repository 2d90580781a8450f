//! Limits of concurrent calls: for each tool that declares `concurrency`, and for the server. One user gets a share of
//! each.

use std::{
    num::NonZeroU32,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{
    call::{caller::Caller, permits::Permits},
    error::ToolError,
    shares::{Pool, Shares},
};

/// Time that a refused caller is told to wait before it tries again.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Maximum number of bytes of answers of one user that wait to be read. Answers up to 64 KiB don't count.
const MAX_UNREAD: u32 = 8 << 20;

/// Limit of the concurrent calls of one tool, or of the server. Each call holds one permit.
#[derive(Clone, Debug)]
pub(crate) struct Concurrency {
    permits: Arc<Semaphore>,
    max: u32,
    /// Id of this limit in the holdings of users.
    id: u64,
}

impl Concurrency {
    pub(crate) fn new(max: NonZeroU32) -> Self {
        let max = max.get();
        static IDS: AtomicU64 = AtomicU64::new(0);
        let id = IDS.fetch_add(1, Ordering::Relaxed);
        Concurrency { permits: Arc::new(Semaphore::new(max as usize)), max, id }
    }

    /// Waits until no call holds a permit.
    pub(crate) async fn idle(&self) {
        drop(self.permits.acquire_many(self.max).await);
    }

    /// Takes a permit. Calls don't wait for permits: an overloaded server refuses further calls immediately.
    ///
    /// # Errors
    /// If no permit is free.
    fn take(&self, owner: LimitOwner<'_>) -> Result<OwnedSemaphorePermit, ToolError> {
        Arc::clone(&self.permits).try_acquire_owned().map_err(|_| owner.busy(self.max, ""))
    }
}

/// The owner of a limit, for messages.
#[derive(Clone, Copy, Debug)]
enum LimitOwner<'c> {
    Server,
    Tool(&'c str),
}

impl LimitOwner<'_> {
    /// Returns the refusal of a call because `max` calls run already. `whose` names the owner of the counted calls.
    fn busy(self, max: u32, whose: &str) -> ToolError {
        let calls = if max == 1 { "call" } else { "calls" };
        let what = match self {
            LimitOwner::Server => "the server".to_owned(),
            LimitOwner::Tool(name) => format!("'{name}'"),
        };
        let message = format!("{what} runs {max} {calls}{whose} at a time and is busy: try again in 1 s");
        ToolError::unavailable(message, RETRY_AFTER)
    }
}

/// Takes a permit of the server (`all`) and one of each tool, and counts the call in the shares of the caller's user.
/// Takes none if the server or a tool has no free permit, if the user has reached its share, or if its clients don't
/// read their answers.
///
/// # Errors
/// If a limit is reached. The error names the limit.
pub(crate) fn take_permits<'c>(
    shares: &Shares,
    caller: &Caller,
    all: &Concurrency,
    tools: impl Iterator<Item = (&'c Concurrency, &'c str)>,
) -> Result<Permits, ToolError> {
    const OF_USER: &str = " of one user";
    let max = shares.of(all.max);
    let share = shares.take(caller, Pool::Calls, max).ok_or_else(|| LimitOwner::Server.busy(max, OF_USER))?;
    if share.unread() > shares.unless_whole(MAX_UNREAD) as usize {
        let message = format!(
            "at most {MAX_UNREAD} bytes of answers of one user may be unread: read the open responses or close them"
        );
        return Err(ToolError::unavailable(message, RETRY_AFTER));
    }
    let of_tools = tools.map(|(tool, name)| {
        let (owner, max) = (LimitOwner::Tool(name), shares.of(tool.max));
        let share = shares.take_tool(caller, tool.id, max).ok_or_else(|| owner.busy(max, OF_USER))?;
        tool.take(owner).map(|permit| (permit, share))
    });
    let of_tools = of_tools.collect::<Result<_, ToolError>>()?;
    Ok(Permits::new((all.take(LimitOwner::Server)?, share), of_tools))
}
