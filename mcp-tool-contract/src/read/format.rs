//! Validation of string [`Format`]s. All digits must be ASCII.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::bounds::Format;

/// Returns `true` if `text` has the format.
#[must_use]
pub fn has_format(format: Format, text: &str) -> bool {
    let bytes = text.as_bytes();
    match format {
        Format::Uuid => is_uuid(bytes),
        Format::Date => is_date(bytes),
        Format::DateTime => is_date_time(bytes),
        Format::Ipv4 => text.parse::<Ipv4Addr>().is_ok(),
        Format::Ipv6 => text.parse::<Ipv6Addr>().is_ok(),
        Format::Uri => is_uri(bytes),
        Format::Duration => seconds(text).is_some(),
    }
}

/// Returns the format with its article and an example, for messages.
#[must_use]
pub const fn expected(format: Format) -> &'static str {
    match format {
        Format::Uuid => "a uuid",
        Format::Date => "a date",
        Format::DateTime => "a date-time",
        Format::Ipv4 => "an IPv4 address such as \"192.0.2.1\"",
        Format::Ipv6 => "an IPv6 address such as \"2001:db8::1\"",
        Format::Uri => "a URI such as \"https://example.com/\"",
        Format::Duration => {
            "a duration such as \"PT1H30M\", \"PT45S\" or \"P7D\" (at most 36525 days, without years, months and fractions)"
        }
    }
}

/// Maximum length of a duration in seconds: 36,525 days, which are 100 years. Adding it to the current time can't
/// overflow.
const MAX_DURATION: u64 = 36_525 * DAY;
/// Length of a day in seconds.
const DAY: u64 = 24 * 60 * 60;

/// Returns the length in seconds of a `duration` (RFC 3339 appendix A). `None` for other text, for a duration with years
/// or months, whose length varies, and for one of more than 36,525 days.
pub(super) fn seconds(text: &str) -> Option<u64> {
    let text = text.strip_prefix('P')?;
    let total = if let Some(weeks) = text.strip_suffix('W') {
        whole(weeks)?.checked_mul(7 * DAY)?
    } else {
        let (days, time) = match text.split_once('T') {
            Some((days, time)) => (days, Some(time)),
            None => (text, None),
        };
        let days = match days {
            "" if time.is_some() => 0,
            days => whole(days.strip_suffix('D')?)?.checked_mul(DAY)?,
        };
        days.checked_add(time.map_or(Some(0), time_of_day)?)?
    };
    (total <= MAX_DURATION).then_some(total)
}

/// Returns the seconds of a duration's part after `T`: hours, minutes and seconds, at least one of them, without a gap.
fn time_of_day(mut text: &str) -> Option<u64> {
    const UNITS: [(char, u64); 3] = [('H', 60 * 60), ('M', 60), ('S', 1)];
    // Index of the last unit that was found.
    let (mut total, mut last) = (0_u64, None::<usize>);
    for (index, (unit, seconds)) in UNITS.into_iter().enumerate() {
        let Some((digits, rest)) = text.split_once(unit) else { continue };
        if last.is_some_and(|last| last + 1 != index) {
            return None;
        }
        total = total.checked_add(whole(digits)?.checked_mul(seconds)?)?;
        (text, last) = (rest, Some(index));
    }
    (last.is_some() && text.is_empty()).then_some(total)
}

/// Parses digits without a sign.
fn whole(digits: &str) -> Option<u64> {
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok()).flatten()
}

/// Returns `true` for printable ASCII characters, without blanks, quotes and angle brackets (RFC 3986 appendix C), that
/// begin with a scheme. Serialized WHATWG URLs may contain characters such as `|`, which RFC 3986 doesn't allow.
fn is_uri(bytes: &[u8]) -> bool {
    let Some(colon) = bytes.iter().position(|byte| *byte == b':') else { return false };
    let (scheme, rest) = bytes.split_at(colon);
    scheme.first().is_some_and(u8::is_ascii_alphabetic)
        && scheme.iter().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(byte))
        && rest.iter().all(|byte| byte.is_ascii_graphic() && !b"\"<>".contains(byte))
}

/// Returns `true` for a hyphenated UUID, with hexadecimal digits in upper or lower case (RFC 9562 §4).
fn is_uuid(bytes: &[u8]) -> bool {
    bytes.len() == 36
        && bytes.iter().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// Returns `true` for a `full-date` (RFC 3339 §5.6) that exists in the calendar.
fn is_date(bytes: &[u8]) -> bool {
    let &[y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = bytes else {
        return false;
    };
    let (Some(century), Some(year), Some(month), Some(day)) =
        (two_digits(y1, y2), two_digits(y3, y4), two_digits(m1, m2), two_digits(d1, d2))
    else {
        return false;
    };
    let year = century * 100 + year;
    let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return false,
    };
    (1..=days).contains(&day)
}

/// Returns `true` for a `date-time` (RFC 3339 §5.6). A leap second must be 23:59:60 in UTC.
fn is_date_time(bytes: &[u8]) -> bool {
    let Some((date, [b'T' | b't', h1, h2, b':', m1, m2, b':', s1, s2, rest @ ..])) =
        bytes.split_at_checked(10)
    else {
        return false;
    };
    let (Some(hour), Some(minute), Some(second)) =
        (two_digits(*h1, *h2), two_digits(*m1, *m2), two_digits(*s1, *s2))
    else {
        return false;
    };
    if !is_date(date) || hour > 23 || minute > 59 || second > 60 {
        return false;
    }
    let offset = match rest.strip_prefix(b".") {
        Some(fraction) => {
            let digits = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
            if digits == 0 {
                return false;
            }
            fraction.split_at(digits).1
        }
        None => rest,
    };
    let Some(offset) = offset_minutes(offset) else {
        return false;
    };
    let utc = (hour * 60 + minute - offset).rem_euclid(24 * 60);
    second < 60 || utc == 23 * 60 + 59
}

/// Parses an offset from UTC, such as `Z` or `+01:00`, into minutes.
fn offset_minutes(bytes: &[u8]) -> Option<i32> {
    match bytes {
        [b'Z' | b'z'] => Some(0),
        &[sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
            let (hours, minutes) = (two_digits(h1, h2)?, two_digits(m1, m2)?);
            if hours > 23 || minutes > 59 {
                return None;
            }
            let offset = hours * 60 + minutes;
            Some(if sign == b'-' { -offset } else { offset })
        }
        _ => None,
    }
}

fn two_digits(tens: u8, units: u8) -> Option<i32> {
    let digit = |byte: u8| byte.is_ascii_digit().then(|| i32::from(byte - b'0'));
    Some(digit(tens)? * 10 + digit(units)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn date_must_be_a_calendar_day() {
        for good in ["2026-11-21", "2024-02-29", "2000-02-29", "0000-01-01", "9999-12-31"] {
            assert!(has_format(Format::Date, good), "{good}");
        }
        for bad in [
            "2026-02-29",
            "1900-02-29",
            "2026-13-01",
            "2026-04-31",
            "2026-1-01",
            "2026-00-10",
            "2026-01-00",
            // The first digit is U+FF12, a full-width 2.
            "２026-01-01",
        ] {
            assert!(!has_format(Format::Date, bad), "{bad}");
        }
    }

    #[test]
    fn date_time_must_be_a_valid_rfc_3339_instant() {
        for good in [
            "2026-11-21T08:30:00Z",
            "2026-11-21t08:30:00.123456789z",
            "2026-11-21T08:30:00+23:59",
            "2016-12-31T23:59:60Z",
            "2017-01-01T00:59:60+01:00",
        ] {
            assert!(has_format(Format::DateTime, good), "{good}");
        }
        for bad in [
            "2026-11-21",
            "2026-11-21T08:30:00",
            "2026-11-21 08:30:00Z",
            "2026-11-21T24:00:00Z",
            "2026-11-21T08:60:00Z",
            "2026-11-21T08:30:61Z",
            "2026-11-21T08:30:60Z",
            "2026-11-21T08:30:00.Z",
            "2026-11-21T08:30:00+24:00",
            "2026-11-21T08:30:00+1:00",
            "2026-02-30T08:30:00Z",
            "",
        ] {
            assert!(!has_format(Format::DateTime, bad), "{bad}");
        }
    }

    #[test]
    fn duration_must_have_a_fixed_length_of_at_most_100_years() {
        for (text, length) in [
            ("PT0S", 0),
            ("PT90S", 90),
            ("PT1H30M", 5_400),
            ("P1DT1H1M1S", 90_061),
            ("P2W", 1_209_600),
            ("P36525D", MAX_DURATION),
        ] {
            assert_eq!(seconds(text), Some(length), "{text}");
        }
        for bad in [
            "P",
            "PT",
            "P1DT",
            "1H",
            "P1Y",
            "P1M",
            "PT1H5S",
            "PT1S1M",
            "PT1.5S",
            "PT+1S",
            "PT-1S",
            "PT 1S",
            "pt1s",
            "P1W1D",
            "P36526D",
            "PT18446744073709551616S",
            "P99999999999999999999W",
            "PT1S ",
            "PT٣S",
            "",
        ] {
            assert_eq!(seconds(bad), None, "{bad}");
        }
    }

    #[test]
    fn addresses_and_uris_are_recognized() {
        for (format, good) in [
            (Format::Ipv4, "192.0.2.1"),
            (Format::Ipv6, "2001:db8::1"),
            (Format::Ipv6, "::ffff:192.0.2.1"),
            (Format::Uri, "https://example.com/a?b=c|d#e"),
            (Format::Uri, "urn:isbn:0451450523"),
        ] {
            assert!(has_format(format, good), "{good}");
        }
        for (format, bad) in [
            (Format::Ipv4, "192.0.2.256"),
            (Format::Ipv4, "192.0.02.1"),
            (Format::Ipv4, "2001:db8::1"),
            (Format::Ipv6, "fe80::1%eth0"),
            (Format::Ipv6, "[::1]"),
            (Format::Uri, "/relative"),
            (Format::Uri, "https://exämple.com"),
            (Format::Uri, "https://example.com/a b"),
            (Format::Uri, "1a:b"),
            (Format::Uri, ":b"),
        ] {
            assert!(!has_format(format, bad), "{bad}");
        }
    }

    #[test]
    fn uuid_must_be_hyphenated() {
        assert!(has_format(Format::Uuid, "67e55044-10B1-426f-9247-bb680e5fe0c8"));
        for bad in [
            "67e5504410b1426f9247bb680e5fe0c8",
            "{67e55044-10b1-426f-9247-bb680e5fe0c8}",
            "67e55044-10b1-426f-9247-bb680e5fe0cg",
        ] {
            assert!(!has_format(Format::Uuid, bad), "{bad}");
        }
    }
}
