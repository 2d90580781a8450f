//! Good messages, by the specification's schema and by what the tools take.

use serde_json::{Value, json};

use super::{
    exchange::{Era, Exchange, Kind, META_VERSION, MODERN},
    schema::{self, Schemas},
};
use crate::{random::Random, pipeline::registry::older_name, transport::Endpoint};

pub(super) const META_REQUIRES: &str = "dev.mcp-tool/requires";

pub(super) struct Maker {
    pub(super) random: Random,
    schemas: Schemas,
    /// The tools as they are listed, older majors among them.
    pub(super) tools: Vec<Value>,
}

impl Maker {
    pub(super) fn new(random: Random, endpoint: &Endpoint) -> Self {
        let tools = endpoint.dispatcher.registry.tools().iter().flat_map(|tool| {
            let names = [tool.contract.name.to_owned(), older_name(tool.contract)];
            names.map(|name| tool.contract.listing_as(&name, &tool.digest))
        });
        let tools = tools.map(|tool| serde_json::to_value(tool).unwrap()).collect();
        Maker { random, schemas: Schemas::new(), tools }
    }

    pub(super) fn era(&mut self) -> Era {
        if self.random.chance(50) { Era::Legacy } else { Era::Modern }
    }

    /// A message as the specification has it, most of them calls.
    pub(super) fn message(&mut self) -> (String, Value) {
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
                let note = self.schemas.make(&mut self.random, era, "ClientNotification");
                ("notification".to_owned(), note)
            }
        }
    }

    pub(super) fn request(&mut self, era: Era, name: &str) -> (String, Value) {
        let mut made = self.schemas.make(&mut self.random, era, name);
        self.settle(era, &mut made);
        (name.to_owned(), made)
    }

    /// A call of one of the tools.
    pub(super) fn call(&mut self, era: Era) -> Value {
        let tool = self.random.below(self.tools.len());
        self.call_of(era, tool)
    }

    /// A call of the tool of that name.
    pub(super) fn call_to(&mut self, era: Era, name: &str) -> Value {
        let place = self.tools.iter().position(|tool| tool["name"] == name).unwrap();
        self.call_of(era, place)
    }

    fn call_of(&mut self, era: Era, tool: usize) -> Value {
        let mut made = self.schemas.make(&mut self.random, era, "CallToolRequest");
        self.settle(era, &mut made);
        let params = made["params"].as_object_mut().unwrap();
        // What this server never asked for.
        for name in ["inputResponses", "requestState", "task"] {
            params.remove(name);
        }
        let (name, takes) = (self.tools[tool]["name"].clone(), self.tools[tool]["inputSchema"].clone());
        let arguments = schema::value(&mut self.random, &Value::Null, &takes, 0);
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

    /// Gives a message a version that is served.
    fn settle(&mut self, era: Era, message: &mut Value) {
        let params = &mut message["params"];
        if params["protocolVersion"].is_string() {
            let known = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"];
            params["protocolVersion"] = json!(known[self.random.below(4)]);
        }
        match era {
            Era::Modern => params["_meta"][META_VERSION] = json!(MODERN),
            Era::Legacy if params.is_null() => {
                message.as_object_mut().unwrap().remove("params");
            }
            Era::Legacy => {}
        }
    }

    pub(super) fn good(&mut self) -> Exchange {
        let (form, message) = self.message();
        let mut made = Exchange::of(Kind::Good, form, &message, message.to_string());
        let is_legacy = made.header("MCP-Protocol-Version").is_none();
        if is_legacy && message["method"] != "initialize" && self.random.chance(50) {
            let known = ["2025-03-26", "2025-06-18", "2025-11-25"];
            made.set("MCP-Protocol-Version", known[self.random.below(3)]);
        }
        if self.random.chance(20) {
            made.set("User-Agent", "differential/1.0");
        }
        made
    }
}
