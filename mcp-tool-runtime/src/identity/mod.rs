//! Who calls.

mod caller;
#[cfg(feature = "oauth")]
mod token;

pub use caller::{Caller, Scopes};
#[cfg(feature = "oauth")]
pub(crate) use token::InboundToken;
