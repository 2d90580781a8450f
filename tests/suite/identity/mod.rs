//! Authentication and authorization, with tokens of a test issuer and of a real authorization server. The server under
//! test is the specimen, the test server in `tests/src`.

mod attacks;
mod callers;
mod hostile_caller;
mod isolation;
pub mod issuer;
pub mod keys;
pub mod listener;
mod metadata;
mod named_issuers;
mod policy;
mod providers;
#[cfg(feature = "clients")]
mod real;
mod revocations;
mod scopes;
pub mod settings;
mod trusted_issuers;

use serde_json::{Value, json};

use crate::harness::{HttpServer, Reply, tool_names, tools_call};
use issuer::{Issuer, RESOURCE};
use keys::{KEYS, Key};

/// A server and the issuer that it trusts.
pub struct Pair {
    pub issuer: Issuer,
    pub server: HttpServer,
}

impl Pair {
    /// Starts an issuer with the keys of [`issuer_keys`], and a server that trusts it.
    pub fn start() -> Self {
        Pair::with(Issuer::start(&issuer_keys()), &[])
    }

    /// Starts a server that trusts this issuer, with further arguments of `serve`.
    fn with(issuer: Issuer, arguments: &[&str]) -> Self {
        let url = issuer.url.clone();
        let oauth = ["--oauth-issuer", &url, "--oauth-resource", RESOURCE];
        Pair { issuer, server: HttpServer::start(&[&oauth, arguments].concat()) }
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
        let authorization = [("Authorization", self.authorization.as_str())];
        self.server.post(&[&authorization, headers].concat(), message)
    }

    /// Calls a tool as a 2025-11-25 client.
    fn call(&self, tool: &str, arguments: Value) -> Reply {
        self.send(&[], &tools_call(1, tool, arguments))
    }

    /// Sends a request as a 2026-07-28 client.
    fn modern(&self, method: &str, params: Value) -> Reply {
        self.server.modern(method, params, json!({}), &[("Authorization", &self.authorization)])
    }

    /// Opens a legacy session, that is a session of 2025-11-25, and returns its id.
    fn open_session(&self) -> String {
        self.server.open_session(&[("Authorization", &self.authorization)])
    }

    /// Result of `tools/list`.
    fn list(&self) -> Value {
        self.modern("tools/list", json!({})).json()["result"].clone()
    }

    /// Names of the tools in `tools/list`.
    fn listed(&self) -> Vec<String> {
        tool_names(&self.list())
    }

    /// The caller that the tool `whoami` returns.
    fn whoami(&self) -> Value {
        self.call("whoami", json!({})).json()["result"]["structuredContent"].clone()
    }

    /// Reads a counter of the specimen, such as `running` or `finished` calls; see [`HttpServer::count`].
    fn count(&self, what: &str) -> u64 {
        self.call("counts", json!({})).json()["result"]["structuredContent"][what].as_u64().unwrap()
    }
}

/// Keys of the issuer that [`Pair::start`] starts.
pub fn issuer_keys() -> [&'static Key; 5] {
    [&KEYS.rsa, &KEYS.rsa3072, &KEYS.p256, &KEYS.p384, &KEYS.ed]
}

/// A call that needs the scope `specimen:read`.
fn measure() -> Value {
    tools_call(1, "measure", measure_arguments())
}

/// Valid arguments of `measure`.
fn measure_arguments() -> Value {
    json!({ "name": "abc", "n": 1, "mode": "fast" })
}

/// Calls `measure` with these headers.
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
