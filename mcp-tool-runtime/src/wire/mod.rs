//! How a call arrives. `tools/call` is read here from its raw bytes, on both transports and in both eras;
//! [`protocol`] hands all the rest to rmcp.

mod answer;
mod fault;
#[cfg(feature = "http")]
pub(crate) mod http;
mod id;
mod labelled;
pub(crate) mod listing;
mod message;
mod protocol;
mod quick;
pub(crate) mod stdio;
mod ways;

use std::{
    borrow::Borrow,
    num::NonZeroU32,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::sync::mpsc;

use crate::{
    context::{Progress, Update},
    dispatch::{Admitted, Arrival, Asked, Dispatcher},
    identity::Caller,
};
use answer::Framed;
use fault::{Fault, code};
use id::Id;
use listing::Listing;
use message::{Call, Era, Meta};

/// What both transports serve.
#[derive(Debug)]
pub(crate) struct Endpoint {
    pub(crate) dispatcher: Dispatcher,
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) instructions: Option<String>,
    /// The caller while no authorization is configured.
    pub(crate) local: Caller,
    /// `"io.modelcontextprotocol/serverInfo":{…}`, as it stands in every modern result.
    pub(crate) server_info: String,
    /// What `tools/list` can show.
    pub(crate) listing: Listing,
}

impl Endpoint {
    /// # Errors
    /// Where a tool's entry can't be what rmcp takes for one.
    pub(crate) fn new(
        dispatcher: Dispatcher,
        name: String,
        version: String,
        instructions: Option<String>,
        local: Caller,
        (shows_grantable, page): (bool, NonZeroU32),
    ) -> Result<Self, serde_json::Error> {
        let listing = Listing::new(&dispatcher, shows_grantable, page)?;
        let info = serde_json::json!({ "name": name, "version": version });
        let server_info = format!("\"io.modelcontextprotocol/serverInfo\":{info}");
        Ok(Endpoint { dispatcher, name, version, instructions, local, server_info, listing })
    }

    /// Turns a call away that can't be asked for as it came; its answer comes back.
    fn turn_away(&self, arrival: impl Into<Arrival>, call: &Call<'_>, fault: Fault) -> Framed {
        let bytes = call.arguments.len();
        let correlation = self.dispatcher.turned_away(arrival, &call.name, bytes, code::name(fault.code));
        answer::turned_away(&fault.to(&call.id), correlation)
    }

    /// The headers of a call that layers ask for.
    #[cfg(feature = "http")]
    fn headers(&self) -> &[&'static str] {
        &self.dispatcher.registry.headers
    }

    /// Whether the policy lets the caller have what it calls.
    #[cfg(feature = "http")]
    async fn is_permitted(&self, caller: &Caller, call: &Call<'_>) -> bool {
        self.dispatcher.is_permitted(caller, asked(call)).await
    }

    /// Admits a call; a refusal comes back as its answer.
    async fn admit(
        &self,
        arrival: impl Into<Arrival>,
        call: &Call<'_>,
        era: Era,
        progress: Option<Progress>,
    ) -> Result<Admitted, Framed> {
        self.dispatcher
            .admit(arrival, asked(call), progress)
            .await
            .map_err(|refusal| answer::refused(self, &call.id, era, &refusal))
    }

    /// Carries an admitted call out and frames its answer.
    async fn execute(
        endpoint: impl Borrow<Self>,
        admitted: Admitted,
        arguments: impl AsRef<str> + Send,
        id: impl Borrow<Id>,
        era: Era,
    ) -> Framed {
        let done = admitted.execute(arguments).await;
        answer::done(endpoint.borrow(), id.borrow(), era, &done)
    }
}

fn asked<'c>(call: &'c Call<'_>) -> Asked<'c> {
    Asked { name: &call.name, requires: call.meta.requires.as_ref(), arguments_bytes: call.arguments.len() }
}

/// A call that reports progress: its reports in order, then its answer.
struct Reporting {
    call: Pin<Box<dyn Future<Output = Framed> + Send>>,
    updates: mpsc::Receiver<Update>,
    done: Option<Framed>,
}

/// What comes next of a call.
enum Next {
    Update(Update),
    Done(Framed),
}

impl Reporting {
    fn new(call: impl Future<Output = Framed> + Send + 'static, updates: mpsc::Receiver<Update>) -> Self {
        Reporting { call: Box::pin(call), updates, done: None }
    }

    /// The next report or, once all of them are out, the answer.
    async fn next(&mut self) -> Next {
        std::future::poll_fn(|cx| self.poll_next(cx)).await
    }

    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Next> {
        loop {
            if let Poll::Ready(Some(update)) = self.updates.poll_recv(cx) {
                return Poll::Ready(Next::Update(update));
            }
            match self.done.take() {
                Some(framed) => return Poll::Ready(Next::Done(framed)),
                None => self.done = Some(std::task::ready!(self.call.as_mut().poll(cx))),
            }
        }
    }
}

/// Versions of the protocol that are served, oldest first.
fn supported_versions() -> impl Iterator<Item = &'static str> {
    rmcp::model::ProtocolVersion::KNOWN_VERSIONS.iter().map(|version| version.as_str())
}

/// Refuses a version of the protocol that requests can't name here.
fn supported(meta: &Meta<'_>) -> Result<(), Fault> {
    match meta.protocol_version.as_deref() {
        Some(named) if !supported_versions().any(|version| version == named) => {
            Err(Fault::unsupported_version(named))
        }
        _ => Ok(()),
    }
}
