//! Pages of the tool list, and the `tools/list` responses that contain them.

use rmcp::model::ClientCapabilities;

use super::entry::SharedText;
use crate::transport::{
    id::Id,
    message::Meta,
    protocol_error::{ProtocolError, code},
    protocol_version::MODERN,
};

/// Time for which a client may cache a list, in milliseconds. A list can change when the server restarts, and when the
/// operator disables or enables a tool or a caller. A client may see the change late, but the admission of calls
/// applies it immediately.
pub(crate) const LIST_TTL_MS: u64 = 60_000;

/// The end of a `tools/list` response, after the entries.
pub(crate) const TAIL: &str = "]}}";

/// The form of a `tools/list` response, which depends on the protocol revision that the request names in `_meta`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// For a request that names no revision: neither `_meta` nor `resultType`.
    Plain,
    /// For a request that names a revision before 2026-07-28: `_meta`, but no `resultType`.
    Named,
    /// For a request that names 2026-07-28 or later: `_meta` and `resultType`.
    Modern,
}

impl Shape {
    pub fn of(meta: &Meta<'_>) -> Self {
        match meta.protocol_version.as_deref() {
            None => Shape::Plain,
            Some(version) if version < MODERN => Shape::Named,
            Some(_) => Shape::Modern,
        }
    }

    /// Rejects a request that names 2026-07-28 or later and lacks valid client capabilities.
    pub fn check(self, meta: &Meta<'_>) -> Result<(), ProtocolError> {
        // Most clients send `{}`, which needs no parsing.
        let is_valid = |raw: &str| raw == "{}" || serde_json::from_str::<ClientCapabilities>(raw).is_ok();
        match meta.capabilities {
            _ if self != Shape::Modern => Ok(()),
            None => invalid("`_meta` lacks io.modelcontextprotocol/clientCapabilities"),
            Some(raw) if !is_valid(raw) => {
                invalid("`io.modelcontextprotocol/clientCapabilities` can't be read")
            }
            Some(_) => Ok(()),
        }
    }
}

fn invalid(message: &str) -> Result<(), ProtocolError> {
    Err(ProtocolError::new(code::INVALID_PARAMS, message))
}

/// A page of a list.
#[derive(Clone, Debug)]
pub struct ListPage {
    /// The entries, separated by commas.
    pub entries: SharedText,
    /// The cursor of the next page; `None` on the last page.
    pub next: Option<String>,
}

/// A request for a page of the tool list.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ListRequest<'r> {
    pub(crate) id: &'r Id,
    pub(crate) shape: Shape,
    /// The cursor that the client sent; `None` for the first page.
    pub(crate) cursor: Option<&'r str>,
    /// `true` if the HTTP listener authenticates every request; always `false` over stdio.
    pub(crate) is_guarded: bool,
}

/// A response to `tools/list`, which consists of the head, the entries and [`TAIL`], in this order. The head is written
/// for one request. The entries are shared by all responses with the same page.
#[derive(Debug)]
pub(crate) struct ListResponse {
    pub(crate) head: String,
    pub(crate) entries: SharedText,
}

impl ListResponse {
    /// Returns the whole response, copied into one buffer.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        let (mut message, entries) = (self.head.into_bytes(), self.entries.as_str());
        message.reserve_exact(entries.len() + TAIL.len());
        message.extend_from_slice(entries.as_bytes());
        message.extend_from_slice(TAIL.as_bytes());
        message
    }
}

/// Returns the beginning of a `tools/list` response, up to the entries. If `is_private`, shared caches must not store
/// the response.
pub(super) fn head(
    request: &ListRequest<'_>,
    next: Option<&str>,
    is_private: bool,
    server_info: &str,
) -> String {
    let ListRequest { id, shape, .. } = request;
    let mut head = String::with_capacity(256 + server_info.len() + next.map_or(0, str::len));
    head.push_str(&format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{"#));
    if *shape == Shape::Modern {
        head.push_str(r#""resultType":"complete","#);
    }
    if *shape != Shape::Plain {
        head.push_str(r#""_meta":{"#);
        head.push_str(server_info);
        head.push_str("},");
    }
    if let Some(next) = next {
        // Base64url needs no escapes.
        head.push_str(r#""nextCursor":""#);
        head.push_str(next);
        head.push_str("\",");
    }
    let scope = if is_private { "private" } else { "public" };
    head.push_str(&format!(r#""ttlMs":{LIST_TTL_MS},"cacheScope":"{scope}","tools":["#));
    head
}
