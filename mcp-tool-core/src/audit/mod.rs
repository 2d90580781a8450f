//! The audit record: one JSON line per call, refused calls included, with digests instead of values.

mod file;
mod query;
mod record;
mod rotated;
mod sink;
mod unauthenticated;

pub(crate) use file::FileSink;
pub use query::{AuditRecord, QuerySummary, RecordQuery};
pub use record::RecordOutcome;
pub(crate) use record::{CallStart, PendingRecord};
pub use sink::{Audit, LineSink, Sink};
pub(crate) use unauthenticated::UnauthenticatedRecords;
