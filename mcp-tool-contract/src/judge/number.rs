//! Numbers against what they were: bounds on both sides, and an integer that became a number or was one.

use super::{
    finding::{ChangedValue, Findings},
    location::ValueLocation,
};
use crate::text::same;

/// A bound of an integer on both sides.
pub(super) const fn integer<const N: usize>(
    at: ValueLocation,
    key: &'static str,
    old: i128,
    new: i128,
    tighter: bool,
    found: &mut Findings<N>,
) {
    if old != new {
        let finding = if tighter { at.tightened() } else { at.loosened() };
        found.note(finding.of(key).change(ChangedValue::Integer(old), ChangedValue::Integer(new)));
    }
}

/// A bound of a number on both sides.
pub(super) const fn number<const N: usize>(
    at: ValueLocation,
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

const fn real(bound: Option<f64>) -> ChangedValue {
    match bound {
        Some(bound) => ChangedValue::Number(bound),
        None => ChangedValue::None,
    }
}

/// The bounds of an integer beside those of a number that it became, or was.
pub(super) const fn whole<const N: usize>(
    at: ValueLocation,
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
        let (integer, number) = (ChangedValue::Integer(whole), real(bound));
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
pub(super) const fn one_integer(least: Option<f64>, most: Option<f64>) -> bool {
    match (least, most) {
        (Some(least), Some(most)) => least == most && least == least.floor(),
        _ => false,
    }
}
