//! Calls tools in tests, through the whole pipeline and without a transport.
//!
//! ```
//! use mcp_tool_runtime::{Caller, ErrorKind, prelude::*, testing::TestServer};
//!
//! /// Half of a number.
//! #[mcp_tool(version = "1.0", scope = "numbers:read", read_only)]
//! async fn halve(/** An even number. */ #[arg(min = 0)] number: i64) -> Result<String, ToolError> {
//!     match number % 2 {
//!         0 => Ok((number / 2).to_string()),
//!         _ => Err(ToolError::refused("only even numbers have a half here")),
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let server = TestServer::start(ToolServer::new("numbers", "1.0.0").tools(tools![halve])).await?;
//! assert_eq!(server.call("halve", serde_json::json!({ "number": 8 })).await?.text(), "4");
//!
//! let refused = server.call("halve", serde_json::json!({ "number": 7 })).await.unwrap_err();
//! assert_eq!(refused.kind(), Some(ErrorKind::Refused));
//!
//! let ann = server.as_caller(Caller::new("ann").with_scopes(["letters:read"]));
//! assert_eq!(ann.call("halve", serde_json::json!({ "number": 8 })).await.unwrap_err().missing_scopes(), ["numbers:read"]);
//! # Ok(())
//! # }
//! ```

use std::{
    collections::HashSet,
    fmt, io,
    sync::{Arc, Mutex},
    time::Duration,
};

use futures_util::future::BoxFuture;
use mcp_tool_contract::{model::Version, read::violation::Violations};
use serde::Serialize;
use serde_json::{Value, json};

#[cfg(feature = "oauth")]
use mcp_tool_auth::outbound::{InvalidSetting, UpstreamConfig, UpstreamSettings, Upstreams, canonical_name};
use mcp_tool_core::{
    application::OperatorSettings,
    ask::{Asking, Capabilities, Client, Reply, TASKS, Unanswered},
    audit::Sink,
    call::{
        caller::{Caller, Scopes},
        headers::Headers,
        token::InboundToken,
    },
    error::{ErrorKind, ToolError},
    pipeline::{
        Admitted, CallOptions, CallOrigin, CallRequest, RefusalKind,
        versions::{LastListed, Requirement},
    },
    start_error::StartError,
    tool::answer::ToolAnswer,
    transport::Endpoint,
};

use crate::ToolServer;

/// A running server that a test calls directly, as a caller of its choice.
#[derive(Clone, Debug)]
pub struct TestServer {
    endpoint: Arc<Endpoint>,
    caller: Caller,
    records: Records,
    requires: Option<Requirement>,
    /// Headers of the calls, as an HTTP request would have them.
    headers: Vec<(String, String)>,
    person: Person,
    token: Option<InboundToken>,
}

impl TestServer {
    /// Starts a server as `serve` does: application state is opened, and every tool is bound.
    ///
    /// # Errors
    /// As for `serve`: see [`StartError`].
    pub async fn start(server: ToolServer) -> Result<Self, StartError> {
        TestServer::start_allowing(server, std::iter::empty::<String>()).await
    }

    /// Starts a server on which the tools in `destructive` may run without approval (`gate.allow_destructive`).
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

    /// Starts a server with upstreams: for each its name, and the keys and values of its section `[upstream.NAME]`.
    ///
    /// # Errors
    /// As for [`start`](TestServer::start), and for a setting that is invalid.
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

    /// Starts `server` as the next deployment of this server. Its callers still expect the contracts that they last
    /// listed here.
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

    /// Returns the same server, called with `dev.mcp-tool/requires`: a version requirement such as `^1`, or the digest
    /// of a contract.
    ///
    /// # Errors
    /// The expected form, if `requirement` is neither.
    pub fn requiring(&self, requirement: &str) -> Result<Self, String> {
        Ok(TestServer { requires: Some(Requirement::parse(requirement)?), ..self.clone() })
    }

    /// Returns the entries of `tools/list` as the caller sees them.
    #[must_use]
    pub async fn list(&self) -> Vec<Value> {
        let entries = self.endpoint.entries(&self.caller).await.into_iter();
        entries.map(|entry| serde_json::from_str(&entry).unwrap_or_default()).collect()
    }

    /// Returns the calls of deprecated tools so far: tool, version, caller, number of calls.
    #[must_use]
    pub fn deprecated_calls(&self) -> Vec<(&'static str, Version, String, u64)> {
        self.endpoint.pipeline.usage.counts()
    }

    /// Returns the same server, called by another caller.
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
    /// header as it does over HTTP.
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
        TestServer { person: Person(Some(Arc::new(answer))), ..self.clone() }
    }

    /// Calls a tool. Scopes, rate, middleware, bounds, gate, deadline, output check and audit record are those of a
    /// served call.
    ///
    /// # Errors
    /// The error that a client would receive.
    pub async fn call(&self, tool: &str, arguments: impl Serialize) -> Result<TestResult, TestError> {
        let arguments =
            serde_json::to_string(&arguments).map_err(|error| TestError::Tool(ToolError::internal(error)))?;
        let admitted = self.admit_call(tool, arguments.len(), None).await?;
        admitted.execute(&arguments).await.answer.map(|answer| TestResult { answer }).map_err(TestError::Tool)
    }

    /// Completes an argument, and returns the `completion` that a client would receive. Scopes, gate, middleware, rate
    /// and deadline apply.
    ///
    /// # Errors
    /// The reason for the refusal or failure. A client would read only "unknown tool" for a tool that it may not use.
    pub async fn complete(&self, tool: &str, parameter: &str, typed: &str) -> Result<TestResult, TestError> {
        let admitted = self.admit_call(tool, typed.len(), Some(parameter)).await?;
        let answer = admitted.complete(parameter, typed).await.answer;
        answer.map(|answer| TestResult { answer }).map_err(TestError::Tool)
    }

    async fn admit_call(
        &self,
        name: &str,
        arguments_bytes: usize,
        completes: Option<&str>,
    ) -> Result<Admitted, TestError> {
        let pipeline = &self.endpoint.pipeline;
        let names = pipeline.registry.headers.iter();
        let headers = names.filter_map(|name| {
            let (_, value) = self.headers.iter().find(|(sent, _)| sent.eq_ignore_ascii_case(name))?;
            Some((*name, value.as_str().into()))
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

    /// Returns the audit records so far, in order, as they would be in the file.
    #[must_use]
    pub fn records(&self) -> Vec<Value> {
        self.endpoint.pipeline.audit.flush(Duration::MAX);
        mcp_tool_core::sync::lock(&self.records.lines).clone()
    }
}

/// The person behind the calls of a test. The person's client supports tasks.
#[derive(Clone, Default)]
struct Person(Option<Arc<Answers>>);

type Answers = dyn Fn(&Value) -> Reply<Value> + Send + Sync;

impl Client for Person {
    fn capabilities(&self) -> Capabilities {
        let tasks = json!({ TASKS: {} });
        Capabilities::of(&match self.0 {
            Some(_) => json!({ "elicitation": { "form": {}, "url": {} }, "extensions": tasks }),
            None => json!({ "extensions": tasks }),
        })
    }

    fn request(&self, _: &'static str, params: Value) -> BoxFuture<'_, Result<Value, Unanswered>> {
        let answer = self.0.as_ref().map(|answer| match answer(&params) {
            Reply::Accepted(content) => json!({ "action": "accept", "content": content }),
            Reply::Declined => json!({ "action": "decline" }),
            Reply::Cancelled => json!({ "action": "cancel" }),
        });
        Box::pin(std::future::ready(answer.ok_or(Unanswered::Gone)))
    }
}

impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "answers" } else { "can't be asked" })
    }
}

/// Compares a server's contracts with the locks of the workspace that the test runs in, as `contract check` does.
///
/// # Errors
/// Each difference, on its own line.
#[cfg(feature = "cli")]
pub fn check_contracts(server: &ToolServer) -> Result<(), crate::ContractError> {
    mcp_tool_cli::contract::check(&server.application)
}

/// The result of a call.
#[derive(Clone, Debug)]
pub struct TestResult {
    answer: ToolAnswer,
}

impl TestResult {
    /// Returns the structured result, or `null`.
    #[must_use]
    pub fn json(&self) -> Value {
        match &self.answer {
            ToolAnswer::Object(json) | ToolAnswer::Structured { object: json, .. } => {
                serde_json::from_str(json).unwrap_or_default()
            }
            ToolAnswer::Nothing | ToolAnswer::Text(_) | ToolAnswer::Content(_) | ToolAnswer::Asks(_) => {
                Value::Null
            }
        }
    }

    /// Returns the text that the model reads.
    #[must_use]
    pub fn text(&self) -> &str {
        match &self.answer {
            ToolAnswer::Object(text)
            | ToolAnswer::Structured { object: text, .. }
            | ToolAnswer::Text(text) => text,
            ToolAnswer::Nothing | ToolAnswer::Content(_) | ToolAnswer::Asks(_) => "",
        }
    }

    /// Returns the content blocks, as in the protocol. For a [`Structured`](crate::Structured) result, these are the
    /// blocks that were added to the struct.
    #[must_use]
    pub fn content(&self) -> Vec<Value> {
        match &self.answer {
            ToolAnswer::Content(pieces) | ToolAnswer::Structured { content: pieces, .. } => {
                serde_json::from_str(&format!("[{pieces}]")).unwrap_or_default()
            }
            ToolAnswer::Nothing | ToolAnswer::Text(_) | ToolAnswer::Object(_) | ToolAnswer::Asks(_) => {
                Vec::new()
            }
        }
    }
}

/// Reason why a call returned no result.
#[derive(Debug)]
#[non_exhaustive]
pub enum TestError {
    /// No tool has this name.
    UnknownTool(String),
    /// The tool is served in these versions, and none satisfies the requirement.
    NoSuchVersion(Vec<Version>),
    /// The caller lacks these scopes.
    MissingScopes(Vec<String>),
    /// The policy denies the call, and more scopes wouldn't change that.
    Denied,
    /// An operator disabled the caller.
    Disabled,
    /// The tool, or a guard, refused the call or failed.
    Tool(ToolError),
}

impl TestError {
    /// Returns the kind of the error that the model reads, if it reads one.
    #[must_use]
    pub const fn kind(&self) -> Option<ErrorKind> {
        match self {
            TestError::Tool(error) => Some(error.kind()),
            TestError::UnknownTool(_)
            | TestError::NoSuchVersion(_)
            | TestError::MissingScopes(_)
            | TestError::Denied
            | TestError::Disabled => None,
        }
    }

    /// Returns the violations of invalid arguments.
    #[must_use]
    pub const fn violations(&self) -> Option<&Violations> {
        match self {
            TestError::Tool(error) => error.violations(),
            TestError::UnknownTool(_)
            | TestError::NoSuchVersion(_)
            | TestError::MissingScopes(_)
            | TestError::Denied
            | TestError::Disabled => None,
        }
    }

    /// Returns the scopes that the caller lacks.
    #[must_use]
    pub fn missing_scopes(&self) -> &[String] {
        match self {
            TestError::MissingScopes(missing) => missing,
            TestError::UnknownTool(_)
            | TestError::NoSuchVersion(_)
            | TestError::Denied
            | TestError::Disabled
            | TestError::Tool(_) => &[],
        }
    }
}

impl From<RefusalKind> for TestError {
    fn from(kind: RefusalKind) -> Self {
        match kind {
            RefusalKind::UnknownTool { name } => TestError::UnknownTool(name),
            RefusalKind::Unsatisfied { versions, .. } => {
                TestError::NoSuchVersion(versions.iter().map(|stamp| stamp.contract.version()).collect())
            }
            RefusalKind::Scope { missing, .. } => TestError::MissingScopes(missing),
            RefusalKind::Denied { .. } => TestError::Denied,
            RefusalKind::CallerDisabled => TestError::Disabled,
            RefusalKind::Unavailable { error, .. } | RefusalKind::Changed { error, .. } => {
                TestError::Tool(error)
            }
        }
    }
}

impl fmt::Display for TestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TestError::UnknownTool(name) => write!(f, "unknown tool: {name}"),
            TestError::NoSuchVersion(_) => f.write_str("no version fits"),
            TestError::MissingScopes(missing) => write!(f, "missing scopes: {}", missing.join(" ")),
            TestError::Denied => f.write_str("denied"),
            TestError::Disabled => f.write_str("the operator disabled this caller"),
            TestError::Tool(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for TestError {}

/// Records kept in memory for the test.
#[derive(Clone, Debug, Default)]
struct Records {
    lines: Arc<Mutex<Vec<Value>>>,
}

impl Sink for Records {
    fn open(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn write(&mut self, lines: &mut &[u8]) -> io::Result<()> {
        let mut records = mcp_tool_core::sync::lock(&self.lines);
        for line in lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            records.push(serde_json::from_slice(line)?);
        }
        *lines = &[];
        Ok(())
    }

    fn is_required(&self) -> bool {
        true
    }
}
