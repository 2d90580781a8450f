//! Generator of requests. This file generates valid requests from the schemas of the specification and of the tools.

mod invalid;
mod mutated;
pub(crate) mod schema;
mod spelling;
mod unusual;

use mcp_tool_runtime::ToolEntry;
use serde_json::{Value, json};

use super::exchange::{Category, Era, Exchange, META_REQUIRES, META_VERSION, MODERN};
use crate::{ours::older_name, random::Random};
use schema::Schemas;

/// Generator of requests to a server with the tools `tools`.
pub(crate) struct Generator {
    pub(crate) random: Random,
    schemas: Schemas,
    /// `tools/list` entries of the tools. Each occurs twice, because a tool can be called by its own name and as
    /// `NAME_vMAJOR`.
    pub(crate) tools: Vec<Value>,
}

impl Generator {
    /// Returns a generator of requests to `tools`.
    pub(crate) fn new(random: Random, tools: &[ToolEntry]) -> Self {
        let listed = |entry: &ToolEntry| {
            let (contract, digest) = (entry.contract(), entry.contract().digest().unwrap());
            [contract.name().to_owned(), older_name(contract)]
                .map(|name| serde_json::to_value(contract.listing_as(&name, &digest)).unwrap())
        };
        let tools = tools.iter().flat_map(listed).collect();
        Generator { random, schemas: Schemas::new(), tools }
    }

    /// Returns a random protocol era: 2025-11-25 and earlier, or 2026-07-28.
    pub(crate) fn era(&mut self) -> Era {
        if self.random.chance(50) { Era::Legacy } else { Era::Modern }
    }

    /// Returns a description and a valid message. About three of four messages are calls.
    pub(crate) fn message(&mut self) -> (String, Value) {
        let era = self.era();
        match self.random.below(100) {
            0..72 => {
                let call = self.call(era);
                (format!("call of {}", call["params"]["name"].as_str().unwrap_or_default()), call)
            }
            72..77 => self.request(era, "ListToolsRequest"),
            77..95 => {
                let all = self.schemas.requests(era);
                let name = all[self.random.below(all.len())].clone();
                match &*name {
                    "CallToolRequest" => ("call".to_owned(), self.call(era)),
                    name => self.request(era, name),
                }
            }
            _ => {
                let notification = self.schemas.make(&mut self.random, era, "ClientNotification");
                ("notification".to_owned(), notification)
            }
        }
    }

    /// Returns `name`, and a valid request of the type that the specification's schema defines under this name.
    pub(crate) fn request(&mut self, era: Era, name: &str) -> (String, Value) {
        let mut made = self.schemas.make(&mut self.random, era, name);
        self.set_version(era, &mut made);
        (name.to_owned(), made)
    }

    /// Returns a call of one of the tools.
    pub(crate) fn call(&mut self, era: Era) -> Value {
        let tool = self.random.below(self.tools.len());
        self.call_of(era, tool)
    }

    /// Returns a call of the tool with this name.
    pub(crate) fn call_to(&mut self, era: Era, name: &str) -> Value {
        let tool = self.tools.iter().position(|tool| tool["name"] == name).unwrap();
        self.call_of(era, tool)
    }

    /// Returns a call of the tool with this index.
    fn call_of(&mut self, era: Era, tool: usize) -> Value {
        let mut made = self.schemas.make(&mut self.random, era, "CallToolRequest");
        self.set_version(era, &mut made);
        let params = made["params"].as_object_mut().unwrap();
        // This server asks no questions and has no tasks.
        for name in ["inputResponses", "requestState", "task"] {
            params.remove(name);
        }
        let (name, input_schema) =
            (self.tools[tool]["name"].clone(), self.tools[tool]["inputSchema"].clone());
        let arguments = schema::value(&mut self.random, &Value::Null, &input_schema, 0);
        let is_none = arguments.as_object().is_some_and(serde_json::Map::is_empty);
        params.insert("name".to_owned(), name);
        if is_none && self.random.chance(50) {
            params.remove("arguments");
        } else {
            params.insert("arguments".to_owned(), arguments);
        }
        if self.random.chance(10) {
            let requires = self.random.pick(&["^2.1", "^1", "1.4", "2", "*", ">=1.0, <3"]);
            made["params"]["_meta"][META_REQUIRES] = json!(requires);
        }
        made
    }

    /// Replaces the random protocol revisions in a message by supported ones. Removes `params` from a legacy message
    /// if they are `null`: indexing adds them to a message without `params`.
    fn set_version(&mut self, era: Era, message: &mut Value) {
        let params = &mut message["params"];
        if params["protocolVersion"].is_string() {
            let supported = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"];
            params["protocolVersion"] = json!(supported[self.random.below(4)]);
        }
        match era {
            Era::Modern => params["_meta"][META_VERSION] = json!(MODERN),
            Era::Legacy if params.is_null() => {
                message.as_object_mut().unwrap().remove("params");
            }
            Era::Legacy => {}
        }
    }

    /// Returns a valid request.
    pub(crate) fn valid(&mut self) -> Exchange {
        let (variation, message) = self.message();
        let mut made = Exchange::of(Category::Valid, variation, &message, message.to_string());
        let is_legacy = made.header("MCP-Protocol-Version").is_none();
        if is_legacy && message["method"] != "initialize" && self.random.chance(50) {
            let supported = ["2025-03-26", "2025-06-18", "2025-11-25"];
            made.set("MCP-Protocol-Version", supported[self.random.below(3)]);
        }
        if self.random.chance(20) {
            made.set("User-Agent", "differential/1.0");
        }
        made
    }
}
