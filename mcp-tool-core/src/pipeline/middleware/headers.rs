//! Headers that middleware may read: those that it names, and none that holds a credential.

use super::Layer;
use crate::start_error::StartError;

/// What layers ask for, each once.
///
/// # Errors
/// A name that no header has, or one whose value would let whoever has it act for the caller.
pub(crate) fn asked_for(layers: &[Layer]) -> Result<Vec<&'static str>, StartError> {
    let mut names: Vec<&'static str> = Vec::new();
    for layer in layers {
        for header in layer.middleware.headers() {
            if let Err(reason) = check(header) {
                return Err(StartError::LayerHeader { layer: layer.name, header, reason });
            }
            if !names.iter().any(|known| known.eq_ignore_ascii_case(header)) {
                names.push(header);
            }
        }
    }
    Ok(names)
}

/// Words in the names of headers that hold credentials.
const CREDENTIALS: [&str; 20] = [
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

fn check(header: &str) -> Result<(), &'static str> {
    // RFC 9110 §5.6.2.
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if header.is_empty() || !header.bytes().all(is_name) {
        return Err("is no header's name: write letters, digits and `-`");
    }
    let lower = header.to_ascii_lowercase();
    let mut words = lower.split(|c: char| !c.is_ascii_alphanumeric());
    let is_key = lower.ends_with("-key") && lower != "idempotency-key";
    if is_key || words.any(|word| CREDENTIALS.contains(&word)) {
        return Err("holds a credential, and no layer sees one: `CallContext::caller` says who calls");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_holds_a_credential_is_told_by_its_name() {
        for held in [
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
            assert!(check(held).is_err_and(|reason| reason.starts_with("holds a credential")), "{held}");
        }
        for none in ["", "X Tenant", "X-Tenant:", "X-Ténant"] {
            assert!(check(none).is_err_and(|reason| reason.starts_with("is no header's name")), "{none}");
        }
        for plain in ["X-Tenant", "traceparent", "Idempotency-Key", "X-Author", "X-Forwarded-For"] {
            assert_eq!(check(plain), Ok(()), "{plain}");
        }
    }
}
