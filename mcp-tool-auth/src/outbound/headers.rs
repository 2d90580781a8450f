//! Headers that only the server may set.

use reqwest::header::HeaderName;

/// Returns `true` if a function may set the header. Credentials, framing, routing and forwarding headers are the
/// server's.
pub(super) fn may_set(name: &HeaderName) -> bool {
    let is_own = matches!(name.as_str(), "authorization" | "cookie" | "forwarded" | "via")
        || name.as_str().starts_with("x-forwarded-");
    !(is_own || is_framing(name))
}

fn is_framing(name: &HeaderName) -> bool {
    let name = name.as_str();
    name.starts_with("proxy-")
        || matches!(
            name,
            "connection"
                | "content-length"
                | "expect"
                | "host"
                | "http2-settings"
                | "keep-alive"
                | "te"
                | "trailer"
                | "transfer-encoding"
                | "upgrade"
        )
}

/// Parses the name of the header that carries an API key.
///
/// # Errors
/// An invalid name, or a header that frames the message.
pub(super) fn of_key(name: &str) -> Result<HeaderName, String> {
    let name: HeaderName =
        name.parse().map_err(|_| "must be the name of a header such as X-Api-Key".to_owned())?;
    match is_framing(&name) {
        true => Err(format!("{name} can't carry a key: use a header such as X-Api-Key")),
        false => Ok(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credential_and_framing_headers_are_reserved() {
        for name in [
            "Authorization",
            "Cookie",
            "Host",
            "Proxy-Authorization",
            "Proxy-Connection",
            "Connection",
            "Keep-Alive",
            "TE",
            "Trailer",
            "Transfer-Encoding",
            "Upgrade",
            "Content-Length",
            "Expect",
            "Forwarded",
            "Via",
            "X-Forwarded-For",
        ] {
            assert!(!may_set(&name.parse().unwrap()), "{name}");
        }
        for name in ["Accept", "Content-Type", "If-Match", "Idempotency-Key", "X-Request-Id"] {
            assert!(may_set(&name.parse().unwrap()), "{name}");
        }
    }
}
