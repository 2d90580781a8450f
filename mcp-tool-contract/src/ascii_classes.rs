//! Patterns that are a row of ASCII classes, such as `^[a-z0-9 -]+$` and `^inv_[0-9]{8}$`: they are matched by a table,
//! one look a byte. All others are for `regex`.

/// A row of classes from the beginning of a text to its end. Only the last may come a varying number of times, so that
/// nothing is ever tried twice.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct AsciiClassSequence {
    classes: Box<[AsciiClass]>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct AsciiClass {
    /// One bit a character.
    holds: u128,
    least: usize,
    most: usize,
}

impl AsciiClassSequence {
    /// The row that a pattern is, if it is one. The pattern is known to be well formed.
    pub(crate) fn of(pattern: &str) -> Option<Self> {
        let mut rest = pattern.strip_prefix('^')?.strip_suffix('$')?;
        let mut classes: Vec<AsciiClass> = Vec::new();
        while !rest.is_empty() {
            if classes.last().is_some_and(|last| last.least != last.most) {
                return None;
            }
            let (holds, after) = class(rest)?;
            let ((least, most), after) = times(after)?;
            classes.push(AsciiClass { holds, least, most });
            rest = after;
        }
        Some(AsciiClassSequence { classes: classes.into() })
    }

    pub(crate) fn is_match(&self, text: &str) -> bool {
        let mut rest = text.as_bytes();
        for class in &self.classes {
            let held = rest.iter().take(class.most).take_while(|byte| class.holds(**byte)).count();
            if held < class.least {
                return false;
            }
            rest = &rest[held..];
        }
        rest.is_empty()
    }
}

impl AsciiClass {
    fn holds(&self, byte: u8) -> bool {
        byte.is_ascii() && self.holds >> byte & 1 == 1
    }
}

/// The class at the beginning, `[…]` or one character, and what follows it.
fn class(pattern: &str) -> Option<(u128, &str)> {
    let Some(inside) = pattern.strip_prefix('[') else {
        let (one, rest) = pattern.split_at_checked(1)?;
        let byte = one.as_bytes()[0];
        let is_plain = byte.is_ascii_alphanumeric()
            || matches!(byte, b'_' | b'-' | b' ' | b':' | b'/' | b'@' | b'#' | b',');
        return is_plain.then_some((1 << byte, rest));
    };
    let (members, rest) = inside.split_once(']')?;
    let mut bytes = members.bytes().peekable();
    let (mut holds, mut is_first) = (0u128, true);
    while let Some(from) = bytes.next() {
        // What means something else within a class, or may.
        if !from.is_ascii_graphic() && from != b' ' || matches!(from, b'\\' | b'[' | b'^' | b'&' | b'~') {
            return None;
        }
        let mut ahead = bytes.clone();
        match (ahead.next(), ahead.next()) {
            (Some(b'-'), Some(to)) => {
                if !to.is_ascii_alphanumeric() || !from.is_ascii_alphanumeric() || to < from {
                    return None;
                }
                bytes = ahead;
                (from..=to).for_each(|byte| holds |= 1 << byte);
            }
            _ if from == b'-' && !is_first && bytes.peek().is_some() => return None,
            _ => holds |= 1 << from,
        }
        is_first = false;
    }
    (holds != 0).then_some((holds, rest))
}

/// How often a class comes, and what follows.
fn times(pattern: &str) -> Option<((usize, usize), &str)> {
    let mut rest = pattern.chars();
    match rest.next() {
        Some('+') => once((1, usize::MAX), rest.as_str()),
        Some('*') => once((0, usize::MAX), rest.as_str()),
        Some('?') => once((0, 1), rest.as_str()),
        Some('{') => {
            let (inside, rest) = rest.as_str().split_once('}')?;
            let times = match inside.split_once(',') {
                None => {
                    let exactly = inside.parse().ok()?;
                    (exactly, exactly)
                }
                Some((least, "")) => (least.parse().ok()?, usize::MAX),
                Some((least, most)) => (least.parse().ok()?, most.parse().ok()?),
            };
            once(times, rest)
        }
        _ => Some(((1, 1), pattern)),
    }
}

/// What follows a count must not change it.
fn once(times: (usize, usize), rest: &str) -> Option<((usize, usize), &str)> {
    (times.0 <= times.1 && !rest.starts_with(['+', '*', '?', '{'])).then_some((times, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pattern::check;

    #[test]
    fn a_table_says_what_the_regex_says() {
        let patterns = [
            "^[a-z0-9 -]+$",
            "^inv_[0-9]{8}$",
            "^[A-Z]{2,4}$",
            "^a?$",
            "^[-a]*$",
            "^[a-]b$",
            "^x[0-9]{3,}$",
            "^[.+*?$()|]{1,2}$",
            "^$",
            "^#[0-9a-f]{6}$",
            "^ab-[01]{0,3}$",
        ];
        let texts = [
            "",
            "a",
            "ab",
            "abc-",
            "abc def-9",
            "inv_12345678",
            "inv_1234567",
            "inv_123456789",
            "inv_1234567a",
            "AB",
            "ABCDE",
            "x12",
            "x123",
            "x1234567",
            "-",
            "a-b",
            "-b",
            "ab",
            "é",
            "aé",
            "a\n",
            "\n",
            "..",
            "$",
            "(|",
            "#00ff7f",
            "ab-",
            "ab-0101",
            "ab-010",
            "[",
            "]",
            "\\",
            "~",
            "&",
            "A",
            " ",
        ];
        for pattern in patterns {
            assert!(check(pattern).is_ok(), "{pattern}");
            let Some(classes) = AsciiClassSequence::of(pattern) else { panic!("{pattern} is no row") };
            let Ok(regex) = regex::Regex::new(pattern) else { panic!("{pattern}") };
            for text in texts {
                assert_eq!(classes.is_match(text), regex.is_match(text), "{pattern} {text:?}");
            }
        }
    }

    #[test]
    fn whatever_else_a_pattern_may_be_is_for_the_regex() {
        let others = [
            "[a-z]+",
            "^[a-z]+",
            "[a-z]+$",
            "^[^a]+$",
            r"^\d+$",
            r"^[\d]+$",
            "^(a|b)$",
            "^a+b$",
            "^a*[a-z]$",
            "^a{2}{3}$",
            "^a+?$",
            "^.$",
            "^[é]$",
            "^é$",
            "^[a&&b]$",
            "^[[:alpha:]]$",
            "^a|b$",
            "^[ -~]$",
            "^[a-c-e]$",
        ];
        for pattern in others {
            assert_eq!(AsciiClassSequence::of(pattern), None, "{pattern}");
        }
    }
}
