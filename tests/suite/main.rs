//! The framework, from outside.

mod ui;
