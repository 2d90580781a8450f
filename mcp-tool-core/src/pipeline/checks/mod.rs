//! Checks of a tool's arguments and result that are prepared when the server starts: the registry holds them, and
//! execution runs them.

mod constraints;
mod output;
#[cfg_attr(not(feature = "schemars"), path = "validator_stub.rs")]
mod validator;

pub(super) use constraints::Constraints;
pub(super) use output::OutputCheck;
