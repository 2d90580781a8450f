//! Labels the calls of the local user, who is the caller over stdio, and over HTTP without authorization. The label is
//! the name that the client gives itself, and doesn't prove an identity.

use std::sync::Mutex;

use mcp_tool_contract::read::violation::escaped_excerpt;
use serde::Deserialize;

use crate::call::caller::Caller;

/// Maximum size of the text from which a cached label was made, in bytes.
const MAX_CACHED_BYTES: usize = 1_024;

/// Labels the local user, the caller of a connection's requests. Caches the last labelled caller, because most clients
/// send the same label in every request.
#[derive(Debug, Default)]
pub struct ClientLabel(Mutex<Option<CachedLabel>>);

#[derive(Debug)]
struct CachedLabel {
    source: LabelSource,
    text: String,
    caller: Caller,
}

/// The part of a request from which a label is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LabelSource {
    /// The object `clientInfo`, from which name and version are taken.
    ClientInfo,
    /// A plain name, such as the `User-Agent` header.
    Name,
}

impl ClientLabel {
    /// Returns `local` with a label: name and version from `client_info` (JSON text) or, if `client_info` is absent or
    /// invalid, `name`. If neither gives a label, returns `local` unchanged. Labels are escaped and cut.
    pub fn caller(&self, local: &Caller, client_info: Option<&str>, name: Option<&str>) -> Caller {
        let by_info = client_info.and_then(|info| self.labelled(local, LabelSource::ClientInfo, info));
        let by_name = || name.and_then(|name| self.labelled(local, LabelSource::Name, name));
        by_info.or_else(by_name).unwrap_or_else(|| local.clone())
    }

    /// Returns `local` with the label from `text`; `None` if `text` has none.
    fn labelled(&self, local: &Caller, source: LabelSource, text: &str) -> Option<Caller> {
        let mut last = crate::sync::lock(&self.0);
        if let Some(last) = &*last
            && last.source == source
            && last.text == text
        {
            return Some(last.caller.clone());
        }
        let label = match source {
            LabelSource::ClientInfo => escaped_excerpt(&parse_client_info(text)?),
            LabelSource::Name => escaped_excerpt(text),
        };
        let caller = local.clone().with_agent(label);
        // A long label is not kept for the life of the connection.
        *last = (text.len() <= MAX_CACHED_BYTES).then(|| CachedLabel {
            source,
            text: text.to_owned(),
            caller: caller.clone(),
        });
        Some(caller)
    }
}

/// Returns the client's name and version, separated by a space, from the JSON text of `clientInfo`. Returns only the
/// name if there is no version, and `None` if the text is invalid.
fn parse_client_info(client_info: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct ClientInfo {
        name: String,
        #[serde(default)]
        version: String,
    }
    let ClientInfo { name, version } = serde_json::from_str(client_info).ok()?;
    Some(format!("{name} {version}").trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::caller::Scopes;

    #[test]
    fn label_is_client_info_or_else_the_name_and_a_long_label_is_not_cached() {
        let (client_label, local) = (ClientLabel::default(), Caller::local(Scopes::All));
        let agent = |info: Option<&str>, name: Option<&str>| {
            client_label.caller(&local, info, name).agent().map(str::to_owned)
        };
        let ann = r#"{"name":"ann","version":"1"}"#;
        assert_eq!(agent(None, None), None);
        for _ in 0..2 {
            assert_eq!(agent(Some(ann), Some("curl")), Some("ann 1".to_owned()));
        }
        assert_eq!(agent(Some(r#"{"version":"1"}"#), Some("curl")), Some("curl".to_owned()));
        assert_eq!(agent(None, Some("curl\n")), Some("curl\\n".to_owned()));
        // A name that looks like `clientInfo` is still a name.
        assert_eq!(agent(None, Some(r#"{"name":"bob"}"#)), Some(r#"{"name":"bob"}"#.to_owned()));
        assert_eq!(agent(Some(r#"{"name":"bob"}"#), None), Some("bob".to_owned()));
        assert_eq!(agent(None, None), None);
        let long = "x".repeat(MAX_CACHED_BYTES + 1);
        assert_eq!(agent(None, Some(&long)), Some(escaped_excerpt(&long)));
        assert!(client_label.0.lock().unwrap().is_none());
    }
}
