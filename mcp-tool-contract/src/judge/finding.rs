//! Changes between two versions of a contract.

use std::fmt;

use crate::{
    model::Rate,
    rules::{ChangeClass, ChangeRule},
    text::{ConstText, same},
};

/// A change, with the rule that classifies it.
#[derive(Clone, Copy, Debug)]
pub struct Finding {
    /// Rule that classifies the change.
    pub rule: ChangeRule,
    /// Location of the change.
    pub location: ChangeLocation,
    /// Name of the keyword that changed, such as `max_len`, or of the list whose order changed, such as `scopes`. Empty if
    /// the rule's message doesn't name it.
    pub(crate) key: &'static str,
    /// Value in the locked contract; [`ChangedValue::None`] also if the rule's message contains no values.
    pub(crate) from: ChangedValue,
    /// Value in the new contract; `None` as in `from`.
    pub(crate) to: ChangedValue,
}

/// Location of a change.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum ChangeLocation {
    /// The tool as a whole.
    Tool,
    /// The parameter of this name.
    Parameter(&'static str),
    /// A field of the result, or the whole result if the path is empty.
    Result(FieldPath),
}

/// Path from the root of a result to a field. A path has at most eight names: a change of a deeper field is reported at
/// the field of the eighth name.
#[derive(Clone, Copy, Debug)]
pub struct FieldPath {
    names: [&'static str; FieldPath::MAX_NAMES],
    len: usize,
}

impl FieldPath {
    /// Maximum number of names in a path.
    const MAX_NAMES: usize = 8;
    pub(crate) const ROOT: FieldPath = FieldPath { names: [""; FieldPath::MAX_NAMES], len: 0 };

    pub(crate) const fn field(mut self, name: &'static str) -> FieldPath {
        if self.len < FieldPath::MAX_NAMES {
            self.names[self.len] = name;
            self.len += 1;
        }
        self
    }

    /// Names of the fields from the root.
    #[must_use]
    pub fn names(&self) -> &[&'static str] {
        &self.names[..self.len]
    }

    const fn text<const N: usize>(&self, mut text: ConstText<N>) -> ConstText<N> {
        let mut i = 0;
        while i < self.len {
            if i > 0 {
                text = text.str(".");
            }
            text = text.str(self.names[i]);
            i += 1;
        }
        text
    }
}

impl ChangeLocation {
    const fn text<const N: usize>(&self, text: ConstText<N>) -> ConstText<N> {
        match self {
            ChangeLocation::Tool => text.str("the tool"),
            ChangeLocation::Parameter(name) => text.str("parameter '").str(name).str("'"),
            ChangeLocation::Result(FieldPath { len: 0, .. }) => text.str("the result"),
            ChangeLocation::Result(path) => path.text(text.str("result field '")).str("'"),
        }
    }
}

/// The locked value or the new value of a change.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ChangedValue {
    /// The value is absent.
    None,
    Text(&'static str),
    Integer(i128),
    Number(f64),
    Rate(Rate),
}

impl ChangedValue {
    const fn text<const N: usize>(self, text: ConstText<N>) -> ConstText<N> {
        match self {
            ChangedValue::None => text.str("none"),
            ChangedValue::Text(value) => text.str(value),
            ChangedValue::Integer(value) => text.integer(value),
            ChangedValue::Number(value) => text.number(value),
            ChangedValue::Rate(Rate { calls, window }) => {
                text.integer(calls as i128).str("/").str(window.name())
            }
        }
    }

    pub(crate) const fn optional_count(value: Option<u64>) -> ChangedValue {
        match value {
            Some(value) => ChangedValue::Integer(value as i128),
            None => ChangedValue::None,
        }
    }

    pub(crate) const fn optional_text(value: Option<&'static str>) -> ChangedValue {
        match value {
            Some(value) => ChangedValue::Text(value),
            None => ChangedValue::None,
        }
    }
}

impl Finding {
    /// A tool that the lock doesn't contain. [`compare`](super::compare) never returns this finding, because it
    /// compares two contracts.
    pub const TOOL_ADDED: Finding = Finding::new(ChangeRule::ToolAdded, ChangeLocation::Tool);
    /// A tool, or a major version of it, that only the lock contains. [`compare`](super::compare) never returns this finding, because it compares
    /// two contracts.
    pub const TOOL_REMOVED: Finding = Finding::new(ChangeRule::ToolRemoved, ChangeLocation::Tool);

    pub(crate) const fn new(rule: ChangeRule, location: ChangeLocation) -> Self {
        Finding { rule, location, key: "", from: ChangedValue::None, to: ChangedValue::None }
    }

    /// Sets the name of the keyword or list that changed.
    pub(crate) const fn with_key(mut self, key: &'static str) -> Self {
        self.key = key;
        self
    }

    /// Sets the old and the new value.
    pub(crate) const fn change(mut self, from: ChangedValue, to: ChangedValue) -> Self {
        self.from = from;
        self.to = to;
        self
    }

    /// Writes the finding, such as `breaking: parameter 'reason' became required [parameter-required]`.
    pub(crate) const fn text<const N: usize>(&self, mut text: ConstText<N>) -> ConstText<N> {
        text = text.str(self.rule.class().name()).str(": ");
        text = self.write_message(text);
        text.str(" [").str(self.rule.id()).str("]")
    }

    /// Writes the rule's message, with the finding's values in the placeholders.
    const fn write_message<const N: usize>(&self, mut text: ConstText<N>) -> ConstText<N> {
        let mut rest = self.rule.message_template();
        while let Some((before, name, after)) = placeholder(rest) {
            text = text.str(before);
            text = if same(name, "location") {
                self.location.text(text)
            } else if same(name, "key") {
                text.str(self.key)
            } else if same(name, "from") {
                self.from.text(text)
            } else {
                self.to.text(text)
            };
            rest = after;
        }
        text.str(rest)
    }

    /// Describes the change, such as `parameter 'reason' became required`, in at most 1,024 bytes. A value that doesn't
    /// fit is left out.
    #[must_use]
    pub fn message(&self) -> String {
        self.write_message(ConstText::<1_024>::new()).as_str().to_owned()
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text(ConstText::<1_024>::new()).as_str())
    }
}

/// Splits a message template at its first `{name}` into the text before it, the name, and the rest. `None` if there is
/// no `{name}`.
const fn placeholder(template: &'static str) -> Option<(&'static str, &'static str, &'static str)> {
    let bytes = template.as_bytes();
    let mut open = 0;
    while open < bytes.len() && bytes[open] != b'{' {
        open += 1;
    }
    let mut close = open;
    while close < bytes.len() && bytes[close] != b'}' {
        close += 1;
    }
    if close >= bytes.len() {
        return None;
    }
    let (before, rest) = template.split_at(open);
    let (name, after) = rest.split_at(close - open);
    Some((before, name.split_at(1).1, after.split_at(1).1))
}

/// All changes that a comparison found between two versions. The first `MOST` changes are listed. Further changes are counted, and
/// [`worst`](Findings::worst) includes their classes. If `MOST` is 0, no change is listed, which is much faster in
/// const evaluation.
#[derive(Clone, Copy, Debug)]
pub struct Findings<const MOST: usize = 96> {
    found: [Finding; MOST],
    len: usize,
    worst: ChangeClass,
    more: usize,
    /// One bit for each rule that classifies at least one change, even if the change isn't listed.
    rules: u128,
}

impl<const MOST: usize> Findings<MOST> {
    pub(crate) const fn none() -> Self {
        let blank = Finding::new(ChangeRule::ToolAdded, ChangeLocation::Tool);
        Findings { found: [blank; MOST], len: 0, worst: ChangeClass::Patch, more: 0, rules: 0 }
    }

    pub(crate) const fn note(&mut self, finding: Finding) {
        self.rules |= bit(finding.rule);
        if finding.rule.class() as u8 > self.worst as u8 {
            self.worst = finding.rule.class();
        }
        if self.len < MOST {
            self.found[self.len] = finding;
            self.len += 1;
        } else {
            self.more += 1;
        }
    }

    /// Listed changes, in the order in which [`compare`](super::compare) finds them.
    #[must_use]
    pub const fn listed(&self) -> &[Finding] {
        self.found.split_at(self.len).0
    }

    /// Number of changes that aren't listed.
    #[must_use]
    pub const fn more(&self) -> usize {
        self.more
    }

    /// Worst class of all changes; [`ChangeClass::Patch`] if there are none.
    #[must_use]
    pub const fn worst(&self) -> ChangeClass {
        self.worst
    }

    /// Returns `true` if the comparison found no change.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0 && self.more == 0
    }

    /// Returns `true` if this rule classifies at least one change, even if the change isn't listed.
    pub(crate) const fn has(&self, rule: ChangeRule) -> bool {
        self.rules & bit(rule) != 0
    }
}

const fn bit(rule: ChangeRule) -> u128 {
    const { assert!(ChangeRule::ALL.len() <= u128::BITS as usize) };
    1 << rule as u8
}
