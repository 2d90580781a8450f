//! A running call, and the reports (progress and log messages) that its function sends.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use tokio::sync::mpsc;

use crate::call::report::CallReport;

/// A running call that yields its reports in order, and then its result.
pub(super) struct ReportingCall<T> {
    call: Pin<Box<dyn Future<Output = T> + Send>>,
    reports: mpsc::Receiver<CallReport>,
    /// The result of the finished call, until all its reports have been returned.
    result: Option<T>,
}

/// The next event of a [`ReportingCall`].
pub(super) enum CallEvent<T> {
    /// Progress or a log message.
    Report(CallReport),
    /// The call's result, after which no event follows.
    Finished(T),
}

impl<T> ReportingCall<T> {
    pub(super) fn new(
        call: impl Future<Output = T> + Send + 'static,
        reports: mpsc::Receiver<CallReport>,
    ) -> Self {
        ReportingCall { call: Box::pin(call), reports, result: None }
    }

    /// Waits for the next report or, after the last report, for the result.
    pub(super) async fn next(&mut self) -> CallEvent<T> {
        std::future::poll_fn(|cx| self.poll_next(cx)).await
    }

    /// Runs the call to its end. The reports and the result are dropped.
    pub(super) async fn finish(mut self) {
        while let CallEvent::Report(_) = self.next().await {}
    }

    /// Polls for the next event. Must not be called again after it returned [`CallEvent::Finished`].
    pub(super) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<CallEvent<T>> {
        loop {
            if let Poll::Ready(Some(report)) = self.reports.poll_recv(cx) {
                return Poll::Ready(CallEvent::Report(report));
            }
            match self.result.take() {
                Some(result) => return Poll::Ready(CallEvent::Finished(result)),
                None => self.result = Some(std::task::ready!(self.call.as_mut().poll(cx))),
            }
        }
    }
}
