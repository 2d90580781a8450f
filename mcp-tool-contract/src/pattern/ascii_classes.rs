//! Fast path for patterns that are a sequence of ASCII classes, such as `^[a-z0-9 -]+$` and `^inv_[0-9]{8}$`: each byte
//! needs one bit test. All other patterns use `regex`.

/// A sequence of ASCII classes that must match the whole text. Only the last class may repeat a varying number of
/// times, so that matching never backtracks.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct AsciiClassSequence {
    classes: Box<[AsciiClass]>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct AsciiClass {
    /// The characters of the class, one bit per ASCII character.
    members: u128,
    /// Least number of repetitions.
    least: usize,
    /// Greatest number of repetitions.
    most: usize,
}

impl AsciiClassSequence {
    /// Converts a pattern that [`pattern`](super) accepts. Returns `None` if it isn't a sequence in the forms that
    /// this parser reads.
    pub(crate) fn of(pattern: &str) -> Option<Self> {
        let mut rest = pattern.strip_prefix('^')?.strip_suffix('$')?;
        let mut classes: Vec<AsciiClass> = Vec::new();
        while !rest.is_empty() {
            if classes.last().is_some_and(|last| last.least != last.most) {
                return None;
            }
            let (members, after) = class(rest)?;
            let ((least, most), after) = repetition(after)?;
            classes.push(AsciiClass { members, least, most });
            rest = after;
        }
        Some(AsciiClassSequence { classes: classes.into() })
    }

    pub(crate) fn is_match(&self, text: &str) -> bool {
        let mut rest = text.as_bytes();
        for class in &self.classes {
            let count = rest.iter().take(class.most).take_while(|byte| class.contains(**byte)).count();
            if count < class.least {
                return false;
            }
            rest = &rest[count..];
        }
        rest.is_empty()
    }
}

impl AsciiClass {
    fn contains(&self, byte: u8) -> bool {
        byte.is_ascii() && self.members >> byte & 1 == 1
    }
}

/// Splits the first class, which is `[…]` or one character, from the rest of the pattern. `None` for other syntax.
fn class(pattern: &str) -> Option<(u128, &str)> {
    let Some(inside) = pattern.strip_prefix('[') else {
        let (character, rest) = pattern.split_at_checked(1)?;
        let byte = character.as_bytes()[0];
        let is_plain = byte.is_ascii_alphanumeric()
            || matches!(byte, b'_' | b'-' | b' ' | b':' | b'/' | b'@' | b'#' | b',');
        return is_plain.then_some((1 << byte, rest));
    };
    let (inside, rest) = inside.split_once(']')?;
    let mut bytes = inside.bytes().peekable();
    let (mut members, mut is_first) = (0u128, true);
    while let Some(from) = bytes.next() {
        // Characters that have, or may have, a special meaning in a class.
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
                (from..=to).for_each(|byte| members |= 1 << byte);
            }
            _ if from == b'-' && !is_first && bytes.peek().is_some() => return None,
            _ => members |= 1 << from,
        }
        is_first = false;
    }
    (members != 0).then_some((members, rest))
}

/// Returns the minimum and maximum of the repetition at the start of `pattern`, and the rest. Both are 1 if there is no
/// repetition. `None` for an invalid or lazy repetition.
fn repetition(pattern: &str) -> Option<((usize, usize), &str)> {
    let mut rest = pattern.chars();
    match rest.next() {
        Some('+') => valid_repetition((1, usize::MAX), rest.as_str()),
        Some('*') => valid_repetition((0, usize::MAX), rest.as_str()),
        Some('?') => valid_repetition((0, 1), rest.as_str()),
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
            valid_repetition(times, rest)
        }
        _ => Some(((1, 1), pattern)),
    }
}

/// Returns `None` if the maximum is below the minimum, or if another repetition follows.
fn valid_repetition(times: (usize, usize), rest: &str) -> Option<((usize, usize), &str)> {
    (times.0 <= times.1 && !rest.starts_with(['+', '*', '?', '{'])).then_some((times, rest))
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::*;

    #[test]
    fn class_sequence_agrees_with_regex() {
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
            let Some(classes) = AsciiClassSequence::of(pattern) else {
                panic!("{pattern} isn't a class sequence")
            };
            let Ok(regex) = regex::Regex::new(pattern) else { panic!("{pattern}") };
            for text in texts {
                assert_eq!(classes.is_match(text), regex.is_match(text), "{pattern} {text:?}");
            }
        }
    }

    #[test]
    fn other_patterns_are_left_to_regex() {
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
