//! What an MCP tool promises, and the rules by which calls are held to it.
//!
//! A [`Contract`](model::Contract) is one constant. Everything else reads it: [`json`] renders what
//! `tools/list` shows, [`read`] holds arguments and results to it, [`digest`] names it.
//! Nothing here does input or output.

mod ascii_classes;
pub mod bounds;
pub mod constraints;
pub mod digest;
pub mod grammar;
pub mod json;
pub mod judge;
pub mod lock;

pub mod model;
pub mod name;
pub mod pattern;
pub mod quantity;
pub mod read;
pub mod rules;
mod text;
