//! One call: its caller, its facts, and the context that a tool function sees.
//!
//! The module `facts` depends on no stage of the pipeline, so a part of the context can use the facts. `context`
//! combines them with state of the stages, such as concurrency permits and questions.

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
