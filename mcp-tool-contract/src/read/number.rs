//! Parses JSON numbers from their text and compares them, without rounding.

/// Result of parsing a JSON number as an integer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ExactInteger {
    /// An integer of at most 38 digits.
    Exact(i128),
    /// An integer of more than 38 digits. No parameter type has such values.
    Huge,
    /// Not an integer.
    Fraction,
}

/// Parses a JSON number (RFC 8259 §6) as an exact integer: `10`, `1e1` and `10.0` are equal.
pub(super) fn exact_integer(text: &str) -> ExactInteger {
    if let Ok(value) = text.parse::<i64>() {
        return ExactInteger::Exact(value.into());
    }
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (mantissa, exponent) = match digits.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent_of(exponent)),
        None => (digits, 0),
    };
    let (units, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));

    // The magnitude is `significant` × 10^(`exponent` + `scale`), where `significant` has no trailing zeros.
    let fraction = fraction.trim_end_matches('0');
    let (significant, scale) = if fraction.is_empty() {
        let trimmed = units.trim_end_matches('0');
        (trimmed.to_owned(), (units.len() - trimmed.len()) as i64)
    } else {
        (format!("{units}{fraction}"), -(fraction.len() as i64))
    };
    let significant = significant.trim_start_matches('0');
    if significant.is_empty() {
        return ExactInteger::Exact(0);
    }
    let scale = exponent.saturating_add(scale);
    if scale < 0 {
        return ExactInteger::Fraction;
    }
    // The magnitude has `significant.len()` + `scale` digits.
    if significant.len() as i64 > 38 - scale.min(38) {
        return ExactInteger::Huge;
    }
    let magnitude = significant.parse::<i128>().ok().and_then(|value| {
        let power = 10i128.checked_pow(u32::try_from(scale).ok()?)?;
        value.checked_mul(power)
    });
    match magnitude {
        Some(value) if negative => ExactInteger::Exact(-value),
        Some(value) => ExactInteger::Exact(value),
        None => ExactInteger::Huge,
    }
}

/// Parses an exponent, clamped so that sums with it don't overflow.
fn exponent_of(text: &str) -> i64 {
    match text.trim_start_matches('+').parse::<i64>() {
        Ok(exponent) => exponent.clamp(-1_000_000_000_000, 1_000_000_000_000),
        Err(_) if text.starts_with('-') => -1_000_000_000_000,
        Err(_) => 1_000_000_000_000,
    }
}

/// Compares an integer of at most 38 digits with a bound that may have a fraction. Neither is rounded.
pub(super) fn compare(value: i128, bound: f64) -> std::cmp::Ordering {
    let floor = bound.floor();
    // A value of at most 38 digits is between -1e38 and 1e38.
    if floor >= 1e38 {
        return std::cmp::Ordering::Less;
    }
    if floor <= -1e38 {
        return std::cmp::Ordering::Greater;
    }
    match value.cmp(&(floor as i128)) {
        std::cmp::Ordering::Equal if bound > floor => std::cmp::Ordering::Less,
        order => order,
    }
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering;

    use super::*;

    #[test]
    fn integer_is_parsed_exactly_in_every_spelling() {
        for (text, value) in [
            ("0", 0),
            ("-0", 0),
            ("-0.0e5", 0),
            ("1.0", 1),
            ("10", 10),
            ("1e1", 10),
            ("0.1E+2", 10),
            ("100e-1", 10),
            ("12.50e1", 125),
            ("9007199254740993", 9_007_199_254_740_993),
            ("9007199254740993.000", 9_007_199_254_740_993),
            ("-9.007199254740993e15", -9_007_199_254_740_993),
            ("18446744073709551615", 18_446_744_073_709_551_615),
        ] {
            assert_eq!(exact_integer(text), ExactInteger::Exact(value), "{text}");
        }
    }

    #[test]
    fn fractions_and_huge_integers_are_distinguished() {
        for text in ["0.5", "1.5e0", "1e-1", "-12.345", "1e-999999999999999999999"] {
            assert_eq!(exact_integer(text), ExactInteger::Fraction, "{text}");
        }
        for text in ["1e39", "-1e400", "1e999999999999999999999", &"9".repeat(40)] {
            assert_eq!(exact_integer(text), ExactInteger::Huge, "{text}");
        }
    }

    #[test]
    fn comparison_is_exact() {
        assert_eq!(compare(9_007_199_254_740_993, 9_007_199_254_740_992.0), Ordering::Greater);
        assert_eq!(compare(1, 1.5), Ordering::Less);
        assert_eq!(compare(2, 1.5), Ordering::Greater);
        assert_eq!(compare(-1, -1.5), Ordering::Greater);
        assert_eq!(compare(-2, -2.0), Ordering::Equal);
        assert_eq!(compare(i128::MAX, f64::INFINITY), Ordering::Less);
        assert_eq!(compare(i128::MIN, f64::NEG_INFINITY), Ordering::Greater);
    }
}
