//! [`TestServer`], the server that a test calls.

use std::{collections::HashSet, sync::Arc, time::Duration};

use mcp_tool_contract::model::Version;
use serde::Serialize;
use serde_json::Value;

#[cfg(feature = "oauth")]
use mcp_tool_auth::outbound::{InvalidSetting, UpstreamConfig, UpstreamSettings, Upstreams, canonical_name};
use mcp_tool_core::{
    application::OperatorSettings,
    ask::{Asking, Reply},
    call::{
        caller::{Caller, Scopes},
        headers::Headers,
        origin::CallOrigin,
        token::InboundToken,
    },
    error::ToolError,
    pipeline::{
        Admitted, CallOptions, CallRequest,
        versions::{LastListed, Requirement},
    },
    start_error::StartError,
    transport::Endpoint,
};

use super::{TestError, TestResult, person::Person, records::Records};
use crate::ToolServer;

/// A started server whose tools a test calls directly. The caller is the local user with all scopes, unless
/// [`as_caller`](TestServer::as_caller) sets another caller.
#[derive(Clone, Debug)]
pub struct TestServer {
    endpoint: Arc<Endpoint>,
    caller: Caller,
    records: Records,
    /// Version requirement or contract digest that every call has in its `_meta`.
    requires: Option<Requirement>,
    /// Name and value of each header that middleware can read, as if calls were HTTP requests.
    headers: Vec<(String, String)>,
    /// The client that answers questions of tools.
    person: Person,
    /// The caller's token, for upstreams whose credential is a token exchange.
    token: Option<InboundToken>,
}

impl TestServer {
    /// Starts a server as `serve` does: opens the application state, and binds every tool to it. All operator settings
    /// have their defaults.
    ///
    /// # Errors
    /// As for `serve`: see [`StartError`].
    pub async fn start(server: ToolServer) -> Result<Self, StartError> {
        TestServer::start_allowing(server, std::iter::empty::<String>()).await
    }

    /// Starts a server with the setting `gate.allow_destructive`: the operator allows the tools in `destructive`. A
    /// destructive tool without a gate runs only if the operator allows it.
    ///
    /// # Errors
    /// As for [`start`](TestServer::start).
    pub async fn start_allowing(
        server: ToolServer,
        destructive: impl IntoIterator<Item = impl Into<String>>,
    ) -> Result<Self, StartError> {
        let allow_destructive: HashSet<String> = destructive.into_iter().map(Into::into).collect();
        TestServer::start_with(
            server,
            OperatorSettings { allow_destructive, ..OperatorSettings::default() },
            None,
        )
        .await
    }

    /// Starts a server with upstreams. Each item of `upstreams` is an upstream's name, and the keys and values of the
    /// settings in its section `[upstream.NAME]`.
    ///
    /// # Errors
    /// As for [`start`](TestServer::start), and if a setting of an upstream is invalid.
    #[cfg(feature = "oauth")]
    pub async fn start_with_upstreams<'s>(
        server: ToolServer,
        upstreams: impl IntoIterator<Item = (&'s str, &'s [(&'s str, &'s str)])>,
    ) -> Result<Self, StartError> {
        let mut configs = std::collections::BTreeMap::new();
        for (name, pairs) in upstreams {
            let invalid =
                |key: &str, reason: &str| StartError::Setting(format!("upstream.{name}.{key}: {reason}"));
            let mut settings = UpstreamSettings::default();
            for (key, value) in pairs {
                settings.set(key, value).map_err(|reason| invalid(key, &reason))?;
            }
            let config = UpstreamConfig::validate(&settings)
                .map_err(|InvalidSetting { key, reason }| invalid(key, &reason))?;
            configs.insert(canonical_name(name).map_err(StartError::Setting)?, config);
        }
        let contracts = server.application.tools.iter().map(|entry| entry.contract());
        let upstreams = Upstreams::open(&configs, contracts)?;
        let settings =
            OperatorSettings { outbound: Some(Arc::new(upstreams)), ..OperatorSettings::default() };
        TestServer::start_with(server, settings, None).await
    }

    /// Starts a server. With `last_listed`, calls are checked against the contracts that their callers listed on an
    /// earlier server.
    async fn start_with(
        server: ToolServer,
        settings: OperatorSettings,
        last_listed: Option<Arc<LastListed>>,
    ) -> Result<Self, StartError> {
        let records = Records::default();
        let mut endpoint = server.application.start(&settings, Box::new(records.clone())).await?;
        if let Some(last_listed) = last_listed {
            endpoint.pipeline.versions.last_listed = last_listed;
        }
        let endpoint = Arc::new(endpoint);
        let caller = Caller::local(Scopes::All);
        Ok(TestServer {
            endpoint,
            caller,
            records,
            requires: None,
            headers: Vec::new(),
            person: Person::default(),
            token: None,
        })
    }

    /// Starts `server` as the next deployment of this server. Calls to the new server are checked against the contracts
    /// that their callers last listed on this server. The new server has this server's caller, requirement, headers and
    /// answers. All its operator settings have their defaults, so it has no upstreams, and therefore no token for them.
    ///
    /// # Errors
    /// As for [`start`](TestServer::start).
    pub async fn succeeded_by(&self, server: ToolServer) -> Result<Self, StartError> {
        let last_listed = Arc::clone(&self.endpoint.pipeline.versions.last_listed);
        let next = TestServer::start_with(server, OperatorSettings::default(), Some(last_listed)).await?;
        let (caller, requires) = (self.caller.clone(), self.requires.clone());
        let person = self.person.clone();
        Ok(TestServer { caller, requires, headers: self.headers.clone(), person, ..next })
    }

    /// Returns the same server, called with `dev.mcp-tool/requires` in `_meta`: a version requirement such as `^1`, or
    /// the digest of a contract.
    ///
    /// # Errors
    /// The text names the expected form, if `requirement` is neither a version requirement nor a digest.
    pub fn requiring(&self, requirement: &str) -> Result<Self, String> {
        Ok(TestServer { requires: Some(Requirement::parse(requirement)?), ..self.clone() })
    }

    /// Returns the entries of all pages of `tools/list` that the caller sees.
    #[must_use]
    pub async fn list(&self) -> Vec<Value> {
        let entries = self.endpoint.entries(&self.caller).await.into_iter();
        entries.map(|entry| serde_json::from_str(&entry).unwrap_or_default()).collect()
    }

    /// Returns the number of calls of each deprecated tool so far, by caller: (tool, version, caller, number of calls).
    #[must_use]
    pub fn deprecated_calls(&self) -> Vec<(&'static str, Version, String, u64)> {
        self.endpoint.pipeline.usage.counts()
    }

    /// Returns the same server, called by `caller`.
    #[must_use]
    pub fn as_caller(&self, caller: Caller) -> Self {
        TestServer { caller, ..self.clone() }
    }

    /// Returns the same server, called with this bearer token. The token is not verified, and only the token exchange
    /// of upstreams uses it.
    #[cfg(feature = "oauth")]
    #[must_use]
    pub fn with_token(&self, token: &str) -> Self {
        TestServer { token: Some(InboundToken::new(token.to_owned().into())), ..self.clone() }
    }

    /// Returns the same server, called with this header, which replaces a header of the same name. Middleware reads the
    /// header as it does over HTTP: only if the middleware names the header in
    /// [`Middleware::headers`](crate::Middleware::headers).
    #[must_use]
    pub fn with_header(&self, name: &str, value: &str) -> Self {
        let others = self.headers.iter().filter(|(other, _)| !other.eq_ignore_ascii_case(name));
        let headers = others.cloned().chain([(name.to_owned(), value.to_owned())]).collect();
        TestServer { headers, ..self.clone() }
    }

    /// Returns the same server, called by a client whose person answers questions. `answer` receives the parameters of
    /// `elicitation/create`: `message`, and `requestedSchema` or `url`. Without this method, the client can't be asked.
    #[must_use]
    pub fn answering(&self, answer: impl Fn(&Value) -> Reply<Value> + Send + Sync + 'static) -> Self {
        TestServer { person: Person::answering(answer), ..self.clone() }
    }

    /// Calls a tool. Scopes, rate, middleware, bounds, gate, deadline, output check and audit record are the same as
    /// for a call over stdio or HTTP.
    ///
    /// # Errors
    /// The call was refused, or failed.
    pub async fn call(&self, tool: &str, arguments: impl Serialize) -> Result<TestResult, TestError> {
        let arguments =
            serde_json::to_string(&arguments).map_err(|error| TestError::Tool(ToolError::internal(error)))?;
        let admitted = self.admit_call(tool, arguments.len(), None).await?;
        admitted.execute(&arguments).await.answer.map(TestResult::new).map_err(TestError::Tool)
    }

    /// Requests suggestions for the argument of `parameter`, of which a person has typed `typed`. Returns the
    /// `completion` object that a client would receive. Scopes, gate, middleware, rate and deadline are the same as
    /// for a completion over stdio or HTTP.
    ///
    /// # Errors
    /// The completion was refused, or failed. If the caller may not use the tool, the error says why, although a client
    /// would read only "Unknown tool".
    pub async fn complete(&self, tool: &str, parameter: &str, typed: &str) -> Result<TestResult, TestError> {
        let admitted = self.admit_call(tool, typed.len(), Some(parameter)).await?;
        let answer = admitted.complete(parameter, typed).await.answer;
        answer.map(TestResult::new).map_err(TestError::Tool)
    }

    /// Admits a call; with `completes`, a completion of the parameter with this name.
    async fn admit_call(
        &self,
        name: &str,
        arguments_bytes: usize,
        completes: Option<&str>,
    ) -> Result<Admitted, TestError> {
        let pipeline = &self.endpoint.pipeline;
        // Only the headers that a middleware named, as over HTTP.
        let names = pipeline.registry.headers.iter();
        let headers = names.filter_map(|header| {
            let (_, value) = self.headers.iter().find(|(sent, _)| sent.eq_ignore_ascii_case(header))?;
            Some((*header, value.as_str().into()))
        });
        let origin = CallOrigin {
            headers: Headers::new(headers.collect()),
            token: self.token.clone(),
            ..self.caller.clone().into()
        };
        let call = CallRequest { name, requires: self.requires.as_ref(), arguments_bytes, completes };
        let asking = Asking::client(Arc::new(self.person.clone()));
        let admitted = pipeline.admit(origin, call, CallOptions { asking, ..CallOptions::default() }).await;
        admitted.map_err(|refusal| TestError::from(refusal.kind))
    }

    /// Returns all audit records so far, in the order and form in which the audit file would contain them.
    #[must_use]
    pub fn records(&self) -> Vec<Value> {
        self.endpoint.pipeline.audit.flush(Duration::MAX);
        self.records.lines()
    }
}
