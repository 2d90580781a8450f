//! The local caller through what a client calls itself: a label, and no proof.

use std::sync::{Mutex, PoisonError};

use mcp_tool_contract::read::violation::shown;
use serde::Deserialize;

use crate::call::caller::Caller;

/// Bytes of what a client calls itself that are remembered.
const MAX_KEPT: usize = 1_024;

/// The caller that one connection speaks for. Its client calls itself the same in every request, so the last one is
/// remembered.
#[derive(Debug, Default)]
pub struct ClientLabel(Mutex<Option<Last>>);

#[derive(Debug)]
struct Last {
    kind: Kind,
    text: String,
    caller: Caller,
}

/// What a label was read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// The object `clientInfo`.
    Info,
    /// A name by itself, such as a header.
    Name,
}

impl ClientLabel {
    /// The caller by a `clientInfo` as it came, else by another name that the client goes by.
    pub fn caller(&self, local: &Caller, client_info: Option<&str>, name: Option<&str>) -> Caller {
        let by_info = client_info.and_then(|info| self.by(local, Kind::Info, info));
        let by_name = || name.and_then(|name| self.by(local, Kind::Name, name));
        by_info.or_else(by_name).unwrap_or_else(|| local.clone())
    }

    fn by(&self, local: &Caller, kind: Kind, text: &str) -> Option<Caller> {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(last) = &*last
            && last.kind == kind
            && last.text == text
        {
            return Some(last.caller.clone());
        }
        let label = match kind {
            Kind::Info => shown(&label(text)?),
            Kind::Name => shown(text),
        };
        let caller = local.clone().with_agent(label);
        // A long one is read anew each time, rather than kept as long as its connection is there.
        *last =
            (text.len() <= MAX_KEPT).then(|| Last { kind, text: text.to_owned(), caller: caller.clone() });
        Some(caller)
    }
}

/// The name and version of a client in one line, of the object that `clientInfo` is.
fn label(client_info: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Client {
        name: String,
        #[serde(default)]
        version: String,
    }
    let Client { name, version } = serde_json::from_str(client_info).ok()?;
    Some(format!("{name} {version}").trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::caller::Scopes;

    #[test]
    fn a_client_is_called_what_it_last_said() {
        let (labelled, local) = (ClientLabel::default(), Caller::local(Scopes::All));
        let agent = |info: Option<&str>, name: Option<&str>| {
            labelled.caller(&local, info, name).agent().map(str::to_owned)
        };
        let ann = r#"{"name":"ann","version":"1"}"#;
        assert_eq!(agent(None, None), None);
        for _ in 0..2 {
            assert_eq!(agent(Some(ann), Some("curl")), Some("ann 1".to_owned()));
        }
        assert_eq!(agent(Some(r#"{"version":"1"}"#), Some("curl")), Some("curl".to_owned()));
        assert_eq!(agent(None, Some("curl\n")), Some("curl\\n".to_owned()));
        // A name that looks like what the other client sent is a name.
        assert_eq!(agent(None, Some(r#"{"name":"bob"}"#)), Some(r#"{"name":"bob"}"#.to_owned()));
        assert_eq!(agent(Some(r#"{"name":"bob"}"#), None), Some("bob".to_owned()));
        assert_eq!(agent(None, None), None);
        let long = "x".repeat(MAX_KEPT + 1);
        assert_eq!(agent(None, Some(&long)), Some(shown(&long)));
        assert!(labelled.0.lock().unwrap().is_none());
    }
}
