//! HTTP load and the measured servers, shared by the programs `http`, `list`, `start` and `everyday`.

pub mod arrivals;
pub mod calls;
pub mod load;
pub mod peers;
pub mod process;

/// Median of the values (of an even number of values, the upper middle one); zero if there are none.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}
