//! Reads from the header `Accept` whether the client accepts or prefers event streams.

use hyper::{
    HeaderMap,
    header::{ACCEPT, HeaderValue},
};

pub(super) const EVENTS: &str = "text/event-stream";

/// Returns `true` if the client accepts an event stream. The most specific media range that matches event streams
/// decides (RFC 9110 §12.5.1); the weight 0 refuses them.
pub(super) fn accepts_events(headers: &HeaderMap) -> bool {
    let ranges = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let matching = ranges.flat_map(|value| value.split(',')).filter_map(|range| {
        let mut parts = range.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default();
        let closeness =
            [EVENTS, "text/*", "*/*"].iter().position(|known| name.eq_ignore_ascii_case(known))?;
        Some((closeness, !parts.any(is_weight_zero)))
    });
    // Of several equal ranges, one that accepts event streams suffices.
    matching
        .min_by_key(|(closeness, is_accepted)| (*closeness, !is_accepted))
        .is_some_and(|(_, is_accepted)| is_accepted)
}

/// Returns `true` if a parameter of a media range is the weight 0, such as `q=0` or `q=0.000`.
fn is_weight_zero(parameter: &str) -> bool {
    let Some((name, weight)) = parameter.split_once('=') else { return false };
    name.trim().eq_ignore_ascii_case("q") && weight.trim().parse::<f32>().is_ok_and(|weight| weight == 0.0)
}

/// Returns `true` if `Accept` begins with `text/event-stream`. Every client has to accept both event streams and JSON
/// (Streamable HTTP §sending messages), so the first type counts as the client's preference.
pub(super) fn prefers_events(headers: &HeaderMap) -> bool {
    let Some((first, rest)) = headers
        .get(ACCEPT)
        .map(HeaderValue::as_bytes)
        .and_then(|accept| accept.split_at_checked(EVENTS.len()))
    else {
        return false;
    };
    // If the type has parameters, such as a weight, its position doesn't clearly express a preference.
    first.eq_ignore_ascii_case(EVENTS.as_bytes()) && matches!(rest.trim_ascii_start(), [] | [b',', ..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(values: &[&'static str]) -> HeaderMap {
        values.iter().map(|value| (ACCEPT, HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn event_stream_is_accepted_only_with_a_weight_above_zero() {
        for accept in [
            &["application/json, text/event-stream"][..],
            &["Text/Event-Stream;q=0.1"],
            &["*/*"],
            &["text/*;q=1.0"],
            &["application/json", "text/event-stream"],
            &["*/*;q=0, text/event-stream"],
            &["text/event-stream; level=q"],
        ] {
            assert!(accepts_events(&headers(accept)), "{accept:?}");
        }
        for accept in [
            &[][..],
            &["application/json"],
            &["text/event-stream;q=0"],
            &["text/event-stream; Q=0.000, */*"],
            &["application/json, text/event-stream ; q = 0"],
            &["text/*;q=0, */*;q=1"],
            &["*/*;q=0.0"],
            &["text/event-stream-x"],
            &["application/x; y=\"text/event-stream\""],
        ] {
            assert!(!accepts_events(&headers(accept)), "{accept:?}");
        }
    }

    #[test]
    fn event_stream_is_preferred_only_if_it_is_the_first_type_without_parameters() {
        for accept in ["text/event-stream", "Text/Event-Stream, application/json", "text/event-stream ,*/*"] {
            assert!(prefers_events(&headers(&[accept])), "{accept}");
        }
        for accept in
            ["text/event-stream;q=0", "text/event-stream ;q=0", "application/json, text/event-stream"]
        {
            assert!(!prefers_events(&headers(&[accept])), "{accept}");
        }
    }
}
