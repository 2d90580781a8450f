//! Contracts of MCP tools: the model, validation of calls and results, JSON Schema, and comparison of versions.
//!
//! A [`Contract`](model::Contract) is one constant with a tool's schemas, bounds, scopes and limits. Everything else
//! reads the contract: [`json`] renders its entry of `tools/list`, [`read`] validates arguments and results against it,
//! [`digest`] identifies it, and [`judge`] compares it with its version in the [`lock`], the file of released
//! contracts. [`rules`] has the rules that classify changes. This crate performs no I/O.

#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(unnameable_types)]

mod accessors;
pub mod bounds;
pub mod constraints;
pub mod digest;
#[doc(hidden)]
pub mod exhaustive;
mod float;
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
pub mod utf8;
