//! [`Endpoint`], the started server that the transports stdio and HTTP serve.

use std::{num::NonZeroU32, sync::Arc};

use super::{listing::Listing, log_levels::LogLevels, rmcp::fallback::FallbackHandler};
use crate::{announce::Announcements, call::caller::Caller, pipeline::Pipeline, tasks::Tasks};

/// A started server: everything that a transport needs to answer messages.
pub struct Endpoint {
    /// Admits calls, and records refused requests.
    pub pipeline: Pipeline,
    /// The server's name, as in `serverInfo`.
    pub name: String,
    pub(crate) version: String,
    pub(crate) instructions: Option<String>,
    /// The local user: the caller of every request over stdio, and over HTTP without authorization.
    pub local_caller: Caller,
    /// JSON member `"io.modelcontextprotocol/serverInfo":{…}`, which every result of 2026-07-28 has in its `_meta`.
    pub server_info: String,
    /// The entries of all tools, as JSON, and the lists made of them to answer `tools/list`.
    pub(crate) listing: Listing,
    /// The application's rmcp `ServerHandler` for requests that this crate doesn't answer, such as `prompts/get`.
    pub(crate) fallback: Option<Arc<dyn FallbackHandler>>,
    /// Sends notifications of changed lists and resources to clients.
    pub(crate) announcements: Announcements,
    /// Log levels that callers set over HTTP by `logging/setLevel` (before 2026-07-28) outside of a session.
    pub(crate) log_levels: LogLevels,
    /// Calls that run as tasks.
    pub(crate) tasks: Tasks,
}

/// The server's name, version, instructions and fallback handler.
pub(crate) struct ServerDescription {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) instructions: Option<String>,
    pub(crate) fallback: Option<Arc<dyn FallbackHandler>>,
}

impl Endpoint {
    /// Writes the list entry of each tool. Lists have at most `page_size` tools on a page. If `shows_grantable`, lists
    /// also show tools for which the caller lacks a scope.
    ///
    /// # Errors
    /// rmcp can't parse the list entry of a tool.
    pub(crate) fn new(
        pipeline: Pipeline,
        tasks: Tasks,
        server: ServerDescription,
        local_caller: Caller,
        (shows_grantable, page_size): (bool, NonZeroU32),
    ) -> Result<Self, serde_json::Error> {
        let listing = Listing::new(&pipeline, shows_grantable, page_size)?;
        let ServerDescription { name, version, instructions, fallback } = server;
        let info = serde_json::json!({ "name": name, "version": version });
        let server_info = format!("\"io.modelcontextprotocol/serverInfo\":{info}");
        let announcements = pipeline.services.announcements.clone();
        Ok(Endpoint {
            pipeline,
            name,
            version,
            instructions,
            local_caller,
            server_info,
            listing,
            fallback,
            announcements,
            log_levels: LogLevels::default(),
            tasks,
        })
    }

    /// Returns `true` if some tool has a parameter whose argument can be completed.
    pub(super) fn has_completions(&self) -> bool {
        self.pipeline.registry.tools().iter().any(|tool| tool.has_completions())
    }

    /// Returns `true` if some tool's calls can run as tasks.
    pub(super) fn has_tasks(&self) -> bool {
        self.pipeline.registry.tools().iter().any(|tool| tool.contract.task().is_some())
    }
}

impl std::fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} with {} tools", self.name, self.version, self.pipeline.registry.tools().len())
    }
}
