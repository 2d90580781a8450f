//! Where a value is, which way it goes, and what a change of it is then called.

use super::finding::{Fact, Finding, Findings, Place, Trail};
use crate::{
    bounds::{Format, Kind, Text},
    rules::Rule,
};

/// Which way values go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    /// Callers send them.
    In,
    /// Callers read them.
    Out,
}

/// Where a value is, and which way it goes.
#[derive(Clone, Copy)]
pub(super) struct At {
    pub(super) place: Place,
    pub(super) direction: Direction,
}

impl At {
    pub(super) const fn parameter(name: &'static str) -> At {
        At { place: Place::Parameter(name), direction: Direction::In }
    }

    pub(super) const fn result(trail: Trail) -> At {
        At { place: Place::Result(trail), direction: Direction::Out }
    }

    pub(super) const fn finding(self, input: Rule, output: Rule) -> Finding {
        Finding::new(
            match self.direction {
                Direction::In => input,
                Direction::Out => output,
            },
            self.place,
        )
    }

    pub(super) const fn tightened(self) -> Finding {
        self.finding(Rule::BoundTightened, Rule::ResultBoundTightened)
    }

    pub(super) const fn loosened(self) -> Finding {
        self.finding(Rule::BoundLoosened, Rule::ResultBoundLoosened)
    }

    pub(super) const fn types(self, input: Rule, output: Rule, old: &Kind, new: &Kind) -> Finding {
        self.finding(input, output).change(spelled(old), spelled(new))
    }

    pub(super) const fn changed(self, old: &Kind, new: &Kind) -> Finding {
        self.types(Rule::TypeChanged, Rule::ResultTypeChanged, old, new)
    }

    pub(super) const fn narrowed(self, old: &Kind, new: &Kind) -> Finding {
        self.types(Rule::TypeNarrowed, Rule::ResultTypeNarrowed, old, new)
    }

    pub(super) const fn widened(self, old: &Kind, new: &Kind) -> Finding {
        self.types(Rule::TypeWidened, Rule::ResultTypeWidened, old, new)
    }
}

pub(super) const fn spelled(kind: &Kind) -> Fact {
    Fact::Text(match kind {
        Kind::Enum(_) => "an enum",
        Kind::String(Text { format: Some(format), .. }) => match format {
            Format::Uuid => "a UUID",
            Format::Date => "a date",
            Format::DateTime => "a date-time",
        },
        other => other.noun(),
    })
}

/// A least length or count.
pub(super) const fn low<const N: usize>(
    at: At,
    key: &'static str,
    old: u64,
    new: u64,
    found: &mut Findings<N>,
) {
    if old != new {
        let finding = if new > old { at.tightened() } else { at.loosened() };
        found.note(finding.of(key).change(Fact::Integer(old as i128), Fact::Integer(new as i128)));
    }
}

/// A greatest length or count.
pub(super) const fn high<const N: usize>(
    at: At,
    key: &'static str,
    old: Option<u64>,
    new: Option<u64>,
    found: &mut Findings<N>,
) {
    let finding = match (old, new) {
        (None, None) => return,
        (Some(old), Some(new)) if old == new => return,
        (Some(old), Some(new)) if new > old => at.loosened(),
        (Some(_), None) => at.loosened(),
        (Some(_) | None, Some(_)) => at.tightened(),
    };
    found.note(finding.of(key).change(Fact::count(old), Fact::count(new)));
}
