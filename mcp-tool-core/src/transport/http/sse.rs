//! Server-sent events: the responses to calls that send reports (progress and log messages), and to clients that prefer
//! events to JSON. Also the comments that keep all event streams of this crate open.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use futures_util::future::BoxFuture;
use hyper::body::{Body, Bytes, Frame};
use tokio::time::{Instant, Interval, MissedTickBehavior};

use super::stream_end::StreamEnd;
use crate::{
    call::report::CallReport,
    transport::{
        reporting::{CallEvent, ReportingCall},
        response::{FramedResponse, report},
    },
};

/// Interval between the comments on a stream. Without them, a proxy or client may close the stream while its call sends
/// nothing.
pub(super) const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// A line that begins with a colon is a comment, which clients ignore.
pub(super) const KEEP_ALIVE_COMMENT: &[u8] = b":\n\n";

/// Response body with the events of one call: its reports, and then its response. Dropping the stream cancels the call.
/// If `end` is reached, the stream ends without the response, and the call continues.
pub(super) struct EventStream {
    /// `None` after the response.
    call: Option<ReportingCall<FramedResponse>>,
    /// The client's progress token, as JSON text; `None` if the client requested only log messages.
    token: Option<String>,
    /// The call's first report. The stream begins only when the call sends this report. `None` after it was sent to the
    /// client.
    first: Option<CallReport>,
    keep_alive: Interval,
    end: BoxFuture<'static, ()>,
}

impl EventStream {
    pub fn new(
        call: ReportingCall<FramedResponse>,
        token: Option<String>,
        first: CallReport,
        end: StreamEnd,
    ) -> Self {
        let mut keep_alive = tokio::time::interval_at(Instant::now() + KEEP_ALIVE, KEEP_ALIVE);
        keep_alive.set_missed_tick_behavior(MissedTickBehavior::Delay);
        EventStream { call: Some(call), token, first: Some(first), keep_alive, end: Box::pin(end.reached()) }
    }
}

/// Returns one JSON message as a server-sent event.
pub(super) fn event(json: &[u8]) -> Bytes {
    // The JSON has no line breaks, so one `data:` line suffices.
    [b"event: message\ndata: ", json, b"\n\n"].concat().into()
}

fn frame(json: &[u8]) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
    Poll::Ready(Some(Ok(Frame::data(event(json)))))
}

impl Body for EventStream {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let this = &mut *self;
        if let Some(first) = this.first.take() {
            return frame(&report(this.token.as_deref(), &first));
        }
        let Some(call) = &mut this.call else { return Poll::Ready(None) };
        if this.end.as_mut().poll(cx).is_ready() {
            this.call.take().map(|call| tokio::spawn(call.finish()));
            return Poll::Ready(None);
        }
        match call.poll_next(cx) {
            Poll::Ready(CallEvent::Report(next)) => frame(&report(this.token.as_deref(), &next)),
            Poll::Ready(CallEvent::Finished(response)) => {
                this.call = None;
                frame(&response.body)
            }
            Poll::Pending => match this.keep_alive.poll_tick(cx) {
                Poll::Ready(_) => Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(KEEP_ALIVE_COMMENT))))),
                Poll::Pending => Poll::Pending,
            },
        }
    }
}
