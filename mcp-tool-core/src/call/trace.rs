//! Where a call stands in a distributed trace (W3C Trace Context), as its caller says in `_meta` (SEP-414).

/// Bytes of a `tracestate` that are kept (W3C Trace Context §3.3.1.1 asks for 512 at least).
const MAX_STATE: usize = 512;

/// The trace that a call is part of.
///
/// It is the caller's word: good for finding what belongs together, and for nothing else. The call's record names the
/// trace, and requests to upstreams carry it on, with the call as their parent. `baggage` isn't carried: it would
/// bring a caller's own text to the upstreams.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceContext {
    parent: String,
    state: Option<String>,
}

impl TraceContext {
    /// Reads what a call says; what isn't of the form is passed over, as the specification has it (§3.2.2).
    pub(crate) fn read(parent: &str, state: Option<&str>) -> Option<Self> {
        let mut parts = parent.split('-');
        let (version, id, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let is_hex = |text: &str, length: usize| {
            text.len() == length && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        };
        let is_some = |text: &str| text.bytes().any(|byte| byte != b'0');
        let is_whole = is_hex(version, 2)
            && is_hex(id, 32)
            && is_hex(span, 16)
            && is_hex(flags, 2)
            && is_some(id)
            && is_some(span)
            && version != "ff";
        // Later versions may say more behind it.
        if !is_whole || (version == "00" && parts.next().is_some()) {
            return None;
        }
        let is_kept = |state: &&str| {
            !state.is_empty()
                && state.len() <= MAX_STATE
                && state.bytes().all(|byte| matches!(byte, b' '..=b'~'))
        };
        Some(TraceContext {
            parent: format!("00-{id}-{span}-{flags}"),
            state: state.filter(is_kept).map(str::to_owned),
        })
    }

    /// The trace's id: 32 hexadecimal digits.
    #[must_use]
    pub fn id(&self) -> &str {
        self.parent.get(3..35).unwrap_or_default()
    }

    /// `traceparent` as the caller gave it: version, trace, span and flags.
    #[must_use]
    pub fn parent(&self) -> &str {
        &self.parent
    }

    /// `tracestate` as the caller gave it.
    #[must_use]
    pub fn state(&self) -> Option<&str> {
        self.state.as_deref()
    }

    /// The same trace with the call as the parent of what it asks: the span is the end of the call's own id.
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
    fn a_trace_is_read_and_carried_on() {
        let trace = TraceContext::read(PARENT, Some("vendor=1")).unwrap();
        assert_eq!((trace.id(), trace.parent()), ("0af7651916cd43dd8448eb211c80319c", PARENT));
        assert_eq!(trace.state(), Some("vendor=1"));
        let call = uuid::Uuid::from_u64_pair(1, 0x8000_0000_0000_00ff);
        assert_eq!(trace.of_call(call), "00-0af7651916cd43dd8448eb211c80319c-80000000000000ff-01");
        let later = PARENT.replacen("00", "01", 1) + "-more";
        assert_eq!(TraceContext::read(&later, None).unwrap().parent(), PARENT);
    }

    #[test]
    fn what_is_no_trace_is_passed_over() {
        let odd = [
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
        for parent in odd {
            assert_eq!(TraceContext::read(parent, None), None, "{parent}");
        }
        let long = "a".repeat(MAX_STATE + 1);
        for state in [&long, "a\r\nb", "é", ""] {
            assert_eq!(TraceContext::read(PARENT, Some(state)).unwrap().state(), None, "{state:?}");
        }
    }
}
