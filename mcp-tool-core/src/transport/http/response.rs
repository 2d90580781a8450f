//! Constructors of HTTP responses.

use std::convert::Infallible;

use http_body_util::{BodyExt as _, Either, Full, combinators::UnsyncBoxBody};
use hyper::{
    HeaderMap, Response, StatusCode,
    body::{Body, Bytes},
    header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, HeaderName, HeaderValue},
};
use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};

use super::{accept::EVENTS, sse};
use crate::{
    shares::{UnreadAnswer, UnreadAnswers},
    transport::{
        listing::entry::all_with_security,
        protocol_error::{ProtocolError, code},
        response::FramedResponse,
    },
};

/// An HTTP response. Its body is complete in memory, or a stream of this crate or of rmcp.
pub(super) type HttpResponse = Response<Either<Full<Bytes>, UnsyncBoxBody<Bytes, Infallible>>>;

/// Maximum size of a complete body whose bytes don't count as unread by the user.
const MAX_UNCOUNTED: u64 = 64 << 10;

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// Returns `true` if `Content-Type` is `application/json`, with or without parameters.
pub(super) fn is_json(headers: &HeaderMap) -> bool {
    let Some(content_type) = headers.get(CONTENT_TYPE) else { return false };
    if content_type == "application/json" {
        return true;
    }
    let content_type = content_type.to_str().unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
}

/// Makes the bytes of a stream or of a large body count as unread, until they are sent. `answers` returns the unread
/// answers of the user.
pub(super) fn count_unread(response: &mut HttpResponse, answers: impl FnOnce() -> Option<UnreadAnswers>) {
    let is_small = match response.body() {
        Either::Left(whole) => whole.size_hint().lower() <= MAX_UNCOUNTED,
        Either::Right(_) => false,
    };
    if !is_small && let Some(answers) = answers() {
        response.extensions_mut().insert(answers);
    }
}

/// Returns the count of the response's unread bytes, if [`count_unread`] requested one.
pub(super) fn take_unread(response: &mut HttpResponse) -> Option<UnreadAnswer> {
    response.extensions_mut().remove().map(UnreadAnswers::add)
}

/// Returns a response with a complete body.
pub(super) fn whole(status: StatusCode, content_type: HeaderValue, body: Bytes) -> HttpResponse {
    let mut response = Response::new(Either::Left(Full::new(body)));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    response
}

/// Returns a response without a body.
pub(super) fn empty(status: StatusCode) -> HttpResponse {
    let mut response = Response::new(Either::Left(Full::default()));
    *response.status_mut() = status;
    response
}

pub(super) fn plain(status: StatusCode, text: &'static str) -> HttpResponse {
    whole(status, HeaderValue::from_static("text/plain; charset=utf-8"), Bytes::from_static(text.as_bytes()))
}

/// Returns the HTTP response with a JSON-RPC response.
pub fn framed(response: FramedResponse) -> HttpResponse {
    let status = StatusCode::from_u16(response.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    whole(status, JSON, response.body.into())
}

pub(super) fn protocol_error(error: &ProtocolError) -> HttpResponse {
    framed(FramedResponse::protocol_error(error))
}

/// A `tools/list` response. The id stays JSON text, because a parsed number may lose digits.
#[derive(Deserialize)]
struct Listed<'r> {
    #[serde(borrow)]
    id: &'r RawValue,
    result: Value,
}

/// Adds `securitySchemes`, which rmcp's type `Tool` lacks, to the entries of a `tools/list` response of rmcp. Returns
/// errors and event streams unchanged. In sessions, rmcp answers with event streams, so lists in sessions lack the
/// member.
pub(super) async fn with_security_schemes(response: HttpResponse) -> HttpResponse {
    if response.status() != StatusCode::OK || !is_json(response.headers()) {
        return response;
    }
    let (parts, body) = response.into_parts();
    let Ok(body) = body.collect().await.map(|body| body.to_bytes()) else {
        return plain(StatusCode::INTERNAL_SERVER_ERROR, "the list could not be read\n");
    };
    let Ok(Listed { id, result }) = serde_json::from_slice(&body) else {
        return Response::from_parts(parts, Either::Left(Full::new(body)));
    };
    let mut list = json!({ "result": result });
    all_with_security(&mut list);
    let text = format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{}}}"#, list["result"]);
    let mut response = whole(StatusCode::OK, JSON, text.into());
    let headers = parts.headers.into_iter().filter(|(name, _)| name.as_ref() != Some(&CONTENT_LENGTH));
    response.headers_mut().extend(headers);
    response
}

/// Returns the JSON-RPC error that replaces rmcp's rejection, which is plain text. `status` is rmcp's status.
pub(super) fn rejected_by_rmcp(status: StatusCode) -> HttpResponse {
    match status {
        StatusCode::NOT_FOUND => invalid(404, "unknown session: initialize again"),
        // rmcp answers 415 for JSON that isn't a message.
        _ => invalid(400, "not a message of the protocol"),
    }
}

/// Returns the response to a request that is rejected as invalid, with a JSON-RPC error that has no id.
pub(super) fn invalid(status: u16, message: &str) -> HttpResponse {
    let error = ProtocolError::new(code::INVALID_REQUEST, message);
    framed(FramedResponse { status, ..FramedResponse::protocol_error(&error) })
}

/// Returns the response with a stream of server-sent events.
pub(super) fn event_stream(
    events: impl Body<Data = Bytes, Error = Infallible> + Send + 'static,
) -> HttpResponse {
    let mut response = Response::new(Either::Right(events.boxed_unsync()));
    set_stream_headers(response.headers_mut());
    response
}

/// Turns a JSON response with status 200 into a stream of one event. Returns any other response unchanged.
pub(super) async fn as_event(response: HttpResponse) -> HttpResponse {
    if response.status() != StatusCode::OK || !is_json(response.headers()) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let Ok(body) = body.collect().await.map(|body| body.to_bytes()) else {
        return plain(StatusCode::INTERNAL_SERVER_ERROR, "the response could not be read\n");
    };
    parts.headers.remove(CONTENT_LENGTH);
    set_stream_headers(&mut parts.headers);
    Response::from_parts(parts, Either::Left(Full::new(sse::event(&body))))
}

fn set_stream_headers(headers: &mut HeaderMap) {
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(EVENTS));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    // Without this header, nginx as a proxy would buffer the events.
    headers.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
}
