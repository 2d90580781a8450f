//! What happened: one record a call, refused ones too, with digests in place of values.

mod record;
mod sink;
#[cfg(feature = "oauth")]
mod strangers;

pub(crate) use record::{Entry, Outcome};
pub(crate) use sink::{Audit, FileSink, LineSink, Sink};
#[cfg(feature = "oauth")]
pub(crate) use strangers::Strangers;
