//! The writing thread: collects records into batches, writes them, and tries a failed sink again.

use std::{sync::atomic::Ordering, time::Duration};

use super::state::{ENDED, FAILING, WriterState};
use crate::{audit::sink::Sink, sync};

/// Time after which the writer tries a failed sink again.
const RETRY: Duration = Duration::from_millis(250);
/// Time for which the writer collects records into one batch, after the first record of the batch.
const BATCH_DELAY: Duration = Duration::from_millis(5);
/// Maximum capacity of the batch buffer that is kept for the next batch, in bytes.
const MAX_CAPACITY: usize = 256 * 1024;

/// Marks the writer as ended when the writing thread drops it, even if the thread panics.
pub(super) struct EndGuard<'s>(pub(super) &'s WriterState);

impl Drop for EndGuard<'_> {
    fn drop(&mut self) {
        let state = self.0;
        let mut pending = state.lock();
        pending.ended = true;
        // These records and those of the writer's last batch are lost.
        let lost = state.waiting.swap(0, Ordering::Relaxed);
        (pending.lines, pending.count) = (Vec::new(), 0);
        state.end.notify_all();
        drop(pending);
        if std::thread::panicking() {
            state.problems.fetch_or(ENDED, Ordering::Relaxed);
            state.dropped.fetch_add(lost as u64, Ordering::Relaxed);
            let effect =
                if state.required { "all calls are refused until a restart" } else { state.effect() };
            tracing::error!(lost, "audit records can't be written, because their writer panicked: {effect}");
        }
    }
}

/// Writes all records until the [`Audit`](super::Audit) is dropped. Records that the sink fails to write are tried again if the sink
/// is required and the writer isn't stopping, else dropped.
pub(super) fn write_all(mut sink: Box<dyn Sink>, state: &WriterState) {
    let mut batch = Vec::new();
    while let Some(count) = next(&mut batch, &mut *sink, state) {
        let mut rest = batch.as_slice();
        let is_written = loop {
            match sink.write(&mut rest) {
                Ok(()) => break true,
                Err(error) => state.failed(&error),
            }
            if !state.required || state.lock().stopping {
                state.drop_records(rest.split_inclusive(|byte| *byte == b'\n').count());
                break false;
            }
            std::thread::sleep(RETRY);
        };
        // The order matters; see `WriterState::check_writer`.
        state.waiting.fetch_sub(count, Ordering::Release);
        state.done.fetch_add(count as u64, Ordering::Release);
        if is_written {
            state.recovered();
        }
        batch.clear();
        batch.shrink_to(MAX_CAPACITY);
    }
}

/// Waits for lines, moves them into `batch`, and returns their number. `None` if the writer is stopping and no lines
/// are left. While there are no lines, tries a failed sink again.
fn next(batch: &mut Vec<u8>, sink: &mut dyn Sink, state: &WriterState) -> Option<usize> {
    let mut pending = state.lock();
    while pending.lines.is_empty() && !pending.stopping {
        if std::mem::take(&mut pending.reopen) {
            // The lock is released, so that calls don't wait while the sink is opened.
            drop(pending);
            match sink.open() {
                Ok(()) => state.recovered(),
                Err(error) => state.failed(&error),
            }
            pending = state.lock();
            continue;
        }
        pending.asleep = true;
        if state.problems.load(Ordering::Relaxed) & FAILING != 0 {
            let (woken, waited) = sync::unpoisoned(state.wake.wait_timeout(pending, RETRY));
            drop(woken);
            if waited.timed_out() && sink.open().is_ok() {
                state.recovered();
            }
            pending = state.lock();
        } else {
            pending = sync::unpoisoned(state.wake.wait(pending));
        }
    }
    pending.asleep = false;
    // Collects a batch, because waking up and writing for each record would take more time than the calls themselves.
    let waited = state.wake.wait_timeout_while(pending, BATCH_DELAY, |pending| !pending.stopping);
    let (mut pending, _) = sync::unpoisoned(waited);
    std::mem::swap(&mut pending.lines, batch);
    let count = std::mem::take(&mut pending.count);
    (count > 0).then_some(count)
}
