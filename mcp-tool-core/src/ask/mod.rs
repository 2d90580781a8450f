//! Questions that a running call asks the person behind it, or the client.
//!
//! A tool's function awaits one future for each question. The delivery depends on the client's protocol revision, and
//! on whether the call continues as a task:
//!
//! | call | delivery of the question | answer |
//! |---|---|---|
//! | of a client of 2026-07-28 | the call ends with `inputRequests` and a sealed `requestState` | the client repeats the call, and the function starts again |
//! | over stdio or in a session, 2025-11-25 and before | a request to the client ([`Client`]) | the client's response |
//! | that continues as a task | `inputRequests` in the result of `tasks/get` (`TaskInbox`) | `tasks/update` |
//!
//! The module `api` has the methods of `CallContext` for tool functions. The module `asking` delivers questions and
//! uses the facts of the call, but not `CallContext`.

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
pub use round_state::{PresentedAnswers, StaleState};
pub(crate) use used_states::UsedStates;
pub(crate) use wait_limit::WaitLimit;
