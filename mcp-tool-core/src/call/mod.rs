//! One call: who calls what (`facts`, `caller`), and the context that a tool function sees (`context`).
//!
//! `facts` imports no stage of the pipeline, so the stages can use it. `context` combines the facts with state of the
//! stages, such as concurrency permits and questions. `cut` shortens long texts, and `stamp` is the text of a contract's
//! version and digest.

pub(crate) mod cache;
pub mod caller;
pub(crate) mod cancellation;
pub mod context;
pub(crate) mod cut;
pub(crate) mod facts;
pub mod headers;
pub mod log_level;
pub mod origin;
pub mod outbound;
pub(crate) mod permits;
pub mod report;
pub(crate) mod services;
pub mod stamp;
pub mod token;
pub mod trace;
