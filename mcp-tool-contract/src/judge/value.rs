//! One value's schema against what it was. Inputs may widen, outputs may narrow.

use super::finding::{Fact, Finding, Findings, Place, Trail};
use crate::{
    bounds::{Format, Items, Kind, Schema, Text},
    json::schema::Prose,
    rules::Rule,
    text::{code_points, same},
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

    const fn finding(self, input: Rule, output: Rule) -> Finding {
        Finding::new(
            match self.direction {
                Direction::In => input,
                Direction::Out => output,
            },
            self.place,
        )
    }

    const fn tightened(self) -> Finding {
        self.finding(Rule::BoundTightened, Rule::ResultBoundTightened)
    }

    const fn loosened(self) -> Finding {
        self.finding(Rule::BoundLoosened, Rule::ResultBoundLoosened)
    }

    const fn types(self, input: Rule, output: Rule, old: &Kind, new: &Kind) -> Finding {
        self.finding(input, output).change(spelled(old), spelled(new))
    }

    const fn changed(self, old: &Kind, new: &Kind) -> Finding {
        self.types(Rule::TypeChanged, Rule::ResultTypeChanged, old, new)
    }

    const fn narrowed(self, old: &Kind, new: &Kind) -> Finding {
        self.types(Rule::TypeNarrowed, Rule::ResultTypeNarrowed, old, new)
    }

    const fn widened(self, old: &Kind, new: &Kind) -> Finding {
        self.types(Rule::TypeWidened, Rule::ResultTypeWidened, old, new)
    }
}

const fn spelled(kind: &Kind) -> Fact {
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

/// Compares all but whether the value may be left out, which means different things to callers and readers.
pub(super) const fn schema<const N: usize>(
    at: At,
    old: &Schema,
    new: &Schema,
    prose: Prose,
    found: &mut Findings<N>,
) {
    match (old.items, new.items) {
        (None, None) => kind(at, &old.kind, &new.kind, prose, found),
        (Some(was), Some(is)) => {
            low(at, "min_items", was.min, is.min, found);
            high(at, "max_items", was.max, is.max, found);
            if !nothing(at, was, is) {
                kind(at, &old.kind, &new.kind, prose, found);
            }
        }
        (None, Some(_)) => found.note(
            at.finding(Rule::TypeChanged, Rule::ResultTypeChanged)
                .change(spelled(&old.kind), Fact::Text("an array")),
        ),
        (Some(_), None) => found.note(
            at.finding(Rule::TypeChanged, Rule::ResultTypeChanged)
                .change(Fact::Text("an array"), spelled(&new.kind)),
        ),
    }
}

/// Whether the narrower side has no items at all, so that their kind says nothing.
const fn nothing(at: At, was: Items, is: Items) -> bool {
    let narrower = match at.direction {
        Direction::In => was,
        Direction::Out => is,
    };
    matches!(narrower.max, Some(0))
}

/// A least length or count.
const fn low<const N: usize>(at: At, key: &'static str, old: u64, new: u64, found: &mut Findings<N>) {
    if old != new {
        let finding = if new > old { at.tightened() } else { at.loosened() };
        found.note(finding.of(key).change(Fact::Integer(old as i128), Fact::Integer(new as i128)));
    }
}

/// A greatest length or count.
const fn high<const N: usize>(
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

const fn kind<const N: usize>(at: At, old: &Kind, new: &Kind, prose: Prose, found: &mut Findings<N>) {
    match (old, new) {
        (Kind::Boolean, Kind::Boolean) => {}
        (Kind::Integer { minimum: a, maximum: b }, Kind::Integer { minimum: c, maximum: d }) => {
            integer(at, "min", *a, *c, *c > *a, found);
            integer(at, "max", *b, *d, *d < *b, found);
        }
        (Kind::Number { minimum: a, maximum: b }, Kind::Number { minimum: c, maximum: d }) => {
            number(at, "min", *a, *c, found);
            number(at, "max", *b, *d, found);
        }
        (Kind::Integer { minimum, maximum }, Kind::Number { minimum: least, maximum: most }) => {
            if !one_integer(*least, *most) {
                found.note(at.widened(old, new));
            }
            whole(at, (*minimum, *maximum), (*least, *most), true, found);
        }
        (Kind::Number { minimum: least, maximum: most }, Kind::Integer { minimum, maximum }) => {
            if !one_integer(*least, *most) {
                found.note(at.narrowed(old, new));
            }
            whole(at, (*minimum, *maximum), (*least, *most), false, found);
        }
        (Kind::String(was), Kind::String(is)) => text(at, (old, was), (new, is), found),
        (Kind::Enum(was), Kind::Enum(is)) => values(at, was, is, found),
        (Kind::String(text), Kind::Enum(values)) => match at.direction {
            Direction::In => found.note(at.narrowed(old, new)),
            Direction::Out if text.pattern.is_none() && text.format.is_none() && fit(values, text) => {
                found.note(at.narrowed(old, new));
            }
            Direction::Out => found.note(at.changed(old, new)),
        },
        (Kind::Enum(values), Kind::String(text)) => match at.direction {
            Direction::Out => found.note(at.widened(old, new)),
            Direction::In if text.format.is_none() && fit(values, text) => {
                found.note(at.widened(old, new));
                pattern(at, &Text { pattern: None, ..*text }, text, found);
            }
            Direction::In => found.note(at.changed(old, new)),
        },
        (Kind::Object(was), Kind::Object(is)) => {
            if let Place::Result(trail) = at.place {
                super::output::object(trail, was, is, prose, found);
            }
        }
        _ => found.note(at.changed(old, new)),
    }
}

/// A bound of an integer on both sides.
const fn integer<const N: usize>(
    at: At,
    key: &'static str,
    old: i128,
    new: i128,
    tighter: bool,
    found: &mut Findings<N>,
) {
    if old != new {
        let finding = if tighter { at.tightened() } else { at.loosened() };
        found.note(finding.of(key).change(Fact::Integer(old), Fact::Integer(new)));
    }
}

/// A bound of a number on both sides.
const fn number<const N: usize>(
    at: At,
    key: &'static str,
    old: Option<f64>,
    new: Option<f64>,
    found: &mut Findings<N>,
) {
    let is_least = same(key, "min");
    let finding = match (old, new) {
        (None, None) => return,
        (Some(old), Some(new)) if old == new => return,
        (Some(old), Some(new)) if (new > old) == is_least => at.tightened(),
        (Some(_), Some(_) | None) => at.loosened(),
        (None, Some(_)) => at.tightened(),
    };
    found.note(finding.of(key).change(real(old), real(new)));
}

const fn real(bound: Option<f64>) -> Fact {
    match bound {
        Some(bound) => Fact::Number(bound),
        None => Fact::Unsaid,
    }
}

/// The bounds of an integer beside those of a number that it became, or was.
const fn whole<const N: usize>(
    at: At,
    integer: (i128, i128),
    number: (Option<f64>, Option<f64>),
    from_integer: bool,
    found: &mut Findings<N>,
) {
    // Of one integer nothing was said yet.
    let natural = natural(integer.0, integer.1) && !one_integer(number.0, number.1);
    let sides = [("min", integer.0, number.0, true), ("max", integer.1, number.1, false)];
    let mut i = 0;
    while i < sides.len() {
        let (key, whole, bound, is_least) = sides[i];
        i += 1;
        let order = match bound {
            // What the type itself holds is no bound that was set.
            None if natural => continue,
            None => 1,
            Some(bound) => beyond(whole, bound, is_least),
        };
        if order == 0 || (natural && order > 0) {
            continue;
        }
        // The number's side is looser where it goes beyond.
        let finding = if (order > 0) == from_integer { at.loosened() } else { at.tightened() };
        let (integer, number) = (Fact::Integer(whole), real(bound));
        let (from, to) = if from_integer { (integer, number) } else { (number, integer) };
        found.note(finding.of(key).change(from, to));
    }
}

/// Whether these are the bounds of one of Rust's integer types.
const fn natural(minimum: i128, maximum: i128) -> bool {
    let mut bits = 8;
    while bits <= 64 {
        let (signed, unsigned) = ((1i128 << (bits - 1)) - 1, (1i128 << bits) - 1);
        if (minimum == 0 && maximum == unsigned) || (minimum == -signed - 1 && maximum == signed) {
            return true;
        }
        bits *= 2;
    }
    false
}

/// Over 0 where a number's bound goes beyond the integer's, under it where it stays inside.
const fn beyond(whole: i128, bound: f64, is_least: bool) -> i8 {
    let floor = bound.floor() as i128;
    let fraction = bound != bound.floor();
    let order = if floor > whole || (floor == whole && fraction) {
        1
    } else if floor == whole {
        0
    } else {
        -1
    };
    if is_least { -order } else { order }
}

/// Whether a number could only ever be one integer.
const fn one_integer(least: Option<f64>, most: Option<f64>) -> bool {
    match (least, most) {
        (Some(least), Some(most)) => least == most && least == least.floor(),
        _ => false,
    }
}

const fn text<const N: usize>(
    at: At,
    (old, was): (&Kind, &Text),
    (new, is): (&Kind, &Text),
    found: &mut Findings<N>,
) {
    match (was.format, is.format) {
        (Some(a), Some(b)) if a as u8 == b as u8 => {}
        (Some(_), Some(_)) => found.note(at.changed(old, new)),
        (None, None) => {
            low(at, "min_len", was.min_len, is.min_len, found);
            high(at, "max_len", was.max_len, is.max_len, found);
            pattern(at, was, is, found);
        }
        // A format brings lengths of its own; its side is the narrower one where the other takes all of them.
        (None, Some(_)) => match at.direction {
            Direction::In => found.note(at.narrowed(old, new)),
            Direction::Out if holds(was, is) => found.note(at.narrowed(old, new)),
            Direction::Out => found.note(at.changed(old, new)),
        },
        (Some(_), None) => match at.direction {
            Direction::Out => found.note(at.widened(old, new)),
            Direction::In if holds(is, was) => found.note(at.widened(old, new)),
            Direction::In => found.note(at.changed(old, new)),
        },
    }
}

/// Whether free text takes all that is spelled in a format.
const fn holds(free: &Text, format: &Text) -> bool {
    let long = match (free.max_len, format.max_len) {
        (Some(most), Some(longest)) => most >= longest,
        (None, _) => true,
        (Some(_), None) => false,
    };
    long && free.min_len <= format.min_len && free.pattern.is_none()
}

const fn pattern<const N: usize>(at: At, was: &Text, is: &Text, found: &mut Findings<N>) {
    let (old, new) = (source(was), source(is));
    let finding = match (old, new) {
        (None, None) => return,
        (Some(old), Some(new)) if same(old, new) => return,
        (Some(_), Some(_)) => at.finding(Rule::PatternChanged, Rule::ResultPatternChanged),
        (None, Some(_)) => at.finding(Rule::PatternAdded, Rule::ResultPatternAdded),
        (Some(_), None) => at.finding(Rule::PatternRemoved, Rule::ResultPatternRemoved),
    };
    found.note(finding.change(Fact::maybe(old), Fact::maybe(new)));
}

const fn source(text: &Text) -> Option<&'static str> {
    match &text.pattern {
        Some(pattern) => Some(pattern.source()),
        None => None,
    }
}

/// Whether each value has a length that the text takes.
const fn fit(values: &[&str], text: &Text) -> bool {
    let mut i = 0;
    while i < values.len() {
        let length = code_points(values[i]);
        let long = match text.max_len {
            Some(most) => length > most,
            None => false,
        };
        if long || length < text.min_len {
            return false;
        }
        i += 1;
    }
    true
}

const fn values<const N: usize>(at: At, old: &[&'static str], new: &[&'static str], found: &mut Findings<N>) {
    let (mut i, mut paired) = (0, 0);
    while i < old.len() {
        if position(new, old[i], i).is_some() {
            paired += 1;
        } else {
            let finding = at.finding(Rule::EnumValueRemoved, Rule::ResultEnumValueRemoved);
            found.note(finding.change(Fact::Text(old[i]), Fact::Unsaid));
        }
        i += 1;
    }
    let mut i = 0;
    // Values stand once, so that all are paired where as many are.
    while paired < new.len() && i < new.len() {
        if position(old, new[i], i).is_none() {
            let finding = at.finding(Rule::EnumValueAdded, Rule::ResultEnumValueAdded);
            found.note(finding.change(Fact::Unsaid, Fact::Text(new[i])));
        }
        i += 1;
    }
}

/// Where a text is among others. It is looked for first where it was: most things stay where they are, and
/// const evaluation is slow.
pub(super) const fn position(among: &[&str], text: &str, likely: usize) -> Option<usize> {
    if likely < among.len() && same(among[likely], text) {
        return Some(likely);
    }
    let mut i = 0;
    while i < among.len() {
        if same(among[i], text) {
            return Some(i);
        }
        i += 1;
    }
    None
}
