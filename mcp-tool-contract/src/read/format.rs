//! Validation of string [`Format`]s. All digits must be ASCII.

use crate::bounds::Format;

/// Returns `true` if `text` has the format.
#[must_use]
pub fn has_format(format: Format, text: &str) -> bool {
    let bytes = text.as_bytes();
    match format {
        Format::Uuid => is_uuid(bytes),
        Format::Date => is_date(bytes),
        Format::DateTime => is_date_time(bytes),
    }
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
