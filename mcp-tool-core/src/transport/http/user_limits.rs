//! Limits of one user's requests, event streams and sessions.

use crate::{
    call::caller::Caller,
    shares::{Pool, Share, Shares},
    transport::{
        id::Id,
        protocol_error::{ProtocolError, code},
        response::FramedResponse,
    },
};

/// Maximum number of requests of one user that rmcp answers at a time. Calls in sessions don't count, because their
/// admission limits them.
const MAX_REQUESTS: u32 = 64;
/// Maximum number of event streams of one user that are open at a time: `subscriptions/listen`, and the streams of
/// sessions.
const MAX_STREAMS: u32 = 16;

/// Counts a request that rmcp answers. The error is the response to a request of a user with too many.
pub(super) fn count_request(shares: &Shares, caller: &Caller, id: &Id) -> Result<Share, FramedResponse> {
    shares.take(caller, Pool::Requests, shares.unless_whole(MAX_REQUESTS)).ok_or_else(|| {
        let message =
            format!("at most {MAX_REQUESTS} requests of one user are answered at a time: try again later");
        refused(message, Some(id))
    })
}

/// Counts an event stream. The error is the response to a request of a user with too many. `id` is `None` for a GET
/// request.
pub(super) fn count_stream(
    shares: &Shares,
    caller: &Caller,
    id: Option<&Id>,
) -> Result<Share, FramedResponse> {
    shares.take(caller, Pool::Streams, shares.unless_whole(MAX_STREAMS)).ok_or_else(|| {
        let message = format!(
            "at most {MAX_STREAMS} event streams of one user may be open: close one, or try again later"
        );
        refused(message, id)
    })
}

/// Counts a session. `all` is the maximum number of sessions of all users.
pub(super) fn count_session(
    shares: &Shares,
    caller: &Caller,
    all: u32,
    id: &Id,
) -> Result<Share, FramedResponse> {
    let max = shares.of(all);
    shares.take(caller, Pool::Sessions, max).ok_or_else(|| {
        let message =
            format!("at most {max} sessions of one user may be open: close one, or try again later");
        refused(message, Some(id))
    })
}

fn refused(message: String, id: Option<&Id>) -> FramedResponse {
    let error = ProtocolError { id: id.cloned(), ..ProtocolError::new(code::INVALID_REQUEST, message) };
    FramedResponse { status: 429, ..FramedResponse::protocol_error(&error) }
}
