//! Questions that a running call asks the person behind the call (a form, a page to open) or the
//! client (a completion by its model, its folders).
//!
//! A tool's function awaits one future for each question. The delivery depends on the client's protocol revision, and
//! on whether the call continues as an MCP task:
//!
//! | call | delivery of the question | answer |
//! |---|---|---|
//! | of a client of 2026-07-28, not as a task | the call ends with `inputRequests` and an encrypted `requestState` | the client repeats the call with `inputResponses`, and the function starts again |
//! | of a client of 2026-07-28, as a task | `inputRequests` in the result of `tasks/get` (`TaskInbox`) | `tasks/update` |
//! | over stdio or in an HTTP session, 2025-11-25 and before | a request to the client ([`Client`]) | the client's response |
//! | over HTTP without a session, 2025-11-25 and before | none: asking fails with [`AskError::Unsupported`] | none |
//!
//! The module `api` has the methods of `CallContext` for tool functions. The module `asking`
//! delivers the questions. It gets the data of the call as `CallFacts`, not as `CallContext`, because
//! `CallContext` contains the type `Asking` of this module.

mod api;
mod asking;
mod capability;
mod client;
mod form;
mod inbox;
mod question;
mod question_log;
mod reply;
mod round_state;
mod runtime_form;
mod used_states;
mod wait_limit;
mod wait_time;

pub use api::Ask;
pub use asking::{Asking, Rounds};
pub use capability::{Capabilities, Capability, TASKS};
pub use client::{Client, Unanswered};
pub use form::Form;
pub(crate) use inbox::TaskInbox;
pub use reply::{AskError, Reply};
pub use round_state::{InputAnswers, StaleState};
pub(crate) use used_states::UsedStates;
pub(crate) use wait_limit::WaitLimit;
