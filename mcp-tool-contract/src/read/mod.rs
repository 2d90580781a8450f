//! The rules of reading: how the JSON of a call, and of its result, is held to the contract.
//!
//! [`scan`] knows JSON's grammar alone. [`arguments`] walks the argument object once and hands each value's text
//! to its parameter's slot; [`value`] judges a single value; [`types`] turns what was judged into the function's
//! own types; [`mirror`] compares arguments with the headers that mirror them; [`suggestion`] says what could be typed
//! for one; [`result`] holds what a function returned to what its tool promised. A refusal lists its [`violation`]s.

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
