//! Rounding of floats in const evaluation. `f64::floor` and `f64::round` are const only since Rust 1.90, which is newer
//! than the minimum supported version.

/// 2^52: a float of at least this magnitude has no fraction.
const NO_FRACTION_FROM: f64 = 4_503_599_627_370_496.0;

/// Returns the greatest integer less than or equal to `value`.
pub(crate) const fn floor(value: f64) -> f64 {
    if !(-NO_FRACTION_FROM < value && value < NO_FRACTION_FROM) {
        return value;
    }
    let whole = value as i64 as f64;
    if whole > value { whole - 1.0 } else { whole }
}

/// Returns the integer nearest to `value`. Halves are rounded away from zero. From 2^52 on, the result may be off by 1,
/// because adding 0.5 isn't exact there.
pub(crate) const fn round(value: f64) -> f64 {
    if value < 0.0 { -floor(0.5 - value) } else { floor(value + 0.5) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floor_and_round_agree_with_the_standard_library() {
        for value in [
            0.0,
            -0.0,
            0.25,
            -0.25,
            0.5,
            -0.5,
            1.5,
            2.5,
            -1.5,
            7.0,
            -7.0,
            1e15 + 0.5,
            -1e15 - 0.5,
            NO_FRACTION_FROM,
            -NO_FRACTION_FROM,
            1e300,
            -1e300,
            f64::MAX,
            f64::INFINITY,
        ] {
            assert_eq!(floor(value), value.floor(), "{value}");
            if value.abs() < NO_FRACTION_FROM {
                assert_eq!(round(value), value.round(), "{value}");
            }
        }
    }
}
