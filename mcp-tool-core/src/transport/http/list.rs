//! `tools/list` over HTTP. Each response has its own head (the JSON before the entries), and shares the entries, which
//! are encoded in advance, with other responses.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use http_body_util::{BodyExt as _, Either};
use hyper::{
    HeaderMap, Response, StatusCode,
    body::{Body, Bytes, Frame, SizeHint},
    header::{CONTENT_TYPE, HeaderValue},
};

use super::{
    protocol_headers,
    response::{HttpResponse, framed, protocol_error, whole},
};
use crate::{
    call::caller::Caller,
    transport::{
        endpoint::Endpoint,
        listing::page::{ListRequest, ListResponse, TAIL},
        message::Meta,
    },
};

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// Maximum size of entries that are copied into one body, in bytes. Up to this size, copying takes less time than
/// sending a body in parts.
const MAX_COPIED: usize = 16 * 1024;

/// Checks the headers of a `tools/list` request, and answers the request.
pub(super) async fn respond_list(
    endpoint: &Endpoint,
    headers: &HeaderMap,
    caller: &Caller,
    meta: &Meta<'_>,
    request: ListRequest<'_>,
) -> HttpResponse {
    let checked = protocol_headers::check_list(headers, meta)
        .and_then(|()| meta.check_version())
        .and_then(|()| request.shape.check(meta));
    if let Err(error) = checked {
        return protocol_error(&error.with_id(request.id));
    }
    match endpoint.list(caller, request).await {
        Ok(list) if list.entries.as_str().len() <= MAX_COPIED => {
            whole(StatusCode::OK, JSON, list.into_bytes().into())
        }
        Ok(list) => in_parts(list),
        Err(refused) => framed(refused),
    }
}

/// Returns a response whose body shares the entries, so that a long list is in memory only once.
fn in_parts(list: ListResponse) -> HttpResponse {
    let ListResponse { head, entries } = list;
    let parts = [head.into(), Bytes::from_owner(entries), Bytes::from_static(TAIL.as_bytes())];
    let mut response = Response::new(Either::Right(ListBody(parts).boxed_unsync()));
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    response
}

/// A body in three parts: head, entries and [`TAIL`]. A part that was sent is empty.
struct ListBody([Bytes; 3]);

impl Body for ListBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let next = self.0.iter_mut().find(|part| !part.is_empty());
        Poll::Ready(next.map(|part| Ok(Frame::data(std::mem::take(part)))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.iter().all(Bytes::is_empty)
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0.iter().map(|part| part.len() as u64).sum())
    }
}
