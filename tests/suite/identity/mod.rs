//! Who calls: tokens, each attack on them by a token made for it.

mod attacks;
mod issuer;
mod keys;
mod trust;
