//! A request's body, bounded in size, in time, and in what all bodies together may hold.

use std::{sync::Arc, time::Duration};

use http_body_util::BodyExt as _;
use hyper::{
    HeaderMap,
    body::{Body as _, Bytes, Incoming},
    header::EXPECT,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How long a body may take to arrive.
const DEADLINE: Duration = Duration::from_secs(30);
/// How long a body that is refused is still read, so that its sender sees the answer.
const LINGER: Duration = Duration::from_secs(5);
/// Bodies up to this size are read without asking for room.
const SMALL: usize = 64 * 1024;
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

/// A body, and the room that it takes while it is held.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) bytes: Bytes,
    _room: Option<OwnedSemaphorePermit>,
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
            if !headers.contains_key(EXPECT) {
                discard(body).await;
            }
            return too_large();
        }
        match tokio::time::timeout(DEADLINE, self.collect(announced, body)).await {
            Ok(Ok(Some(held))) => Ok(held),
            Ok(Ok(None)) => {
                discard(body).await;
                too_large()
            }
            Ok(Err(error)) => refused(400, format!("the body broke off: {error}")),
            Err(_) => refused(408, format!("the body took more than {} s", DEADLINE.as_secs())),
        }
    }

    /// `None` for a body that is too large.
    async fn collect(&self, announced: Option<usize>, body: &mut Incoming) -> hyper::Result<Option<Held>> {
        // All the room at once: bodies that each wait with half of it would wait for ever.
        let wanted = announced.unwrap_or(self.most);
        let room = if wanted > SMALL && announced.is_some() { self.take(wanted).await } else { None };
        let Some(first) = data(body).await? else {
            return Ok(Some(Held { bytes: Bytes::new(), _room: room }));
        };
        let Some(second) = data(body).await? else {
            return Ok((first.len() <= self.most).then_some(Held { bytes: first, _room: room }));
        };
        let mut room = room;
        let mut bytes = Vec::with_capacity(announced.unwrap_or(0));
        bytes.extend_from_slice(&first);
        let mut next = Some(second);
        while let Some(chunk) = next {
            if bytes.len() + chunk.len() > self.most {
                return Ok(None);
            }
            if room.is_none() && bytes.len() + chunk.len() > SMALL {
                room = self.take(self.most).await;
                // Once, and not by doubling: pages that nothing is written to aren't resident.
                bytes.reserve_exact(self.most - bytes.len());
            }
            bytes.extend_from_slice(&chunk);
            next = data(body).await?;
        }
        Ok(Some(Held { bytes: bytes.into(), _room: room }))
    }

    async fn take(&self, bytes: usize) -> Option<OwnedSemaphorePermit> {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        Arc::clone(&self.room).acquire_many_owned(bytes).await.ok()
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

/// Reads on without keeping anything, so that closing the connection doesn't take the answer with it.
async fn discard(body: &mut Incoming) {
    let rest = async { while let Ok(Some(_)) = data(body).await {} };
    drop(tokio::time::timeout(LINGER, rest).await);
}
