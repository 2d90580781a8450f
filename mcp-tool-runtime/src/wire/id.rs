//! Ids of requests.

/// Bytes of a request's id, which is echoed.
const MAX_ID: usize = 512;

/// The id of a request, as its JSON text: a string or an integer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Id(pub(crate) String);

impl Id {
    /// One spelling for each id: a string without needless escapes.
    pub(crate) fn new(raw: &str) -> Option<Self> {
        if raw.len() > MAX_ID {
            return None;
        }
        if raw.starts_with('"') {
            // ASCII without escapes is spelled as it is written.
            if raw.bytes().all(|byte| (b' '..=b'~').contains(&byte) && byte != b'\\') {
                return Some(Id(raw.to_owned()));
            }
            let text: String = serde_json::from_str(raw).ok()?;
            return serde_json::to_string(&text).ok().map(Id);
        }
        let number: i64 = raw.parse().ok()?;
        // As JSON spells an integer, but for `-0`.
        Some(Id(if number == 0 { "0".into() } else { raw.to_owned() }))
    }
}
