//! Portable regular expressions: patterns with the same meaning for every program that reads a schema.
//!
//! JSON Schema specifies ECMA-262 with the `u` flag, the server matches with Rust's `regex`, and a Python client
//! compiles the same text with `re`. [`check`] accepts patterns that all three interpret alike and refuses the rest.

mod ascii_classes;
mod grammar;

use std::{fmt, sync::OnceLock};

use self::ascii_classes::AsciiClassSequence;
use self::grammar::compile;
pub use self::grammar::{PatternError, check};

/// A portable pattern, compiled at its first use and cached.
///
/// As in JSON Schema, a match may be anywhere in the text unless `^` or `$` anchors it.
#[derive(Clone, Copy)]
pub struct Pattern {
    source: &'static str,
    /// Returns the static that caches the compiled form. The pattern is a constant, which can't contain the compiled
    /// form itself. `None` for a pattern from a lock (`mcp-tools.lock`, the file of released contracts).
    matcher: Option<fn() -> &'static Matcher>,
}

impl Pattern {
    /// Creates a pattern with the static that caches its compiled form. [`check`] must have accepted `source`.
    #[must_use]
    pub const fn new(source: &'static str, matcher: fn() -> &'static Matcher) -> Self {
        Pattern { source, matcher: Some(matcher) }
    }

    /// Creates a pattern that was read from a lock. Each match compiles the pattern again. Matches are rare, because
    /// calls are never validated against a lock.
    #[must_use]
    pub const fn from_lock(source: &'static str) -> Self {
        Pattern { source, matcher: None }
    }

    /// Source text, as in the schema.
    #[must_use]
    pub const fn source(&self) -> &'static str {
        self.source
    }

    /// Returns the cache of the compiled form; `None` for a pattern from a lock.
    pub(crate) fn matcher(&self) -> Option<&'static Matcher> {
        self.matcher.map(|matcher| matcher())
    }

    /// Returns `true` if `text` contains a match, in time linear in the length of `text`.
    #[must_use]
    pub fn is_match(&self, text: &str) -> bool {
        match self.matcher() {
            Some(matcher) => matcher.is_match(text),
            None => matches(self.source, text),
        }
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pattern({:?})", self.source)
    }
}

/// Compiled form of one pattern, for a `static`. The first match compiles the pattern.
#[derive(Debug)]
pub struct Matcher {
    source: &'static str,
    compiled: OnceLock<Option<CompiledPattern>>,
}

#[derive(Debug)]
enum CompiledPattern {
    /// Faster form of a simple pattern, such as `^inv_[0-9]{8}$`.
    AsciiClasses(AsciiClassSequence),
    /// Form of all other patterns.
    Regex(regex::Regex),
}

impl Matcher {
    /// Creates a matcher that compiles `source` at its first use.
    #[must_use]
    pub const fn new(source: &'static str) -> Self {
        Matcher { source, compiled: OnceLock::new() }
    }

    /// Returns `true` if `text` contains a match. A pattern that doesn't compile matches nothing.
    #[must_use]
    pub fn is_match(&self, text: &str) -> bool {
        let compiled = self.compiled.get_or_init(|| match AsciiClassSequence::of(self.source) {
            Some(classes) => Some(CompiledPattern::AsciiClasses(classes)),
            None => compile(self.source).ok().map(CompiledPattern::Regex),
        });
        match compiled {
            Some(CompiledPattern::AsciiClasses(classes)) => classes.is_match(text),
            Some(CompiledPattern::Regex(regex)) => regex.is_match(text),
            None => false,
        }
    }
}

/// Returns `true` if `text` contains a match of a pattern that [`check`] accepted. A pattern that doesn't compile
/// matches nothing.
#[must_use]
pub fn matches(pattern: &str, text: &str) -> bool {
    compile(pattern).is_ok_and(|regex| regex.is_match(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn match_is_unanchored_and_linear() {
        // A backtracking engine would need exponential time for this text.
        static NESTED: Matcher = Matcher::new("^(a+)+$");
        let pattern = Pattern::new("^(a+)+$", || &NESTED);
        let text = format!("{}!", "a".repeat(100_000));
        assert!(!pattern.is_match(&text));
        static UNANCHORED: Matcher = Matcher::new("b");
        assert!(Pattern::new("b", || &UNANCHORED).is_match("abc"));
    }
}
