//! Differential tests: random inputs go to the code under test and to a second implementation, and the results are
//! compared.
//!
//! | module | under test | compared with |
//! |---|---|---|
//! | [`rmcp`] | the HTTP listener | rmcp's own service with the same tools, and a model of the listener's rules |
//! | [`tokens`] | the JWT verifier | a second implementation of the token rules |
//! | [`lists`] | `tools/list` | a model of which caller sees which tool, without a cache |

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests and their helpers panic on anything unexpected, and print statistics"
)]

mod json_tree;
mod lists;
mod ours;
mod random;
mod rmcp;
mod tokens;
