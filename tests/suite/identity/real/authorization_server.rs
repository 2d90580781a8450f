//! The authorization server in `tests/clients`, an MCP server that trusts it, and a browser.
//!
//! The authorization server has three clients: `desktop`, a public client; `agent`; and `server`, as which the MCP
//! server introspects tokens. The authorization server signs in the user `ann` without a form.

use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader, Write as _},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Stdio},
};

use serde_json::{Value, json};
use tempfile::NamedTempFile;

use crate::harness::{HttpServer, MAX_WAIT, Reply, SPECIMEN, Stderr, free_port, terminate, tools_call, wait};

/// A process of `tests/clients/authorization_server.mjs`.
pub struct AuthorizationServer {
    child: Child,
    pub issuer: String,
    /// Secret of each client; `null` for a public client.
    clients: Value,
    stderr: Stderr,
}

impl AuthorizationServer {
    pub fn start(arguments: &[&str]) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("clients");
        let node = folder.join("node_modules/.bin/node");
        assert!(node.exists(), "{} isn't installed: run ./test", node.display());
        let mut child = Command::new(node)
            .arg("authorization_server.mjs")
            .args(arguments)
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stderr = Stderr::follow(&mut child);
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let ready: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("{line}{}", stderr.text()));
        let issuer = ready["issuer"].as_str().unwrap().to_owned();
        AuthorizationServer { child, issuer, clients: ready["clients"].clone(), stderr }
    }

    /// Secret of a confidential client.
    pub fn secret(&self, client: &str) -> &str {
        self.clients[client].as_str().unwrap()
    }

    /// Sends a command to `/test/…`, the test interface of the authorization server, and returns the result.
    pub fn control(&self, what: &str, parameters: &Value) -> Value {
        let url = format!("{}/test/{what}", self.issuer);
        let reply =
            request("POST", &url, &[("Content-Type", "application/json")], parameters.to_string().as_bytes());
        assert_eq!(reply.status, 200, "{reply:?}\n{}", self.stderr.text());
        reply.json()
    }

    /// A token for `ann` and this resource, issued to the client `desktop`.
    pub fn token(&self, resource: &str, scopes: &[&str]) -> String {
        let parameters = json!({ "user": "ann", "resource": resource, "scopes": scopes });
        self.control("token", &parameters)["access_token"].as_str().unwrap().to_owned()
    }

    /// Number of requests of a path.
    pub fn count(&self, path: &str) -> u64 {
        self.control("counts", &json!({}))[path].as_u64().unwrap_or(0)
    }

    /// Revokes a token as the client `desktop`.
    pub fn revoke(&self, token: &str) {
        let reply = self.form("/token/revocation", &[("client_id", "desktop"), ("token", token)]);
        assert_eq!(reply.status, 200, "{reply:?}");
    }

    /// Exchanges the token `subject`, whose type is `kind`, as the client `agent` (RFC 8693).
    pub fn exchange(&self, subject: &str, kind: &str, parameters: &[(&str, &str)]) -> String {
        let kind = format!("urn:ietf:params:oauth:token-type:{kind}");
        let mut fields = vec![
            ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
            ("client_id", "agent"),
            ("client_secret", self.secret("agent")),
            ("subject_token", subject),
            ("subject_token_type", &kind),
        ];
        fields.extend(parameters);
        let reply = self.form("/token", &fields);
        assert_eq!(reply.status, 200, "{reply:?}\n{}", self.stderr.text());
        reply.json()["access_token"].as_str().unwrap().to_owned()
    }

    /// Sends a form whose values need no escapes except for spaces.
    fn form(&self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let fields: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let body = fields.join("&").replace(' ', "+");
        let form = [("Content-Type", "application/x-www-form-urlencoded")];
        request("POST", &format!("{}{path}", self.issuer), &form, body.as_bytes())
    }
}

impl Drop for AuthorizationServer {
    fn drop(&mut self) {
        terminate(self.child.id());
        wait(&mut self.child);
    }
}

/// Sends one request and reads the response to its end.
fn request(method: &str, url: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
    let (host, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let mut head = format!("{method} /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(&format!("Content-Length: {}\r\n\r\n", body.len()));
    let mut stream = TcpStream::connect(host).unwrap();
    stream.set_read_timeout(Some(MAX_WAIT)).unwrap();
    stream.write_all(&[head.as_bytes(), body].concat()).unwrap();
    Reply::read(stream)
}

/// Token format of a resource.
#[derive(Clone, Copy)]
pub enum Format {
    /// JWTs with this signature algorithm.
    Jwt(&'static str),
    Opaque,
}

/// The specimen (the test server in `tests/src`), which trusts one or more authorization servers.
pub struct Protected {
    pub http: HttpServer,
    pub resource: String,
    /// Files with the client secrets for introspection. They exist as long as the server.
    _secrets: Vec<NamedTempFile>,
}

impl Protected {
    /// Starts a server that trusts one authorization server, which issues tokens of this format for it.
    pub fn start(issuer: &AuthorizationServer, format: Format) -> Self {
        Protected::start_by(&[(issuer, format)])
    }

    /// As [`Protected::start`], with several authorization servers.
    pub fn start_by(issuers: &[(&AuthorizationServer, Format)]) -> Self {
        let address = format!("127.0.0.1:{}", free_port());
        let resource = format!("http://{address}/mcp");
        let mut arguments = vec!["--oauth-resource".to_owned(), resource.clone()];
        let mut secrets = Vec::new();
        for (issuer, format) in issuers {
            arguments.extend(["--oauth-issuer".to_owned(), issuer.issuer.clone()]);
            let resource_settings = match format {
                Format::Jwt(alg) => json!({ "resource": resource, "format": "jwt", "alg": alg }),
                Format::Opaque => {
                    let mut secret = NamedTempFile::new().unwrap();
                    writeln!(secret, "{}", issuer.secret("server")).unwrap();
                    let introspection = format!("{} server {}", issuer.issuer, secret.path().display());
                    arguments.extend(["--oauth-introspection".to_owned(), introspection]);
                    secrets.push(secret);
                    json!({ "resource": resource, "format": "opaque" })
                }
            };
            issuer.control("resource", &resource_settings);
        }
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let http = HttpServer::start_at(&mut Command::new(SPECIMEN), &address, &arguments);
        Protected { http, resource, _secrets: secrets }
    }

    /// Calls `measure`, which needs `specimen:read`.
    pub fn measure(&self, token: &str) -> Reply {
        self.call(token, "measure", &json!({ "name": "abc", "n": 3, "mode": "fast" }))
    }

    pub fn call(&self, token: &str, tool: &str, arguments: &Value) -> Reply {
        let bearer = format!("Bearer {token}");
        self.http.post(&[("Authorization", &bearer)], &tools_call(1, tool, arguments.clone()))
    }
}

/// A browser that keeps cookies and follows redirects.
#[derive(Default)]
pub struct Browser(BTreeMap<String, String>);

impl Browser {
    /// Opens a page, follows redirects up to a URL that starts with `until`, and returns that URL.
    pub fn open(&mut self, url: &str, until: &str) -> String {
        let mut url = url.to_owned();
        for _ in 0..10 {
            let cookies: Vec<String> = self.0.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let reply = request("GET", &url, &[("Cookie", &cookies.join("; "))], b"");
            for line in reply.head.lines() {
                let Some((name, cookie)) = line.split_once(": ") else { continue };
                if name.eq_ignore_ascii_case("set-cookie") {
                    let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
                    self.0.insert(name.to_owned(), value.to_owned());
                }
            }
            let location =
                reply.header("location").unwrap_or_else(|| panic!("{url} does not redirect: {reply:?}"));
            if location.starts_with(until) {
                return location.to_owned();
            }
            let host = url.splitn(4, '/').take(3).collect::<Vec<_>>().join("/");
            url = if location.starts_with('/') { host + location } else { location.to_owned() };
        }
        panic!("too many redirects: {url}");
    }
}
