//! State that calls, the writing thread and its watchdog share: the waiting records, and the problems of the writer.

use std::{
    io,
    sync::{
        Condvar, Mutex, MutexGuard,
        atomic::{AtomicU8, AtomicU64, AtomicUsize, Ordering},
    },
    time::Instant,
};

use crate::{audit::refusals::Refusals, sync, watchdog::StallDetector};

/// Maximum records that wait to be written. Further records are dropped. If the sink is
/// [required](crate::audit::Sink::is_required), new calls are refused, and the records of running calls are kept.
const MAX_WAITING: usize = 16_384;

#[derive(Debug)]
pub(super) struct WriterState {
    /// [`Sink::is_required`](crate::audit::Sink::is_required) of the sink.
    pub(super) required: bool,
    /// Reasons why records can't be written now, as bits: [`FAILING`], [`STALLED`] and [`ENDED`].
    pub(super) problems: AtomicU8,
    /// Number of records that are neither written nor dropped yet.
    pub(super) waiting: AtomicUsize,
    /// Number of records that the writer has written or dropped since the start.
    pub(super) done: AtomicU64,
    /// Number of records that were dropped since the sink last recovered.
    pub(super) dropped: AtomicU64,
    pub(super) pending: Mutex<PendingLines>,
    /// The refused calls without a record of their own.
    pub(super) refusals: Refusals,
    /// Wakes the writer.
    pub(super) wake: Condvar,
    /// Signals that the writer has ended.
    pub(super) end: Condvar,
}

/// The sink's last operation failed.
pub(super) const FAILING: u8 = 1;
/// A record has waited for 2 s, and no operation of the sink failed: the writer hangs.
const STALLED: u8 = 1 << 1;
/// The writing thread panicked, so it writes no further record.
pub(super) const ENDED: u8 = 1 << 2;

/// Lines that the writer hasn't taken yet, and the state of the writer.
#[derive(Debug, Default)]
pub(super) struct PendingLines {
    pub(super) lines: Vec<u8>,
    /// Number of records in `lines`.
    pub(super) count: usize,
    /// The writer waits for [`WriterState::wake`].
    pub(super) asleep: bool,
    /// The writer opens the sink again before it waits for lines.
    pub(super) reopen: bool,
    /// The writer ends after the lines that it already has.
    pub(super) stopping: bool,
    /// The writing thread has ended or panicked.
    pub(super) ended: bool,
}

impl WriterState {
    /// Returns the state of a writer that hasn't written anything. `required` is the result of the sink's
    /// [`is_required`](crate::audit::Sink::is_required).
    pub(super) fn new(required: bool) -> Self {
        WriterState {
            required,
            problems: AtomicU8::new(0),
            waiting: AtomicUsize::new(0),
            done: AtomicU64::new(0),
            dropped: AtomicU64::new(0),
            pending: Mutex::default(),
            refusals: Refusals::default(),
            wake: Condvar::new(),
            end: Condvar::new(),
        }
    }

    pub(super) fn append(&self, line: &[u8], has_started: bool) {
        if self.is_full() && !(has_started && self.required) {
            return self.drop_records(1);
        }
        let mut pending = self.lock();
        if pending.ended {
            drop(pending);
            return self.drop_records(1);
        }
        self.waiting.fetch_add(1, Ordering::Relaxed);
        pending.lines.extend_from_slice(line);
        pending.count += 1;
        let wake = std::mem::take(&mut pending.asleep);
        drop(pending);
        if wake {
            self.wake.notify_one();
        }
    }

    /// Records the counted refusals that are due at `now`, or all of them if `now` is `None`.
    pub(super) fn record_refusals(&self, now: Option<Instant>) {
        for counted in self.refusals.due(now) {
            self.append(&counted.line(), false);
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, PendingLines> {
        sync::lock(&self.pending)
    }

    /// Returns `true` if too many records wait to be written.
    pub(super) fn is_full(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) >= MAX_WAITING
    }

    /// Returns the effect of a failing sink on records and calls.
    pub(super) fn effect(&self) -> &'static str {
        if self.required { "tools that write are refused" } else { "they are dropped" }
    }

    /// Marks the sink as failing. Logs the error if the sink wasn't failing before.
    pub(super) fn failed(&self, error: &io::Error) {
        if self.problems.fetch_or(FAILING, Ordering::Relaxed) & FAILING == 0 {
            tracing::error!(%error, "audit records can't be written: {}", self.effect());
        }
    }

    /// Marks the sink as stalled if a record has waited too long, and as working if none has; logs each change. A
    /// failing sink or an ended writer doesn't count as stalled. Returns `false` if the writer has ended.
    pub(super) fn check_writer(&self, detector: &mut StallDetector) -> bool {
        // `done` is read first, and the writer changes it last, so that `requested` never includes a record that
        // doesn't exist.
        let done = self.done.load(Ordering::Acquire);
        let requested = done + self.waiting.load(Ordering::Acquire) as u64;
        let is_stalled = self.required && detector.is_stalled(done, requested);
        let problems = self.problems.load(Ordering::Relaxed);
        if !is_stalled {
            self.clear(STALLED);
        } else if problems == 0 {
            self.problems.fetch_or(STALLED, Ordering::Relaxed);
            tracing::error!("audit records can't be written, because writing them hangs: {}", self.effect());
        }
        !self.lock().ended
    }

    /// Marks the sink as working. Logs the number of dropped records if the sink was failing before.
    pub(super) fn recovered(&self) {
        self.clear(FAILING);
    }

    /// Clears a bit of [`problems`](Self::problems). Logs the change if the bit was set.
    fn clear(&self, problem: u8) {
        if self.problems.load(Ordering::Relaxed) & problem != 0 {
            self.problems.fetch_and(!problem, Ordering::Relaxed);
            let dropped = self.dropped.swap(0, Ordering::Relaxed);
            tracing::warn!(dropped, "audit records are written again");
        }
    }

    /// Counts records that the caller of this method drops. Logs an error for the first of them.
    pub(super) fn drop_records(&self, records: usize) {
        let before = self.dropped.fetch_add(records as u64, Ordering::Relaxed);
        if before == 0 {
            tracing::error!("audit records are dropped from now on");
        }
    }
}
