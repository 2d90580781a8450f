//! Audit records: one JSON line for each call and completion, also if it is refused. A record has digests of the
//! arguments and of the result instead of their values. HTTP requests that authentication refused have records too;
//! their number per second is limited, so that unauthenticated clients can't fill the file. Records of requests with
//! revoked tokens have no such limit.

mod file;
mod query;
mod record;
mod refusals;
mod rotated;
mod sink;

pub(crate) use file::FileSink;
pub use query::{AuditRecord, QuerySummary, RecordQuery};
pub use record::RecordOutcome;
pub(crate) use record::{CallStart, PendingRecord};
pub use sink::{Audit, LineSink, Sink};
