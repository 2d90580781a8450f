//! Audit records: one JSON line for each call, completion and request about a task, and for each HTTP request that
//! authentication refused. A record has digests of the arguments and of the result instead of their values.
//!
//! Refused calls have records too, of which only a limited number per second has a line each (`refusals`), so that no
//! client can fill the file. The limit applies to each user, and to all unauthenticated clients together. A request with
//! a revoked token counts as a refused call of the token's user.

mod file;
mod query;
mod record;
mod refusals;
mod rotated;
mod sink;
mod writer;

pub(crate) use file::FileSink;
pub use query::{AuditRecord, QuerySummary, RecordQuery};
pub use record::RecordOutcome;
pub(crate) use record::{CallStart, PendingRecord};
pub use sink::{LineSink, Sink};
pub use writer::Audit;
