//! How often: the calls of one caller to one tool, in any span of time as long as the window of its rate.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use mcp_tool_contract::{
    digest::Digest,
    model::{Contract, Rate, Window},
};

use super::cell::{Cell, Time, nanoseconds};
use crate::{
    call::{cache::CacheSlot, caller::Caller},
    error::ToolError,
    sync::lock,
};

/// Callers of tools that are counted at one time. Cells whose window is over make room for others; while there is
/// none, new callers are refused. Full, and each at its most, they take 120 MB.
const MOST_CELLS: usize = 100_000;
/// Cells that each new one looks at, so that memory falls again after a rush.
const LOOKED_AT: usize = 2;

/// A caller and a tool, by a digest: whatever callers are called, a key has one size.
type Key = [u8; 32];

/// The windows of all callers.
#[derive(Debug)]
pub(crate) struct Rates {
    begun: Instant,
    most: usize,
    place: u64,
    cells: Mutex<Cells>,
}

/// A cell that its caller holds too.
type SharedCell = Arc<Mutex<Cell>>;
/// A cell that was found or made, and what came of the call.
type Looked = (SharedCell, Result<Time, Duration>);

/// The windows of one caller that were found before, by the name and major of their tools: a caller that comes again
/// looks for none among all.
#[derive(Debug, Default)]
struct Windows(Mutex<Vec<(&'static str, u32, SharedCell)>>);

impl Windows {
    fn of(&self, contract: &Contract) -> Option<SharedCell> {
        let is_its = |name: &str, major| major == contract.version.major && name == contract.name;
        lock(&self.0).iter().find(|(name, major, _)| is_its(name, *major)).map(|(.., cell)| Arc::clone(cell))
    }

    fn keep(&self, contract: &Contract, cell: SharedCell) {
        let mut windows = lock(&self.0);
        windows.retain(|(.., cell)| !lock(cell).is_gone);
        windows.push((contract.name, contract.version.major, cell));
    }
}

impl Default for Rates {
    fn default() -> Self {
        Rates::holding(MOST_CELLS)
    }
}

/// Places in the windows of a call. They are given back unless the call begins.
#[derive(Debug)]
#[must_use = "a place that isn't kept is given back"]
pub(crate) struct Places {
    taken: Vec<(SharedCell, Time)>,
}

impl Places {
    /// The call begins: from now on it counts, whatever becomes of it.
    pub(crate) fn keep(mut self) {
        self.taken.clear();
    }
}

impl Drop for Places {
    fn drop(&mut self) {
        for (cell, at) in &self.taken {
            lock(cell).give_back(*at);
        }
    }
}

impl Rates {
    fn holding(most: usize) -> Self {
        Rates { begun: Instant::now(), most, place: CacheSlot::source(), cells: Mutex::default() }
    }

    /// A place in the window of each tool that has a rate, or none.
    ///
    /// # Errors
    /// Which rate is used up, and when there is a place again.
    pub(crate) fn take<'c>(
        &self,
        now: Instant,
        caller: &Caller,
        tools: impl Iterator<Item = &'c Contract>,
    ) -> Result<Places, ToolError> {
        let mut places = Places { taken: Vec::new() };
        let limited = tools.filter_map(|contract| Some((contract, contract.rate?)));
        for (contract, rate) in limited {
            let at = nanoseconds(now.saturating_duration_since(self.begun));
            match self.place_in(caller, contract, rate, at) {
                Ok(taken) => places.taken.push(taken),
                Err(refused) => return Err(refused.of(contract.name, rate)),
            }
        }
        Ok(places)
    }

    fn place_in(
        &self,
        caller: &Caller,
        contract: &Contract,
        rate: Rate,
        at: Time,
    ) -> Result<(SharedCell, Time), Refused> {
        let windows = caller.rate_windows().get((self.place, 0), Windows::default);
        let found = match windows.of(contract) {
            Some(cell) => {
                let taken = lock(&cell).take_unless_gone(at);
                taken.map(|taken| (cell, taken))
            }
            None => None,
        };
        let (cell, taken) = match found {
            Some(found) => found,
            None => {
                let (cell, taken) = lock(&self.cells).take(key(caller, contract), rate, at, self.most)?;
                windows.keep(contract, Arc::clone(&cell));
                (cell, taken)
            }
        };
        taken.map(|taken| (cell, taken)).map_err(Refused::UsedUp)
    }
}

/// The key of a caller's window. What a local client calls itself is no part of it: by another name it would have
/// another window.
fn key(caller: &Caller, contract: &Contract) -> Key {
    let agent = caller.agent().filter(|_| !caller.is_local());
    let major = contract.version.major.to_string();
    let principal = [caller.issuer(), caller.tenant(), Some(caller.user()), agent];
    let parts = principal.into_iter().chain([Some(contract.name), Some(&*major)]);
    let mut bytes = Vec::with_capacity(128);
    for part in parts {
        // With its length before it, no part can pass for another.
        let length = part.map_or(u64::MAX, |part| part.len() as u64);
        bytes.extend(length.to_le_bytes());
        bytes.extend(part.unwrap_or_default().as_bytes());
    }
    *Digest::of_bytes(&bytes).bytes()
}

/// Why there is no place.
#[derive(Debug, PartialEq, Eq)]
enum Refused {
    /// The caller used them up; one is free after that time.
    UsedUp(Duration),
    /// There are too many callers to count another; perhaps one fewer after that time.
    Full(Duration),
}

impl Refused {
    fn of(self, tool: &str, rate: Rate) -> ToolError {
        match self {
            Refused::UsedUp(after) => {
                let after = whole_milliseconds(after);
                let Rate { calls, window } = rate;
                let times = if calls == 1 { "once".to_owned() } else { format!("{calls} times") };
                let message = format!(
                    "'{tool}' may be called {times} in 1 {} by one caller, and was: try again in {}",
                    named(window),
                    spoken(after)
                );
                ToolError::rate_limited(message, rate, after)
            }
            Refused::Full(after) => {
                let after = whole_milliseconds(after);
                let message = format!(
                    "'{tool}' counts the calls of each caller, and as many callers as are counted called already: \
                     try again in {}",
                    spoken(after)
                );
                ToolError::unavailable(message, after)
            }
        }
    }
}

const fn named(window: Window) -> &'static str {
    window.noun()
}

/// Rounded up, so that who waits so long waits long enough.
fn whole_milliseconds(time: Duration) -> Duration {
    Duration::from_millis(nanoseconds(time).div_ceil(1_000_000))
}

/// As people say it, rounded up.
fn spoken(time: Duration) -> String {
    let seconds = nanoseconds(time).div_ceil(1_000_000_000);
    match seconds {
        0..=180 => format!("{seconds} s"),
        181..=10_800 => format!("{} min", seconds.div_ceil(60)),
        _ => format!("{} h", seconds.div_ceil(3_600)),
    }
}

#[derive(Debug, Default)]
struct Cells {
    cells: HashMap<Key, SharedCell>,
    /// One entry a cell, soonest first: a time before which it isn't idle.
    idle: BinaryHeap<Reverse<(Time, Key)>>,
}

impl Cells {
    /// The cell of that key, and what came of the call.
    fn take(&mut self, key: Key, rate: Rate, now: Time, most: usize) -> Result<Looked, Refused> {
        if let Some(cell) = self.cells.get(&key) {
            let taken = lock(cell).take(now);
            return Ok((Arc::clone(cell), taken));
        }
        self.sweep(now, most);
        if self.cells.len() >= most {
            let idle_at = self.idle.peek().map_or(now, |Reverse((at, _))| *at);
            return Err(Refused::Full(Duration::from_nanos(idle_at.saturating_sub(now))));
        }
        let mut cell = Cell::new(rate);
        let taken = cell.take(now);
        self.idle.push(Reverse((cell.idle_at(), key)));
        let cell = Arc::new(Mutex::new(cell));
        self.cells.insert(key, Arc::clone(&cell));
        Ok((cell, taken))
    }

    /// Lets go of cells that are idle: of a few, and where there is no room, of as many as it takes to find one.
    fn sweep(&mut self, now: Time, most: usize) {
        let mut looked_at = 0;
        while let Some(Reverse((at, key))) = self.idle.peek().copied()
            && at <= now
            && (looked_at < LOOKED_AT || self.cells.len() >= most)
        {
            looked_at += 1;
            self.idle.pop();
            let Some(cell) = self.cells.get(&key) else { continue };
            let mut cell = lock(cell);
            match cell.idle_at() {
                // It was called since. Its calls pay for the second look.
                later if later > now => self.idle.push(Reverse((later, key))),
                // Whoever holds it counts nothing in it any more: another would be made beside it.
                _ => {
                    cell.is_gone = true;
                    drop(cell);
                    self.cells.remove(&key);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use mcp_tool_contract::model::Version;

    use super::{super::cell::MARKS, *};
    use crate::error::ErrorKind;

    const CONTRACT: Contract =
        Contract { name: "delete", version: Version { major: 2, minor: 1 }, ..Contract::EMPTY };

    const fn rated(calls: u32, window: Window) -> Contract {
        Contract { rate: Some(Rate { calls, window }), ..CONTRACT }
    }

    fn random(state: &mut u64) -> u64 {
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        *state
    }

    /// Takes a place and keeps it, or says how long it takes to the next.
    fn call(rates: &Rates, at: Duration, caller: &Caller, tool: &Contract) -> Result<(), ToolError> {
        rates.take(rates.begun + at, caller, std::iter::once(tool)).map(Places::keep)
    }

    fn after(refused: Result<(), ToolError>) -> Duration {
        refused.err().and_then(|error| error.retry_after()).unwrap_or_default()
    }

    #[test]
    fn no_span_as_long_as_the_window_sees_more_than_its_rate() {
        for calls in [1, 2, 7, 60, 61, 100, 1_000] {
            for seed in 1..20 {
                let mut state = 0x9E37_79B9_7F4A_7C15_u64.wrapping_mul(seed);
                let mut cell = Cell::new(Rate { calls, window: Window::Second });
                let (mut now, mut kept): (Time, Vec<Time>) = (0, Vec::new());
                for _ in 0..4_000 {
                    let step = 1_000_000_000 / u64::from(calls);
                    now += random(&mut state)
                        % [1, step / 2, step * 3][(random(&mut state) % 3) as usize].max(1);
                    // Clocks that were read out of order.
                    let read = now.saturating_sub(random(&mut state) % 1_000);
                    match cell.take(read) {
                        Ok(at) if random(&mut state).is_multiple_of(5) => cell.give_back(at),
                        Ok(at) => kept.push(at),
                        Err(wait) => assert!(wait > Duration::ZERO),
                    }
                    assert!(cell.marks.len() <= MARKS as usize + 1 && cell.marks.capacity() <= 64);
                }
                let too_many = kept
                    .windows(calls as usize + 1)
                    .find(|span| span[calls as usize] - span[0] < cell.window);
                assert_eq!(too_many, None, "{calls} {seed}");
                assert!(kept.len() > calls as usize, "{calls} {seed}: {}", kept.len());
            }
        }
    }

    #[test]
    fn who_waits_as_long_as_was_said_is_admitted_again() {
        let ann = Caller::new("ann");
        for (calls, window) in
            [(1, Window::Day), (3, Window::Hour), (60, Window::Minute), (500, Window::Second)]
        {
            let (rates, tool) = (Rates::default(), rated(calls, window));
            let (mut now, mut refused) = (Duration::ZERO, 0);
            for _ in 0..5 * calls {
                if let Err(error) = call(&rates, now, &ann, &tool) {
                    refused += 1;
                    now += error.retry_after().unwrap_or_default();
                    let again = call(&rates, now, &ann, &tool);
                    assert!(again.is_ok(), "{calls} {window:?}: {again:?}");
                }
                now += Duration::from_micros(1);
            }
            assert!(refused >= 4, "{calls} {window:?}: {refused}");
        }
    }

    #[test]
    fn who_keeps_to_the_rate_is_never_refused() {
        let ann = Caller::new("ann");
        for calls in [1, 10, 60] {
            let (rates, tool) = (Rates::default(), rated(calls, Window::Minute));
            for turn in 0..10 * calls {
                let at = Duration::from_secs(60) * turn / calls;
                assert!(call(&rates, at, &ann, &tool).is_ok(), "{calls}: {turn}");
            }
        }
        // Where calls share marks, they count for a sixtieth longer.
        let (rates, tool) = (Rates::default(), rated(600, Window::Minute));
        for turn in 0..6_000 {
            let at = Duration::from_secs(61) * turn / 600;
            assert!(call(&rates, at, &ann, &tool).is_ok(), "{turn}");
        }
    }

    #[test]
    fn the_refusal_says_the_limit_and_when_to_come_back() {
        let ann = Caller::new("ann");
        let (rates, tool) = (Rates::default(), rated(10, Window::Minute));
        for second in 0..10 {
            assert!(call(&rates, Duration::from_secs(second), &ann, &tool).is_ok());
        }
        let refused = call(&rates, Duration::from_micros(48_000_500), &ann, &tool).unwrap_err();
        assert_eq!((refused.kind(), refused.rate()), (ErrorKind::RateLimited, tool.rate));
        assert_eq!(refused.retry_after(), Some(Duration::from_secs(12)));
        assert_eq!(
            refused.to_string(),
            "'delete' may be called 10 times in 1 minute by one caller, and was: try again in 12 s"
        );
        let once = rated(1, Window::Day);
        let once = Contract { name: "wipe", ..once };
        assert!(call(&rates, Duration::ZERO, &ann, &once).is_ok());
        let refused = call(&rates, Duration::from_secs(1), &ann, &once).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "'wipe' may be called once in 1 day by one caller, and was: try again in 24 h"
        );
    }

    #[test]
    fn what_is_given_back_is_free_again() {
        for calls in [1, 100] {
            let (rates, tool) = (Rates::default(), rated(calls, Window::Hour));
            let ann = Caller::new("ann");
            for _ in 0..3 * calls {
                assert!(rates.take(rates.begun, &ann, std::iter::once(&tool)).is_ok(), "and is dropped");
            }
            for _ in 0..calls {
                assert!(call(&rates, Duration::ZERO, &ann, &tool).is_ok());
            }
            assert!(call(&rates, Duration::ZERO, &ann, &tool).is_err());
        }
        // Of several tools all have a place, or none is taken.
        let (rates, ann) = (Rates::default(), Caller::new("ann"));
        let (wide, narrow) = (rated(2, Window::Hour), Contract { name: "end", ..rated(1, Window::Hour) });
        let both = |at| rates.take(rates.begun + at, &ann, [&wide, &narrow].into_iter()).map(Places::keep);
        assert!(both(Duration::ZERO).is_ok());
        assert!(both(Duration::ZERO).is_err());
        assert!(call(&rates, Duration::ZERO, &ann, &wide).is_ok());
        assert!(call(&rates, Duration::ZERO, &ann, &wide).is_err());
    }

    #[test]
    fn each_caller_and_each_major_has_its_own_window() {
        let (rates, tool) = (Rates::default(), rated(1, Window::Hour));
        let ann = Caller::new("ann");
        let others = [
            ann.clone(),
            Caller::new("bob"),
            ann.clone().with_agent("a"),
            ann.clone().with_agent("b"),
            ann.clone().with_tenant("a"),
            ann.clone().with_tenant(""),
        ];
        for caller in &others {
            assert!(call(&rates, Duration::ZERO, caller, &tool).is_ok(), "{caller:?}");
            assert!(call(&rates, Duration::ZERO, caller, &tool).is_err(), "{caller:?}");
        }
        let minor = Contract { version: Version { major: 2, minor: 9 }, ..tool };
        let major = Contract { version: Version { major: 3, minor: 1 }, ..tool };
        assert!(call(&rates, Duration::ZERO, &ann, &minor).is_err());
        assert!(call(&rates, Duration::ZERO, &ann, &major).is_ok());
    }

    #[test]
    fn a_local_client_has_one_window_whatever_it_calls_itself() {
        let (rates, tool) = (Rates::default(), rated(1, Window::Hour));
        let local = Caller::local(crate::call::caller::Scopes::All);
        assert!(call(&rates, Duration::ZERO, &local.clone().with_agent("a"), &tool).is_ok());
        assert!(call(&rates, Duration::ZERO, &local.clone().with_agent("b"), &tool).is_err());
        assert!(call(&rates, Duration::ZERO, &local, &tool).is_err());
    }

    #[test]
    fn so_many_callers_are_counted_and_the_idle_make_room() {
        let (rates, tool) = (Rates::holding(100), rated(2, Window::Minute));
        let caller = |which: u32| Caller::new(format!("caller {which}"));
        let at = |second| Duration::from_secs(second);
        for which in 0..100 {
            assert!(call(&rates, at(which.into()) / 10, &caller(which), &tool).is_ok());
        }
        let full = call(&rates, at(10), &caller(100), &tool).unwrap_err();
        assert_eq!(full.kind(), ErrorKind::Unavailable);
        assert_eq!(full.retry_after(), Some(at(50)), "when the first may be idle");
        assert!(call(&rates, at(10), &caller(0), &tool).is_ok(), "who is counted already is let in");
        // The first was called again; the second is the first to be idle.
        assert_eq!(after(call(&rates, at(60), &caller(100), &tool)), Duration::from_millis(100));
        assert!(call(&rates, Duration::from_millis(60_100), &caller(100), &tool).is_ok());
        assert_eq!(lock(&rates.cells).cells.len(), 100);
        assert!(call(&rates, Duration::from_millis(60_100), &caller(101), &tool).is_err());
        // Long after, each newcomer lets go of two.
        for which in 200..250 {
            assert!(call(&rates, at(1_000), &caller(which), &tool).is_ok());
        }
        let held = lock(&rates.cells);
        assert_eq!((held.cells.len(), held.idle.len()), (50, 50));
    }

    #[test]
    fn whoever_holds_a_window_that_made_room_counts_where_the_others_do() {
        let (rates, tool) = (Rates::holding(2), rated(1, Window::Minute));
        // Two connections of one caller, each with what it found for itself.
        let (first, second) = (Caller::new("ann"), Caller::new("ann"));
        assert!(call(&rates, Duration::ZERO, &first, &tool).is_ok());
        for other in ["bob", "eve"] {
            assert!(call(&rates, Duration::from_secs(1_000), &Caller::new(other), &tool).is_ok());
        }
        assert!(call(&rates, Duration::from_secs(2_000), &second, &tool).is_ok());
        assert!(call(&rates, Duration::from_secs(2_000), &first, &tool).is_err());
        assert!(call(&rates, Duration::from_secs(2_060), &first, &tool).is_ok());
        assert!(call(&rates, Duration::from_secs(2_060), &second, &tool).is_err());
    }
}
