//! Decides which headers a tool function may set, and which headers may carry an API key.

use reqwest::header::HeaderName;

/// Returns `true` if a tool function may set the header. Headers of credentials, framing, proxies and forwarding, and
/// headers that replace the method or the path, are reserved for the server.
pub(super) fn may_set(name: &HeaderName) -> bool {
    let is_reserved = matches!(
        name.as_str(),
        "authorization"
            | "cookie"
            // Headers by which proxies name the client of a request.
            | "cf-connecting-ip"
            | "client-cert"
            | "client-cert-chain"
            | "forwarded"
            | "true-client-ip"
            | "via"
            | "x-client-ip"
            | "x-cluster-client-ip"
            | "x-original-forwarded-for"
            | "x-real-ip"
            // Headers by which some servers replace the method or the path of a request.
            | "x-http-method"
            | "x-http-method-override"
            | "x-method-override"
            | "x-original-url"
            | "x-rewrite-url"
    ) || name.as_str().starts_with("x-forwarded-");
    !(is_reserved || is_connection_header(name))
}

/// Returns `true` for a header that controls framing, the connection or proxies.
fn is_connection_header(name: &HeaderName) -> bool {
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
/// An invalid name, or a header that controls framing, the connection or proxies.
pub(super) fn parse_key_header(name: &str) -> Result<HeaderName, String> {
    let name: HeaderName =
        name.parse().map_err(|_| "must be the name of a header such as X-Api-Key".to_owned())?;
    match is_connection_header(&name) {
        true => Err(format!("{name} can't carry a key: use a header such as X-Api-Key")),
        false => Ok(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tool_function_may_not_set_headers_of_credentials_framing_or_forwarding() {
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
            "X-Real-IP",
            "True-Client-IP",
            "Client-Cert",
            "X-Original-URL",
            "X-HTTP-Method-Override",
        ] {
            assert!(!may_set(&name.parse().unwrap()), "a tool function may set {name}");
        }
        for name in ["Accept", "Content-Type", "If-Match", "Idempotency-Key", "X-Request-Id"] {
            assert!(may_set(&name.parse().unwrap()), "a tool function can't set {name}");
        }
    }
}
