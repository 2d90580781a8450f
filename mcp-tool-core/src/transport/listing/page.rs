//! A page as it goes out: its head says whose answer it is and where it goes on, its entries are shared.

use rmcp::model::ClientCapabilities;

use super::{LIST_TTL_MS, Text, Wanted};
use crate::transport::{
    Endpoint,
    fault::{ProtocolError, code},
    message::{MODERN, Meta},
};

/// What follows the entries.
pub(crate) const TAIL: &str = "]}}";

/// What else stands in an answer, by the revision that its request names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// None.
    Plain,
    /// One from before 2026-07-28.
    Named,
    /// 2026-07-28 or later.
    Modern,
}

impl Shape {
    pub(crate) fn of(meta: &Meta<'_>) -> Self {
        match meta.protocol_version.as_deref() {
            None => Shape::Plain,
            Some(version) if version < MODERN => Shape::Named,
            Some(_) => Shape::Modern,
        }
    }

    /// Refuses a request of a modern shape that doesn't say what its client can do.
    pub(crate) fn check(self, meta: &Meta<'_>) -> Result<(), ProtocolError> {
        // Most say nothing.
        let says = |raw: &str| raw == "{}" || serde_json::from_str::<ClientCapabilities>(raw).is_ok();
        match meta.capabilities {
            _ if self != Shape::Modern => Ok(()),
            None => invalid("`_meta` lacks io.modelcontextprotocol/clientCapabilities"),
            Some(raw) if !says(raw) => invalid("io.modelcontextprotocol/clientCapabilities can't be read"),
            Some(_) => Ok(()),
        }
    }
}

fn invalid(message: &str) -> Result<(), ProtocolError> {
    Err(ProtocolError::new(code::INVALID_PARAMS, message))
}

/// A page of a list.
#[derive(Clone, Debug)]
pub struct Page {
    /// With commas between.
    pub entries: Text,
    /// Where the next one begins.
    pub next: Option<String>,
}

/// What goes before the entries.
pub(super) fn head(endpoint: &Endpoint, wanted: &Wanted<'_>, next: Option<&str>) -> String {
    let Wanted { id, shape, is_guarded, cursor: _ } = wanted;
    let mut head = String::with_capacity(256 + endpoint.server_info.len() + next.map_or(0, str::len));
    head.push_str(&format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{"#));
    if *shape == Shape::Modern {
        head.push_str(r#""resultType":"complete","#);
    }
    if *shape != Shape::Plain {
        head.push_str(r#""_meta":{"#);
        head.push_str(&endpoint.server_info);
        head.push_str("},");
    }
    if let Some(next) = next {
        // It is base64url.
        head.push_str(r#""nextCursor":""#);
        head.push_str(next);
        head.push_str("\",");
    }
    let scope = if endpoint.lists_differ(*is_guarded) { "private" } else { "public" };
    head.push_str(&format!(r#""ttlMs":{LIST_TTL_MS},"cacheScope":"{scope}","tools":["#));
    head
}
