//! Rates: maximum calls of one caller to one tool, in any span of time as long as the window.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use mcp_tool_contract::model::{Contract, Rate};

use super::{
    window::{Nanoseconds, nanoseconds},
    window_store::{SharedWindow, WindowStore, window_key},
};
use crate::{
    call::{cache::CacheSlot, caller::Caller},
    error::ToolError,
    sync::lock,
};

/// Maximum number of windows, which take 120 MB if all have the maximum number of marks. When no window is idle, new
/// callers are refused.
const MAX_WINDOWS: usize = 100_000;

/// The rates of all callers and tools.
#[derive(Debug)]
pub(crate) struct Rates {
    pub(super) created: Instant,
    max_windows: usize,
    /// Id of these rates as the source of the windows that are cached with callers.
    source_id: u64,
    pub(super) store: Mutex<WindowStore>,
}

/// The windows that a caller has used, by name and major version of the tool. They are cached with the caller, so that
/// its next call doesn't search the store.
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

/// Calls counted by [`Rates::reserve`]. They are uncounted when dropped without [`commit`](Self::commit).
#[derive(Debug)]
#[must_use = "dropping reservations uncounts the calls"]
pub(crate) struct RateReservations(Vec<(SharedWindow, Nanoseconds)>);

impl RateReservations {
    /// Keeps the calls counted.
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

    /// Counts a call in the window of each tool that has a rate, or in none.
    ///
    /// # Errors
    /// If a rate is used up; the error names it and says when the next call is allowed.
    pub(crate) fn reserve<'c>(
        &self,
        now: Instant,
        caller: &Caller,
        tools: impl Iterator<Item = &'c Contract>,
    ) -> Result<RateReservations, ToolError> {
        let mut reservations = RateReservations(Vec::new());
        let rated = tools.flat_map(|contract| contract.rates().iter().map(move |rate| (contract, *rate)));
        for (contract, rate) in rated {
            let at = nanoseconds(now.saturating_duration_since(self.created));
            match self.reserve_one(caller, contract, rate, at) {
                Ok(reserved) => reservations.0.push(reserved),
                Err(refusal) => return Err(refusal.into_error(contract.name(), rate)),
            }
        }
        Ok(reservations)
    }

    fn reserve_one(
        &self,
        caller: &Caller,
        contract: &Contract,
        rate: Rate,
        at: Nanoseconds,
    ) -> Result<(SharedWindow, Nanoseconds), RateRefusal> {
        let windows = caller.rate_windows().get((self.source_id, 0), CallerWindows::default);
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
                let (window, taken) = lock(&self.store)
                    .take(key, rate, at, self.max_windows)
                    .map_err(RateRefusal::TooManyCallers)?;
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
    /// The caller used up its rate; the next call is allowed after this time.
    UsedUp(Duration),
    /// No window is free for another caller; one may be free after this time.
    TooManyCallers(Duration),
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
            RateRefusal::TooManyCallers(after) => {
                let after = round_up(after);
                let message = format!(
                    "'{tool}' has a rate for each caller, and the maximum of counted callers is reached: try again in {}",
                    approximate(after)
                );
                ToolError::unavailable(message, after)
            }
        }
    }
}

/// Rounds up to milliseconds, so that a caller that waits as told is admitted.
fn round_up(time: Duration) -> Duration {
    Duration::from_millis(nanoseconds(time).div_ceil(1_000_000))
}

/// Formats a time in seconds, minutes or hours, rounded up.
fn approximate(time: Duration) -> String {
    let seconds = nanoseconds(time).div_ceil(1_000_000_000);
    match seconds {
        0..=180 => format!("{seconds} s"),
        181..=10_800 => format!("{} min", seconds.div_ceil(60)),
        _ => format!("{} h", seconds.div_ceil(3_600)),
    }
}
