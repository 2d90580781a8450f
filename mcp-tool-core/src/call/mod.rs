//! One call: its caller, its facts, and the context that a function sees.

pub mod caller;
pub mod context;
pub mod headers;
pub mod report;
pub mod token;
pub mod trace;
