//! A test authorization server that serves keys and signs arbitrary tokens.

use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Condvar, Mutex},
    time::{Instant, SystemTime, UNIX_EPOCH},
};

use serde_json::{Value, json};

use super::keys::{KEYS, Key, base64url};
use crate::harness::MAX_WAIT;

/// Audience of the servers under test.
pub const RESOURCE: &str = "http://127.0.0.1/mcp";

/// Metadata paths of RFC 8414 and OpenID Connect.
pub const WELL_KNOWN: [&str; 2] =
    ["/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"];

pub fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs().try_into().unwrap()
}

/// Response to the requests of one path.
#[derive(Clone, Default)]
pub enum Answer {
    /// The correct response.
    #[default]
    Correct,
    /// The connection is closed without a response.
    Closed,
    /// The response is held back until the test sets another answer.
    Held,
    /// A redirect to this URL.
    Redirect(String),
    /// An empty JSON object with this status.
    Status(u16),
    /// This body with status 200.
    Body(String),
    /// A body that never ends.
    Endless,
}

#[derive(Default)]
struct State {
    keys: Value,
    /// Members that replace those of the metadata document; `null` removes one.
    document: Value,
    metadata: Answer,
    /// The only metadata path that is served; `None` if all are served.
    only: Option<&'static str>,
    /// Response to requests of other metadata paths; by default a 404.
    elsewhere: Option<Answer>,
    jwks: Answer,
    /// Number of requests by path.
    counts: BTreeMap<String, u64>,
    /// Number of requests for keys that have no response yet.
    running: u64,
    /// Highest value of `running`.
    max_concurrent: u64,
    ended: bool,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

/// An authorization server on a free port.
pub struct Issuer {
    pub address: SocketAddr,
    /// Issuer identifier.
    pub url: String,
    shared: Arc<Shared>,
}

impl Issuer {
    /// Starts an issuer with these keys.
    pub fn start(keys: &[&Key]) -> Self {
        let keys: Vec<Value> = keys.iter().map(|key| key.jwk()).collect();
        Issuer::start_with(json!({ "keys": keys }))
    }

    /// Starts an issuer with this key set.
    pub fn start_with(keys: Value) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = State { keys, document: json!({}), ..State::default() };
        let shared = Arc::new(Shared { state: Mutex::new(state), changed: Condvar::new() });
        let url = format!("http://{address}");
        let (server, issuer_url) = (Arc::clone(&shared), url.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if server.state.lock().unwrap().ended {
                    return;
                }
                let (server, issuer_url) = (Arc::clone(&server), issuer_url.clone());
                std::thread::spawn(move || serve(&server, &issuer_url, stream.unwrap()));
            }
        });
        Issuer { address, url, shared }
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.shared.state.lock().unwrap());
        self.shared.changed.notify_all();
    }

    /// Returns `true` if a key with this `kid` is listed.
    pub fn lists(&self, kid: &str) -> bool {
        let state = self.shared.state.lock().unwrap();
        let mut keys = state.keys["keys"].as_array().into_iter().flatten();
        keys.any(|key| key["kid"] == kid)
    }

    pub fn set_keys(&self, keys: &[Value]) {
        self.change(|state| state.keys = json!({ "keys": keys }));
    }

    /// Replaces members of the metadata document; `null` removes one.
    pub fn set_document(&self, members: Value) {
        self.change(|state| state.document = members);
    }

    pub fn set_metadata(&self, answer: Answer) {
        self.change(|state| state.metadata = answer);
    }

    /// Serves the metadata only at this path. Other paths get a 404.
    pub fn set_only(&self, path: &'static str) {
        self.change(|state| state.only = Some(path));
    }

    /// Sets the response to requests of the metadata paths that [`Issuer::set_only`] doesn't name.
    pub fn set_elsewhere(&self, answer: Answer) {
        self.change(|state| state.elsewhere = Some(answer));
    }

    pub fn set_jwks(&self, answer: Answer) {
        self.change(|state| state.jwks = answer);
    }

    /// Closes every connection without a response, or serves again.
    pub fn set_down(&self, down: bool) {
        let answer = || if down { Answer::Closed } else { Answer::Correct };
        self.change(|state| (state.metadata, state.jwks) = (answer(), answer()));
    }

    /// Number of requests of a path.
    pub fn count(&self, path: &str) -> u64 {
        self.shared.state.lock().unwrap().counts.get(path).copied().unwrap_or_default()
    }

    /// Number of requests by path.
    pub fn counts(&self) -> BTreeMap<String, u64> {
        self.shared.state.lock().unwrap().counts.clone()
    }

    /// Highest number of concurrent requests for keys.
    pub fn max_concurrent(&self) -> u64 {
        self.shared.state.lock().unwrap().max_concurrent
    }

    /// Waits until the issuer has received at least this number of requests of a path.
    pub fn wait_for_count(&self, path: &str, expected: u64) {
        let begun = Instant::now();
        while self.count(path) < expected {
            assert!(begun.elapsed() < MAX_WAIT, "{path}: expected {expected}, got {:?}", self.counts());
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }

    /// The header of an access token.
    pub fn header(&self, alg: &str, kid: &str) -> Value {
        json!({ "alg": alg, "typ": "at+jwt", "kid": kid })
    }

    /// Valid claims.
    pub fn claims(&self) -> Value {
        let now = now();
        json!({
            "iss": self.url, "aud": RESOURCE, "exp": now + 600, "iat": now - 5, "sub": "alice",
            "client_id": "agent-7", "jti": "1", "scope": "specimen:read",
        })
    }

    /// Valid claims with these members replaced; `null` removes one.
    pub fn claims_with(&self, members: Value) -> Value {
        overlaid(self.claims(), &members)
    }

    /// Returns a token with the claims of [`Issuer::claims_with`], signed with the key `rsa`.
    pub fn token_with(&self, members: Value) -> String {
        let claims = self.claims_with(members).to_string();
        sign(&KEYS.rsa, "RS256", self.header("RS256", "rsa").to_string(), claims)
    }

    /// A token with valid claims, signed with the key `rsa`.
    pub fn token(&self) -> String {
        self.token_with(json!({}))
    }
}

impl Drop for Issuer {
    fn drop(&mut self) {
        self.change(|state| {
            state.ended = true;
            (state.metadata, state.jwks) = (Answer::Closed, Answer::Closed);
        });
        // Wakes the accepting thread, which then ends.
        drop(TcpStream::connect(self.address));
    }
}

/// The value with these members replaced; `null` removes one.
fn overlaid(mut value: Value, members: &Value) -> Value {
    for (name, member) in members.as_object().unwrap() {
        value[name] = member.clone();
    }
    value.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    value
}

/// Returns a token with this header and these claims, signed by `key` with `alg`.
pub fn sign(key: &Key, alg: &str, header: impl AsRef<[u8]>, claims: impl AsRef<[u8]>) -> String {
    sealed(header, claims, |message| key.sign(alg, message))
}

/// Returns a token with the signature that `signature` computes from the encoded header and claims.
pub fn sealed(
    header: impl AsRef<[u8]>,
    claims: impl AsRef<[u8]>,
    signature: impl FnOnce(&[u8]) -> Vec<u8>,
) -> String {
    let message = format!("{}.{}", base64url(header), base64url(claims));
    let signature = base64url(signature(message.as_bytes()));
    format!("{message}.{signature}")
}

/// Reads the request of a connection, and sends the response that the state selects.
fn serve(shared: &Shared, issuer_url: &str, mut stream: TcpStream) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut line = String::new();
    if reader.read_line(&mut line).is_err() {
        return;
    }
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut header = String::new();
    // The empty line that ends the headers has two bytes.
    while reader.read_line(&mut header).is_ok_and(|read| read > 2) {
        header.clear();
    }
    let mut state = shared.state.lock().unwrap();
    *state.counts.entry(path.clone()).or_default() += 1;
    let is_keys = path == "/jwks";
    if is_keys {
        state.running += 1;
        state.max_concurrent = state.max_concurrent.max(state.running);
    }
    let answer = loop {
        let answer = match path.as_str() {
            "/jwks" => state.jwks.clone(),
            path if state.only.is_some_and(|only| only != path) => {
                state.elsewhere.clone().unwrap_or(Answer::Status(404))
            }
            path if WELL_KNOWN.iter().any(|known| path.contains(known)) => state.metadata.clone(),
            _ => Answer::Status(404),
        };
        if !matches!(answer, Answer::Held) {
            break answer;
        }
        state = shared.changed.wait(state).unwrap();
    };
    let correct = if is_keys {
        state.keys.to_string()
    } else {
        let document = json!({
            "issuer": issuer_url, "jwks_uri": format!("{issuer_url}/jwks"),
            "response_types_supported": ["code"],
            "authorization_endpoint": format!("{issuer_url}/authorize"),
            "token_endpoint": format!("{issuer_url}/token"),
        });
        overlaid(document, &state.document).to_string()
    };
    drop(state);
    reply(&mut stream, answer, correct);
    if is_keys {
        shared.state.lock().unwrap().running -= 1;
    }
}

/// Sends a response; `correct` is the body for [`Answer::Correct`].
fn reply(stream: &mut TcpStream, answer: Answer, correct: String) {
    let (status, location, body) = match answer {
        Answer::Closed | Answer::Held => return,
        Answer::Correct => (200, String::new(), correct),
        Answer::Body(body) => (200, String::new(), body),
        Answer::Status(status) => (status, String::new(), "{}".to_owned()),
        Answer::Redirect(to) => (302, format!("Location: {to}\r\n"), String::new()),
        Answer::Endless => {
            let head =
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n{\"keys\":[";
            let mut written = stream.write_all(head.as_bytes());
            while written.is_ok() {
                written = stream.write_all(&[b' '; 65_536]);
            }
            return;
        }
    };
    let head = format!(
        "HTTP/1.1 {status} -\r\nContent-Type: application/json\r\nContent-Length: {}\r\n{location}Connection: close\r\n\r\n",
        body.len()
    );
    // The client may have disconnected.
    drop(stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes())));
}
