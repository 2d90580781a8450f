//! Syntax of portable patterns.

use std::fmt;

/// Reason why a pattern is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternError(String);

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for PatternError {}

/// Maximum size of a compiled pattern, in bytes. `(a{1000}){1000}` exceeds it.
const SIZE_LIMIT: usize = 256 * 1024;
/// Maximum nesting of groups.
const NEST_LIMIT: u32 = 32;

/// Compiles a pattern.
///
/// # Errors
/// The pattern is too large, nests too deeply, or isn't in the syntax of `regex`.
pub(super) fn compile(source: &str) -> Result<regex::Regex, regex::Error> {
    regex::RegexBuilder::new(source).size_limit(SIZE_LIMIT).nest_limit(NEST_LIMIT).build()
}

/// Accepts a pattern that ECMA-262 (with `u`), Rust's `regex` and Python's `re` interpret alike.
///
/// # Errors
/// The part that isn't portable, with a correction.
pub fn check(pattern: &str) -> Result<(), PatternError> {
    if pattern.is_empty() {
        return Err(PatternError("an empty pattern matches everything: remove it".into()));
    }
    let mut parser = PatternParser { rest: pattern.chars().peekable(), depth: 0 };
    parser.alternatives()?;
    if parser.rest.peek().is_some() {
        return refuse("`)` without an opening `(`: write `\\)` for the character itself");
    }
    compile(pattern).map(drop).map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => {
            PatternError(format!("the compiled pattern exceeds {SIZE_LIMIT} bytes: use smaller repetitions"))
        }
        other => PatternError(format!("the pattern doesn't compile: {other}")),
    })
}

fn refuse<T>(message: impl Into<String>) -> Result<T, PatternError> {
    Err(PatternError(message.into()))
}

/// Recursive-descent parser of the portable syntax. The methods [`group`](Self::group), [`class`](Self::class),
/// [`counted`](Self::counted) and [`escape`](Self::escape) begin after the opening `(`, `[`, `{` or `\`.
struct PatternParser<'p> {
    rest: std::iter::Peekable<std::str::Chars<'p>>,
    /// Number of open groups.
    depth: u32,
}

impl PatternParser<'_> {
    /// Consumes the next character if it is `expected`.
    fn take(&mut self, expected: char) -> bool {
        self.rest.next_if_eq(&expected).is_some()
    }

    fn alternatives(&mut self) -> Result<(), PatternError> {
        loop {
            while let Some(&next) = self.rest.peek() {
                if matches!(next, '|' | ')') {
                    break;
                }
                self.term(next)?;
            }
            if !self.take('|') {
                return Ok(());
            }
        }
    }

    /// Parses one anchor, or one character, class or group with its repetition. `first` is the next character.
    fn term(&mut self, first: char) -> Result<(), PatternError> {
        self.rest.next();
        match first {
            '^' | '$' => {
                if matches!(self.rest.peek(), Some('*' | '+' | '?' | '{')) {
                    return refuse(format!("`{first}` can't be repeated"));
                }
                return Ok(());
            }
            '*' | '+' | '?' | '{' => {
                return refuse(format!(
                    "nothing precedes `{first}`: write `\\{first}` for the character itself"
                ));
            }
            '}' | ']' => {
                return refuse(format!(
                    "`{first}` without an opening bracket: write `\\{first}` for the character itself"
                ));
            }
            '.' => {
                return refuse(
                    "`.` isn't portable (line ends differ between JavaScript and Rust): \
                     write `[^\\n]`, or `\\.` for a dot",
                );
            }
            '(' => self.group()?,
            '[' => self.class()?,
            '\\' => {
                let in_class = false;
                self.escape(in_class)?;
            }
            _ => {}
        }
        self.repetition()
    }

    fn group(&mut self) -> Result<(), PatternError> {
        if self.take('?') && !self.take(':') {
            return refuse(
                "only `(?:…)` is portable among `(?…)` groups: \
                 use no look-around, flags or names",
            );
        }
        self.depth += 1;
        if self.depth > NEST_LIMIT {
            return refuse(format!("groups must nest at most {NEST_LIMIT} deep"));
        }
        self.alternatives()?;
        self.depth -= 1;
        if !self.take(')') {
            return refuse("unclosed group: add `)`");
        }
        Ok(())
    }

    fn repetition(&mut self) -> Result<(), PatternError> {
        match self.rest.peek() {
            Some('*' | '+' | '?') => {
                self.rest.next();
            }
            Some('{') => {
                self.rest.next();
                self.counted()?;
            }
            _ => return Ok(()),
        }
        // A `?` after a repetition makes it lazy.
        self.take('?');
        match self.rest.peek() {
            Some(next @ ('*' | '+' | '?' | '{')) => {
                refuse(format!("`{next}` can't follow another repetition"))
            }
            _ => Ok(()),
        }
    }

    /// Parses the counts of a repetition such as `{2,3}`.
    fn counted(&mut self) -> Result<(), PatternError> {
        const SHAPE: &str = "write a repetition as `{n}`, `{n,}` or `{n,m}`";
        let Some(least) = self.number() else {
            return refuse(SHAPE);
        };
        if self.take(',')
            && let Some(most) = self.number()
            && most < least
        {
            return refuse(format!("`{{{least},{most}}}`: the minimum exceeds the maximum"));
        }
        if self.take('}') { Ok(()) } else { refuse(SHAPE) }
    }

    fn number(&mut self) -> Option<u32> {
        let mut digits = String::new();
        while let Some(digit) = self.rest.next_if(char::is_ascii_digit) {
            digits.push(digit);
        }
        digits.parse().ok()
    }

    fn class(&mut self) -> Result<(), PatternError> {
        self.take('^');
        let mut first = true;
        loop {
            let Some(next) = self.rest.next() else {
                return refuse("unclosed class: add `]`");
            };
            match next {
                ']' if first => {
                    return refuse("a class can't be empty: write `\\]` for the character itself");
                }
                ']' => return Ok(()),
                '-' if !first && self.rest.peek() != Some(&']') => {
                    return refuse("`-` in the middle of a class isn't portable: write `\\-`");
                }
                _ => {}
            }
            let low = self.class_member(next)?;
            // An unescaped `-` is the first or last member, as checked above, and starts no range.
            if low != '-' || next == '\\' {
                self.range(low)?;
            }
            first = false;
        }
    }

    /// If a range follows its first character `low`, parses the `-` and the last character.
    fn range(&mut self, low: char) -> Result<(), PatternError> {
        let mut ahead = self.rest.clone();
        if ahead.next() != Some('-') || ahead.next() == Some(']') {
            return Ok(());
        }
        self.rest.next();
        let Some(next) = self.rest.next() else {
            return refuse("unclosed class: add `]`");
        };
        if next == '-' {
            return refuse("`-` in the middle of a class isn't portable: write `\\-`");
        }
        let high = self.class_member(next)?;
        if high < low {
            return refuse(format!("`{low}-{high}`: the range is reversed"));
        }
        Ok(())
    }

    /// Returns the class member that begins with `next`, which is already consumed.
    fn class_member(&mut self, next: char) -> Result<char, PatternError> {
        match next {
            '\\' => self.escape(true),
            '[' => refuse("`[` inside a class isn't portable: write `\\[`"),
            '&' | '~' if self.rest.peek() == Some(&next) => {
                refuse(format!("`{next}{next}` inside a class isn't portable: write `\\{next}` once"))
            }
            _ => Ok(next),
        }
    }

    /// Parses an escape and returns the character that it denotes.
    fn escape(&mut self, in_class: bool) -> Result<char, PatternError> {
        let Some(next) = self.rest.next() else {
            return refuse("the pattern ends in `\\`");
        };
        match next {
            '^' | '$' | '\\' | '.' | '*' | '+' | '?' | '(' | ')' | '[' | ']' | '{' | '}' | '|' | '/' => {
                Ok(next)
            }
            '-' if in_class => Ok('-'),
            'n' => Ok('\n'),
            'r' => Ok('\r'),
            't' => Ok('\t'),
            'x' => self.hexadecimal(2),
            'u' => self.hexadecimal(4),
            'd' | 'D' => refuse("`\\d` isn't portable (digits of other scripts): write `[0-9]`"),
            'w' | 'W' => refuse("`\\w` isn't portable (letters of other scripts): write `[A-Za-z0-9_]`"),
            's' | 'S' => refuse("`\\s` isn't portable (other white space): write `[ \\t\\r\\n]`"),
            'b' | 'B' => {
                refuse("`\\b` isn't portable (letters differ): write the neighbouring characters out")
            }
            'p' | 'P' => refuse("`\\p{…}` isn't portable: write the class out"),
            '0'..='9' | 'k' => refuse("back-references aren't supported: they don't match in linear time"),
            _ => refuse(format!("`\\{next}` isn't a portable escape: write `{next}`")),
        }
    }

    /// Parses the digits of `\x…` or `\u…`.
    fn hexadecimal(&mut self, digits: u32) -> Result<char, PatternError> {
        let mut value = 0;
        for _ in 0..digits {
            match self.rest.next().and_then(|digit| digit.to_digit(16)) {
                Some(digit) => value = value * 16 + digit,
                None => return refuse(format!("this escape needs {digits} hexadecimal digits")),
            }
        }
        char::from_u32(value)
            .map_or_else(|| refuse("half of a surrogate pair: write the character itself"), Ok)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn portable_patterns_pass() {
        for pattern in [
            "^inv_[0-9]{8}$",
            "^[A-Za-z_][A-Za-z0-9_-]*$",
            "^(?:a|b)+?c{2,}$",
            r"^\$[0-9]{1,3}\.[0-9]{2}$",
            r"^[\]\[\-a-z]+$",
            "^[-a]$",
            "^[a-]$",
            "^[^\\n]*$",
            "^\\x41\\u00e9$",
            "naïve|🦀",
            "^(a|)$",
        ] {
            assert_eq!(check(pattern), Ok(()), "{pattern}");
        }
    }

    #[test]
    fn invalid_and_not_portable_patterns_are_refused() {
        for (pattern, part_of_error) in [
            (r"^\d+$", "[0-9]"),
            (r"^\w+$", "[A-Za-z0-9_]"),
            (r"\s", "white space"),
            (r"a\b", "letter"),
            (r"\p{Lu}", "class"),
            ("a.b", "line ends"),
            ("[a[b]]", "`\\["),
            ("[a&&b]", "&&"),
            ("[a~~b]", "~~"),
            ("[a-c-e]", "middle"),
            ("[a--b]", "middle"),
            ("[]a]", "empty"),
            ("(?i)a", "(?:…)"),
            ("(?=a)", "look-around"),
            ("(?<n>a)", "names"),
            (r"(a)\1", "back-references"),
            (r"\-", "isn't a portable escape"),
            (r"\_", "isn't a portable escape"),
            ("^*", "can't be repeated"),
            ("a**", "can't follow another repetition"),
            ("*a", "nothing precedes `*`"),
            ("a{,3}", "{n,m}"),
            ("a{3,2}", "minimum"),
            ("{", "nothing precedes `{`"),
            ("a}", "`}` without an opening bracket"),
            ("(a", "unclosed group"),
            ("a)", "without an opening `(`"),
            ("[a", "unclosed class"),
            ("[z-a]", "reversed"),
            ("a\\", "ends in"),
            ("\\ud800", "surrogate"),
            ("", "everything"),
            ("(a{1000}){1000}", "smaller"),
        ] {
            let error = check(pattern).err().map(|error| error.to_string()).unwrap_or_default();
            assert!(error.contains(part_of_error), "{pattern}: {error:?} doesn't contain {part_of_error:?}");
        }
    }

    #[test]
    fn deep_nesting_is_refused_without_deep_recursion() {
        let pattern = format!("{}a{}", "(".repeat(100_000), ")".repeat(100_000));
        assert!(check(&pattern).is_err());
    }
}
