//! How a call arrives. `tools/call` is read here from its raw bytes, on both transports and in both eras;
//! [`protocol`] hands all the rest to rmcp.

mod answer;
mod called;
mod completion;
mod fallback;
mod fault;
#[cfg(feature = "http")]
pub mod http;
mod id;
mod labelled;
mod levels;
pub mod listing;
mod message;
mod protocol;
mod quick;
mod server_info;
mod session;
pub mod stdio;
mod tasks;
mod ways;

/// Internals that `tests/differential` and `benches/instructions` use, and no server.
#[doc(hidden)]
pub mod internals {
    #[cfg(feature = "testing")]
    pub use super::ways::{Way, bar, taken};
    pub use super::{
        answer::Framed,
        labelled::ClientLabel,
        message::{Call, Era, Incoming, Meta, parse},
        protocol::Protocol,
    };
}

use std::{
    borrow::Borrow,
    num::NonZeroU32,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use tokio::sync::mpsc;

use crate::{
    announce::Announcements,
    ask::{Asking, Capabilities, Rounds},
    call::{caller::Caller, report::Report},
    pipeline::{Admitted, CallOptions, CallOrigin, CallRequest, Dispatcher},
    tasks::Tasks,
};
use answer::Framed;
pub(crate) use fallback::FallbackHandler;
use fault::{ProtocolError, code};
use id::Id;
use levels::LogLevels;
use listing::Listing;
use message::{Call, Era, Meta};

/// What both transports serve.
pub struct Endpoint {
    /// The pipeline.
    pub dispatcher: Dispatcher,
    /// Name of the server.
    pub name: String,
    pub(crate) version: String,
    pub(crate) instructions: Option<String>,
    /// The caller while no authorization is configured.
    pub local: Caller,
    /// `"io.modelcontextprotocol/serverInfo":{…}`, as it stands in every modern result.
    pub(crate) server_info: String,
    /// What `tools/list` can show.
    pub(crate) listing: Listing,
    /// The application's own handler of prompts, resources and the rest.
    pub(crate) fallback: Option<Arc<dyn FallbackHandler>>,
    /// What clients that listen are told.
    pub(crate) announcements: Announcements,
    /// What clients without a session want to hear of what calls log.
    pub(crate) levels: LogLevels,
    /// Calls that go on while their clients do other work.
    pub(crate) tasks: Tasks,
}

/// What the server says of itself, and who answers what isn't about tools.
pub(crate) struct Introduction {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) instructions: Option<String>,
    pub(crate) fallback: Option<Arc<dyn FallbackHandler>>,
}

impl Endpoint {
    /// # Errors
    /// Where a tool's entry can't be what rmcp takes for one.
    pub(crate) fn new(
        dispatcher: Dispatcher,
        tasks: Tasks,
        server: Introduction,
        local: Caller,
        (shows_grantable, page): (bool, NonZeroU32),
    ) -> Result<Self, serde_json::Error> {
        let listing = Listing::new(&dispatcher, shows_grantable, page)?;
        let Introduction { name, version, instructions, fallback } = server;
        let info = serde_json::json!({ "name": name, "version": version });
        let server_info = format!("\"io.modelcontextprotocol/serverInfo\":{info}");
        let announcements = dispatcher.services.announcements.clone();
        Ok(Endpoint {
            dispatcher,
            name,
            version,
            instructions,
            local,
            server_info,
            listing,
            fallback,
            announcements,
            levels: LogLevels::default(),
            tasks,
        })
    }

    /// Whether any argument of any tool can be completed.
    fn has_completions(&self) -> bool {
        self.dispatcher.registry.tools().iter().any(|tool| tool.has_completions())
    }

    /// Whether any tool's calls can be tasks.
    fn has_tasks(&self) -> bool {
        self.dispatcher.registry.tools().iter().any(|tool| tool.contract.task.is_some())
    }

    /// Turns a call away that can't be asked for as it came; its answer comes back.
    fn turn_away(&self, arrival: impl Into<CallOrigin>, call: &Call<'_>, fault: ProtocolError) -> Framed {
        let bytes = call.arguments.len();
        let correlation = self.dispatcher.turned_away(arrival, &call.name, bytes, code::name(fault.code));
        answer::turned_away(&fault.to(&call.id), correlation)
    }

    /// Turns back a call that was admitted, where its headers say something else than its arguments.
    #[cfg(feature = "http")]
    fn turn_back(admitted: Admitted, id: &Id, fault: ProtocolError) -> Framed {
        let correlation = admitted.turned_away(code::name(fault.code));
        answer::turned_away(&fault.to(id), correlation)
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
    #[doc(hidden)]
    pub async fn admit(
        &self,
        arrival: impl Into<CallOrigin>,
        call: &Call<'_>,
        era: Era,
        carried: CallOptions,
    ) -> Result<Admitted, Framed> {
        self.dispatcher
            .admit(arrival, asked(call), carried)
            .await
            .map_err(|refusal| answer::refused(self, &call.id, era, &refusal))
    }

    /// Carries an admitted call out and frames its answer.
    #[doc(hidden)]
    pub async fn execute(
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

/// How the person behind a call can be asked that stands alone: by its result, where the client knows such.
fn asking(call: &mut Call<'_>) -> Asking {
    match call.meta.era() {
        Era::Legacy => Asking::default(),
        Era::Modern => Asking::rounds(Rounds {
            can: call.meta.capabilities.map(Capabilities::parse).unwrap_or_default(),
            presented: call.presented.take(),
        }),
    }
}

impl std::fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} with {} tools", self.name, self.version, self.dispatcher.registry.tools().len())
    }
}

fn asked<'c>(call: &'c Call<'_>) -> CallRequest<'c> {
    CallRequest {
        name: &call.name,
        requires: call.meta.requires.as_ref(),
        arguments_bytes: call.arguments.len(),
        completes: None,
    }
}

/// A call that reports while it runs: its reports in order, then its answer.
struct Reporting {
    call: Pin<Box<dyn Future<Output = Framed> + Send>>,
    reports: mpsc::Receiver<Report>,
    done: Option<Framed>,
}

/// What comes next of a call.
enum Next {
    Report(Report),
    Done(Framed),
}

impl Reporting {
    fn new(call: impl Future<Output = Framed> + Send + 'static, reports: mpsc::Receiver<Report>) -> Self {
        Reporting { call: Box::pin(call), reports, done: None }
    }

    /// The next report or, once all of them are out, the answer.
    async fn next(&mut self) -> Next {
        std::future::poll_fn(|cx| self.poll_next(cx)).await
    }

    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Next> {
        loop {
            if let Poll::Ready(Some(report)) = self.reports.poll_recv(cx) {
                return Poll::Ready(Next::Report(report));
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
fn supported(meta: &Meta<'_>) -> Result<(), ProtocolError> {
    match meta.protocol_version.as_deref() {
        Some(named) if !supported_versions().any(|version| version == named) => {
            Err(ProtocolError::unsupported_version(named))
        }
        _ => Ok(()),
    }
}
