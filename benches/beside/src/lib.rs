//! Load over HTTP, and the servers that it is put on: what the measuring programs share.

pub mod arrivals;
pub mod calls;
pub mod load;
pub mod peers;
pub mod process;

/// The middle one; zero where there is none.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}
