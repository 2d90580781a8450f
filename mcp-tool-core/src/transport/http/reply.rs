//! Answers, as they go out over HTTP.

use std::convert::Infallible;

use http_body_util::{BodyExt as _, Either, Full, combinators::UnsyncBoxBody};
use hyper::{
    HeaderMap, Response, StatusCode,
    body::Bytes,
    header::{ACCEPT, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, HeaderName, HeaderValue},
};

use super::sse::{self, Events};
use crate::transport::{
    answer::{self, Framed},
    fault::{ProtocolError, code},
    listing,
};

/// An answer: written whole, else streamed by us, or rmcp's. It is small, since each station hands it on.
pub(super) type Answer = Response<Either<Full<Bytes>, UnsyncBoxBody<Bytes, Infallible>>>;

const EVENTS: &str = "text/event-stream";
const JSON: HeaderValue = HeaderValue::from_static("application/json");

pub(super) fn is_json(headers: &HeaderMap) -> bool {
    let Some(content_type) = headers.get(CONTENT_TYPE) else { return false };
    if content_type == "application/json" {
        return true;
    }
    let content_type = content_type.to_str().unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
}

pub(super) fn whole(status: StatusCode, content_type: HeaderValue, body: Bytes) -> Answer {
    let mut answer = Response::new(Either::Left(Full::new(body)));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, content_type);
    answer
}

/// An answer without a body, and so without a type.
pub(super) fn empty(status: StatusCode) -> Answer {
    let mut answer = Response::new(Either::Left(Full::default()));
    *answer.status_mut() = status;
    answer
}

pub(super) fn plain(status: StatusCode, text: &'static str) -> Answer {
    whole(status, HeaderValue::from_static("text/plain; charset=utf-8"), Bytes::from_static(text.as_bytes()))
}

pub(super) fn framed(framed: Framed) -> Answer {
    let status = StatusCode::from_u16(framed.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    whole(status, JSON, framed.body.into())
}

/// A list with what rmcp's own type of a tool has no place for. A session's comes as an event, and stays as it is.
pub(super) async fn listed(answer: Answer) -> Answer {
    if answer.status() != StatusCode::OK || !is_json(answer.headers()) {
        return answer;
    }
    let (parts, body) = answer.into_parts();
    let Ok(body) = body.collect().await.map(|body| body.to_bytes()) else {
        return plain(StatusCode::INTERNAL_SERVER_ERROR, "the list broke off\n");
    };
    let Ok(mut json) = serde_json::from_slice(&body) else {
        return Response::from_parts(parts, Either::Left(Full::new(body)));
    };
    listing::all_with_security(&mut json);
    let mut answer = whole(StatusCode::OK, JSON, json.to_string().into());
    let own = parts.headers.into_iter().filter(|(name, _)| name.as_ref() != Some(&CONTENT_LENGTH));
    answer.headers_mut().extend(own);
    answer
}

/// What rmcp refuses in plain text, as JSON.
pub(super) fn not_of_the_protocol(status: StatusCode) -> Answer {
    match status {
        StatusCode::NOT_FOUND => invalid(404, "no such session: initialize again"),
        // It says 415 of JSON that it can't read as a message.
        _ => invalid(400, "not a message of the protocol"),
    }
}

/// A request that is refused before its message is known.
pub(super) fn invalid(status: u16, message: &str) -> Answer {
    let fault = ProtocolError::new(code::INVALID_REQUEST, message);
    framed(Framed { status, ..answer::fault(&fault) })
}

pub(super) fn events(events: Events) -> Answer {
    let mut answer = Response::new(Either::Right(events.boxed_unsync()));
    is_stream(answer.headers_mut());
    answer
}

/// Whether a client names streams first of what it takes. Both types it has to name, and either it has to read
/// (Streamable HTTP §sending messages): so it gets what it would rather have.
pub(super) fn prefers_events(headers: &HeaderMap) -> bool {
    let Some((first, rest)) =
        headers.get(ACCEPT).and_then(|accept| accept.as_bytes().split_at_checked(EVENTS.len()))
    else {
        return false;
    };
    // With parameters, a weight among them, it isn't plainly what it would rather have.
    first.eq_ignore_ascii_case(EVENTS.as_bytes()) && matches!(rest, [] | [b',' | b' ', ..])
}

/// An answer in JSON as the one event of a stream. What HTTP calls an error stays JSON, since its status says so.
pub(super) async fn as_event(answer: Answer) -> Answer {
    if answer.status() != StatusCode::OK || !is_json(answer.headers()) {
        return answer;
    }
    let (mut parts, body) = answer.into_parts();
    let Ok(body) = body.collect().await.map(|body| body.to_bytes()) else {
        return plain(StatusCode::INTERNAL_SERVER_ERROR, "the answer broke off\n");
    };
    parts.headers.remove(CONTENT_LENGTH);
    is_stream(&mut parts.headers);
    Response::from_parts(parts, Either::Left(Full::new(sse::event(&body))))
}

fn is_stream(headers: &mut HeaderMap) {
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(EVENTS));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
}
