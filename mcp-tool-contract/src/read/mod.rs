//! Validation of the JSON of calls and results against the contract.
//!
//! | module | task |
//! |---|---|
//! | [`scan`] | finds the boundaries of JSON values |
//! | `number` | parses JSON numbers without rounding |
//! | [`arguments`] | parses the argument object in one pass into one slot per parameter |
//! | [`value`] | validates a single value |
//! | [`types`] | converts validated values into the function's types |
//! | [`canonical`] | digests arguments by their values, not by their JSON text |
//! | [`format`](mod@format) | checks string formats |
//! | [`mirror`] | compares arguments with the headers that mirror them |
//! | [`suggestion`] | validates completion suggestions |
//! | [`result`] | validates results |
//! | [`violation`] | describes violations |

pub mod arguments;
pub mod canonical;
pub mod format;
pub mod mirror;
mod number;
pub mod result;
pub mod scan;
pub mod suggestion;
pub mod types;
pub mod value;
pub mod violation;
