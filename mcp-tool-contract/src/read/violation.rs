//! What was wrong with a value, said so that a model can mend it.

use std::fmt;

use serde::ser::{Serialize, SerializeStruct, Serializer};

/// Violations that a report lists; the rest is counted.
pub const MAX_VIOLATIONS: usize = 8;
/// Characters of a value that a message shows.
pub const MAX_ECHO: usize = 64;

/// The rule that was broken: JSON Schema's keyword where there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Another JSON type.
    Type,
    /// None of the enum's values.
    Enum,
    /// Under the least value.
    Minimum,
    /// Over the greatest value.
    Maximum,
    /// Too short.
    MinLength,
    /// Too long.
    MaxLength,
    /// Doesn't match.
    Pattern,
    /// Spells nothing of its format.
    Format,
    /// Too few items.
    MinItems,
    /// Too many items.
    MaxItems,
    /// Missing.
    Required,
    /// Not declared.
    AdditionalProperties,
    /// Given twice.
    Duplicate,
    /// Not JSON that can be read.
    Syntax,
    /// A cursor that wasn't given for this request.
    Cursor,
    /// Conditions among several parameters.
    Constraints,
    /// A rule that only the tool knows.
    Value,
}

impl Rule {
    /// The stable name.
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

/// One thing that was wrong, at one place.
#[derive(Clone, Debug, PartialEq)]
pub struct Violation {
    /// Where, as a JSON pointer (RFC 6901) into the arguments or the result.
    pub pointer: String,
    /// Which rule.
    pub rule: Rule,
    /// The limit that the rule states, if it states one.
    pub limit: Option<serde_json::Value>,
    /// What was found and what is wanted, without the pointer.
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

/// All that was wrong with a call: at least one [`Violation`], at most [`MAX_VIOLATIONS`], and a count of the rest.
#[derive(Clone, Debug, PartialEq)]
pub struct Violations {
    listed: Vec<Violation>,
    more: usize,
}

impl Violations {
    /// The violations that are listed.
    #[must_use]
    pub fn listed(&self) -> &[Violation] {
        &self.listed
    }

    /// How many more there were.
    #[must_use]
    pub const fn more(&self) -> usize {
        self.more
    }
}

impl Violations {
    /// All of these, if there are any.
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

/// Collects violations while reading goes on.
#[derive(Debug, Default)]
pub struct ViolationReport {
    listed: Vec<Violation>,
    more: usize,
}

impl ViolationReport {
    /// Notes a violation at `path`.
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

    /// Whether as many are listed as may be: the next is only counted.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.listed.len() >= MAX_VIOLATIONS
    }

    /// Whether nothing was wrong so far.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.listed.is_empty()
    }

    /// The end of reading.
    ///
    /// # Errors
    /// The violations, if there were any.
    pub fn finish(self) -> Result<(), Violations> {
        if self.listed.is_empty() {
            return Ok(());
        }
        Err(Violations { listed: self.listed, more: self.more })
    }
}

/// Where reading is: a chain on the stack, rendered only when something is wrong.
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
    /// The whole value.
    pub const ROOT: ValuePath<'static> = ValuePath { parent: None, step: PathStep::Root, secret: false };

    /// The member of that name.
    #[must_use]
    pub const fn key(&'p self, name: &'p str) -> ValuePath<'p> {
        ValuePath { parent: Some(self), step: PathStep::Key(name), secret: self.secret }
    }

    /// The item at that index.
    #[must_use]
    pub const fn index(&'p self, index: usize) -> ValuePath<'p> {
        ValuePath { parent: Some(self), step: PathStep::Index(index), secret: self.secret }
    }

    /// The same place, where no value may be shown.
    #[must_use]
    pub const fn secret(self, secret: bool) -> ValuePath<'p> {
        ValuePath { secret: self.secret || secret, ..self }
    }

    /// Whether no value may be shown here.
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
                pointer.push_str(&shown(name).replace('~', "~0").replace('/', "~1"));
            }
            PathStep::Index(index) => {
                pointer.push('/');
                pointer.push_str(&index.to_string());
            }
        }
        pointer
    }
}

/// At most [`MAX_ECHO`] characters of what a caller sent, with everything invisible escaped.
#[must_use]
pub fn shown(text: &str) -> String {
    let mut shown = String::new();
    for (count, c) in text.chars().enumerate() {
        if count == MAX_ECHO {
            shown.push('…');
            break;
        }
        match c {
            '"' | '\'' | '\\' => shown.push(c),
            _ => shown.extend(c.escape_debug()),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_escape_what_rfc_6901_reserves() {
        let root = ValuePath::ROOT;
        let key = root.key("a/b~c");
        assert_eq!(key.index(3).pointer(), "/a~1b~0c/3");
        assert_eq!(ValuePath::ROOT.pointer(), "");
    }

    #[test]
    fn an_echo_is_short_and_shows_what_is_invisible() {
        assert_eq!(shown(&"é".repeat(100)).chars().count(), MAX_ECHO + 1);
        assert_eq!(shown("a\u{202e}b\u{200b}\n"), "a\\u{202e}b\\u{200b}\\n");
        assert_eq!(shown(r#""a\"b""#), r#""a\"b""#);
    }

    #[test]
    fn eight_are_listed_and_the_rest_counted() {
        let mut report = ViolationReport::default();
        for _ in 0..11 {
            report.note(&ValuePath::ROOT.key("n"), Rule::Type, None, "wrong".into());
        }
        let violations = report.finish().err();
        assert_eq!(violations.as_ref().map(|v| (v.listed().len(), v.more())), Some((8, 3)));
        assert!(violations.is_some_and(|v| v.to_string().ends_with("… and 3 more")));
    }
}
