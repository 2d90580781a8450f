//! What happened: one record a call, refused ones too, with digests in place of values.

mod file;
mod query;
mod record;
mod rotated;
mod sink;
mod strangers;

pub(crate) use file::FileSink;
pub use query::{Found, Question, Reading};
pub(crate) use record::{CallStart, Entry, Outcome};
pub use sink::{Audit, LineSink, Sink};
pub(crate) use strangers::UnauthenticatedRecords;
