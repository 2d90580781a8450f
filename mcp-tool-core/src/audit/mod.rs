//! Audit records: one JSON line for each call, including refused calls. A record has digests of the arguments and of
//! the result instead of their values.

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
