//! Checks the headers that change how a request's body is read: its content type, codings and expectation. A body that
//! would be read in another way than its client means is rejected, and the message names the header.

use hyper::{
    HeaderMap,
    header::{CONTENT_ENCODING, CONTENT_TYPE, EXPECT, HeaderName, HeaderValue, TRANSFER_ENCODING},
};

use super::body::Rejected;

/// Rejects a request whose body isn't JSON in UTF-8, is compressed, or has an unknown expectation. The statuses are 4xx
/// even for an unknown transfer coding, because the client can send the body without it.
pub(super) fn check(headers: &HeaderMap) -> Result<(), Rejected> {
    check_content_type(headers)?;
    let is_single = |name: &HeaderName, value: &str| {
        headers.get_all(name).iter().all(|one| one.as_bytes().eq_ignore_ascii_case(value.as_bytes()))
    };
    if headers.contains_key(CONTENT_ENCODING) && !is_single(&CONTENT_ENCODING, "identity") {
        return rejected(
            415,
            "the header Content-Encoding must be absent or `identity`: send the body uncompressed",
        );
    }
    if headers.contains_key(TRANSFER_ENCODING) && !is_single(&TRANSFER_ENCODING, "chunked") {
        return rejected(
            415,
            "the header Transfer-Encoding must be absent or `chunked`, without other codings",
        );
    }
    if headers.contains_key(EXPECT) && !is_single(&EXPECT, "100-continue") {
        return rejected(417, "the header Expect must be absent or `100-continue`");
    }
    Ok(())
}

fn rejected(status: u16, message: &str) -> Result<(), Rejected> {
    Err(Rejected { status, message: message.to_owned() })
}

fn check_content_type(headers: &HeaderMap) -> Result<(), Rejected> {
    let mut content_types = headers.get_all(CONTENT_TYPE).iter();
    let Some(first) = content_types.next() else {
        return rejected(415, "the header Content-Type is missing: it must be application/json");
    };
    check_media_type(first)?;
    content_types.try_for_each(check_media_type)
}

fn check_media_type(content_type: &HeaderValue) -> Result<(), Rejected> {
    if content_type == "application/json" {
        return Ok(());
    }
    let content_type = content_type.to_str().unwrap_or_default();
    let mut parts = content_type.split(';');
    if !parts.next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json") {
        return rejected(415, "the Content-Type must be application/json");
    }
    // JSON is UTF-8 (RFC 8259 §8.1), so the parameter may only repeat that. US-ASCII is a part of UTF-8.
    let is_utf8 = |parameter: &str| match parameter.split_once('=') {
        Some((name, charset)) if name.trim().eq_ignore_ascii_case("charset") => {
            let charset = charset.trim().trim_matches('"');
            ["utf-8", "utf8", "us-ascii"].iter().any(|known| charset.eq_ignore_ascii_case(known))
        }
        Some(_) | None => true,
    };
    if !parts.all(is_utf8) {
        return rejected(415, "the charset in the header Content-Type must be absent or utf-8");
    }
    Ok(())
}

/// Returns the header with which a response to an unsupported coding names the supported one (RFC 9110 §12.5.3); `None`
/// for requests without a coding.
pub(super) fn accepted_encoding(request: &HeaderMap) -> Option<HeaderValue> {
    request.contains_key(CONTENT_ENCODING).then(|| HeaderValue::from_static("identity"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the status for a request with these headers, 200 if the request is accepted, and the message.
    fn checked(headers: &[(&'static str, &'static str)]) -> (u16, String) {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        check(&map).err().map_or((200, String::new()), |Rejected { status, message }| (status, message))
    }

    #[test]
    fn body_in_utf8_json_without_codings_is_accepted() {
        for content_type in [
            "application/json",
            "Application/JSON",
            "application/json; charset=utf-8",
            "application/json;charset=\"UTF-8\"",
            "application/json ; charset=utf8; profile=x",
            "application/json; charset=us-ascii",
            "application/json;",
        ] {
            assert_eq!(checked(&[("content-type", content_type)]).0, 200, "{content_type}");
        }
        for header in [
            ("content-type", "application/json"),
            ("content-encoding", "Identity"),
            ("transfer-encoding", "Chunked"),
            ("expect", "100-Continue"),
        ] {
            assert_eq!(checked(&[("content-type", "application/json"), header]).0, 200, "{header:?}");
        }
    }

    #[test]
    fn header_that_changes_how_the_body_is_read_is_rejected_by_name() {
        let json = ("content-type", "application/json");
        for (headers, status, name) in [
            (&[json, ("content-encoding", "gzip")][..], 415, "Content-Encoding"),
            (&[json, ("content-encoding", "identity, br")], 415, "Content-Encoding"),
            (
                &[json, ("content-encoding", "identity"), ("content-encoding", "zstd")],
                415,
                "Content-Encoding",
            ),
            (&[json, ("content-encoding", "")], 415, "Content-Encoding"),
            (&[json, ("transfer-encoding", "gzip, chunked")], 415, "Transfer-Encoding"),
            (
                &[json, ("transfer-encoding", "gzip"), ("transfer-encoding", "chunked")],
                415,
                "Transfer-Encoding",
            ),
            (&[json, ("expect", "202-accepted")], 417, "Expect"),
            (&[json, ("content-type", "text/plain")], 415, "Content-Type"),
            (&[("content-type", "application/json; charset=utf-16")], 415, "charset"),
            (&[("content-type", "application/json; charset=\"ISO-8859-1\"")], 415, "charset"),
            (&[("content-type", "application/json; charset=utf-8; Charset=utf-16")], 415, "charset"),
            (&[("content-type", "application/jsonx")], 415, "Content-Type"),
            (&[], 415, "Content-Type"),
        ] {
            let (got, message) = checked(headers);
            assert_eq!(got, status, "{headers:?}");
            assert!(message.contains(name), "{headers:?}: {message}");
        }
    }
}
