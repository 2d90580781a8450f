//! Wrappers of response bodies: [`InParts`] sends a body in small parts, [`Guarded`] keeps a value until the body is
//! dropped, and [`Until`] ends a body early.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use futures_util::future::BoxFuture;
use hyper::body::{Body, Bytes, Frame, SizeHint};

use crate::shares::UnreadAnswer;

/// Maximum size of a part, in bytes.
const PART: usize = 15 * 1024;

/// A body that is sent in parts of at most [`PART`] bytes. Each part is sent before the next part is polled. The bytes
/// that aren't sent yet count as unread by the user.
///
/// Hyper copies the response's head and a part into one buffer, to send both in one write, and keeps the buffer. The
/// size of the parts limits the size of this buffer.
pub(super) struct InParts<B> {
    body: B,
    /// Data that was polled from `body`, but not returned yet.
    rest: Bytes,
    /// `true` if the last poll returned a part, and `rest` isn't empty. The next poll then returns `Pending`.
    sending: bool,
    /// Counts the bytes of `rest`; `None` for a body that isn't counted.
    unread: Option<UnreadAnswer>,
}

impl<B> InParts<B> {
    pub(super) fn new(body: B, unread: Option<UnreadAnswer>) -> Self {
        InParts { body, rest: Bytes::new(), sending: false, unread }
    }
}

impl<B: Body<Data = Bytes> + Unpin> Body for InParts<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let this = &mut *self;
        if this.rest.is_empty() {
            match Pin::new(&mut this.body).poll_frame(cx) {
                Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
                    Ok(data) if data.len() > PART => this.rest = data,
                    Ok(data) => return Poll::Ready(Some(Ok(Frame::data(data)))),
                    Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
                },
                other => return other,
            }
        } else if std::mem::take(&mut this.sending) {
            // Hyper sends its buffer when the body is pending.
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let part = this.rest.split_to(this.rest.len().min(PART));
        this.sending = !this.rest.is_empty();
        if let Some(unread) = &mut this.unread {
            unread.set(this.rest.len());
        }
        Poll::Ready(Some(Ok(Frame::data(part))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (mut hint, rest) = (self.body.size_hint(), self.rest.len() as u64);
        if let Some(upper) = hint.upper() {
            hint.set_upper(upper + rest);
        }
        hint.set_lower(hint.lower() + rest);
        hint
    }
}

/// A body, with a value that is dropped together with the body.
pub(super) struct Guarded<B, T> {
    body: B,
    _guard: T,
}

impl<B, T> Guarded<B, T> {
    pub(super) fn new(body: B, guard: T) -> Self {
        Guarded { body, _guard: guard }
    }
}

impl<B: Body + Unpin, T: Unpin> Body for Guarded<B, T> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A body that ends when `end` completes, if it hasn't ended before.
pub(super) struct Until<B> {
    body: B,
    end: BoxFuture<'static, ()>,
}

impl<B> Until<B> {
    pub(super) fn new(body: B, end: BoxFuture<'static, ()>) -> Self {
        Until { body, end }
    }
}

impl<B: Body + Unpin> Body for Until<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        if self.end.as_mut().poll(cx).is_ready() {
            self.end = Box::pin(std::future::ready(()));
            return Poll::Ready(None);
        }
        Pin::new(&mut self.body).poll_frame(cx)
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use futures_util::stream;
    use http_body_util::{BodyExt as _, Full, StreamBody};

    use super::*;

    /// Returns the size of each part, and the bytes of all parts together.
    async fn parts<B: Body<Data = Bytes, Error = Infallible> + Unpin>(body: B) -> (Vec<usize>, Vec<u8>) {
        let mut body = InParts::new(body, None);
        let (mut sizes, mut all) = (Vec::new(), Vec::new());
        while let Some(Ok(frame)) = body.frame().await {
            let data = frame.into_data().unwrap_or_default();
            sizes.push(data.len());
            all.extend_from_slice(&data);
        }
        (sizes, all)
    }

    #[tokio::test]
    async fn large_body_is_sent_in_parts() {
        let text: Vec<u8> = (0..PART * 2 + 5).map(|index| index as u8).collect();
        let mut body = InParts::new(Full::new(Bytes::from(text.clone())), None);
        for left in [text.len(), PART + 5, 5] {
            assert_eq!(body.size_hint().exact(), Some(left as u64));
            assert!(!body.is_end_stream());
            assert!(body.frame().await.is_some());
            // After each part except the final one, the body is pending, so that hyper sends the part.
            let polled = futures_util::poll!(std::future::poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)));
            assert_eq!(polled.is_pending(), left > PART);
        }
        assert!(body.is_end_stream());
        assert_eq!(body.size_hint().exact(), Some(0));
        let (sizes, all) = parts(Full::new(Bytes::from(text.clone()))).await;
        assert_eq!(sizes, [PART, PART, 5]);
        assert_eq!(all, text);
        let (sizes, all) = parts(Full::new(Bytes::from(text[..PART].to_vec()))).await;
        assert_eq!((sizes, &*all), (vec![PART], &text[..PART]));
    }

    #[tokio::test]
    async fn frames_of_all_sizes_are_sent_in_order() {
        let pieces = [vec![1; PART + 1], vec![2; 3], vec![3; PART * 2]];
        let whole = pieces.concat();
        let frames = pieces.map(|piece| Ok::<_, Infallible>(Frame::data(Bytes::from(piece))));
        let (sizes, all) = parts(StreamBody::new(stream::iter(frames))).await;
        assert_eq!(sizes, [PART, 1, 3, PART, PART]);
        assert_eq!(all, whole);
    }
}
