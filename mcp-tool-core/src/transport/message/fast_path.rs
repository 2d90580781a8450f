//! The fast path: parses a `tools/call` in one pass, if its JSON has the form that clients usually send. All other
//! messages are left to the full parser, which also explains errors.

use mcp_tool_contract::{json::META_REQUIRES, read::scan::JsonScanner};

use super::types::{MAX_MEMBER_BYTES, Meta, ToolCall, keys};
use crate::{call::trace::TraceContext, transport::id::Id};

/// Parses a call. `None` if the full parser has to parse the message.
pub fn parse_call(text: &str) -> Option<ToolCall<'_>> {
    let mut scan = JsonScanner::new(text);
    let (mut version, mut id, mut method, mut params) = (None, None, None, None);
    scan.enter_object().ok()?;
    while let Some(key) = scan.next_key().ok()? {
        match key {
            "jsonrpc" => once(&mut version, &mut scan, |raw| (raw == r#""2.0""#).then_some(()))?,
            "id" => once(&mut id, &mut scan, Id::new)?,
            "method" => once(&mut method, &mut scan, |raw| (raw == r#""tools/call""#).then_some(()))?,
            "params" if params.is_none() => params = Some(self::params(&mut scan)?),
            _ => return None,
        }
    }
    scan.end().ok()?;
    let (name, arguments, meta) = params?;
    version.and(method)?;
    Some(ToolCall {
        id: id?,
        name: name.into(),
        arguments: arguments.unwrap_or("{}"),
        meta,
        // The full parser parses all calls with answers to questions (`inputResponses`, `requestState`).
        answers: None,
        error: None,
    })
}

/// Reads the next value into `slot`. `None` if the value isn't JSON, if `read` rejects the value, or if `slot` is
/// already filled because the member is repeated.
fn once<'t, T>(
    slot: &mut Option<T>,
    scan: &mut JsonScanner<'t>,
    read: impl FnOnce(&'t str) -> Option<T>,
) -> Option<()> {
    if slot.is_some() {
        return None;
    }
    *slot = Some(read(scan.value().ok()?)?);
    Some(())
}

/// Returns the content of a JSON string; `None` for other values and for strings with escapes.
fn plain(raw: &str) -> Option<&str> {
    let text = raw.strip_prefix('"')?.strip_suffix('"')?;
    (!text.as_bytes().contains(&b'\\')).then_some(text)
}

/// Returns the JSON text of an object; `None` for other values.
fn object(raw: &str) -> Option<&str> {
    raw.starts_with('{').then_some(raw)
}

/// Reads `params`: the tool's name, the JSON text of the arguments, and `_meta`.
fn params<'t>(scan: &mut JsonScanner<'t>) -> Option<(&'t str, Option<&'t str>, Meta<'t>)> {
    let (mut name, mut arguments, mut meta) = (None, None, None);
    scan.enter_object().ok()?;
    while let Some(key) = scan.next_key().ok()? {
        match key {
            "name" => once(&mut name, scan, plain)?,
            "arguments" => once(&mut arguments, scan, object)?,
            "_meta" if meta.is_none() => meta = Some(self::meta(scan)?),
            _ => return None,
        }
    }
    Some((name?, arguments, meta.unwrap_or_default()))
}

fn meta<'t>(scan: &mut JsonScanner<'t>) -> Option<Meta<'t>> {
    let (mut version, mut capabilities, mut client, mut token) = (None, None, None, None);
    let (mut parent, mut state) = (None, None);
    scan.enter_object().ok()?;
    while let Some(key) = scan.next_key().ok()? {
        match key {
            keys::PROTOCOL_VERSION => once(&mut version, scan, plain)?,
            keys::CAPABILITIES => {
                once(&mut capabilities, scan, |raw| object(raw).filter(|raw| raw.len() <= MAX_MEMBER_BYTES))?;
            }
            keys::CLIENT => once(&mut client, scan, object)?,
            keys::PROGRESS_TOKEN => once(&mut token, scan, |raw| Id::new(raw).map(|_| raw))?,
            // If the value isn't a string, the full parser parses the message, and ignores the value.
            keys::TRACE_PARENT if parent.is_none() => parent = Some(plain(scan.value().ok()?)?),
            keys::TRACE_STATE if state.is_none() => state = Some(plain(scan.value().ok()?)?),
            // Rare or repeated keys.
            META_REQUIRES | keys::LOG_LEVEL | keys::TRACE_PARENT | keys::TRACE_STATE => return None,
            // A key with escapes may be equal to one of the keys above.
            other if other.as_bytes().contains(&b'\\') => return None,
            _ => drop(scan.value().ok()?),
        }
    }
    Some(Meta {
        protocol_version: version.map(Into::into),
        has_capabilities: capabilities.is_some(),
        capabilities,
        client,
        progress_token: token,
        requires: None,
        level: None,
        trace: parent.and_then(|parent| TraceContext::read(parent, state)),
    })
}

#[cfg(test)]
mod tests {
    use super::{
        super::{full_parser, types::ClientMessage},
        *,
    };

    /// A call of a client of revision 2026-07-28, which sends its version and capabilities in `_meta`.
    const MODERN: &str = r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"c","version":"1"},"io.modelcontextprotocol/clientCapabilities":{},"progressToken":"t","traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01","tracestate":"a=1","else":["00"]},"name":"x","arguments":{"a":[1,"\u00e9"],"b":null}}}"#;
    /// A call of a client of an earlier revision, with spaces and another order of members.
    const LEGACY: &str = r#" { "method" : "tools/call" , "params" : { "arguments" : { } , "name" : "y" } , "id" : "a" , "jsonrpc" : "2.0" } "#;

    /// Returns `true` if the fast path parses `text`. Asserts that the full parser then returns the same call.
    fn takes_fast_path(text: &str) -> bool {
        let Some(fast) = parse_call(text) else { return false };
        match full_parser::parse(text) {
            Ok(ClientMessage::Call(full)) => assert_eq!(format!("{fast:?}"), format!("{full:?}"), "{text}"),
            other => panic!("the full parser doesn't return a call for {text}: {other:?}"),
        }
        true
    }

    #[test]
    fn usual_calls_are_parsed_by_the_fast_path() {
        for text in
            [MODERN, LEGACY, r#"{"jsonrpc":"2.0","id":-1,"method":"tools/call","params":{"name":"x"}}"#]
        {
            assert!(takes_fast_path(text), "the fast path doesn't parse the usual call {text}");
        }
        let read =
            parse_call(MODERN).map(|call| (call.id, call.name, call.arguments, call.meta.progress_token));
        let id = Id::new("7").unwrap_or_else(|| panic!("an id"));
        let arguments = r#"{"a":[1,"\u00e9"],"b":null}"#;
        assert_eq!(read, Some((id, "x".into(), arguments, Some("\"t\""))));
    }

    #[test]
    fn unusual_calls_are_left_to_the_full_parser() {
        // A part of `MODERN`, and the text that replaces it.
        let unusual = [
            ("\"2.0\"", "\"2.1\""),
            ("tools/call", "tools/list"),
            ("tools/call", "tools\\/call"),
            ("\"name\":\"x\"", "\"name\":\"\\u0078\""),
            ("\"name\":\"x\"", "\"n\\u0061me\":\"x\""),
            ("\"name\":\"x\"", "\"name\":\"x\",\"name\":\"x\""),
            ("\"arguments\":{", "\"task\":{},\"arguments\":{"),
            ("\"id\":7", "\"id\":7,\"id\":7"),
            ("\"id\":7", "\"id\":7.0"),
            ("\"id\":7", "\"id\":null"),
            ("\"progressToken\":\"t\"", "\"progressToken\":null"),
            ("\"progressToken\":\"t\"", "\"dev.mcp-tool/requires\":\"1\""),
            ("else", "progress\\u0054oken"),
            ("\"else\":[\"00\"]", "\"io.modelcontextprotocol/logLevel\":\"info\""),
            ("\"tracestate\":\"a=1\"", "\"tracestate\":1"),
            ("\"arguments\":{", "\"requestState\":\"s\",\"arguments\":{"),
            ("\"2026-07-28\"", "null"),
            ("Capabilities\":{}", "Capabilities\":null"),
            ("\"version\":\"1\"}", "\"version\":\"1\"}}"),
        ];
        for (from, to) in unusual {
            let text = MODERN.replacen(from, to, 1);
            assert_ne!(text, MODERN, "the message has no text {from} to replace");
            assert!(parse_call(&text).is_none(), "the fast path parsed the unusual call {text}");
        }
    }

    #[test]
    fn fast_path_declines_a_mutation_or_returns_the_same_call_as_the_full_parser() {
        let mut fast = 0;
        for seed in [MODERN, LEGACY] {
            let chars: Vec<char> = seed.chars().collect();
            for index in 0..chars.len() {
                for insert in
                    ['"', '\\', '{', '}', '[', ']', ',', ':', '0', '-', '.', 'e', 'n', ' ', '\n', 'x']
                {
                    for skip in 0..3 {
                        let rest = chars.get(index + skip..).unwrap_or_default();
                        let text: String = chars[..index].iter().chain([&insert]).chain(rest).collect();
                        fast += usize::from(takes_fast_path(&text));
                    }
                }
                let rest = chars.get(index + 1..).unwrap_or_default();
                let text: String = chars[..index].iter().chain(rest).collect();
                fast += usize::from(takes_fast_path(&text));
            }
        }
        assert!(fast > 3_000, "only {fast} mutations took the fast path, too few for a comparison");
    }
}
