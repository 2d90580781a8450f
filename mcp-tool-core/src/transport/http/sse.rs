//! Answers as streams: because the call reports while it runs, or the client wants them so.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use hyper::body::{Body, Bytes, Frame};
use tokio::time::{Instant, Interval, MissedTickBehavior};

use super::super::{Next, Reporting, answer};
use crate::call::report::Report;

/// How often a quiet stream is kept open.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// The events of one call: its reports, then its answer. Dropping it cancels the call.
pub(super) struct Events {
    reporting: Option<Reporting>,
    token: Option<String>,
    first: Option<Report>,
    keep_alive: Interval,
}

impl Events {
    pub(super) fn new(reporting: Reporting, token: Option<String>, first: Report) -> Self {
        let mut keep_alive = tokio::time::interval_at(Instant::now() + KEEP_ALIVE, KEEP_ALIVE);
        keep_alive.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Events { reporting: Some(reporting), token, first: Some(first), keep_alive }
    }
}

/// One message as an event.
pub(super) fn event(json: &[u8]) -> Bytes {
    // JSON text holds no line end, so one `data:` line takes it.
    [b"event: message\ndata: ", json, b"\n\n"].concat().into()
}

fn frame(json: &[u8]) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
    Poll::Ready(Some(Ok(Frame::data(event(json)))))
}

impl Body for Events {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let this = &mut *self;
        if let Some(report) = this.first.take() {
            return frame(&answer::report(this.token.as_deref(), &report));
        }
        let Some(reporting) = &mut this.reporting else { return Poll::Ready(None) };
        match reporting.poll_next(cx) {
            Poll::Ready(Next::Report(report)) => frame(&answer::report(this.token.as_deref(), &report)),
            Poll::Ready(Next::Done(framed)) => {
                this.reporting = None;
                frame(&framed.body)
            }
            Poll::Pending => match this.keep_alive.poll_tick(cx) {
                Poll::Ready(_) => Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b":\n\n"))))),
                Poll::Pending => Poll::Pending,
            },
        }
    }
}
