//! One change between two versions of a contract, and all of them.

use std::fmt;

use crate::{
    model::Rate,
    rules::{Class, Rule},
    text::{ConstText, same},
};

/// A change, judged.
#[derive(Clone, Copy, Debug)]
pub struct Finding {
    /// By which rule.
    pub rule: Rule,
    /// Where.
    pub place: Place,
    pub(crate) key: &'static str,
    pub(crate) from: Fact,
    pub(crate) to: Fact,
}

/// Where a change is.
#[derive(Clone, Copy, Debug)]
pub enum Place {
    /// The tool as a whole.
    Tool,
    /// One of its parameters.
    Parameter(&'static str),
    /// Its result.
    Result(Trail),
}

/// The way to a field of a result, from the root. What is deeper than it can say is judged all the same.
#[derive(Clone, Copy, Debug)]
pub struct Trail {
    names: [&'static str; Trail::MOST],
    len: usize,
}

impl Trail {
    const MOST: usize = 8;
    pub(crate) const ROOT: Trail = Trail { names: [""; Trail::MOST], len: 0 };

    pub(crate) const fn field(mut self, name: &'static str) -> Trail {
        if self.len < Trail::MOST {
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

impl Place {
    const fn text<const N: usize>(&self, text: ConstText<N>) -> ConstText<N> {
        match self {
            Place::Tool => text.str("the tool"),
            Place::Parameter(name) => text.str("parameter '").str(name).str("'"),
            Place::Result(Trail { len: 0, .. }) => text.str("the result"),
            Place::Result(trail) => trail.text(text.str("result field '")).str("'"),
        }
    }
}

/// What something was, or is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fact {
    /// Nothing was said.
    Unsaid,
    Text(&'static str),
    Integer(i128),
    Number(f64),
    Rate(Rate),
}

impl Fact {
    const fn text<const N: usize>(self, text: ConstText<N>) -> ConstText<N> {
        match self {
            Fact::Unsaid => text.str("none"),
            Fact::Text(fact) => text.str(fact),
            Fact::Integer(fact) => text.integer(fact),
            Fact::Number(fact) => text.number(fact),
            Fact::Rate(Rate { calls, window }) => text.integer(calls as i128).str("/").str(window.name()),
        }
    }

    pub(crate) const fn count(fact: Option<u64>) -> Fact {
        match fact {
            Some(fact) => Fact::Integer(fact as i128),
            None => Fact::Unsaid,
        }
    }

    pub(crate) const fn maybe(fact: Option<&'static str>) -> Fact {
        match fact {
            Some(fact) => Fact::Text(fact),
            None => Fact::Unsaid,
        }
    }
}

impl Finding {
    /// That a tool came. Of two contracts none shows it: lists do.
    pub const TOOL_ADDED: Finding = Finding::new(Rule::ToolAdded, Place::Tool);
    /// That a tool went.
    pub const TOOL_REMOVED: Finding = Finding::new(Rule::ToolRemoved, Place::Tool);

    pub(crate) const fn new(rule: Rule, place: Place) -> Self {
        Finding { rule, place, key: "", from: Fact::Unsaid, to: Fact::Unsaid }
    }

    /// Which keyword it is about.
    pub(crate) const fn of(mut self, key: &'static str) -> Self {
        self.key = key;
        self
    }

    pub(crate) const fn change(mut self, from: Fact, to: Fact) -> Self {
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
    worst: Class,
    more: usize,
    /// A bit for each rule that was found, whether or not the finding is listed.
    rules: u128,
}

impl<const MOST: usize> Findings<MOST> {
    pub(crate) const fn none() -> Self {
        let blank = Finding::new(Rule::ToolAdded, Place::Tool);
        Findings { found: [blank; MOST], len: 0, worst: Class::Patch, more: 0, rules: 0 }
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

    /// The worst of their classes; [`Class::Patch`] where there are none.
    #[must_use]
    pub const fn worst(&self) -> Class {
        self.worst
    }

    /// Whether nothing changed.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0 && self.more == 0
    }

    /// Whether a change of that rule is among them, listed or not.
    pub(crate) const fn has(&self, rule: Rule) -> bool {
        self.rules & bit(rule) != 0
    }
}

const fn bit(rule: Rule) -> u128 {
    const { assert!(Rule::ALL.len() <= u128::BITS as usize) };
    1 << rule as u8
}
