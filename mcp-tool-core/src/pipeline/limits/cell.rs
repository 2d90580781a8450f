//! The window of one caller and one tool.
//!
//! A cell holds marks of the calls that count still. Up to [`MARKS`] calls a window, each has a mark of its own and
//! the window is exact. Of more, a log would be what a caller can fill memory with: there the window is cut into so
//! many slots, and the calls of one slot share a mark, which has the time of the last of them. So a call may count
//! for a slot longer than the window, a sixtieth of it, and never shorter: no span as long as the window ever sees
//! more calls than its rate says. What is refused doesn't count.

use std::{collections::VecDeque, time::Duration};

use mcp_tool_contract::model::Rate;

/// Marks of one cell that count at one time, but for one at the edge.
pub(super) const MARKS: u32 = 60;

/// Nanoseconds since the windows began.
pub(super) type Time = u64;

pub(super) fn nanoseconds(time: Duration) -> Time {
    Time::try_from(time.as_nanos()).unwrap_or(Time::MAX)
}

/// The window of one caller and one tool.
#[derive(Debug)]
pub(super) struct Cell {
    most: u32,
    pub(super) window: Time,
    /// How much time the calls of one mark are within.
    slot: Time,
    /// Calls that count.
    calls: u32,
    pub(super) marks: VecDeque<Mark>,
    /// Whether it made room for others.
    pub(super) is_gone: bool,
}

#[derive(Debug)]
pub(super) struct Mark {
    last: Time,
    calls: u32,
}

impl Cell {
    pub(super) fn new(rate: Rate) -> Self {
        let window = rate.window.milliseconds() * 1_000_000;
        let slot = if rate.calls > MARKS { window / Time::from(MARKS) } else { 1 };
        Cell { most: rate.calls, window, slot, calls: 0, marks: VecDeque::new(), is_gone: false }
    }

    /// The same as [`take`](Cell::take), where it isn't gone.
    pub(super) fn take_unless_gone(&mut self, now: Time) -> Option<Result<Time, Duration>> {
        if self.is_gone { None } else { Some(self.take(now)) }
    }

    /// The time of the call, by which its place can be given back; or how long until there is one.
    pub(super) fn take(&mut self, now: Time) -> Result<Time, Duration> {
        // Two calls may get here in another order than their clocks were read in.
        let now = self.marks.back().map_or(now, |newest| now.max(newest.last));
        while let Some(oldest) = self.marks.front()
            && oldest.last + self.window <= now
        {
            self.calls -= oldest.calls;
            self.marks.pop_front();
        }
        if self.calls >= self.most {
            let free_at = self.marks.front().map_or(now, |oldest| oldest.last + self.window);
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

    pub(super) fn give_back(&mut self, at: Time) {
        let slot = self.slot;
        let Some(place) = self.marks.iter().rposition(|mark| mark.last / slot == at / slot) else { return };
        self.calls -= 1;
        self.marks[place].calls -= 1;
        if self.marks[place].calls == 0 {
            self.marks.remove(place);
        }
    }

    /// From when on none of its calls count.
    pub(super) fn idle_at(&self) -> Time {
        self.marks.back().map_or(0, |newest| newest.last + self.window)
    }
}
