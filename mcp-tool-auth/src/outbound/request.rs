//! What a function asks of an upstream.

use std::fmt;

use hyper::body::Bytes;
use reqwest::{
    Method, StatusCode,
    header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue},
};
use serde::Serialize;

use super::{
    Upstream, UpstreamResponse,
    fault::Fault,
    follow::{Hop, Lost},
    headers, path,
};
use mcp_tool_core::{
    call::context::{CallContext, OutboundCall as _},
    error::{ErrorKind, ToolError},
};

/// A request to an upstream, which carries the server's own credential once it is sent.
///
/// What is wrong with it is told by [`send`](UpstreamRequest::send).
#[must_use = "a request does nothing until it is sent"]
pub struct UpstreamRequest {
    upstream: Upstream,
    hop: Result<Hop, String>,
}

impl UpstreamRequest {
    pub(super) fn new(upstream: Upstream, method: Method, path: &str) -> Self {
        let base = &upstream.remote.settings.base;
        let hop = path::below(base, path).map(|url| Hop {
            method,
            url,
            headers: traced(&upstream.cx),
            body: None,
            is_own: true,
        });
        UpstreamRequest { upstream, hop }
    }

    fn with(self, change: impl FnOnce(&mut Hop) -> Result<(), String>) -> Self {
        let hop = self.hop.and_then(|mut hop| change(&mut hop).map(|()| hop));
        UpstreamRequest { hop, ..self }
    }

    /// Sets a header. `Authorization`, `Cookie`, `Host` and those that frame a message are the server's own.
    pub fn header(self, name: &str, value: &str) -> Self {
        let carried = self.upstream.remote.credentials.header();
        self.with(|hop| {
            let key: HeaderName = name.parse().map_err(|_| format!("{name:?} names no header"))?;
            if !headers::may_set(&key) || key == carried {
                return Err(format!("the header {key} is the server's own: leave it out"));
            }
            let value: HeaderValue =
                value.parse().map_err(|_| format!("the header {key} can't have that value"))?;
            hop.headers.insert(key, value);
            Ok(())
        })
    }

    /// Adds a pair to the query, encoded as it has to be.
    pub fn query(self, name: &str, value: impl fmt::Display) -> Self {
        self.with(|hop| {
            hop.url.query_pairs_mut().append_pair(name, &value.to_string());
            Ok(())
        })
    }

    /// Sends a value as JSON.
    pub fn json(self, value: &impl Serialize) -> Self {
        self.with(|hop| {
            let body = serde_json::to_vec(value).map_err(|error| format!("the body is no JSON: {error}"))?;
            hop.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            hop.body = Some(Bytes::from(body));
            Ok(())
        })
    }

    /// Sends bytes; [`header`](UpstreamRequest::header) says of which type.
    pub fn body(self, bytes: impl Into<Vec<u8>>) -> Self {
        self.with(|hop| {
            hop.body = Some(Bytes::from(bytes.into()));
            Ok(())
        })
    }

    /// Sends the request, within what is left of the call's time, and waits for the head of the answer.
    ///
    /// An answer is an answer whatever its status: [`UpstreamResponse::require_success`] makes errors of those
    /// that tell of none. A 401 has the server get another credential and ask once more, unless the request
    /// writes and isn't idempotent.
    ///
    /// # Errors
    /// A path that leads out of the upstream or a header that is the server's own (internal, told in the log),
    /// no answer (unavailable, or a time-out), and a caller for whom there is no credential (refused). The text
    /// holds neither the credential nor the query.
    pub async fn send(self) -> Result<UpstreamResponse, ToolError> {
        let UpstreamRequest { upstream, hop } = self;
        let name = &upstream.remote.name;
        let hop = hop.map_err(|reason| Fault::Wrong(reason).tell(name, &upstream.cx))?;
        upstream.cx.record_upstream(name);
        let is_write = !matches!(hop.method, Method::GET | Method::HEAD);
        let response = upstream.within(is_write, upstream.ask(hop)).await?;
        Ok(UpstreamResponse::new(upstream, response, is_write))
    }
}

/// The trace that the call is part of, carried on.
fn traced(cx: &CallContext) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let Some(trace) = cx.trace() else { return headers };
    let members = [
        ("traceparent", Some(trace.of_call(cx.correlation_id()))),
        ("tracestate", trace.state().map(str::to_owned)),
    ];
    for (name, value) in members {
        if let Some(value) = value.and_then(|value| HeaderValue::from_str(&value).ok()) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    headers
}

impl Upstream {
    async fn ask(&self, hop: Hop) -> Result<reqwest::Response, ToolError> {
        let (remote, token) = (&*self.remote, self.cx.token());
        let mut may_renew = matches!(hop.method, Method::GET | Method::HEAD | Method::PUT | Method::DELETE);
        loop {
            let got = remote.credentials.get(&remote.client, &remote.settings, token).await;
            let shown = got.map_err(|fault| fault.tell(&remote.name, &self.cx))?;
            let (response, is_own) = remote.follow(hop.clone(), &shown).await.map_err(|lost| {
                let Lost { fault, was_sent } = lost;
                let error = fault.tell(&remote.name, &self.cx);
                if was_sent { error.unsettled() } else { error }
            })?;
            if !is_own || response.status() != StatusCode::UNAUTHORIZED {
                return Ok(response);
            }
            let can_renew = remote.credentials.forget(&shown, token).await;
            if !(can_renew && may_renew) {
                return Ok(response);
            }
            may_renew = false;
        }
    }

    /// Does it until the call's time is over or nobody waits any more.
    pub(super) async fn within<T>(
        &self,
        is_write: bool,
        work: impl Future<Output = Result<T, ToolError>>,
    ) -> Result<T, ToolError> {
        let name = &self.remote.name;
        let settled = |error: ToolError| if is_write { error.unsettled() } else { error };
        tokio::select! {
            biased;
            () = self.cx.cancelled() => {
                let error = format!("upstream '{name}' was asked after the call that it was lent to");
                Err(settled(ToolError::internal(error)))
            }
            done = tokio::time::timeout_at(self.cx.deadline(), work) => done.unwrap_or_else(|_| {
                let message = format!("'{name}', which the tool needs, did not answer in time");
                Err(settled(ToolError::of(ErrorKind::Timeout, message)))
            }),
        }
    }
}

impl fmt::Debug for UpstreamRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.hop {
            Ok(hop) => {
                write!(f, "{} {} at upstream '{}'", hop.method, hop.url.path(), self.upstream.remote.name)
            }
            Err(reason) => write!(f, "no request to upstream '{}': {reason}", self.upstream.remote.name),
        }
    }
}
