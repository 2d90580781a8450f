//! Differential tests: random inputs go to the code under test and to a second implementation, and the results are
//! compared.
//!
//! | module | under test | compared with |
//! |---|---|---|
//! | [`rmcp`] | the HTTP listener | rmcp's own service with the same tools, and a model of the rules |
//! | [`tokens`] | the JWT verifier | the rules of tokens, written a second time |
//! | [`lists`] | `tools/list` | the rules of visibility, applied to each caller without a cache |

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test panics on what it does not expect, in its helpers too, and prints its statistics"
)]

mod json_tree;
mod lists;
mod ours;
mod random;
mod rmcp;
mod tokens;
