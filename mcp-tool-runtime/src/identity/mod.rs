//! Who calls.

mod caller;
#[cfg(feature = "oauth")]
#[allow(dead_code, reason = "what reads it comes next")]
mod token;

pub use caller::{Caller, Scopes};
#[cfg(feature = "oauth")]
#[allow(unused_imports, reason = "what reads it comes next")]
pub(crate) use token::InboundToken;
