//! Which headers are the server's own, and no function's.

use reqwest::header::HeaderName;

/// Whether a function may set it: neither credentials, nor what says where a request goes and how it is framed,
/// nor from whom it came.
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

/// The header that carries a stored key.
///
/// # Errors
/// Why it can't.
pub(super) fn of_key(name: &str) -> Result<HeaderName, String> {
    let wrong = || "a header's name is wanted, such as X-Api-Key".to_owned();
    let name: HeaderName = name.parse().map_err(|_| wrong())?;
    match is_framing(&name) {
        true => Err(format!("{name} can't carry a key: name a header such as X-Api-Key")),
        false => Ok(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_and_framing_are_no_function_s() {
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
