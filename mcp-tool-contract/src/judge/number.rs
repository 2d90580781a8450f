//! Comparison of numeric bounds, including changes between integer and number.

use super::{
    finding::{ChangedValue, Findings},
    location::ValueLocation,
};
use crate::text::same;

/// Compares a bound of two integers.
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
        found.note(finding.with_key(key).change(ChangedValue::Integer(old), ChangedValue::Integer(new)));
    }
}

/// Compares a bound of two numbers.
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
    found.note(finding.with_key(key).change(real(old), real(new)));
}

const fn real(bound: Option<f64>) -> ChangedValue {
    match bound {
        Some(bound) => ChangedValue::Number(bound),
        None => ChangedValue::None,
    }
}

/// Compares the bounds of an integer with those of a number.
pub(super) const fn whole<const N: usize>(
    at: ValueLocation,
    integer: (i128, i128),
    number: (Option<f64>, Option<f64>),
    from_integer: bool,
    found: &mut Findings<N>,
) {
    // If the number is a single integer, no type change was reported, so every bound must be compared.
    let natural = natural(integer.0, integer.1) && !one_integer(number.0, number.1);
    let sides = [("min", integer.0, number.0, true), ("max", integer.1, number.1, false)];
    let mut i = 0;
    while i < sides.len() {
        let (key, whole, bound, is_least) = sides[i];
        i += 1;
        let order = match bound {
            // The range of the Rust type isn't a declared bound.
            None if natural => continue,
            None => 1,
            Some(bound) => beyond(whole, bound, is_least),
        };
        if order == 0 || (natural && order > 0) {
            continue;
        }
        // The number is looser if its bound lies beyond the integer's.
        let finding = if (order > 0) == from_integer { at.loosened() } else { at.tightened() };
        let (integer, number) = (ChangedValue::Integer(whole), real(bound));
        let (from, to) = if from_integer { (integer, number) } else { (number, integer) };
        found.note(finding.with_key(key).change(from, to));
    }
}

/// Returns true if these are the bounds of one of Rust's integer types.
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

/// Returns the greatest whole number that is at most `value`.
// `f64::floor` is `const` since Rust 1.90.
const fn floor(value: f64) -> f64 {
    const ALL_ARE_WHOLE: f64 = 9_007_199_254_740_992.0;
    if value.abs() < ALL_ARE_WHOLE {
        let truncated = value as i64 as f64;
        if truncated > value { truncated - 1.0 } else { truncated }
    } else {
        value
    }
}

/// Returns a positive number if a number's bound lies beyond the integer's, a negative one if it lies inside.
const fn beyond(whole: i128, bound: f64, is_least: bool) -> i8 {
    let fraction = bound != floor(bound);
    let floor = floor(bound) as i128;
    let order = if floor > whole || (floor == whole && fraction) {
        1
    } else if floor == whole {
        0
    } else {
        -1
    };
    if is_least { -order } else { order }
}

/// Returns true if the bounds of a number allow exactly one integer.
pub(super) const fn one_integer(least: Option<f64>, most: Option<f64>) -> bool {
    match (least, most) {
        (Some(least), Some(most)) => least == most && least == floor(least),
        _ => false,
    }
}
