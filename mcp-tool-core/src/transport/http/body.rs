//! A request's body, bounded in size, in time, and in what all bodies together may hold; and an answer's, which
//! may hold something too.

use std::{
    future::poll_fn,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use http_body_util::BodyExt as _;
use hyper::{
    HeaderMap,
    body::{Body, Bytes, Frame, Incoming, SizeHint},
    header::EXPECT,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How long a body may take to arrive.
const DEADLINE: Duration = Duration::from_secs(30);
/// How long a large body waits for its turn.
const TURN: Duration = Duration::from_secs(10);
/// How long a body that is refused is still read, so that its sender sees the answer.
const LINGER: Duration = Duration::from_secs(5);
/// Bodies up to this size are read without asking for room.
const SMALL: usize = 64 * 1024;
/// Bytes of an answer that a connection copies at once.
const PART: usize = 15 * 1024;
/// Bytes that larger bodies may hold together.
const ROOM: usize = 8 * 1024 * 1024;

/// Why a body was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) status: u16,
    pub(super) message: String,
}

fn refused<T>(status: u16, message: impl Into<String>) -> Result<T, Refused> {
    Err(Refused { status, message: message.into() })
}

/// Room for bodies that aren't small.
#[derive(Debug)]
pub(super) struct Bodies {
    most: usize,
    room: Arc<Semaphore>,
}

/// A body, and the room that it takes.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) bytes: Bytes,
    pub(super) room: Option<OwnedSemaphorePermit>,
}

/// Text of a body, which takes the body's room until it is let go.
#[derive(Debug)]
pub(super) struct HeldText {
    text: Bytes,
    _room: Option<OwnedSemaphorePermit>,
}

impl Held {
    /// That part of the body without a copy of it; or what stands for a part that isn't there.
    pub(super) fn part(&self, part: &str) -> Bytes {
        let (all, part) = (self.bytes.as_ptr_range(), part.as_bytes());
        let is_within = all.start <= part.as_ptr() && part.as_ptr_range().end <= all.end;
        if is_within { self.bytes.slice_ref(part) } else { Bytes::copy_from_slice(part) }
    }

    /// Keeps the body's room for a part of it.
    pub(super) fn keep(self, part: Bytes) -> HeldText {
        HeldText { text: part, _room: self.room }
    }
}

impl From<Bytes> for HeldText {
    fn from(text: Bytes) -> Self {
        HeldText { text, _room: None }
    }
}

impl AsRef<str> for HeldText {
    fn as_ref(&self) -> &str {
        // A part of a message, which was text. Nothing would be refused as such.
        str::from_utf8(&self.text).unwrap_or_default()
    }
}

impl Bodies {
    pub(super) fn new(most: usize) -> Self {
        Bodies { most, room: Arc::new(Semaphore::new(ROOM.max(most))) }
    }

    /// Reads a body whole.
    pub(super) async fn read(&self, headers: &HeaderMap, body: &mut Incoming) -> Result<Held, Refused> {
        let announced = body.size_hint().upper().map(|bytes| usize::try_from(bytes).unwrap_or(usize::MAX));
        let too_large = || refused(413, format!("the body is over {} bytes", self.most));
        if announced.is_some_and(|bytes| bytes > self.most) {
            pass_over(headers, body).await;
            return too_large();
        }
        let collected = {
            let mut collecting = pin!(self.collect(announced, body));
            // A body that is there already needs no timer.
            match poll_fn(|cx| Poll::Ready(collecting.as_mut().poll(cx))).await {
                Poll::Ready(collected) => Ok(collected),
                Poll::Pending => tokio::time::timeout(DEADLINE, collecting).await,
            }
        };
        match collected {
            Ok(Ok(Some(held))) => Ok(held),
            Ok(Ok(None)) => {
                discard(body).await;
                too_large()
            }
            Ok(Err(Broken::Refused(refused))) => Err(refused),
            Ok(Err(Broken::Off(error))) => refused(400, format!("the body broke off: {error}")),
            Err(_) => refused(408, format!("the body took more than {} s", DEADLINE.as_secs())),
        }
    }

    /// `None` for a body that is too large.
    async fn collect(&self, announced: Option<usize>, body: &mut Incoming) -> Result<Option<Held>, Broken> {
        let mut room = None;
        let Some(first) = data(body).await? else {
            return Ok(Some(Held { bytes: Bytes::new(), room }));
        };
        let second = if body.is_end_stream() { None } else { data(body).await? };
        let Some(second) = second else {
            return Ok((first.len() <= self.most).then_some(Held { bytes: first, room }));
        };
        let mut bytes = Vec::with_capacity(announced.unwrap_or(0).min(SMALL));
        bytes.extend_from_slice(&first);
        let mut next = Some(second);
        while let Some(chunk) = next {
            if bytes.len() + chunk.len() > self.most {
                return Ok(None);
            }
            if room.is_none() && bytes.len() + chunk.len() > SMALL {
                // All at once: bodies that each wait with half of their room would wait for ever. And not
                // before so much is there: who announces much and sends nothing takes none.
                let most = announced.unwrap_or(self.most);
                room = Some(self.take(most).await?);
                // Pages that nothing is written to aren't resident.
                bytes.reserve_exact(most - bytes.len());
            }
            bytes.extend_from_slice(&chunk);
            next = data(body).await?;
        }
        Ok(Some(Held { bytes: bytes.into(), room }))
    }

    async fn take(&self, bytes: usize) -> Result<OwnedSemaphorePermit, Refused> {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        let room = Arc::clone(&self.room).acquire_many_owned(bytes);
        match tokio::time::timeout(TURN, room).await {
            Ok(Ok(room)) => Ok(room),
            Ok(Err(_)) | Err(_) => {
                refused(429, "as many large bodies are being read as may be: try again later")
            }
        }
    }
}

/// Why a body can't be read to its end.
enum Broken {
    Off(hyper::Error),
    Refused(Refused),
}

impl From<hyper::Error> for Broken {
    fn from(error: hyper::Error) -> Self {
        Broken::Off(error)
    }
}

impl From<Refused> for Broken {
    fn from(refused: Refused) -> Self {
        Broken::Refused(refused)
    }
}

/// The next bytes; trailers are passed over.
async fn data(body: &mut Incoming) -> hyper::Result<Option<Bytes>> {
    while let Some(frame) = body.frame().await {
        if let Ok(bytes) = frame?.into_data()
            && !bytes.is_empty()
        {
            return Ok(Some(bytes));
        }
    }
    Ok(None)
}

/// Reads a body that was refused unread, unless its sender waits for leave to send it.
pub(super) async fn pass_over(headers: &HeaderMap, body: &mut Incoming) {
    if !headers.contains_key(EXPECT) {
        discard(body).await;
    }
}

/// Reads on without keeping anything, so that closing the connection doesn't take the answer with it.
async fn discard(body: &mut Incoming) {
    let rest = async { while let Ok(Some(_)) = data(body).await {} };
    drop(tokio::time::timeout(LINGER, rest).await);
}

/// The body of an answer in parts of no more than [`PART`], each sent before the next is handed on.
///
/// A connection copies each part behind the head, so that head and body go out in one write; and keeps the room
/// that this took, which so stays small.
pub(super) struct InParts<B> {
    body: B,
    /// What the body gave and isn't handed on yet.
    rest: Bytes,
    /// A part was handed on that isn't the last.
    sending: bool,
}

impl<B> InParts<B> {
    pub(super) fn new(body: B) -> Self {
        InParts { body, rest: Bytes::new(), sending: false }
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
            // Hyper writes out what it has where nothing more comes at once.
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let part = this.rest.split_to(this.rest.len().min(PART));
        this.sending = !this.rest.is_empty();
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

/// The body of an answer, which holds something until it was sent.
pub(super) struct Holding<B, T> {
    body: B,
    _held: T,
}

impl<B, T> Holding<B, T> {
    pub(super) fn new(body: B, held: T) -> Self {
        Holding { body, _held: held }
    }
}

impl<B: Body + Unpin, T: Unpin> Body for Holding<B, T> {
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

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use futures_util::stream;
    use http_body_util::{Full, StreamBody};

    use super::*;

    /// The sizes of the parts, and all of them together.
    async fn parts<B: Body<Data = Bytes, Error = Infallible> + Unpin>(body: B) -> (Vec<usize>, Vec<u8>) {
        let mut body = InParts::new(body);
        let (mut sizes, mut all) = (Vec::new(), Vec::new());
        while let Some(Ok(frame)) = body.frame().await {
            let data = frame.into_data().unwrap_or_default();
            sizes.push(data.len());
            all.extend_from_slice(&data);
        }
        (sizes, all)
    }

    #[tokio::test]
    async fn a_large_answer_goes_out_in_parts() {
        let text: Vec<u8> = (0..PART * 2 + 5).map(|place| place as u8).collect();
        let mut body = InParts::new(Full::new(Bytes::from(text.clone())));
        for left in [text.len(), PART + 5, 5] {
            assert_eq!(body.size_hint().exact(), Some(left as u64));
            assert!(!body.is_end_stream());
            assert!(body.frame().await.is_some());
            // The next one comes when this one was sent.
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
    async fn what_comes_in_several_pieces_stays_in_order() {
        let pieces = [vec![1; PART + 1], vec![2; 3], vec![3; PART * 2]];
        let whole = pieces.concat();
        let frames = pieces.map(|piece| Ok::<_, Infallible>(Frame::data(Bytes::from(piece))));
        let (sizes, all) = parts(StreamBody::new(stream::iter(frames))).await;
        assert_eq!(sizes, [PART, 1, 3, PART, PART]);
        assert_eq!(all, whole);
    }
}
