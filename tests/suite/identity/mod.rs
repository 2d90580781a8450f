//! Who calls, and may they: tokens by an issuer of the tests' own and by a real authorization server.

mod apart;
mod attacks;
mod callers;
pub mod issuer;
pub mod keys;
mod listener;
mod metadata;
mod orders;
mod policy;
#[cfg(feature = "clients")]
mod real;
mod scopes;
mod settings;
mod trust;

use serde_json::{Value, json};

use crate::harness::{HttpServer, Reply};
use issuer::{Issuer, RESOURCE};
use keys::{KEYS, Key};

/// A server, and the issuer that it trusts.
struct Pair {
    issuer: Issuer,
    server: HttpServer,
}

impl Pair {
    fn start() -> Self {
        Pair::with(Issuer::start(&known()), &[])
    }

    fn with(issuer: Issuer, arguments: &[&str]) -> Self {
        let url = issuer.url.clone();
        let own = ["--oauth-issuer", &url, "--oauth-resource", RESOURCE];
        Pair { issuer, server: HttpServer::start(&[&own, arguments].concat()) }
    }

    /// With these lines in the section `[oauth]` of its settings.
    fn set(settings: &str, arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("settings.toml");
        std::fs::write(&file, format!("[oauth]\n{settings}\n")).unwrap();
        let config = ["--config", file.to_str().unwrap()];
        Pair::with(Issuer::start(&known()), &[&config, arguments].concat())
    }

    /// Whoever holds a token with these claims besides the usual ones.
    fn claiming(&self, claims: Value) -> Bearer<'_> {
        Bearer::new(&self.server, &self.issuer.token_with(claims))
    }

    /// Whoever holds these scopes.
    fn with_scopes(&self, scopes: &str) -> Bearer<'_> {
        self.claiming(json!({ "scope": scopes }))
    }
}

/// Who sends requests with a token.
struct Bearer<'s> {
    server: &'s HttpServer,
    authorization: String,
}

impl<'s> Bearer<'s> {
    fn new(server: &'s HttpServer, token: &str) -> Self {
        Bearer { server, authorization: format!("Bearer {token}") }
    }

    /// As a client of 2025-11-25.
    fn send(&self, headers: &[(&str, &str)], message: &Value) -> Reply {
        let own = [("Authorization", self.authorization.as_str())];
        self.server.post(&[&own, headers].concat(), message)
    }

    fn call(&self, tool: &str, arguments: Value) -> Reply {
        self.send(&[], &request(1, tool, arguments))
    }

    /// As a client of 2026-07-28.
    fn modern(&self, method: &str, params: Value) -> Reply {
        self.server.modern(method, params, json!({}), &[("Authorization", &self.authorization)])
    }

    /// Opens a legacy session; gives its id.
    fn session(&self) -> String {
        let client = json!({ "name": "harness", "version": "1" });
        let hello = json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client });
        let message = json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": hello });
        let opened = self.send(&[], &message);
        assert_eq!(opened.status, 200, "{opened:?}");
        let id = opened.header("mcp-session-id").unwrap().to_owned();
        let ready = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
        assert_eq!(self.send(&[("Mcp-Session-Id", &id)], &ready).status, 202);
        id
    }

    /// What it may know of.
    fn list(&self) -> Value {
        self.modern("tools/list", json!({})).json()["result"].clone()
    }

    fn listed(&self) -> Vec<String> {
        names(&self.list())
    }

    /// Whom the server takes it for.
    fn whoami(&self) -> Value {
        self.call("whoami", json!({})).json()["result"]["structuredContent"].clone()
    }

    /// How many calls the specimen has seen come to that.
    fn count(&self, what: &str) -> u64 {
        self.call("counts", json!({})).json()["result"]["structuredContent"][what].as_u64().unwrap()
    }
}

/// The names of the tools in the result of `tools/list`.
fn names(list: &Value) -> Vec<String> {
    let tools = list["tools"].as_array().unwrap_or_else(|| panic!("no list: {list}"));
    tools.iter().map(|tool| tool["name"].as_str().unwrap().to_owned()).collect()
}

/// The keys that a good issuer has.
pub fn known() -> [&'static Key; 5] {
    [&KEYS.rsa, &KEYS.rsa3072, &KEYS.p256, &KEYS.p384, &KEYS.ed]
}

fn request(id: i64, tool: &str, arguments: Value) -> Value {
    let params = json!({ "name": tool, "arguments": arguments });
    json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params })
}

/// A call that wants a scope.
fn measure() -> Value {
    request(1, "measure", measured())
}

fn measured() -> Value {
    json!({ "name": "abc", "n": 1, "mode": "fast" })
}

fn call(server: &HttpServer, headers: &[(&str, &str)]) -> Reply {
    server.post(headers, &measure())
}

fn opened(reply: &Reply) -> bool {
    reply.status == 200 && reply.body.contains(r#""mode":"fast""#)
}

/// The parameters of a challenge, each once; `Bearer` comes before them.
fn challenge(reply: &Reply) -> Value {
    let header = reply.header("www-authenticate").unwrap_or_else(|| panic!("no challenge: {reply:?}"));
    let parameters = header.strip_prefix("Bearer ").unwrap_or_else(|| panic!("not for a bearer: {header}"));
    let mut found = json!({});
    for parameter in parameters.split(", ") {
        let (name, value) = parameter.split_once('=').unwrap();
        assert!(found.get(name).is_none(), "{name} stands twice: {header}");
        found[name] = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap().into();
    }
    found
}

/// Where the server under test says what it is.
const METADATA: &str = "http://127.0.0.1/.well-known/oauth-protected-resource/mcp";
