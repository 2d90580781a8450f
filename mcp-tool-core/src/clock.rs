//! The start time of a call. It is read once and used for the call's deadline, id and audit record.

use std::{
    cell::Cell,
    time::{Instant, SystemTime, UNIX_EPOCH},
};

use chrono::{DateTime, SecondsFormat, Utc};
use uuid::{ContextV7, Timestamp, Uuid};

use crate::json::JsonWriter;

/// One point in time, by the monotonic clock and by the system clock.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    pub(crate) instant: Instant,
    pub(crate) time: SystemTime,
}

impl Moment {
    pub(crate) fn now() -> Self {
        Moment { instant: Instant::now(), time: SystemTime::now() }
    }

    /// Returns a new correlation id, a UUID of version 7 (RFC 9562 §5.7). Ids made by the same thread sort in
    /// the order in which they were made.
    pub(crate) fn id(&self) -> Uuid {
        thread_local!(static CONTEXT: ContextV7 = const { ContextV7::new() });
        let since = self.time.duration_since(UNIX_EPOCH).unwrap_or_default();
        CONTEXT.with(|context| {
            Uuid::new_v7(Timestamp::from_unix(context, since.as_secs(), since.subsec_nanos()))
        })
    }

    /// Appends the time in UTC as RFC 3339 with microseconds, without quotes.
    pub(crate) fn write(&self, text: &mut JsonWriter) {
        // Many calls fall into the same second, so the text up to the second is cached for each thread.
        thread_local!(static SECOND: Cell<(u64, [u8; 19])> = const { Cell::new((u64::MAX, [b' '; 19])) });
        let since = self.time.duration_since(UNIX_EPOCH).unwrap_or_default();
        let (mut second, mut written) = SECOND.get();
        if second != since.as_secs() {
            second = since.as_secs();
            let whole = DateTime::<Utc>::from(self.time).to_rfc3339_opts(SecondsFormat::Micros, true);
            match whole.as_bytes().first_chunk() {
                Some(first) if whole.len() == 27 => written = *first,
                // The year has more than four digits, so the text doesn't fit into the cache.
                _ => return text.raw(&whole),
            }
            SECOND.set((second, written));
        }
        text.bytes(&written);
        let mut rest = *b".000000Z";
        let mut micros = since.subsec_micros();
        for digit in rest[1..7].iter_mut().rev() {
            *digit += (micros % 10) as u8;
            micros /= 10;
        }
        text.bytes(&rest);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn times_are_written_exactly_as_chrono_formats_them() {
        let instant = Instant::now();
        for nanos in [
            0,
            1_999,
            999_999_999,
            1_700_000_000_123_456_789,
            1_700_000_000_999_999_000,
            // Year 10000, which needs five digits.
            253_402_300_800_000_000_999,
        ] {
            let time = UNIX_EPOCH + Duration::from_nanos_u128(nanos);
            let mut text = JsonWriter::default();
            Moment { instant, time }.write(&mut text);
            let expected = DateTime::<Utc>::from(time).to_rfc3339_opts(SecondsFormat::Micros, true);
            assert_eq!(text.as_bytes(), expected.as_bytes());
        }
    }

    #[test]
    fn ids_of_one_thread_sort_in_order_of_creation() {
        let ids: Vec<Uuid> = (0..1_000).map(|_| Moment::now().id()).collect();
        assert!(ids.is_sorted() && ids.iter().all(|id| id.get_version_num() == 7));
    }
}
