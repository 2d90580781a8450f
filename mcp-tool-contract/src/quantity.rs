//! Parses durations, sizes and rates: `5s`, `4MiB`, `10/min`.

use crate::model::{Rate, Window};

/// Maximum duration, in milliseconds: a day.
const MAX_MILLISECONDS: u64 = 86_400_000;

/// Parses a duration of 1 ms to a day, such as `250ms`, `5s`, `2m` or `1h`, into milliseconds. White space may precede
/// the unit. `None` for other text.
#[must_use]
pub fn milliseconds(text: &str) -> Option<u64> {
    let units = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000)];
    scaled(text, &units).filter(|time| (1..=MAX_MILLISECONDS).contains(time))
}

/// Parses a size such as `65536`, `64KiB` or `4MiB` into bytes. White space may precede the unit. `None` for other
/// text, and for 2^64 bytes or more.
#[must_use]
pub fn bytes(text: &str) -> Option<u64> {
    scaled(text, &[("", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)])
}

/// Parses a rate of 1 to 1,000,000 calls, such as `10/s`, `10/min`, `10/h` or `10/day`, without white space. `None` for
/// other text.
#[must_use]
pub fn rate(text: &str) -> Option<Rate> {
    let (calls, unit) = text.split_once('/')?;
    let window = Window::ALL.into_iter().find(|window| window.name() == unit)?;
    let is_plain = calls.bytes().all(|byte| byte.is_ascii_digit()) && !calls.starts_with('0');
    let calls = calls.parse().ok().filter(|calls| is_plain && (1..=Rate::MAX_CALLS).contains(calls))?;
    Some(Rate { calls, window })
}

/// Parses a count with one of these units, and multiplies it by the number after the unit.
fn scaled(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (count, unit) = text.split_at(digits);
    let (_, scale) = units.iter().find(|(name, _)| *name == unit.trim_start())?;
    count.parse::<u64>().ok()?.checked_mul(*scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_a_unit_and_a_maximum() {
        assert_eq!(milliseconds("250ms"), Some(250));
        assert_eq!(milliseconds("1h"), Some(3_600_000));
        for text in ["", "5", "s", "0s", "25h", "1.5s", "-1s", "5S", "99999999999999999999s"] {
            assert_eq!(milliseconds(text), None, "{text}");
        }
    }

    #[test]
    fn rates_have_a_window_and_a_maximum() {
        for (text, calls, window) in [
            ("1/s", 1, Window::Second),
            ("10/min", 10, Window::Minute),
            ("500/h", 500, Window::Hour),
            ("1000000/day", 1_000_000, Window::Day),
        ] {
            assert_eq!(rate(text), Some(Rate { calls, window }));
            assert_eq!(rate(text).map(|rate| rate.to_string()).as_deref(), Some(text));
        }
        for text in [
            "",
            "10",
            "/min",
            "0/min",
            "1000001/day",
            "010/s",
            "+1/s",
            "-1/s",
            "1.5/s",
            "10/m",
            "10 /min",
            "10/min ",
        ] {
            assert_eq!(rate(text), None, "{text}");
        }
    }

    #[test]
    fn sizes_may_have_a_unit() {
        assert_eq!(bytes("65536"), Some(65_536));
        assert_eq!(bytes("4 MiB"), Some(4 << 20));
        for text in ["", "MiB", "4MB", "4mib", "-1", "99999999999GiB"] {
            assert_eq!(bytes(text), None, "{text}");
        }
    }
}
