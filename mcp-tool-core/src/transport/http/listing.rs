//! `tools/list` over HTTP: a head of its own, and entries that all answers share.

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
    headers,
    reply::{Answer, framed, whole},
};
use crate::{
    call::caller::Caller,
    transport::{
        Endpoint, answer,
        listing::{Listed, TAIL, Wanted},
        message::Meta,
        supported,
    },
};

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// Bytes up to which copying costs less than handing parts over.
const COPIED: usize = 16 * 1024;

/// Answers a request for a list.
pub(super) async fn list(
    endpoint: &Endpoint,
    headers: &HeaderMap,
    caller: &Caller,
    meta: &Meta<'_>,
    wanted: Wanted<'_>,
) -> Answer {
    let checked = headers::check_list(headers, meta)
        .and_then(|()| supported(meta))
        .and_then(|()| wanted.shape.check(meta));
    if let Err(fault) = checked {
        return framed(answer::fault(&fault.to(wanted.id)));
    }
    match endpoint.list(caller, wanted).await {
        Ok(listed) if listed.entries.as_str().len() <= COPIED => {
            whole(StatusCode::OK, JSON, listed.into_bytes().into())
        }
        Ok(listed) => spliced(listed),
        Err(refused) => framed(refused),
    }
}

/// The parts as they are: however many read a long list at one time, it is in memory once.
fn spliced(listed: Listed) -> Answer {
    let Listed { head, entries } = listed;
    let parts = [head.into(), Bytes::from_owner(entries), Bytes::from_static(TAIL.as_bytes())];
    let mut answer = Response::new(Either::Right(Parts(parts).boxed_unsync()));
    answer.headers_mut().insert(CONTENT_TYPE, JSON);
    answer
}

/// What is left of a body, in parts that are taken from the front.
struct Parts([Bytes; 3]);

impl Body for Parts {
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
