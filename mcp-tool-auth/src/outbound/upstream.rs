//! Gives tool functions access to upstreams, the HTTP services that their contracts declare.

use std::{fmt, sync::Arc};

use mcp_tool_core::{
    call::{context::CallContext, outbound::OutboundCall},
    error::ToolError,
};
use reqwest::Method;

use super::{
    client::{UpstreamClient, Upstreams},
    request::UpstreamRequest,
};

/// Client of an upstream for one call, from [`UpstreamExt::upstream`].
///
/// A method such as [`get`](Upstream::get) builds an [`UpstreamRequest`] for a path below the upstream's `url`:
/// `invoices/7` and `/invoices/7` are the same path. The server adds the credential of `[upstream.NAME]` when the
/// request is sent; a tool function can't read the credential.
///
/// | `credential` | sent to the upstream |
/// |---|---|
/// | `client_credentials` | access token of the server (RFC 6749 §4.4), cached for all callers |
/// | `token_exchange` | access token for the caller (RFC 8693), one cached for each token of a caller |
/// | `key` | API key from a file |
///
/// Requests fail after the tool's call has ended or reached its deadline. If a request other than `GET` fails after it
/// was sent, the error says that the effect of the request is unknown. The trace context of the call is sent in the
/// headers `traceparent` and `tracestate`.
///
/// ```
/// use mcp_tool_runtime::prelude::*;
///
/// async fn status(cx: &CallContext, number: &str) -> Result<String, ToolError> {
///     let billing = cx.upstream("billing")?;
///     let response = billing.get(&format!("invoices/{number}")).query("fields", "status").send().await?;
///     response.require_success()?.json().await
/// }
/// ```
#[derive(Clone)]
pub struct Upstream {
    pub(super) cx: CallContext,
    pub(super) client: Arc<UpstreamClient>,
}

/// Extends `CallContext` with access to upstreams.
///
/// A tool declares its upstreams in its attribute, `upstream = ["billing"]`, and the operator configures each in a
/// section such as `[upstream.billing]`. If an upstream isn't configured, the server doesn't start. The prelude imports
/// this trait.
pub trait UpstreamExt {
    /// Returns the client of an upstream that the tool's contract declares.
    ///
    /// # Errors
    /// `internal` for an upstream that the contract doesn't declare; the log contains the reason.
    fn upstream(&self, name: &str) -> Result<Upstream, ToolError>;
}

impl UpstreamExt for CallContext {
    fn upstream(&self, name: &str) -> Result<Upstream, ToolError> {
        let tool = self.contract().name();
        if !self.contract().upstreams().contains(&name) {
            return Err(ToolError::internal(format!(
                "'{tool}' uses the upstream '{name}', which its contract doesn't name: add `upstream = [\"{name}\"]` to \
                 its attribute"
            )));
        }
        // A server doesn't start while a declared upstream isn't configured, so this fails only after a bug.
        let outbound = self.outbound().and_then(|outbound| outbound.as_any().downcast_ref::<Upstreams>());
        let client = outbound.and_then(|upstreams| upstreams.find(name)).ok_or_else(|| {
            ToolError::internal(format!("'{tool}' uses the upstream '{name}', which isn't configured"))
        })?;
        Ok(Upstream { cx: self.clone(), client: Arc::clone(client) })
    }
}

impl Upstream {
    /// Returns the upstream's name in the form that environment variables contain: with each `-` replaced by `_`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.client.name
    }

    /// Builds a `GET` request.
    pub fn get(&self, path: &str) -> UpstreamRequest {
        self.request(Method::GET, path)
    }

    /// Builds a `POST` request.
    pub fn post(&self, path: &str) -> UpstreamRequest {
        self.request(Method::POST, path)
    }

    /// Builds a `PUT` request.
    pub fn put(&self, path: &str) -> UpstreamRequest {
        self.request(Method::PUT, path)
    }

    /// Builds a `PATCH` request.
    pub fn patch(&self, path: &str) -> UpstreamRequest {
        self.request(Method::PATCH, path)
    }

    /// Builds a `DELETE` request.
    pub fn delete(&self, path: &str) -> UpstreamRequest {
        self.request(Method::DELETE, path)
    }

    fn request(&self, method: Method, path: &str) -> UpstreamRequest {
        UpstreamRequest::new(self.clone(), method, path)
    }
}

impl fmt::Debug for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "upstream '{}'", self.client.name)
    }
}
