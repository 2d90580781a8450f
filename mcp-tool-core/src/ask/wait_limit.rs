//! Limit of questions that wait for an answer at one time. Only a question whose call waits counts: in sessions, over
//! stdio, and in tasks. In other calls of 2026-07-28, a question ends the call.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::AskError;
use crate::{
    call::caller::Caller,
    shares::{Pool, Share, Shares},
};

/// Maximum number of questions of one user that wait for an answer at one time.
const MAX_PER_USER: u32 = 16;

/// Counts the waiting questions. A call that waits keeps its concurrency permits, so without the limit, unanswered
/// questions could take all permits of the server. They can still take all permits of a single tool, and the permit of
/// a server whose maximum is one concurrent call.
#[derive(Debug)]
pub(crate) struct WaitLimit {
    permits: Arc<Semaphore>,
    shares: Arc<Shares>,
    /// Maximum number of waiting questions of one user who isn't the local user: at most [`MAX_PER_USER`].
    max_per_user: u32,
}

impl WaitLimit {
    /// Limits the waiting questions of all users to half of `calls`, the server's maximum of concurrent calls, but to
    /// at least one.
    pub(crate) fn for_concurrency(calls: u32, shares: &Arc<Shares>) -> Self {
        let max = (calls / 2).max(1);
        let max_per_user = MAX_PER_USER.min(shares.of(max));
        let permits = Arc::new(Semaphore::new(max as usize));
        WaitLimit { permits, shares: Arc::clone(shares), max_per_user }
    }

    /// Counts one more waiting question of the caller.
    ///
    /// # Errors
    /// [`AskError::Busy`] if the caller's user or the server has reached its limit.
    pub(super) fn acquire(&self, caller: &Caller) -> Result<WaitPermit, AskError> {
        let max = if caller.is_local() { MAX_PER_USER } else { self.max_per_user };
        let share = self.shares.take(caller, Pool::Questions, max).ok_or(AskError::Busy)?;
        let permit = Arc::clone(&self.permits).try_acquire_owned().map_err(|_| AskError::Busy)?;
        Ok(WaitPermit { _permit: permit, _share: share })
    }
}

/// While this permit exists, one more question of its caller counts as waiting.
pub(super) struct WaitPermit {
    _permit: OwnedSemaphorePermit,
    _share: Share,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::caller::Scopes;

    /// Number of questions that can wait if the caller of question n is `caller(n)`.
    fn waiting(limit: &WaitLimit, caller: impl Fn(usize) -> Caller) -> (usize, Vec<WaitPermit>) {
        let permits: Vec<_> = (0..200).map_while(|number| limit.acquire(&caller(number)).ok()).collect();
        (permits.len(), permits)
    }

    #[test]
    fn questions_of_one_user_leave_capacity_for_others() {
        // Half of the calls, of which one user gets half, but at most 16.
        for (calls, of_user, of_all) in [(8, 2, 4), (128, 16, 64), (1, 1, 1)] {
            let limit = WaitLimit::for_concurrency(calls, &Arc::new(Shares::new(50)));
            let (number, held) = waiting(&limit, |agent| Caller::new("eve").with_agent(agent.to_string()));
            assert_eq!(number, of_user, "{calls} calls");
            let (others, _held) = waiting(&limit, |user| Caller::new(user.to_string()));
            assert_eq!(of_user + others, of_all, "{calls} calls");
            drop(held);
            assert!(limit.acquire(&Caller::new("eve")).is_ok(), "ended questions still count");
        }
    }

    #[test]
    fn questions_of_the_local_user_have_a_fixed_limit() {
        for (calls, max) in [(128, 16), (8, 4)] {
            let limit = WaitLimit::for_concurrency(calls, &Arc::new(Shares::new(1)));
            assert_eq!(waiting(&limit, |_| Caller::local(Scopes::All)).0, max, "{calls} calls");
        }
    }
}
