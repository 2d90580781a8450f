//! CPU-bound work for the tools `spend` and `spend_blocking` of the two servers `everyday-ours` and `everyday-axum`.

use std::hint::black_box;

/// Computes for about `micros` microseconds. The returned number has no meaning.
pub fn spend(micros: u32) -> u32 {
    let mut number = micros | 1;
    // 500 steps take about a microsecond.
    for _ in 0..u64::from(micros) * 500 {
        number = black_box(number.wrapping_mul(0x9e37_79b1).rotate_left(5));
    }
    number
}
