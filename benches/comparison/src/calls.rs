//! Requests to the measured servers in both protocol eras (2025-11-25 and 2026-07-28), and the check of the responses.
//!
//! All measured servers have the tool `search_orders`, which searches nothing: it returns its arguments, with the
//! number of tags instead of the tags.

use std::{error::Error, net::SocketAddr};

use serde_json::{Value, json};

use crate::{
    load::{Connection, Expected, ID, Request, Response},
    peers::{Peer, Support},
};

/// An era of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Era {
    /// 2025-11-25 and earlier.
    Legacy,
    /// 2026-07-28.
    Modern,
}

impl Era {
    pub const ALL: [Era; 2] = [Era::Legacy, Era::Modern];

    /// Protocol revision that the requests name.
    pub fn revision(self) -> &'static str {
        match self {
            Era::Legacy => "2025-11-25",
            Era::Modern => "2026-07-28",
        }
    }
}

/// Prepared calls of `search_orders` on one server in one era.
pub struct Calls {
    /// One request per connection.
    pub requests: Vec<Request>,
    /// Text that the body of each valid response contains.
    common_text: Vec<u8>,
}

impl Calls {
    /// Builds a request for each connection, calls the tool once, and checks the response's status, id and result. If the server needs
    /// sessions, opens one for each request. Returns `Ok(None)` if the server does not support the era.
    ///
    /// # Errors
    /// Returns an error if the server does not open a session, does not respond, or responds wrongly.
    pub async fn prepare(
        peer: &Peer,
        address: SocketAddr,
        era: Era,
        connections: usize,
    ) -> Result<Option<Self>, Box<dyn Error>> {
        let mut requests = Vec::new();
        for _ in 0..connections {
            let session = match peer.support(era) {
                Support::None => return Ok(None),
                Support::Stateless => None,
                Support::Session => Some(open_session(peer, address, era).await?),
            };
            requests.push(call_request(peer, address, era, session.as_deref()));
        }
        let mut connection = Connection::open(address).await?;
        let response = connection.send(requests[0].bytes()).await?;
        let common_text = check(&response).map_err(|error| {
            let body = String::from_utf8_lossy(response.body);
            format!("{} in {}: {error}: {} {body}", peer.name, era.revision(), response.status)
        })?;
        Ok(Some(Calls { requests, common_text }))
    }

    /// Condition that each response must meet under load.
    pub fn expected(&self) -> Expected {
        Expected::new(200, &self.common_text)
    }
}

/// Checks status, id and result of the response to the first call, and returns the text that each response to a later call must contain.
fn check(response: &Response<'_>) -> Result<Vec<u8>, Box<dyn Error>> {
    if response.status != 200 {
        return Err("the status isn't 200".into());
    }
    let json = response.json()?;
    let result = &json["result"];
    let text = result["content"][0]["text"].as_str().unwrap_or_default();
    let found = match &result["structuredContent"] {
        Value::Null => serde_json::from_str(text)?,
        found => found.clone(),
    };
    let expected = json!({ "query": "blue lamp", "limit": 20, "status": "open", "tags": 2 });
    // The id of a request is the placeholder `ID` until the load sets another.
    if json["id"] != json!(ID.parse::<u32>()?) || found != expected || result["isError"] == json!(true) {
        return Err("not the expected response".into());
    }
    // Under load, responses are searched for a text and not parsed. A server writes the members of `structuredContent` in
    // the same way each time, so their bytes are the text. Without `structuredContent`, the text is the query.
    let body = String::from_utf8_lossy(response.body);
    let structured = body.split_once("\"structuredContent\"").and_then(|(_, rest)| rest.split_once('}'));
    Ok(structured.map_or("blue lamp", |(members, _)| members).as_bytes().to_vec())
}

/// A `tools/call` request of `search_orders`.
fn call_request(peer: &Peer, address: SocketAddr, era: Era, session: Option<&str>) -> Request {
    let mut headers = vec![("mcp-protocol-version", era.revision())];
    let meta = match era {
        Era::Legacy => String::new(),
        Era::Modern => {
            headers.extend([("mcp-method", "tools/call"), ("mcp-name", "search_orders")]);
            format!(",\"_meta\":{}", modern_meta())
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
fn modern_meta() -> Value {
    json!({
        "io.modelcontextprotocol/protocolVersion": Era::Modern.revision(),
        "io.modelcontextprotocol/clientInfo": { "name": "load", "version": "1.0" },
        "io.modelcontextprotocol/clientCapabilities": {},
    })
}

/// A `tools/list` request for the page at `cursor`, or for the first page.
pub fn list_request(peer: &Peer, address: SocketAddr, era: Era, cursor: Option<&str>) -> Request {
    let mut headers = vec![("mcp-protocol-version", era.revision())];
    let mut params = json!({});
    if let Some(cursor) = cursor {
        params["cursor"] = cursor.into();
    }
    if era == Era::Modern {
        headers.push(("mcp-method", "tools/list"));
        params["_meta"] = modern_meta();
    }
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": params });
    Request::post(address, peer.path, &headers, &body.to_string())
}

/// Opens a session and returns its id.
async fn open_session(peer: &Peer, address: SocketAddr, era: Era) -> Result<String, Box<dyn Error>> {
    let mut connection = Connection::open(address).await?;
    let initialize = json!({
        "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
            "protocolVersion": era.revision(), "capabilities": {},
            "clientInfo": { "name": "load", "version": "1.0" },
        },
    });
    let response =
        connection.send(Request::post(address, peer.path, &[], &initialize.to_string()).bytes()).await?;
    let session =
        response.header("mcp-session-id").ok_or_else(|| format!("no session: {}", response.excerpt()))?;
    let headers = [("mcp-protocol-version", era.revision()), ("mcp-session-id", &session)];
    let initialized = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
    connection.send(Request::post(address, peer.path, &headers, initialized).bytes()).await?;
    Ok(session)
}
