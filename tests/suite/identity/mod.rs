//! Who calls: tokens, each attack on them by a token made for it, and a real authorization server.

mod attacks;
mod issuer;
mod keys;
#[cfg(feature = "clients")]
mod real;
mod trust;
