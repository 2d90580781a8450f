//! CPU-bound work of the everyday load.

use std::hint::black_box;

/// Runs `turns` loops of about a microsecond each.
pub fn spend(turns: u32) -> u32 {
    let mut number = turns | 1;
    for _ in 0..u64::from(turns) * 500 {
        number = black_box(number.wrapping_mul(0x9e37_79b1).rotate_left(5));
    }
    number
}
