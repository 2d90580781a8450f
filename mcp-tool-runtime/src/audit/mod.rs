//! What happened: one record a call, refused ones too, with digests in place of values.

mod record;
mod sink;

pub(crate) use record::{Entry, Outcome};
pub(crate) use sink::{Audit, FileSink, LineSink, Sink};
