//! A call that is spelled as clients spell it, read in one walk. What is odd in any way, wrong or only rare, is left
//! to the careful reader: this one says nothing of why.

use mcp_tool_contract::{json::META_REQUIRES, read::scan::JsonScanner};

use super::{
    id::Id,
    message::{Call, MAX_PART, Meta, keys},
};
use crate::call::trace::TraceContext;

/// The call that a message is, if it is one as clients write them.
pub(super) fn call(text: &str) -> Option<Call<'_>> {
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
    Some(Call {
        id: id?,
        name: name.into(),
        arguments: arguments.unwrap_or("{}"),
        meta,
        presented: None,
        fault: None,
    })
}

/// Reads a member that comes once.
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

/// What a JSON string holds that has no escapes.
fn plain(raw: &str) -> Option<&str> {
    let text = raw.strip_prefix('"')?.strip_suffix('"')?;
    (!text.as_bytes().contains(&b'\\')).then_some(text)
}

fn object(raw: &str) -> Option<&str> {
    raw.starts_with('{').then_some(raw)
}

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
                once(&mut capabilities, scan, |raw| object(raw).filter(|raw| raw.len() <= MAX_PART))?;
            }
            keys::CLIENT => once(&mut client, scan, object)?,
            keys::PROGRESS_TOKEN => once(&mut token, scan, |raw| Id::new(raw).map(|_| raw))?,
            // Of another type it is none.
            keys::TRACE_PARENT if parent.is_none() => parent = Some(plain(scan.value().ok()?)?),
            keys::TRACE_STATE if state.is_none() => state = Some(plain(scan.value().ok()?)?),
            META_REQUIRES | keys::LOG_LEVEL | keys::TRACE_PARENT | keys::TRACE_STATE => return None,
            // With escapes it may be one of these after all.
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
        super::message::{Incoming, careful},
        *,
    };

    const MODERN: &str = r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"c","version":"1"},"io.modelcontextprotocol/clientCapabilities":{},"progressToken":"t","traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01","tracestate":"a=1","else":["00"]},"name":"x","arguments":{"a":[1,"\u00e9"],"b":null}}}"#;
    const LEGACY: &str = r#" { "method" : "tools/call" , "params" : { "arguments" : { } , "name" : "y" } , "id" : "a" , "jsonrpc" : "2.0" } "#;

    /// What is read at once is what the careful reader reads.
    fn agree(text: &str) -> bool {
        let Some(quick) = call(text) else { return false };
        match careful(text) {
            Ok(Incoming::Call(careful)) => assert_eq!(format!("{quick:?}"), format!("{careful:?}"), "{text}"),
            other => panic!("{text}: {other:?}"),
        }
        true
    }

    #[test]
    fn what_clients_send_is_read_at_once() {
        for text in
            [MODERN, LEGACY, r#"{"jsonrpc":"2.0","id":-1,"method":"tools/call","params":{"name":"x"}}"#]
        {
            assert!(agree(text), "{text}");
        }
        let read = call(MODERN).map(|call| (call.id, call.name, call.arguments, call.meta.progress_token));
        let id = Id::new("7").unwrap_or_else(|| panic!("an id"));
        let arguments = r#"{"a":[1,"\u00e9"],"b":null}"#;
        assert_eq!(read, Some((id, "x".into(), arguments, Some("\"t\""))));
    }

    #[test]
    fn what_is_odd_is_left_to_the_careful() {
        let odd = [
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
        for (from, to) in odd {
            let text = MODERN.replacen(from, to, 1);
            assert_ne!(text, MODERN, "{from}");
            assert!(call(&text).is_none(), "{text}");
        }
    }

    #[test]
    fn both_readers_read_alike() {
        let mut at_once = 0;
        for seed in [MODERN, LEGACY] {
            let chars: Vec<char> = seed.chars().collect();
            for place in 0..chars.len() {
                for insert in
                    ['"', '\\', '{', '}', '[', ']', ',', ':', '0', '-', '.', 'e', 'n', ' ', '\n', 'x']
                {
                    for skip in 0..3 {
                        let rest = chars.get(place + skip..).unwrap_or_default();
                        let text: String = chars[..place].iter().chain([&insert]).chain(rest).collect();
                        at_once += usize::from(agree(&text));
                    }
                }
                let rest = chars.get(place + 1..).unwrap_or_default();
                at_once += usize::from(agree(&chars[..place].iter().chain(rest).collect::<String>()));
            }
        }
        assert!(at_once > 3_000, "{at_once}");
    }
}
