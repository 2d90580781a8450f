//! How a call is run: until its deadline, with a panic caught, and its result checked.

mod constraints;
mod guard;
mod output;

pub(crate) use constraints::Constraints;
pub(crate) use guard::{blocking, guarded, read, run, within};
pub(crate) use output::OutputCheck;
