//! Location of a compared value, with the direction in which callers use the value: they send it or read it. The
//! direction determines the rule that classifies a change.

use super::finding::{ChangeLocation, ChangedValue, FieldPath, Finding, Findings};
use crate::{
    bounds::{Format, Kind, Text},
    rules::ChangeRule,
};

/// Direction of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    /// Callers send the value, as an argument.
    In,
    /// Callers read the value, in a result.
    Out,
}

/// Location and direction of a value.
#[derive(Clone, Copy)]
pub(super) struct ValueLocation {
    pub(super) location: ChangeLocation,
    pub(super) direction: Direction,
}

impl ValueLocation {
    pub(super) const fn parameter(name: &'static str) -> ValueLocation {
        ValueLocation { location: ChangeLocation::Parameter(name), direction: Direction::In }
    }

    pub(super) const fn result(path: FieldPath) -> ValueLocation {
        ValueLocation { location: ChangeLocation::Result(path), direction: Direction::Out }
    }

    /// Creates a finding: of rule `input` if callers send the value, of rule `output` if they read it.
    pub(super) const fn finding(self, input: ChangeRule, output: ChangeRule) -> Finding {
        Finding::new(
            match self.direction {
                Direction::In => input,
                Direction::Out => output,
            },
            self.location,
        )
    }

    /// Creates the finding that a bound allows fewer values than before.
    pub(super) const fn tightened(self) -> Finding {
        self.finding(ChangeRule::BoundTightened, ChangeRule::ResultBoundTightened)
    }

    /// Creates the finding that a bound allows more values than before.
    pub(super) const fn loosened(self) -> Finding {
        self.finding(ChangeRule::BoundLoosened, ChangeRule::ResultBoundLoosened)
    }

    /// Creates the same finding as [`finding`](Self::finding), with the names of the old and the new type.
    pub(super) const fn types(
        self,
        input: ChangeRule,
        output: ChangeRule,
        old: &Kind,
        new: &Kind,
    ) -> Finding {
        self.finding(input, output).change(kind_name(old), kind_name(new))
    }

    /// Creates the finding of a type change that breaks callers, in either direction.
    pub(super) const fn changed(self, old: &Kind, new: &Kind) -> Finding {
        self.types(ChangeRule::TypeChanged, ChangeRule::ResultTypeChanged, old, new)
    }

    /// Creates the finding that the new type has fewer values than the old type. This breaks callers that send the
    /// value.
    pub(super) const fn narrowed(self, old: &Kind, new: &Kind) -> Finding {
        self.types(ChangeRule::TypeNarrowed, ChangeRule::ResultTypeNarrowed, old, new)
    }

    /// Creates the finding that the new type has more values than the old type. This breaks callers that read the
    /// value.
    pub(super) const fn widened(self, old: &Kind, new: &Kind) -> Finding {
        self.types(ChangeRule::TypeWidened, ChangeRule::ResultTypeWidened, old, new)
    }
}

/// Name of a type in messages.
pub(super) const fn kind_name(kind: &Kind) -> ChangedValue {
    ChangedValue::Text(match kind {
        Kind::Enum(_) => "an enum",
        Kind::Text(Text { format: Some(format), .. }) => match format {
            Format::Uuid => "a UUID",
            Format::Date => "a date",
            Format::DateTime => "a date-time",
            Format::Ipv4 => "an IPv4 address",
            Format::Ipv6 => "an IPv6 address",
            Format::Uri => "a URI",
            Format::Duration => "a duration",
        },
        other => other.noun(),
    })
}

/// Compares the old and the new minimum length of a text, or minimum number of items of an array.
pub(super) const fn least<const N: usize>(
    at: ValueLocation,
    key: &'static str,
    old: u64,
    new: u64,
    found: &mut Findings<N>,
) {
    if old != new {
        let finding = if new > old { at.tightened() } else { at.loosened() };
        found.note(
            finding
                .with_key(key)
                .change(ChangedValue::Integer(old as i128), ChangedValue::Integer(new as i128)),
        );
    }
}

/// Compares the old and the new maximum length of a text, or maximum number of items of an array. `None` is no maximum.
pub(super) const fn greatest<const N: usize>(
    at: ValueLocation,
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
    found.note(
        finding.with_key(key).change(ChangedValue::optional_count(old), ChangedValue::optional_count(new)),
    );
}
