//! HTTP load and measured servers, shared by the measuring programs.

pub mod arrivals;
pub mod calls;
pub mod load;
pub mod peers;
pub mod process;

/// Median; zero if there are no values.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}
