//! Comparison of numeric bounds, also if an integer became a number or a number became an integer.

use super::{
    finding::{ChangedValue, Findings},
    location::ValueLocation,
};
use crate::float;
use crate::text::same;

/// Compares the minimum or maximum of two integers. `key` is `min` or `max`. `tighter` is `true` if the new bound
/// allows fewer values than the old bound.
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

/// Compares the minimum or maximum of two numbers. `key` is `min` or `max`. `None` is no bound.
pub(super) const fn number<const N: usize>(
    at: ValueLocation,
    key: &'static str,
    old: Option<f64>,
    new: Option<f64>,
    found: &mut Findings<N>,
) {
    let is_least = same(key, "min");
    // A greater minimum and a lower maximum are tighter.
    let finding = match (old, new) {
        (None, None) => return,
        (Some(old), Some(new)) if old == new => return,
        (Some(old), Some(new)) if (new > old) == is_least => at.tightened(),
        (Some(_), Some(_) | None) => at.loosened(),
        (None, Some(_)) => at.tightened(),
    };
    found.note(finding.with_key(key).change(optional_number(old), optional_number(new)));
}

const fn optional_number(bound: Option<f64>) -> ChangedValue {
    match bound {
        Some(bound) => ChangedValue::Number(bound),
        None => ChangedValue::None,
    }
}

/// Compares the minimum and maximum of an integer with those of a number. `from_integer` is `true` if the integer is
/// the old type, and the number is the new type.
pub(super) const fn integer_with_number<const N: usize>(
    at: ValueLocation,
    integer: (i128, i128),
    number: (Option<f64>, Option<f64>),
    from_integer: bool,
    found: &mut Findings<N>,
) {
    // The change of the type, which the caller reports, covers the range of the Rust type. If both bounds of the number
    // are the same integer, the caller reports no change of the type, so every bound must be compared.
    let has_type_range = is_type_range(integer.0, integer.1) && !is_single_integer(number.0, number.1);
    let sides = [("min", integer.0, number.0, true), ("max", integer.1, number.1, false)];
    let mut i = 0;
    while i < sides.len() {
        let (key, whole, bound, is_least) = sides[i];
        i += 1;
        // 1 if the number's bound lies outside of the integer's range, -1 if inside, 0 if the bounds are equal.
        let order = match bound {
            // The range of the Rust type isn't a declared bound.
            None if has_type_range => continue,
            None => 1,
            Some(bound) => beyond(whole, bound, is_least),
        };
        if order == 0 || (has_type_range && order > 0) {
            continue;
        }
        // The number is looser if its bound lies outside of the integer's range.
        let finding = if (order > 0) == from_integer { at.loosened() } else { at.tightened() };
        let (integer, number) = (ChangedValue::Integer(whole), optional_number(bound));
        let (from, to) = if from_integer { (integer, number) } else { (number, integer) };
        found.note(finding.with_key(key).change(from, to));
    }
}

/// Returns `true` if these are the bounds of one of Rust's integer types of up to 64 bits.
const fn is_type_range(minimum: i128, maximum: i128) -> bool {
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

/// Compares a number's bound with the bound `whole` of an integer: returns 1 if the number's bound lies outside of the
/// integer's range, -1 if inside, and 0 if the bounds are equal. `is_least` is `true` for minimums.
const fn beyond(whole: i128, bound: f64, is_least: bool) -> i8 {
    let floor = float::floor(bound) as i128;
    let fraction = bound != float::floor(bound);
    let order = if floor > whole || (floor == whole && fraction) {
        1
    } else if floor == whole {
        0
    } else {
        -1
    };
    if is_least { -order } else { order }
}

/// Returns `true` if both bounds of a number are the same integer.
pub(super) const fn is_single_integer(least: Option<f64>, most: Option<f64>) -> bool {
    match (least, most) {
        (Some(least), Some(most)) => least == most && least == float::floor(least),
        _ => false,
    }
}
