//! One change between two versions of a contract, and all of them.

use std::fmt;

use crate::{
    model::Rate,
    rules::{ChangeClass, ChangeRule},
    text::{ConstText, same},
};

/// A change, judged.
#[derive(Clone, Copy, Debug)]
pub struct Finding {
    /// By which rule.
    pub rule: ChangeRule,
    /// Where.
    pub place: ChangeLocation,
    pub(crate) key: &'static str,
    pub(crate) from: ChangedValue,
    pub(crate) to: ChangedValue,
}

/// Where a change is.
#[derive(Clone, Copy, Debug)]
pub enum ChangeLocation {
    /// The tool as a whole.
    Tool,
    /// One of its parameters.
    Parameter(&'static str),
    /// Its result.
    Result(FieldPath),
}

/// The way to a field of a result, from the root. What is deeper than it can say is judged all the same.
#[derive(Clone, Copy, Debug)]
pub struct FieldPath {
    names: [&'static str; FieldPath::MOST],
    len: usize,
}

impl FieldPath {
    const MOST: usize = 8;
    pub(crate) const ROOT: FieldPath = FieldPath { names: [""; FieldPath::MOST], len: 0 };

    pub(crate) const fn field(mut self, name: &'static str) -> FieldPath {
        if self.len < FieldPath::MOST {
            self.names[self.len] = name;
            self.len += 1;
        }
        self
    }

    /// The names on the way.
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
            ChangeLocation::Result(trail) => trail.text(text.str("result field '")).str("'"),
        }
    }
}

/// What something was, or is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ChangedValue {
    /// Nothing was said.
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
            ChangedValue::Text(fact) => text.str(fact),
            ChangedValue::Integer(fact) => text.integer(fact),
            ChangedValue::Number(fact) => text.number(fact),
            ChangedValue::Rate(Rate { calls, window }) => {
                text.integer(calls as i128).str("/").str(window.name())
            }
        }
    }

    pub(crate) const fn count(fact: Option<u64>) -> ChangedValue {
        match fact {
            Some(fact) => ChangedValue::Integer(fact as i128),
            None => ChangedValue::None,
        }
    }

    pub(crate) const fn maybe(fact: Option<&'static str>) -> ChangedValue {
        match fact {
            Some(fact) => ChangedValue::Text(fact),
            None => ChangedValue::None,
        }
    }
}

impl Finding {
    /// That a tool came. Of two contracts none shows it: lists do.
    pub const TOOL_ADDED: Finding = Finding::new(ChangeRule::ToolAdded, ChangeLocation::Tool);
    /// That a tool went.
    pub const TOOL_REMOVED: Finding = Finding::new(ChangeRule::ToolRemoved, ChangeLocation::Tool);

    pub(crate) const fn new(rule: ChangeRule, place: ChangeLocation) -> Self {
        Finding { rule, place, key: "", from: ChangedValue::None, to: ChangedValue::None }
    }

    /// Which keyword it is about.
    pub(crate) const fn of(mut self, key: &'static str) -> Self {
        self.key = key;
        self
    }

    pub(crate) const fn change(mut self, from: ChangedValue, to: ChangedValue) -> Self {
        self.from = from;
        self.to = to;
        self
    }

    /// `breaking: parameter 'reason' became required [parameter-required]`.
    pub(crate) const fn text<const N: usize>(&self, mut text: ConstText<N>) -> ConstText<N> {
        text = text.str(self.rule.class().name()).str(": ");
        text = self.words(text);
        text.str(" [").str(self.rule.id()).str("]")
    }

    const fn words<const N: usize>(&self, mut text: ConstText<N>) -> ConstText<N> {
        let mut rest = self.rule.words();
        while let Some((before, name, after)) = placeholder(rest) {
            text = text.str(before);
            text = if same(name, "place") {
                self.place.text(text)
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

    /// The change in words: `parameter 'reason' became required`.
    #[must_use]
    pub fn message(&self) -> String {
        self.words(ConstText::<1_024>::new()).as_str().to_owned()
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text(ConstText::<1_024>::new()).as_str())
    }
}

/// What stands before the first `{name}`, the name, and what stands behind it.
const fn placeholder(words: &'static str) -> Option<(&'static str, &'static str, &'static str)> {
    let bytes = words.as_bytes();
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
    let (before, rest) = words.split_at(open);
    let (name, after) = rest.split_at(close - open);
    Some((before, name.split_at(1).1, after.split_at(1).1))
}

/// All changes between two versions. What goes beyond `MOST` is counted, and its class still counts: with none to
/// hold, this only tells whether anything changed, which is all that const evaluation asks in most cases, and it
/// is slow where there is much to copy.
#[derive(Clone, Copy, Debug)]
pub struct Findings<const MOST: usize = 96> {
    found: [Finding; MOST],
    len: usize,
    worst: ChangeClass,
    more: usize,
    /// A bit for each rule that was found, whether or not the finding is listed.
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

    /// The changes, in the order of the contract.
    #[must_use]
    pub const fn listed(&self) -> &[Finding] {
        self.found.split_at(self.len).0
    }

    /// How many there are beyond those listed.
    #[must_use]
    pub const fn more(&self) -> usize {
        self.more
    }

    /// The worst of their classes; [`ChangeClass::Patch`] where there are none.
    #[must_use]
    pub const fn worst(&self) -> ChangeClass {
        self.worst
    }

    /// Whether nothing changed.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0 && self.more == 0
    }

    /// Whether a change of that rule is among them, listed or not.
    pub(crate) const fn has(&self, rule: ChangeRule) -> bool {
        self.rules & bit(rule) != 0
    }
}

const fn bit(rule: ChangeRule) -> u128 {
    const { assert!(ChangeRule::ALL.len() <= u128::BITS as usize) };
    1 << rule as u8
}
