//! Rates: a caller may call a tool at most N times in any span of time that is as long as the rate's window.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use mcp_tool_contract::model::{Contract, Rate};

use super::{
    window::{Nanoseconds, nanoseconds},
    window_store::{NoWindow, SharedWindow, WindowStore, window_key},
};
use crate::{
    call::{cache::CacheSlot, caller::Caller},
    error::ToolError,
    shares::{Pool, Shares},
    sync::lock,
};

/// Maximum number of windows. Together they take at most about 150 MB. If there are this many, a call that needs a new
/// window replaces an idle window, in which no call counts any more. If no window is idle, the call is refused.
const MAX_WINDOWS: usize = 100_000;
/// Maximum number of windows of one user, so that a user that registers many agents can't take all windows. If a user
/// has this many, a call that needs a new window needs an idle window of the same user, or is refused.
pub(super) const MAX_OF_USER: u32 = 2_000;
/// Minimum time that a caller is told to wait for an idle window of its user, because the window that is idle first may
/// be another user's.
const MIN_WAIT_FOR_USER: Duration = Duration::from_secs(1);

/// The calls of each caller to each tool with a rate, counted in sliding windows.
#[derive(Debug)]
pub(crate) struct Rates {
    /// Start of time for all windows: their times are nanoseconds since this instant.
    pub(super) created: Instant,
    max_windows: usize,
    /// Id of this value in the caches of callers, so that windows of another `Rates` aren't used; see [`CacheSlot`].
    source_id: u64,
    pub(super) store: Mutex<WindowStore>,
}

/// The windows that a caller has used, each with name and major version of the tool. The caller caches them, so that
/// the caller's next call needs no search in the store.
#[derive(Debug, Default)]
struct CallerWindows(Mutex<Vec<(&'static str, u32, SharedWindow)>>);

impl CallerWindows {
    fn find(&self, contract: &Contract) -> Option<SharedWindow> {
        let is_of = |name: &str, major| major == contract.version().major() && name == contract.name();
        let windows = lock(&self.0);
        windows.iter().find(|(name, major, _)| is_of(name, *major)).map(|(.., window)| Arc::clone(window))
    }

    fn insert(&self, contract: &Contract, window: SharedWindow) {
        let mut windows = lock(&self.0);
        windows.retain(|(.., window)| !lock(window).is_removed);
        windows.push((contract.name(), contract.version().major(), window));
    }
}

impl Default for Rates {
    fn default() -> Self {
        Rates::with_capacity(MAX_WINDOWS)
    }
}

/// Calls that [`Rates::reserve`] counted. If this value is dropped without [`commit`](Self::commit), the calls no
/// longer count.
#[derive(Debug)]
#[must_use = "dropping reservations uncounts the calls"]
pub(crate) struct RateReservations(Vec<(SharedWindow, Nanoseconds)>);

impl RateReservations {
    /// Makes the calls count permanently.
    pub(crate) fn commit(mut self) {
        self.0.clear();
    }
}

impl Drop for RateReservations {
    fn drop(&mut self) {
        for (window, at) in &self.0 {
            lock(window).give_back(*at);
        }
    }
}

impl Rates {
    pub(super) fn with_capacity(max_windows: usize) -> Self {
        Rates {
            created: Instant::now(),
            max_windows,
            source_id: CacheSlot::new_source_id(),
            store: Mutex::default(),
        }
    }

    /// Counts a call in the window of each tool that has a rate. If one window refuses the call, the call counts in
    /// none of them.
    ///
    /// # Errors
    /// If a rate is used up, or the maximum number of windows, of all callers or of the caller's user, is reached. The
    /// error says when to try again.
    pub(crate) fn reserve<'c>(
        &self,
        now: Instant,
        shares: &Shares,
        caller: &Caller,
        tools: impl Iterator<Item = &'c Contract>,
    ) -> Result<RateReservations, ToolError> {
        let mut reservations = RateReservations(Vec::new());
        let rated = tools.flat_map(|contract| contract.rates().iter().map(move |rate| (contract, *rate)));
        for (contract, rate) in rated {
            let at = nanoseconds(now.saturating_duration_since(self.created));
            match self.reserve_one(shares, caller, contract, rate, at) {
                Ok(reserved) => reservations.0.push(reserved),
                Err(refusal) => return Err(refusal.into_error(contract.name(), rate)),
            }
        }
        Ok(reservations)
    }

    /// Counts a call of one tool. Returns the window, and the time by which [`RateWindow::give_back`] finds the call.
    ///
    /// [`RateWindow::give_back`]: super::window::RateWindow::give_back
    fn reserve_one(
        &self,
        shares: &Shares,
        caller: &Caller,
        contract: &Contract,
        rate: Rate,
        at: Nanoseconds,
    ) -> Result<(SharedWindow, Nanoseconds), RateRefusal> {
        // No change of `Rates` makes the cache invalid, so the number of changes is always 0.
        let windows = caller.rate_windows().get((self.source_id, 0), CallerWindows::default);
        // `None` if the caller caches no window, or the store has removed the cached window.
        let found = match windows.find(contract) {
            Some(window) => {
                let taken = lock(&window).take_unless_removed(at);
                taken.map(|taken| (window, taken))
            }
            None => None,
        };
        let (window, taken) = match found {
            Some(found) => found,
            None => {
                let key = window_key(caller, contract);
                let share = || shares.take(caller, Pool::RateWindows, shares.unless_whole(MAX_OF_USER));
                let (window, taken) = lock(&self.store)
                    .take(key, rate, at, self.max_windows, share)
                    .map_err(RateRefusal::NoWindow)?;
                windows.insert(contract, Arc::clone(&window));
                (window, taken)
            }
        };
        taken.map(|taken| (window, taken)).map_err(RateRefusal::UsedUp)
    }
}

/// The reason why a call can't be counted.
#[derive(Debug, PartialEq, Eq)]
enum RateRefusal {
    /// The caller used up its rate. The next call is allowed after this time.
    UsedUp(Duration),
    /// The call needs a new window, and none can be added.
    NoWindow(NoWindow),
}

impl RateRefusal {
    fn into_error(self, tool: &str, rate: Rate) -> ToolError {
        match self {
            RateRefusal::UsedUp(after) => {
                let after = round_up(after);
                let calls = rate.calls();
                let times = if calls == 1 { "once".to_owned() } else { format!("{calls} times") };
                let message = format!(
                    "'{tool}' may be called {times} in 1 {} by one caller: try again in {}",
                    rate.window().noun(),
                    approximate(after)
                );
                ToolError::rate_limited(message, rate, after)
            }
            RateRefusal::NoWindow(NoWindow::Full(after)) => {
                let after = round_up(after);
                let message = format!(
                    "'{tool}' has a rate for each caller, and the server counts the maximum number of callers already: try again in {}",
                    approximate(after)
                );
                ToolError::unavailable(message, after)
            }
            RateRefusal::NoWindow(NoWindow::UserFull(after)) => {
                let after = round_up(after).max(MIN_WAIT_FOR_USER);
                let message = format!(
                    "'{tool}' has a rate for each caller, and the server counts the calls of at most {MAX_OF_USER} pairs of \
                     agent and tool of one user: use fewer agents, or try again in {}",
                    approximate(after)
                );
                ToolError::unavailable(message, after)
            }
        }
    }
}

/// Rounds up to milliseconds, so that a caller that waits exactly this time isn't refused again.
fn round_up(time: Duration) -> Duration {
    Duration::from_millis(nanoseconds(time).div_ceil(1_000_000))
}

/// Formats a time, rounded up to whole seconds, minutes or hours.
fn approximate(time: Duration) -> String {
    let seconds = nanoseconds(time).div_ceil(1_000_000_000);
    match seconds {
        0..=180 => format!("{seconds} s"),
        181..=10_800 => format!("{} min", seconds.div_ceil(60)),
        _ => format!("{} h", seconds.div_ceil(3_600)),
    }
}
