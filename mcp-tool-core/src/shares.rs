//! Limits the share of one user in the pools that all callers share, such as the server's concurrent calls, so that one
//! user can't take a whole pool.
//!
//! A user is identified by issuer, tenant and name. The user's agents count together, because a user can register any
//! number of agents. The local user has no share, except of questions: over stdio, and over HTTP without authorization,
//! all callers are this user.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, OnceLock, Weak,
        atomic::{AtomicU32, AtomicUsize, Ordering},
    },
};

use tokio::sync::Semaphore;

use crate::{
    call::{
        cache::CacheSlot,
        caller::{Caller, User},
    },
    sync,
};

/// A pool in which each user's share is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pool {
    /// Running calls of all tools.
    Calls,
    /// Requests that rmcp answers, except calls: those that aren't about tools, and `tools/list` in sessions.
    Requests,
    /// Event streams that stay open, apart from the streams of calls.
    Streams,
    /// Questions whose call waits for an answer.
    Questions,
    /// Sessions of legacy clients over HTTP.
    Sessions,
    /// Windows of rates: pairs of agent and tool whose calls are counted.
    RateWindows,
}

impl Pool {
    /// Returns `true` if the local user's items count too. Questions of the local user count because a person can
    /// answer only a few at a time.
    const fn counts_local_user(self) -> bool {
        match self {
            Pool::Questions => true,
            Pool::Calls | Pool::Requests | Pool::Streams | Pool::Sessions | Pool::RateWindows => false,
        }
    }
}

/// Items that one user holds in each pool.
#[derive(Debug, Default)]
pub(crate) struct Holdings {
    calls: AtomicU32,
    requests: AtomicU32,
    streams: AtomicU32,
    questions: AtomicU32,
    sessions: AtomicU32,
    /// Bytes of the answers that the user's clients haven't read; see [`UnreadAnswers`].
    unread: AtomicUsize,
    rate_windows: AtomicU32,
    /// Running calls of the tools that declare `concurrency`, each with the id of the tool's limit.
    tools: Mutex<Vec<(u64, u32)>>,
    /// Permits for the bytes of request bodies that the user may send at a time; see [`Shares::body_room`].
    body_room: OnceLock<Arc<Semaphore>>,
}

impl Holdings {
    const fn counter(&self, pool: Pool) -> &AtomicU32 {
        match pool {
            Pool::Calls => &self.calls,
            Pool::Requests => &self.requests,
            Pool::Streams => &self.streams,
            Pool::Questions => &self.questions,
            Pool::Sessions => &self.sessions,
            Pool::RateWindows => &self.rate_windows,
        }
    }
}

/// The holdings of all users of a server.
#[derive(Debug)]
pub(crate) struct Shares {
    /// Maximum share of one user, in percent of a pool.
    percent: u32,
    /// Id of this value in the caches of callers; see [`CacheSlot`].
    source_id: u64,
    users: Mutex<Users>,
}

#[derive(Debug, Default)]
struct Users {
    holdings: HashMap<User, Weak<Holdings>>,
    /// Number of entries at which entries without live [`Holdings`] are removed.
    prune_at: usize,
}

impl Shares {
    /// Returns shares of at most `percent` of each pool.
    pub(crate) fn new(percent: u32) -> Self {
        Shares { percent, source_id: CacheSlot::new_source_id(), users: Mutex::default() }
    }

    /// Returns the maximum number of a pool's `all` items that one user may hold: at least 1.
    pub(crate) fn of(&self, all: u32) -> u32 {
        let share = (u64::from(all) * u64::from(self.percent)).div_ceil(100).max(1);
        u32::try_from(share).unwrap_or(all)
    }

    /// Returns a fixed limit of one user's items, which doesn't apply if one user may have the whole server.
    pub(crate) const fn unless_whole(&self, max: u32) -> u32 {
        if self.percent >= 100 { u32::MAX } else { max }
    }

    /// Counts one more item of `pool` as held by the caller's user, until the returned share is dropped. Returns `None`
    /// if the user holds `max` items already.
    pub(crate) fn take(&self, caller: &Caller, pool: Pool, max: u32) -> Option<Share> {
        if caller.is_local() && !pool.counts_local_user() {
            return Some(Share(None));
        }
        let holdings = self.holdings(caller);
        let before = holdings.counter(pool).fetch_add(1, Ordering::Relaxed);
        // If the maximum is reached, the share is dropped here, and no longer counts.
        let share = Share(Some((holdings, pool)));
        (before < max).then_some(share)
    }

    /// Counts one more running call of a tool, as [`take`](Self::take) does. `tool` is the id of the tool's limit.
    pub(crate) fn take_tool(&self, caller: &Caller, tool: u64, max: u32) -> Option<ToolShare> {
        if caller.is_local() {
            return Some(ToolShare(None));
        }
        let holdings = self.holdings(caller);
        let mut tools = sync::lock(&holdings.tools);
        match tools.iter_mut().find(|(id, _)| *id == tool) {
            Some((_, held)) if *held >= max => return None,
            Some((_, held)) => *held += 1,
            None => tools.push((tool, 1)),
        }
        drop(tools);
        Some(ToolShare(Some((holdings, tool))))
    }

    /// Returns the `max` permits for the bytes of bodies that the caller's user may send at a time; `None` for the
    /// local user.
    pub(crate) fn body_room(&self, caller: &Caller, max: usize) -> Option<Arc<Semaphore>> {
        if caller.is_local() {
            return None;
        }
        let holdings = self.holdings(caller);
        Some(Arc::clone(holdings.body_room.get_or_init(|| Arc::new(Semaphore::new(max)))))
    }

    /// Returns the unread answers of the caller's user; `None` for the local user.
    pub(crate) fn unread_answers(&self, caller: &Caller) -> Option<UnreadAnswers> {
        (!caller.is_local()).then(|| UnreadAnswers(self.holdings(caller)))
    }

    /// Returns the holdings of the caller's user.
    fn holdings(&self, caller: &Caller) -> Arc<Holdings> {
        // No change of `Shares` makes the cache invalid, so the number of changes is always 0.
        let cached = caller.holdings().get((self.source_id, 0), || self.find(caller));
        Arc::clone(&cached)
    }

    fn find(&self, caller: &Caller) -> Arc<Holdings> {
        let user = caller.principal().user_id();
        let mut users = sync::lock(&self.users);
        if let Some(holdings) = users.holdings.get(&user).and_then(Weak::upgrade) {
            return holdings;
        }
        if users.holdings.len() >= users.prune_at {
            users.holdings.retain(|_, holdings| holdings.strong_count() > 0);
            users.prune_at = 2 * users.holdings.len() + 64;
        }
        let holdings = Arc::<Holdings>::default();
        users.holdings.insert(user, Arc::downgrade(&holdings));
        holdings
    }
}

/// One item of a pool, held by a user until this value is dropped. Empty for the local user.
#[derive(Debug)]
pub(crate) struct Share(Option<(Arc<Holdings>, Pool)>);

impl Share {
    /// Returns the number of bytes of answers that the user hasn't read; 0 for the local user.
    pub(crate) fn unread(&self) -> usize {
        self.0.as_ref().map_or(0, |(holdings, _)| holdings.unread.load(Ordering::Relaxed))
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        if let Some((holdings, pool)) = &self.0 {
            holdings.counter(*pool).fetch_sub(1, Ordering::Relaxed);
        }
    }
}

/// One running call of a tool that declares `concurrency`, held by a user until this value is dropped. Empty for the
/// local user.
#[derive(Debug)]
pub(crate) struct ToolShare(Option<(Arc<Holdings>, u64)>);

impl Drop for ToolShare {
    fn drop(&mut self) {
        let Some((holdings, tool)) = &self.0 else { return };
        let mut tools = sync::lock(&holdings.tools);
        if let Some(index) = tools.iter().position(|(id, _)| id == tool) {
            tools[index].1 -= 1;
            if tools[index].1 == 0 {
                tools.swap_remove(index);
            }
        }
    }
}

/// The answers that one user hasn't read.
#[derive(Clone, Debug)]
pub(crate) struct UnreadAnswers(Arc<Holdings>);

impl UnreadAnswers {
    /// Adds an answer, without bytes.
    pub(crate) fn add(self) -> UnreadAnswer {
        UnreadAnswer { answers: self, bytes: 0 }
    }
}

/// The bytes of one answer that its user hasn't read. They count until this value is dropped.
#[derive(Debug)]
pub(crate) struct UnreadAnswer {
    answers: UnreadAnswers,
    bytes: usize,
}

impl UnreadAnswer {
    /// Sets the number of bytes.
    pub(crate) fn set(&mut self, bytes: usize) {
        let unread = &self.answers.0.unread;
        unread.fetch_add(bytes, Ordering::Relaxed);
        unread.fetch_sub(std::mem::replace(&mut self.bytes, bytes), Ordering::Relaxed);
    }
}

impl Drop for UnreadAnswer {
    fn drop(&mut self) {
        self.set(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(user: &str, agent: &str) -> Caller {
        Caller::new(user).with_issuer("https://issuer.example").with_agent(agent)
    }

    #[test]
    fn agents_of_one_user_count_together_and_other_users_apart() {
        let shares = Shares::new(50);
        let take = |caller: &Caller| shares.take(caller, Pool::Calls, 2);
        let held = [take(&caller("eve", "a")), take(&caller("eve", "b"))];
        assert!(held.iter().all(Option::is_some));
        assert!(take(&caller("eve", "c")).is_none());
        assert!(shares.take(&caller("eve", "c"), Pool::Streams, 2).is_some(), "pools are counted apart");
        for other in [
            caller("ann", "a"),
            caller("eve", "a").with_tenant("acme"),
            Caller::new("eve").with_issuer("https://other.example"),
        ] {
            assert!(take(&other).is_some(), "{other} was refused");
        }
        drop(held);
        assert!(take(&caller("eve", "c")).is_some(), "a dropped share still counted");
    }

    #[test]
    fn share_is_rounded_up_and_at_least_one() {
        for (percent, all, share) in [(50, 1_024, 512), (50, 1, 1), (50, 3, 2), (1, 4, 1), (100, 7, 7)] {
            assert_eq!(Shares::new(percent).of(all), share, "{percent} % of {all}");
        }
    }

    #[test]
    fn refused_take_does_not_count() {
        let (shares, eve) = (Shares::new(50), caller("eve", "a"));
        let held = shares.take(&eve, Pool::Requests, 1);
        for _ in 0..3 {
            assert!(shares.take(&eve, Pool::Requests, 1).is_none());
        }
        drop(held);
        assert!(shares.take(&eve, Pool::Requests, 1).is_some());
    }

    #[test]
    fn calls_of_each_tool_are_counted_apart() {
        let (shares, eve) = (Shares::new(50), caller("eve", "a"));
        let held = [shares.take_tool(&eve, 1, 1), shares.take_tool(&eve, 2, 1)];
        assert!(held.iter().all(Option::is_some));
        assert!(shares.take_tool(&eve, 1, 1).is_none() && shares.take_tool(&eve, 2, 1).is_none());
        drop(held);
        assert!(shares.take_tool(&eve, 1, 1).is_some());
    }

    #[test]
    fn unread_bytes_of_all_answers_count_until_they_are_dropped() {
        let (shares, eve) = (Shares::new(50), caller("eve", "a"));
        let share = shares.take(&eve, Pool::Calls, 1).unwrap();
        let mut answers = [(); 2].map(|()| shares.unread_answers(&eve).unwrap().add());
        answers[0].set(10);
        answers[1].set(5);
        answers[0].set(7);
        assert_eq!(share.unread(), 12);
        drop(answers);
        assert_eq!(share.unread(), 0);
    }

    #[test]
    fn local_user_has_no_share() {
        let (shares, local) = (Shares::new(50), Caller::local(crate::call::caller::Scopes::All));
        let held: Vec<_> = (0..5).map(|_| shares.take(&local, Pool::Calls, 1)).collect();
        assert!(held.iter().all(Option::is_some));
    }

    #[test]
    fn users_without_holdings_are_forgotten() {
        let shares = Shares::new(50);
        for number in 0..1_000 {
            drop(shares.take(&caller(&format!("user {number}"), "a"), Pool::Calls, 1));
        }
        assert!(sync::lock(&shares.users).holdings.len() <= 64);
    }
}
