//! Violations of the contract, described so that a model can correct the call.

use std::fmt;

use serde::ser::{Serialize, SerializeStruct, Serializer};

/// Maximum number of violations that a report lists. Further violations are only counted.
pub const MAX_VIOLATIONS: usize = 8;
/// Maximum number of characters of a value or name that a violation shows.
pub const MAX_ECHO: usize = 64;

/// The violated rule. If JSON Schema has a keyword for a rule, the rule has the name of the keyword.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rule {
    /// The JSON type is wrong, an integer has a fraction, or a number exceeds ±1.8e308.
    Type,
    /// The value isn't in the enum, or isn't the fixed value of a tag (serde's `tag`).
    Enum,
    /// The value is less than the minimum.
    Minimum,
    /// The value is greater than the maximum.
    Maximum,
    /// The text is too short.
    MinLength,
    /// The text is too long.
    MaxLength,
    /// The text doesn't match the pattern.
    Pattern,
    /// The text doesn't have the format, or the parameter's type can't represent the value.
    Format,
    /// Too few items.
    MinItems,
    /// Too many items.
    MaxItems,
    /// A required value is missing.
    Required,
    /// The parameter or field isn't declared.
    AdditionalProperties,
    /// The parameter or field occurs twice.
    Duplicate,
    /// The JSON is malformed, nested too deeply, or contains half of a surrogate pair.
    Syntax,
    /// The cursor to the next page isn't valid for this request.
    Cursor,
    /// A condition across several parameters isn't met.
    Constraints,
    /// The tool's function refused the value.
    Value,
}

impl Rule {
    /// Stable name, as reports show it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Rule::Type => "type",
            Rule::Enum => "enum",
            Rule::Minimum => "minimum",
            Rule::Maximum => "maximum",
            Rule::MinLength => "minLength",
            Rule::MaxLength => "maxLength",
            Rule::Pattern => "pattern",
            Rule::Format => "format",
            Rule::MinItems => "minItems",
            Rule::MaxItems => "maxItems",
            Rule::Required => "required",
            Rule::AdditionalProperties => "additionalProperties",
            Rule::Duplicate => "duplicate",
            Rule::Syntax => "syntax",
            Rule::Cursor => "cursor",
            Rule::Constraints => "constraints",
            Rule::Value => "value",
        }
    }
}

/// One violation of one rule by one value.
#[derive(Clone, Debug, PartialEq)]
pub struct Violation {
    /// Location as a JSON pointer (RFC 6901) into the arguments or the result. Each name in it is an
    /// [`escaped_excerpt`].
    pub pointer: String,
    /// Violated rule.
    pub rule: Rule,
    /// Limit of the rule, such as the maximum, the pattern or the values of the enum; `None` if the rule has no
    /// limit.
    pub limit: Option<serde_json::Value>,
    /// Description of the expected and the actual value, without the pointer.
    pub message: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.pointer.as_str() {
            "" => f.write_str(&self.message),
            pointer => write!(f, "{pointer}: {}", self.message),
        }
    }
}

impl Serialize for Violation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Violation", 4)?;
        fields.serialize_field("pointer", &self.pointer)?;
        fields.serialize_field("rule", self.rule.name())?;
        match &self.limit {
            Some(limit) => fields.serialize_field("limit", limit)?,
            None => fields.skip_field("limit")?,
        }
        fields.serialize_field("message", &self.message)?;
        fields.end()
    }
}

/// All violations of a call or a result: at least one listed violation, and the number of the rest.
#[derive(Clone, Debug, PartialEq)]
pub struct Violations {
    listed: Vec<Violation>,
    more: usize,
}

impl Violations {
    /// Listed violations.
    #[must_use]
    pub fn listed(&self) -> &[Violation] {
        &self.listed
    }

    /// Number of violations that aren't listed.
    #[must_use]
    pub const fn more(&self) -> usize {
        self.more
    }
}

impl Violations {
    /// Lists all these violations, even more than [`MAX_VIOLATIONS`]; `None` if there are none.
    #[must_use]
    pub fn of(listed: Vec<Violation>) -> Option<Self> {
        (!listed.is_empty()).then_some(Violations { listed, more: 0 })
    }
}

impl From<Violation> for Violations {
    fn from(violation: Violation) -> Self {
        Violations { listed: vec![violation], more: 0 }
    }
}

impl fmt::Display for Violations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, violation) in self.listed.iter().enumerate() {
            let line = if index == 0 { "" } else { "\n" };
            write!(f, "{line}{violation}")?;
        }
        match self.more {
            0 => Ok(()),
            more => write!(f, "\n… and {more} more"),
        }
    }
}

impl std::error::Error for Violations {}

/// Collects violations during validation.
#[derive(Debug, Default)]
pub struct ViolationReport {
    listed: Vec<Violation>,
    more: usize,
}

impl ViolationReport {
    /// Adds a violation at `path`. If the report is full, only counts the violation.
    pub fn note(
        &mut self,
        path: &ValuePath<'_>,
        rule: Rule,
        limit: Option<serde_json::Value>,
        message: String,
    ) {
        if self.is_full() {
            self.more += 1;
        } else {
            self.listed.push(Violation { pointer: path.pointer(), rule, limit, message });
        }
    }

    /// Returns `true` if further violations are only counted.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.listed.len() >= MAX_VIOLATIONS
    }

    /// Returns `true` if there are no violations so far.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.listed.is_empty()
    }

    /// Returns an error if violations were reported.
    ///
    /// # Errors
    /// The reported violations.
    pub fn finish(self) -> Result<(), Violations> {
        if self.listed.is_empty() {
            return Ok(());
        }
        Err(Violations { listed: self.listed, more: self.more })
    }
}

/// Location of a value, as a linked list on the stack. It is converted to a JSON pointer only for a violation.
#[derive(Clone, Copy, Debug)]
pub struct ValuePath<'p> {
    parent: Option<&'p ValuePath<'p>>,
    step: PathStep<'p>,
    secret: bool,
}

#[derive(Clone, Copy, Debug)]
enum PathStep<'p> {
    Root,
    Key(&'p str),
    Index(usize),
}

impl<'p> ValuePath<'p> {
    /// Path of the whole argument object or result.
    pub const ROOT: ValuePath<'static> = ValuePath { parent: None, step: PathStep::Root, secret: false };

    /// Returns the path of a member of this value.
    #[must_use]
    pub const fn key(&'p self, name: &'p str) -> ValuePath<'p> {
        ValuePath { parent: Some(self), step: PathStep::Key(name), secret: self.secret }
    }

    /// Returns the path of an item of this value.
    #[must_use]
    pub const fn index(&'p self, index: usize) -> ValuePath<'p> {
        ValuePath { parent: Some(self), step: PathStep::Index(index), secret: self.secret }
    }

    /// Marks the value, and all values in it, as secret if `secret` is `true`. A secret value stays secret.
    #[must_use]
    pub const fn secret(self, secret: bool) -> ValuePath<'p> {
        ValuePath { secret: self.secret || secret, ..self }
    }

    /// Returns `true` if messages must not show the value.
    #[must_use]
    pub const fn is_secret(&self) -> bool {
        self.secret
    }

    fn pointer(&self) -> String {
        let mut pointer = self.parent.map(ValuePath::pointer).unwrap_or_default();
        match self.step {
            PathStep::Root => {}
            PathStep::Key(name) => {
                pointer.push('/');
                pointer.push_str(&escaped_excerpt(name).replace('~', "~0").replace('/', "~1"));
            }
            PathStep::Index(index) => {
                pointer.push('/');
                pointer.push_str(&index.to_string());
            }
        }
        pointer
    }
}

/// Returns a text with its control characters, invisible characters and combining marks escaped. Quotes and backslashes
/// stay as they are.
#[must_use]
pub fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        push_escaped(&mut escaped, c);
    }
    escaped
}

/// Returns the first [`MAX_ECHO`] characters of a text, [`escaped`], and `…` if there are more.
#[must_use]
pub fn escaped_excerpt(text: &str) -> String {
    let mut excerpt = String::with_capacity(text.len().min(MAX_ECHO));
    for (count, c) in text.chars().enumerate() {
        if count == MAX_ECHO {
            excerpt.push('…');
            break;
        }
        push_escaped(&mut excerpt, c);
    }
    excerpt
}

fn push_escaped(escaped: &mut String, c: char) {
    match c {
        // `escape_debug` would escape quotes and backslashes, and is slower. Most text is printable ASCII.
        ' '..='~' => escaped.push(c),
        _ => escaped.extend(c.escape_debug()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointer_escapes_reserved_characters_of_rfc_6901() {
        let root = ValuePath::ROOT;
        let key = root.key("a/b~c");
        assert_eq!(key.index(3).pointer(), "/a~1b~0c/3");
        assert_eq!(ValuePath::ROOT.pointer(), "");
    }

    #[test]
    fn control_and_invisible_characters_are_escaped() {
        assert_eq!(escaped("Ünïcode \"quoted\" 漢字"), "Ünïcode \"quoted\" 漢字");
        let hostile = "\u{1b}[2J\r\n\u{202e}\u{2066}\u{200b}\u{200f}\u{feff}\u{9b}\u{2028}\u{61c}";
        let printed = escaped(&hostile.repeat(MAX_ECHO));
        assert!(printed.is_ascii() && !printed.contains(char::is_control), "{printed}");
    }

    #[test]
    fn excerpt_is_short_and_escapes_invisible_characters() {
        assert_eq!(escaped_excerpt(&"é".repeat(100)).chars().count(), MAX_ECHO + 1);
        assert_eq!(escaped_excerpt("a\u{202e}b\u{200b}\n"), "a\\u{202e}b\\u{200b}\\n");
        assert_eq!(escaped_excerpt(r#""a\"b""#), r#""a\"b""#);
    }

    #[test]
    fn eight_violations_are_listed_and_the_rest_counted() {
        let mut report = ViolationReport::default();
        for _ in 0..11 {
            report.note(&ValuePath::ROOT.key("n"), Rule::Type, None, "wrong".into());
        }
        let violations = report.finish().err();
        assert_eq!(violations.as_ref().map(|v| (v.listed().len(), v.more())), Some((8, 3)));
        assert!(violations.is_some_and(|v| v.to_string().ends_with("… and 3 more")));
    }
}
