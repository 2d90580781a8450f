//! The framework, from outside.

mod schema;
mod ui;
