//! The distributed trace of a call (W3C Trace Context), sent by the client in `_meta` (SEP-414).

/// Maximum size of a `tracestate`, in bytes; W3C Trace Context §3.3.1.1 requires at least 512. A longer `tracestate` is
/// ignored.
const MAX_STATE: usize = 512;

/// Distributed trace that a call is part of (W3C Trace Context), as the client sends it in `_meta` (SEP-414).
///
/// - The audit record of the call has the trace id (`trace`).
/// - Requests to upstreams carry the trace, with this call as their parent.
/// - The trace isn't verified: use it to correlate calls, never to decide whether something is allowed.
/// - `baggage` (W3C Baggage) isn't forwarded, because upstreams would receive any text that the client puts there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceContext {
    parent: String,
    state: Option<String>,
}

impl TraceContext {
    /// Parses `traceparent` and `tracestate`. Returns `None` if `traceparent` is malformed, and ignores a malformed
    /// `tracestate` (W3C Trace Context §3.2.2).
    pub(crate) fn read(parent: &str, state: Option<&str>) -> Option<Self> {
        let mut parts = parent.split('-');
        let (version, id, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let is_hex = |text: &str, length: usize| {
            text.len() == length && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        };
        let is_nonzero = |text: &str| text.bytes().any(|byte| byte != b'0');
        let is_valid = is_hex(version, 2)
            && is_hex(id, 32)
            && is_hex(span, 16)
            && is_hex(flags, 2)
            && is_nonzero(id)
            && is_nonzero(span)
            && version != "ff";
        // Versions after 00 may append more fields.
        if !is_valid || (version == "00" && parts.next().is_some()) {
            return None;
        }
        let is_valid_state = |state: &&str| {
            !state.is_empty()
                && state.len() <= MAX_STATE
                && state.bytes().all(|byte| matches!(byte, b' '..=b'~'))
        };
        Some(TraceContext {
            parent: format!("00-{id}-{span}-{flags}"),
            state: state.filter(is_valid_state).map(str::to_owned),
        })
    }

    /// Returns the trace id, 32 lowercase hexadecimal digits.
    #[must_use]
    pub fn id(&self) -> &str {
        self.parent.get(3..35).unwrap_or_default()
    }

    /// Returns the client's `traceparent` in the form of version 00: `00-<trace id>-<parent id>-<flags>`. Additional
    /// fields of a later version are left out.
    #[must_use]
    pub fn parent(&self) -> &str {
        &self.parent
    }

    /// Returns `tracestate` as the client sent it: printable ASCII, at most 512 bytes. `None` if absent or invalid.
    #[must_use]
    pub fn state(&self) -> Option<&str> {
        self.state.as_deref()
    }

    /// Returns `traceparent` for a request that the call sends to an upstream. Its parent id is the second half of the
    /// call's id, `correlation`.
    pub fn of_call(&self, correlation: uuid::Uuid) -> String {
        let span = correlation.as_u64_pair().1;
        let flags = self.parent.rsplit('-').next().unwrap_or("00");
        format!("00-{}-{span:016x}-{flags}", self.id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    #[test]
    fn trace_is_parsed_and_continued_for_upstreams() {
        let trace = TraceContext::read(PARENT, Some("vendor=1")).unwrap();
        assert_eq!((trace.id(), trace.parent()), ("0af7651916cd43dd8448eb211c80319c", PARENT));
        assert_eq!(trace.state(), Some("vendor=1"));
        let call = uuid::Uuid::from_u64_pair(1, 0x8000_0000_0000_00ff);
        assert_eq!(trace.of_call(call), "00-0af7651916cd43dd8448eb211c80319c-80000000000000ff-01");
        let later_version = PARENT.replacen("00", "01", 1) + "-more";
        assert_eq!(TraceContext::read(&later_version, None).unwrap().parent(), PARENT);
    }

    #[test]
    fn malformed_traceparent_and_tracestate_are_ignored() {
        let malformed = [
            "",
            "00",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
            "00-0af7651916cd43dd8448eb211c8031 c-b7ad6b7169203331-01",
        ];
        for parent in malformed {
            assert_eq!(
                TraceContext::read(parent, None),
                None,
                "a malformed traceparent was accepted: {parent:?}"
            );
        }
        let long = "a".repeat(MAX_STATE + 1);
        for state in [&long, "a\r\nb", "é", ""] {
            assert_eq!(
                TraceContext::read(PARENT, Some(state)).unwrap().state(),
                None,
                "a malformed tracestate was accepted: {state:?}"
            );
        }
    }
}
