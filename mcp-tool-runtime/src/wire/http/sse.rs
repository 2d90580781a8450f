//! An answer that became a stream because its call reports while it runs.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use hyper::body::{Body, Bytes, Frame};
use tokio::time::{Instant, Interval, MissedTickBehavior};

use super::super::{Next, Reporting, answer};
use crate::report::Report;

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

fn event(json: &[u8]) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
    // JSON text holds no line end, so one `data:` line takes it.
    let event = [b"event: message\ndata: ", json, b"\n\n"].concat();
    Poll::Ready(Some(Ok(Frame::data(event.into()))))
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
            return event(&answer::report(this.token.as_deref(), &report));
        }
        let Some(reporting) = &mut this.reporting else { return Poll::Ready(None) };
        match reporting.poll_next(cx) {
            Poll::Ready(Next::Report(report)) => event(&answer::report(this.token.as_deref(), &report)),
            Poll::Ready(Next::Done(framed)) => {
                this.reporting = None;
                event(&framed.body)
            }
            Poll::Pending => match this.keep_alive.poll_tick(cx) {
                Poll::Ready(_) => Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b":\n\n"))))),
                Poll::Pending => Poll::Pending,
            },
        }
    }
}
