//! Authentication and authorization, with tokens of a test issuer and of a real authorization server.

mod attacks;
mod callers;
mod isolation;
pub mod issuer;
pub mod keys;
mod listener;
mod metadata;
mod policy;
#[cfg(feature = "clients")]
mod real;
mod revocations;
mod scopes;
mod settings;
mod trusted_issuers;

use serde_json::{Value, json};

use crate::harness::{HttpServer, Reply, tool_names, tools_call};
use issuer::{Issuer, RESOURCE};
use keys::{KEYS, Key};

/// A server and the issuer that it trusts.
struct Pair {
    issuer: Issuer,
    server: HttpServer,
}

impl Pair {
    fn start() -> Self {
        Pair::with(Issuer::start(&issuer_keys()), &[])
    }

    fn with(issuer: Issuer, arguments: &[&str]) -> Self {
        let url = issuer.url.clone();
        let own = ["--oauth-issuer", &url, "--oauth-resource", RESOURCE];
        Pair { issuer, server: HttpServer::start(&[&own, arguments].concat()) }
    }

    /// Starts a server with these lines in the `[oauth]` section of its settings.
    fn with_settings(settings: &str, arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("settings.toml");
        std::fs::write(&file, format!("[oauth]\n{settings}\n")).unwrap();
        let config = ["--config", file.to_str().unwrap()];
        Pair::with(Issuer::start(&issuer_keys()), &[&config, arguments].concat())
    }

    /// A client whose token has these claims replaced; `null` removes one.
    fn claiming(&self, claims: Value) -> Bearer<'_> {
        Bearer::new(&self.server, &self.issuer.token_with(claims))
    }

    /// A client whose token has these scopes.
    fn with_scopes(&self, scopes: &str) -> Bearer<'_> {
        self.claiming(json!({ "scope": scopes }))
    }
}

/// A client that sends a token.
struct Bearer<'s> {
    server: &'s HttpServer,
    authorization: String,
}

impl<'s> Bearer<'s> {
    fn new(server: &'s HttpServer, token: &str) -> Self {
        Bearer { server, authorization: format!("Bearer {token}") }
    }

    /// Sends a message as a 2025-11-25 client.
    fn send(&self, headers: &[(&str, &str)], message: &Value) -> Reply {
        let own = [("Authorization", self.authorization.as_str())];
        self.server.post(&[&own, headers].concat(), message)
    }

    fn call(&self, tool: &str, arguments: Value) -> Reply {
        self.send(&[], &tools_call(1, tool, arguments))
    }

    /// Sends a request as a 2026-07-28 client.
    fn modern(&self, method: &str, params: Value) -> Reply {
        self.server.modern(method, params, json!({}), &[("Authorization", &self.authorization)])
    }

    /// Opens a legacy session and returns its id.
    fn open_session(&self) -> String {
        self.server.open_session(&[("Authorization", &self.authorization)])
    }

    /// Result of `tools/list`.
    fn list(&self) -> Value {
        self.modern("tools/list", json!({})).json()["result"].clone()
    }

    fn listed(&self) -> Vec<String> {
        tool_names(&self.list())
    }

    /// The caller that the tool `whoami` returns.
    fn whoami(&self) -> Value {
        self.call("whoami", json!({})).json()["result"]["structuredContent"].clone()
    }

    /// Reads a counter of the specimen; see [`HttpServer::count`].
    fn count(&self, what: &str) -> u64 {
        self.call("counts", json!({})).json()["result"]["structuredContent"][what].as_u64().unwrap()
    }
}

/// Keys of the default issuer.
pub fn issuer_keys() -> [&'static Key; 5] {
    [&KEYS.rsa, &KEYS.rsa3072, &KEYS.p256, &KEYS.p384, &KEYS.ed]
}

/// A call that needs the scope `specimen:read`.
fn measure() -> Value {
    tools_call(1, "measure", measure_arguments())
}

fn measure_arguments() -> Value {
    json!({ "name": "abc", "n": 1, "mode": "fast" })
}

fn call(server: &HttpServer, headers: &[(&str, &str)]) -> Reply {
    server.post(headers, &measure())
}

/// Returns `true` if the call of `measure` succeeded.
fn succeeded(reply: &Reply) -> bool {
    reply.status == 200 && reply.body.contains(r#""mode":"fast""#)
}

/// Parameters of a Bearer challenge; each may occur once.
fn challenge(reply: &Reply) -> Value {
    let header = reply.header("www-authenticate").unwrap_or_else(|| panic!("no challenge: {reply:?}"));
    let parameters =
        header.strip_prefix("Bearer ").unwrap_or_else(|| panic!("not a Bearer challenge: {header}"));
    let mut found = json!({});
    for parameter in parameters.split(", ") {
        let (name, value) = parameter.split_once('=').unwrap();
        assert!(found.get(name).is_none(), "{name} occurs twice: {header}");
        found[name] = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap().into();
    }
    found
}

/// URL of the protected resource metadata of the server under test.
const METADATA: &str = "http://127.0.0.1/.well-known/oauth-protected-resource/mcp";
