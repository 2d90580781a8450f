//! Questions to the person behind a call, while it runs.
//!
//! A function awaits one future for each question. The client determines how the question is delivered:
//!
//! | client | delivery | answer |
//! |---|---|---|
//! | 2026-07-28 | the call ends with `inputRequests` and a sealed `requestState` | the client repeats the call, and the function starts again |
//! | stdio, session of 2025-11-25 | a request to the client ([`Client`]) | the client's response |
//! | task | `inputRequests` of `tasks/get` (`TaskInbox`) | `tasks/update` |
//!
//! The module `api` has the methods for functions. `asking` delivers questions; it uses the call's facts and doesn't
//! know the call's context.

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
