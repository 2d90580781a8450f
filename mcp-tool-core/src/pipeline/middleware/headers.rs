//! The names of the request headers that middleware reads. A header whose name says that it holds a credential is
//! refused when the server starts.

use super::RegisteredMiddleware;
use crate::start_error::StartError;

/// Returns the names of all headers that middleware reads, without duplicates. Names that differ only in case are
/// duplicates.
///
/// # Errors
/// If a name isn't a valid header name, or says that the header holds a credential.
pub(crate) fn header_names(middleware: &[RegisteredMiddleware]) -> Result<Vec<&'static str>, StartError> {
    let mut names: Vec<&'static str> = Vec::new();
    for registered in middleware {
        for header in registered.middleware.headers() {
            if let Err(reason) = check(header) {
                let middleware = registered.type_name;
                return Err(StartError::MiddlewareHeader { middleware, header, reason });
            }
            if !names.iter().any(|known| known.eq_ignore_ascii_case(header)) {
                names.push(header);
            }
        }
    }
    Ok(names)
}

/// Words in the names of headers that hold a credential. A word ends at each character that isn't an ASCII letter or
/// digit.
const CREDENTIAL_WORDS: [&str; 20] = [
    "apikey",
    "assertion",
    "auth",
    "authentication",
    "authorization",
    "bearer",
    "cookie",
    "cookie2",
    "credential",
    "credentials",
    "csrf",
    "dpop",
    "jwt",
    "passwd",
    "password",
    "secret",
    "session",
    "token",
    "tokens",
    "xsrf",
];

/// Checks that `header` is a valid header name, and that the header doesn't hold a credential: its name contains none
/// of [`CREDENTIAL_WORDS`], and doesn't end in `-key` as the names of API keys do. `Idempotency-Key` is allowed,
/// because it is no credential.
///
/// # Errors
/// The reason, as a continuation of "the header, which" in [`StartError::MiddlewareHeader`].
fn check(header: &str) -> Result<(), &'static str> {
    // A header name is a token (RFC 9110 §5.6.2).
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if header.is_empty() || !header.bytes().all(is_name) {
        return Err("isn't the name of a header: write letters, digits and `-`");
    }
    let lower = header.to_ascii_lowercase();
    let mut words = lower.split(|c: char| !c.is_ascii_alphanumeric());
    let is_key = lower.ends_with("-key") && lower != "idempotency-key";
    if is_key || words.any(|word| CREDENTIAL_WORDS.contains(&word)) {
        return Err("holds a credential that middleware can't read: use `CallContext::caller`");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_with_a_credential_or_an_invalid_name_is_refused() {
        for credential in [
            "Authorization",
            "authorization",
            "Cookie",
            "Set-Cookie",
            "Proxy-Authorization",
            "X-Api-Key",
            "Ocp-Apim-Subscription-Key",
            "X-Auth-Token",
            "X-Amz-Security-Token",
            "X-Goog-Iap-Jwt-Assertion",
            "Cf-Access-Jwt-Assertion",
            "DPoP",
            "Mcp-Session-Id",
            "X_Secret",
        ] {
            let is_refused = check(credential).is_err_and(|reason| reason.starts_with("holds a credential"));
            assert!(is_refused, "{credential} must be refused as a credential");
        }
        for invalid in ["", "X Tenant", "X-Tenant:", "X-Ténant"] {
            assert!(
                check(invalid).is_err_and(|reason| reason.starts_with("isn't the name of a header")),
                "{invalid:?} must be refused as an invalid name"
            );
        }
        for plain in ["X-Tenant", "traceparent", "Idempotency-Key", "X-Author", "X-Forwarded-For"] {
            assert_eq!(check(plain), Ok(()), "{plain} must be allowed");
        }
    }
}
