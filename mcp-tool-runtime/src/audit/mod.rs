//! What happened: one record a call, refused ones too, with digests in place of values.

mod file;
#[cfg(feature = "cli")]
mod query;
mod record;
mod rotated;
mod sink;
#[cfg(feature = "oauth")]
mod strangers;

pub(crate) use file::FileSink;
#[cfg(feature = "cli")]
pub(crate) use query::{Found, Question, Reading};
pub(crate) use record::{Came, Entry, Outcome};
pub(crate) use sink::{Audit, LineSink, Sink};
#[cfg(feature = "oauth")]
pub(crate) use strangers::Strangers;
