//! Requests in each protocol revision, and the expected response.

use std::{error::Error, net::SocketAddr};

use serde_json::{Value, json};

use crate::{
    load::{Answer, Connection, ID, Request, Wanted},
    peers::{Peer, Support},
};

type Failure = Box<dyn Error>;

/// A protocol revision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Era {
    Older,
    Newer,
}

impl Era {
    pub const ALL: [Era; 2] = [Era::Older, Era::Newer];

    pub fn revision(self) -> &'static str {
        match self {
            Era::Older => "2025-11-25",
            Era::Newer => "2026-07-28",
        }
    }
}

/// Prepared calls of the tool in one protocol revision.
pub struct Calls {
    /// One request per connection.
    pub requests: Vec<Request>,
    /// Text that each response contains.
    expected: Vec<u8>,
}

impl Calls {
    /// Opens the sessions for `connections`, calls once, and checks the whole response. Returns `None` if the server does
    /// not support the revision.
    ///
    /// # Errors
    /// Returns an error if the response is wrong.
    pub async fn open(
        peer: &Peer,
        address: SocketAddr,
        era: Era,
        connections: usize,
    ) -> Result<Option<Self>, Failure> {
        let mut requests = Vec::new();
        for _ in 0..connections {
            let session = match peer.support(era) {
                Support::None => return Ok(None),
                Support::Stateless => None,
                Support::Session => Some(session(peer, address, era).await?),
            };
            requests.push(call(peer, address, era, session.as_deref()));
        }
        let mut connection = Connection::open(address).await?;
        let answer = connection.ask(requests[0].bytes()).await?;
        let expected = check(&answer).map_err(|error| {
            let body = String::from_utf8_lossy(answer.body);
            format!("{} in {}: {error}: {} {body}", peer.name, era.revision(), answer.status)
        })?;
        Ok(Some(Calls { requests, expected }))
    }

    pub fn wanted(&self) -> Wanted {
        Wanted::new(200, &self.expected)
    }
}

/// Checks a response as a client would, and returns the part that all responses share.
fn check(answer: &Answer<'_>) -> Result<Vec<u8>, Failure> {
    if answer.status != 200 {
        return Err("not a 200".into());
    }
    let json = answer.json()?;
    let result = &json["result"];
    let text = result["content"][0]["text"].as_str().unwrap_or_default();
    let found = match &result["structuredContent"] {
        Value::Null => serde_json::from_str(text)?,
        found => found.clone(),
    };
    let wanted = json!({ "query": "blue lamp", "limit": 20, "status": "open", "tags": 2 });
    if json["id"] != json!(ID.parse::<u32>()?) || found != wanted || result["isError"] == json!(true) {
        return Err("not the expected response".into());
    }
    let body = String::from_utf8_lossy(answer.body);
    let shared = body.split_once("\"structuredContent\"").and_then(|(_, rest)| rest.split_once('}'));
    Ok(shared.map_or("blue lamp", |(shared, _)| shared).as_bytes().to_vec())
}

fn call(peer: &Peer, address: SocketAddr, era: Era, session: Option<&str>) -> Request {
    let mut headers = vec![("mcp-protocol-version", era.revision())];
    let meta = match era {
        Era::Older => String::new(),
        Era::Newer => {
            headers.extend([("mcp-method", "tools/call"), ("mcp-name", "search_orders")]);
            format!(",\"_meta\":{}", meta())
        }
    };
    headers.extend(session.map(|session| ("mcp-session-id", session)));
    let arguments = r#"{"query":"blue lamp","limit":20,"status":"open","tags":["express","gift"]}"#;
    let body = format!(
        r#"{{"jsonrpc":"2.0","id":{ID},"method":"tools/call","params":{{"name":"search_orders","arguments":{arguments}{meta}}}}}"#
    );
    Request::post(address, peer.path, &headers, &body)
}

/// `_meta` of a 2026-07-28 request.
pub fn meta() -> Value {
    json!({
        "io.modelcontextprotocol/protocolVersion": Era::Newer.revision(),
        "io.modelcontextprotocol/clientInfo": { "name": "load", "version": "1.0" },
        "io.modelcontextprotocol/clientCapabilities": {},
    })
}

/// A `tools/list` request, from a cursor on.
pub fn list(peer: &Peer, address: SocketAddr, era: Era, cursor: Option<&str>) -> Request {
    let mut headers = vec![("mcp-protocol-version", era.revision())];
    let mut params = json!({});
    if let Some(cursor) = cursor {
        params["cursor"] = cursor.into();
    }
    if era == Era::Newer {
        headers.push(("mcp-method", "tools/list"));
        params["_meta"] = meta();
    }
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": params });
    Request::post(address, peer.path, &headers, &body.to_string())
}

async fn session(peer: &Peer, address: SocketAddr, era: Era) -> Result<String, Failure> {
    let mut connection = Connection::open(address).await?;
    let initialize = json!({
        "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
            "protocolVersion": era.revision(), "capabilities": {},
            "clientInfo": { "name": "load", "version": "1.0" },
        },
    });
    let answer =
        connection.ask(Request::post(address, peer.path, &[], &initialize.to_string()).bytes()).await?;
    let session =
        answer.header("mcp-session-id").ok_or_else(|| format!("no session: {}", answer.begins()))?;
    let headers = [("mcp-protocol-version", era.revision()), ("mcp-session-id", &session)];
    let initialized = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
    connection.ask(Request::post(address, peer.path, &headers, initialized).bytes()).await?;
    Ok(session)
}
