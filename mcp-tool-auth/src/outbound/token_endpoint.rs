//! Requests access tokens for an upstream from a token endpoint, by client credentials (RFC 6749 §4.4) or token
//! exchange (RFC 8693).

use std::time::Duration;

use reqwest::{
    Client, Response, StatusCode,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue},
};
use serde::Deserialize;
use url::form_urlencoded;

use crate::{basic, secret::Secret};

use super::{
    config::{ClientAuth, TokenEndpoint, UpstreamConfig},
    failure::UpstreamFailure,
    resolve,
};
use mcp_tool_core::call::token::InboundToken;

/// Time limit of a token request, including its response.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Maximum size of the token endpoint's response, in bytes.
const MAX_RESPONSE: usize = 64 * 1024;
/// Maximum length of an issued token, in bytes.
const MAX_TOKEN: usize = 16 * 1024;
/// Assumed lifetime of a token whose response has no `expires_in`.
const DEFAULT_LIFETIME: Duration = Duration::from_secs(60);
/// Maximum assumed lifetime of a token, even if `expires_in` is longer.
const MAX_LIFETIME: Duration = Duration::from_secs(86_400);

/// Type of the token that an exchange sends, and of the token that it requests (RFC 8693 §3).
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
/// Grant type of a token exchange (RFC 8693 §2.1).
const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";

/// Token that the endpoint issued.
pub(super) struct IssuedToken {
    /// Value of the `Authorization` header: `Bearer` and the token.
    pub(super) value: HeaderValue,
    /// Lifetime from `expires_in`, at most [`MAX_LIFETIME`]; [`DEFAULT_LIFETIME`] without `expires_in`.
    pub(super) lifetime: Duration,
}

/// Successful response (RFC 6749 §5.1, RFC 8693 §2.2.1).
#[derive(Deserialize)]
struct TokenResponse {
    access_token: String,
    token_type: String,
    issued_token_type: Option<String>,
    expires_in: Option<serde_json::Number>,
}

/// Error response (RFC 6749 §5.2).
#[derive(Deserialize)]
struct ErrorResponse {
    error: String,
}

/// Requests a token. `secret` is the client secret, which authenticates this server. `subject` is the caller's token,
/// which is exchanged. Without `subject`, requests a token by client credentials.
pub(super) async fn request(
    client: &Client,
    config: &UpstreamConfig,
    endpoint: &TokenEndpoint,
    secret: &Secret,
    subject: Option<&InboundToken>,
) -> Result<IssuedToken, UpstreamFailure> {
    // The client checks the addresses that names resolve to, but not an IP address in the URL.
    resolve::check_literal(&config.allow_private, &endpoint.url)
        .map_err(|private| UpstreamFailure::Misconfigured(private.to_string()))?;
    let mut request = client
        .post(endpoint.url.clone())
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(ACCEPT, "application/json")
        .body(form(endpoint, secret, subject));
    if endpoint.auth == ClientAuth::Basic {
        let authorization = basic::authorization(&endpoint.client_id, secret).map_err(|_| unsendable())?;
        request = request.header(AUTHORIZATION, authorization);
    }
    let round_trip = async {
        let response = request.send().await.map_err(UpstreamFailure::of)?;
        let status = response.status();
        Ok((status, read_bounded(response).await?))
    };
    let (status, body) = match tokio::time::timeout(TIMEOUT, round_trip).await {
        Ok(received) => received.map_err(from_token_endpoint)?,
        Err(_) => {
            return Err(UpstreamFailure::Unavailable(format!(
                "the token endpoint took longer than {} s",
                TIMEOUT.as_secs()
            )));
        }
    };
    match status {
        StatusCode::OK => parse_token(&body, subject),
        status => Err(parse_error(status, &body, subject.is_some())),
    }
}

/// Adds to the reason of a failure that the token endpoint caused it, and not the upstream.
fn from_token_endpoint(failure: UpstreamFailure) -> UpstreamFailure {
    match failure {
        UpstreamFailure::Unavailable(reason) => {
            UpstreamFailure::Unavailable(format!("the token endpoint: {reason}"))
        }
        UpstreamFailure::Misconfigured(reason) => {
            UpstreamFailure::Misconfigured(format!("the token endpoint: {reason}"))
        }
        UpstreamFailure::MissingToken | UpstreamFailure::ExchangeRefused(_) => failure,
    }
}

/// Returns the body of a token request.
fn form(endpoint: &TokenEndpoint, secret: &Secret, subject: Option<&InboundToken>) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    match subject {
        None => {
            form.append_pair("grant_type", "client_credentials");
        }
        Some(subject) => {
            form.append_pair("grant_type", EXCHANGE)
                .append_pair("subject_token", subject.expose())
                .append_pair("subject_token_type", ACCESS_TOKEN)
                .append_pair("requested_token_type", ACCESS_TOKEN);
        }
    }
    let optional =
        [("audience", &endpoint.audience), ("resource", &endpoint.resource), ("scope", &endpoint.scope)];
    for (name, value) in optional {
        if let Some(value) = value {
            form.append_pair(name, value);
        }
    }
    if endpoint.auth == ClientAuth::Post {
        form.append_pair("client_id", &endpoint.client_id).append_pair("client_secret", secret.expose());
    }
    form.finish()
}

/// Returns a header value that `Debug` doesn't show. Fails for text that a header can't contain.
pub(super) fn sensitive(text: &str) -> Result<HeaderValue, UpstreamFailure> {
    let mut value = HeaderValue::from_str(text).map_err(|_| unsendable())?;
    value.set_sensitive(true);
    Ok(value)
}

fn unsendable() -> UpstreamFailure {
    UpstreamFailure::Misconfigured("a credential contains bytes that a header can't carry".into())
}

async fn read_bounded(mut response: Response) -> Result<Vec<u8>, UpstreamFailure> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(UpstreamFailure::of)? {
        if body.len() + chunk.len() > MAX_RESPONSE {
            return Err(UpstreamFailure::Unavailable(format!(
                "its response is longer than {MAX_RESPONSE} bytes"
            )));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Parses a successful response. Its token must be a bearer token and, for an exchange, an access token other than
/// `subject`.
fn parse_token(body: &[u8], subject: Option<&InboundToken>) -> Result<IssuedToken, UpstreamFailure> {
    let invalid =
        |reason: &str| Err(UpstreamFailure::Unavailable(format!("the token endpoint's response {reason}")));
    // The returned error doesn't repeat the body, which may contain a token.
    let Ok(response) = serde_json::from_slice::<TokenResponse>(body) else {
        return invalid("doesn't have the form of RFC 6749 §5.1");
    };
    if !response.token_type.eq_ignore_ascii_case("Bearer") {
        return invalid("has a token_type that isn't Bearer");
    }
    if subject.is_some() && response.issued_token_type.as_deref() != Some(ACCESS_TOKEN) {
        return invalid("has an issued_token_type that isn't an access token");
    }
    let token = &response.access_token;
    if token.is_empty() || token.len() > MAX_TOKEN || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return invalid("has an invalid access_token");
    }
    // The caller's own token must not be sent to the upstream.
    if subject.is_some_and(|subject| subject.expose() == token) {
        return invalid("contains the caller's own token");
    }
    let lifetime = match &response.expires_in {
        None => DEFAULT_LIFETIME,
        Some(seconds) => match seconds.as_u64() {
            Some(seconds @ 1..) => Duration::from_secs(seconds).min(MAX_LIFETIME),
            Some(0) | None => return invalid("has an invalid expires_in"),
        },
    };
    Ok(IssuedToken { value: sensitive(&format!("Bearer {token}"))?, lifetime })
}

/// Parses an error response. For an exchange, a code that refuses the caller's token or the target becomes
/// `ExchangeRefused`. A code that shows a wrong setting becomes `Misconfigured`, and any other code `Unavailable`.
///
/// The failure's reason is logged, so it contains the error code only if the code has at most 40 characters, all of
/// them lower-case letters or `_`. Other text may contain a token.
fn parse_error(status: StatusCode, body: &[u8], is_exchange: bool) -> UpstreamFailure {
    let code =
        serde_json::from_slice::<ErrorResponse>(body).map(|response| response.error).unwrap_or_default();
    let is_word = code.len() <= 40 && code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    let code = if is_word && !code.is_empty() { code } else { "no code".to_owned() };
    let reason = format!("the token endpoint responded with {} ({code})", status.as_u16());
    match code.as_str() {
        "invalid_grant" | "invalid_request" | "invalid_target" | "access_denied" if is_exchange => {
            UpstreamFailure::ExchangeRefused(reason)
        }
        "invalid_client"
        | "unauthorized_client"
        | "invalid_scope"
        | "unsupported_grant_type"
        | "invalid_target" => UpstreamFailure::Misconfigured(reason),
        _ => UpstreamFailure::Unavailable(reason),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason_of(failure: &UpstreamFailure) -> &str {
        match failure {
            UpstreamFailure::Unavailable(reason)
            | UpstreamFailure::Misconfigured(reason)
            | UpstreamFailure::ExchangeRefused(reason) => reason,
            UpstreamFailure::MissingToken => "",
        }
    }

    #[test]
    fn only_valid_token_responses_are_accepted() {
        let issued = parse_token(br#"{"access_token":"t1","token_type":"bearer","expires_in":3600}"#, None)
            .ok()
            .unwrap();
        assert_eq!(
            (issued.value.as_bytes(), issued.lifetime),
            (&b"Bearer t1"[..], Duration::from_secs(3_600))
        );
        assert!(issued.value.is_sensitive());
        let no_expiry = parse_token(br#"{"access_token":"t1","token_type":"Bearer"}"#, None).ok().unwrap();
        assert_eq!(no_expiry.lifetime, DEFAULT_LIFETIME);
        let long =
            parse_token(br#"{"access_token":"t","token_type":"Bearer","expires_in":99999999999}"#, None)
                .ok()
                .unwrap();
        assert_eq!(long.lifetime, MAX_LIFETIME);
        let cases = [
            (r#"{"access_token":"t1"}"#, "RFC 6749"),
            (r#"{"token_type":"Bearer"}"#, "RFC 6749"),
            (r#"{"access_token":"t1","access_token":"t2","token_type":"Bearer"}"#, "RFC 6749"),
            (r#"{"access_token":"t1","token_type":"DPoP"}"#, "token_type"),
            (r#"{"access_token":"t1","token_type":"Bearer","expires_in":0}"#, "expires_in"),
            (r#"{"access_token":"t1","token_type":"Bearer","expires_in":-5}"#, "expires_in"),
            (r#"{"access_token":"t1","token_type":"Bearer","expires_in":1.5}"#, "expires_in"),
            (r#"{"access_token":"t1","token_type":"Bearer","expires_in":"60"}"#, "RFC 6749"),
            (r#"{"access_token":"","token_type":"Bearer"}"#, "access_token"),
            (r#"{"access_token":"t1\r\nX: y","token_type":"Bearer"}"#, "access_token"),
            (r#"["t1"]"#, "RFC 6749"),
            ("t1", "RFC 6749"),
        ];
        for (body, wanted) in cases {
            let failure = parse_token(body.as_bytes(), None).err().unwrap();
            assert!(reason_of(&failure).contains(wanted), "wrong refusal of {body}: {failure:?}");
            assert!(!reason_of(&failure).contains("t1"), "the reason contains the token: {failure:?}");
        }
    }

    #[test]
    fn exchange_that_returns_the_callers_own_token_or_no_access_token_is_refused() {
        let subject = InboundToken::new("inbound".into());
        let response = |token: &str, token_type: &str| {
            format!(
                r#"{{"access_token":"{token}","token_type":"Bearer","issued_token_type":"{token_type}"}}"#
            )
        };
        assert!(parse_token(response("new", ACCESS_TOKEN).as_bytes(), Some(&subject)).is_ok());
        let id_token = response("new", "urn:ietf:params:oauth:token-type:id_token");
        for (body, wanted) in [
            (response("inbound", ACCESS_TOKEN), "the caller's own token"),
            (id_token, "issued_token_type"),
            (r#"{"access_token":"new","token_type":"Bearer"}"#.to_owned(), "issued_token_type"),
        ] {
            let failure = parse_token(body.as_bytes(), Some(&subject)).err().unwrap();
            assert!(reason_of(&failure).contains(wanted), "wrong refusal of {body}: {failure:?}");
        }
    }

    #[test]
    fn error_code_selects_the_failure_and_is_the_only_repeated_text() {
        // `eyJhbGciOi` is the beginning of a JWT.
        let leaky = br#"{"error":"invalid_grant","error_description":"token eyJhbGciOi was revoked"}"#;
        assert!(
            matches!(parse_error(StatusCode::BAD_REQUEST, leaky, true), UpstreamFailure::ExchangeRefused(reason)
            if reason == "the token endpoint responded with 400 (invalid_grant)")
        );
        assert!(matches!(
            parse_error(StatusCode::BAD_REQUEST, leaky, false),
            UpstreamFailure::Unavailable(_)
        ));
        let token_as_code = br#"{"error":"eyJhbGciOi.secret"}"#;
        assert!(
            matches!(parse_error(StatusCode::FORBIDDEN, token_as_code, false), UpstreamFailure::Unavailable(reason)
            if reason == "the token endpoint responded with 403 (no code)")
        );
        let wrong_secret = br#"{"error":"invalid_client"}"#;
        assert!(matches!(
            parse_error(StatusCode::UNAUTHORIZED, wrong_secret, false),
            UpstreamFailure::Misconfigured(_)
        ));
    }
}
