//! The sliding window of one caller and one tool.
//!
//! A window stores marks. A mark is a number of calls that stop counting together, and the time of the last of them.
//!
//! - If the rate allows at most [`MARKS`] calls, each call has its own mark, and the window is exact.
//! - For higher rates, memory must not grow with the rate. So the length of the window is divided into [`MARKS`] slots,
//!   and the calls of one slot share a mark. A call may therefore count for up to one slot longer than the window's
//!   length, but never shorter.
//!
//! In both cases, no span of time of the window's length contains more calls than the rate allows. Refused calls don't
//! count.

use std::{collections::VecDeque, time::Duration};

use mcp_tool_contract::model::Rate;

/// Maximum marks of a window whose rate allows at most this many calls, and number of slots of any other window. A
/// window with slots has one mark more while its oldest slot is partly outside the window.
pub(super) const MARKS: u32 = 60;

/// Nanoseconds since [`Rates`](super::rates::Rates) was created, or a length of time in nanoseconds.
pub(super) type Nanoseconds = u64;

pub(super) fn nanoseconds(time: Duration) -> Nanoseconds {
    Nanoseconds::try_from(time.as_nanos()).unwrap_or(Nanoseconds::MAX)
}

/// The calls of one caller to one tool in a sliding window.
#[derive(Debug)]
pub(super) struct RateWindow {
    /// Maximum calls that may count at one time.
    max: u32,
    /// Time for which a call counts.
    pub(super) length: Nanoseconds,
    /// Length of a slot; 1 if each call has its own mark.
    slot: Nanoseconds,
    /// Number of calls that count: the sum of all marks.
    calls: u32,
    /// The marks, oldest first.
    pub(super) marks: VecDeque<Mark>,
    /// `true` once the store has removed the window. Then no call may be counted in this window.
    pub(super) is_removed: bool,
}

/// Calls that stop counting at the same time.
#[derive(Debug)]
pub(super) struct Mark {
    /// Time of the last of the calls.
    last: Nanoseconds,
    calls: u32,
}

impl RateWindow {
    pub(super) fn new(rate: Rate) -> Self {
        let length = rate.window().milliseconds() * 1_000_000;
        let slot = if rate.calls() > MARKS { length / Nanoseconds::from(MARKS) } else { 1 };
        RateWindow { max: rate.calls(), length, slot, calls: 0, marks: VecDeque::new(), is_removed: false }
    }

    /// Counts a call like [`take`](Self::take). Returns `None` if the store has removed the window.
    pub(super) fn take_unless_removed(&mut self, now: Nanoseconds) -> Option<Result<Nanoseconds, Duration>> {
        if self.is_removed { None } else { Some(self.take(now)) }
    }

    /// Counts a call and returns its time, by which [`give_back`](Self::give_back) can uncount the call.
    ///
    /// # Errors
    /// The time until the next call is allowed, if the rate is used up.
    pub(super) fn take(&mut self, now: Nanoseconds) -> Result<Nanoseconds, Duration> {
        // A call reads the clock before it locks the window. So a concurrent call with a later time may be counted
        // already.
        let now = self.marks.back().map_or(now, |newest| now.max(newest.last));
        while let Some(oldest) = self.marks.front()
            && oldest.last + self.length <= now
        {
            self.calls -= oldest.calls;
            self.marks.pop_front();
        }
        if self.calls >= self.max {
            let free_at = self.marks.front().map_or(now, |oldest| oldest.last + self.length);
            return Err(Duration::from_nanos(free_at - now));
        }
        self.calls += 1;
        let slot = self.slot;
        match self.marks.back_mut() {
            Some(newest) if newest.last / slot == now / slot => {
                newest.last = now;
                newest.calls += 1;
            }
            _ => self.marks.push_back(Mark { last: now, calls: 1 }),
        }
        Ok(now)
    }

    /// Uncounts a call for which [`take`](Self::take) returned `at`. Has no effect if the call no longer counts.
    pub(super) fn give_back(&mut self, at: Nanoseconds) {
        let slot = self.slot;
        let Some(index) = self.marks.iter().rposition(|mark| mark.last / slot == at / slot) else { return };
        self.calls -= 1;
        self.marks[index].calls -= 1;
        if self.marks[index].calls == 0 {
            self.marks.remove(index);
        }
    }

    /// Returns the time from which none of the current calls counts.
    pub(super) fn idle_at(&self) -> Nanoseconds {
        self.marks.back().map_or(0, |newest| newest.last + self.length)
    }
}
