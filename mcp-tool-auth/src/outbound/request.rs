//! Requests that tool functions send to upstreams.

use std::fmt;

use futures_util::future::BoxFuture;
use hyper::body::Bytes;
use reqwest::{
    Method, Response, StatusCode,
    header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue},
};
use serde::Serialize;

use super::{
    failure::UpstreamFailure,
    headers, path,
    redirect::{OutgoingRequest, SendFailure},
    response::UpstreamResponse,
    upstream::Upstream,
};
use mcp_tool_core::{
    call::{context::CallContext, outbound::OutboundCall},
    error::{ErrorKind, ToolError},
};

/// Request to an upstream, from a method such as [`Upstream::get`].
///
/// An invalid path, header or body is reported by [`send`](UpstreamRequest::send), so that calls can be chained.
#[must_use = "a request does nothing until it is sent"]
pub struct UpstreamRequest {
    upstream: Upstream,
    request: Result<OutgoingRequest, String>,
}

impl UpstreamRequest {
    pub(super) fn new(upstream: Upstream, method: Method, path: &str) -> Self {
        let base = &upstream.client.config.base;
        let request = path::below(base, path).map(|url| OutgoingRequest {
            method,
            url,
            headers: trace_headers(&upstream.cx),
            body: None,
            has_credential: true,
        });
        UpstreamRequest { upstream, request }
    }

    fn with(self, change: impl FnOnce(&mut OutgoingRequest) -> Result<(), String>) -> Self {
        let request = self.request.and_then(|mut request| change(&mut request).map(|()| request));
        UpstreamRequest { request, ..self }
    }

    /// Sets a header, and replaces an earlier value.
    ///
    /// A tool can't set `Authorization`, `Cookie`, `Host`, the header of the API key, or headers of framing, proxies
    /// and forwarding.
    pub fn header(self, name: &str, value: &str) -> Self {
        let credential = self.upstream.client.credentials.header();
        self.with(|request| {
            let key: HeaderName = name.parse().map_err(|_| format!("{name:?} isn't the name of a header"))?;
            if !headers::may_set(&key) || key == credential {
                return Err(format!("the server sets the header {key} itself: remove it"));
            }
            let value: HeaderValue =
                value.parse().map_err(|_| format!("the header {key} can't have this value"))?;
            request.headers.insert(key, value);
            Ok(())
        })
    }

    /// Appends a parameter to the query, percent-encoded.
    pub fn query(self, name: &str, value: impl fmt::Display) -> Self {
        self.with(|request| {
            request.url.query_pairs_mut().append_pair(name, &value.to_string());
            Ok(())
        })
    }

    /// Sets the body to JSON, with `Content-Type: application/json`.
    pub fn json(self, value: &impl Serialize) -> Self {
        self.with(|request| {
            let body =
                serde_json::to_vec(value).map_err(|error| format!("the body can't be JSON: {error}"))?;
            request.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            request.body = Some(Bytes::from(body));
            Ok(())
        })
    }

    /// Sets the body to bytes. Doesn't set `Content-Type`; use [`header`](UpstreamRequest::header) for that.
    pub fn body(self, bytes: impl Into<Vec<u8>>) -> Self {
        self.with(|request| {
            request.body = Some(Bytes::from(bytes.into()));
            Ok(())
        })
    }

    /// Sends the request and waits for the status and headers of the response, at most until the call's deadline.
    ///
    /// Returns a response of any status. [`UpstreamResponse::require_success`] turns a status other than 2xx into an
    /// error. After a 401 the server drops its access token, and repeats a `GET`, `PUT` or `DELETE` once with a new
    /// token; an API key can't be renewed. At most 5 redirects are followed, and only within the upstream's `url` or to
    /// its `redirect_hosts`.
    ///
    /// # Errors
    /// | kind | cause |
    /// |---|---|
    /// | `internal` | invalid path, header or body; forbidden redirect or address; wrong setting; call has ended |
    /// | `unavailable` | no usable response from upstream or token endpoint, or over 5 redirects; retry after 5 s |
    /// | `timeout` | the call's deadline passed |
    /// | `refused` | with `token_exchange`: the call has no token, or the token endpoint refuses the exchange |
    ///
    /// No message contains the credential or the query.
    // Boxed, so that the code of the HTTP client is compiled in this crate and not in each crate that awaits the
    // future.
    pub fn send(self) -> impl Future<Output = Result<UpstreamResponse, ToolError>> + Send {
        let response: BoxFuture<'static, _> = Box::pin(self.response());
        response
    }

    async fn response(self) -> Result<UpstreamResponse, ToolError> {
        let UpstreamRequest { upstream, request } = self;
        let name = &upstream.client.name;
        let request =
            request.map_err(|reason| UpstreamFailure::Misconfigured(reason).report(name, &upstream.cx))?;
        // The audit record of the call names the upstreams.
        upstream.cx.record_upstream(name);
        let is_write = !matches!(request.method, Method::GET | Method::HEAD);
        let response = upstream.within(is_write, upstream.send(request, is_write)).await?;
        Ok(UpstreamResponse::new(upstream, response, is_write))
    }
}

/// Returns the headers that continue the call's trace.
fn trace_headers(cx: &CallContext) -> HeaderMap {
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
    /// Sends the request with a credential. After a 401, drops the cached access token, and repeats the request once if
    /// its method may be repeated and a new token can be requested.
    async fn send(&self, request: OutgoingRequest, is_write: bool) -> Result<Response, ToolError> {
        let (client, token) = (&*self.client, self.cx.token());
        let mut may_repeat =
            matches!(request.method, Method::GET | Method::HEAD | Method::PUT | Method::DELETE);
        loop {
            let credential = client.credentials.get(&client.http, &client.config, token).await;
            let credential = credential.map_err(|failure| failure.report(&client.name, &self.cx))?;
            let (response, has_credential) = client.send(request.clone(), &credential).await.map_err(
                |SendFailure { failure, was_sent }| {
                    // An unsettled error says that the effect of the request is unknown.
                    let error = failure.report(&client.name, &self.cx);
                    if was_sent && is_write { error.unsettled() } else { error }
                },
            )?;
            if !has_credential || response.status() != StatusCode::UNAUTHORIZED {
                return Ok(response);
            }
            let can_renew = client.credentials.forget(&credential, token).await;
            if !(can_renew && may_repeat) {
                return Ok(response);
            }
            may_repeat = false;
        }
    }

    /// Runs `work`. Fails when the call is cancelled or reaches its deadline. With `is_write`, this error says that the
    /// effect of the request is unknown.
    pub(super) async fn within<T>(
        &self,
        is_write: bool,
        work: impl Future<Output = Result<T, ToolError>>,
    ) -> Result<T, ToolError> {
        let name = &self.client.name;
        let mark_unsettled = |error: ToolError| if is_write { error.unsettled() } else { error };
        tokio::select! {
            biased;
            () = self.cx.cancelled() => {
                let error = format!("upstream '{name}' was used after its call ended");
                Err(mark_unsettled(ToolError::internal(error)))
            }
            result = tokio::time::timeout_at(self.cx.deadline(), work) => result.unwrap_or_else(|_| {
                let message = format!("'{name}', which the tool needs, did not respond in time");
                Err(mark_unsettled(ToolError::of(ErrorKind::Timeout, message)))
            }),
        }
    }
}

impl fmt::Debug for UpstreamRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.upstream.client.name;
        match &self.request {
            Ok(request) => write!(f, "{} {} at upstream '{name}'", request.method, request.url.path()),
            Err(reason) => write!(f, "invalid request to upstream '{name}': {reason}"),
        }
    }
}
