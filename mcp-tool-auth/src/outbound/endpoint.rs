//! A token endpoint, asked for a token of the server's own (RFC 6749 §4.4) or for one in exchange (RFC 8693).

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use reqwest::{
    Client, Response, StatusCode,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue},
};
use serde::Deserialize;
use url::form_urlencoded;

use crate::secret::Secret;

use super::{
    fault::Fault,
    resolve,
    settings::{ClientAuth, Settings, TokenEndpoint},
};
use mcp_tool_core::call::token::InboundToken;

/// The longest that the endpoint may take.
const TIMEOUT: Duration = Duration::from_secs(5);
/// The largest answer, in bytes.
const MAX_ANSWER: usize = 64 * 1024;
/// The longest token, in bytes.
const MAX_TOKEN: usize = 16 * 1024;
/// How long a token counts of which nothing is said, and the longest that any does.
const UNSAID_LIFETIME: Duration = Duration::from_secs(60);
const LONGEST_LIFETIME: Duration = Duration::from_secs(86_400);

const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";

/// A token that was issued, as it is sent.
pub(super) struct Issued {
    pub(super) value: HeaderValue,
    pub(super) lifetime: Duration,
}

#[derive(Deserialize)]
struct Answer {
    access_token: String,
    token_type: String,
    issued_token_type: Option<String>,
    expires_in: Option<serde_json::Number>,
}

#[derive(Deserialize)]
struct Refusal {
    error: String,
}

/// Asks the endpoint for a token: for the caller, where there is a subject, else for the server.
pub(super) async fn ask(
    client: &Client,
    settings: &Settings,
    endpoint: &TokenEndpoint,
    secret: &Secret,
    subject: Option<&InboundToken>,
) -> Result<Issued, Fault> {
    resolve::check_literal(&settings.allow_private, &endpoint.url)
        .map_err(|private| Fault::Wrong(private.to_string()))?;
    let mut request = client
        .post(endpoint.url.clone())
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(ACCEPT, "application/json")
        .body(form(endpoint, secret, subject));
    if endpoint.auth == ClientAuth::Basic {
        request = request.header(AUTHORIZATION, basic(&endpoint.client_id, secret)?);
    }
    let asked = async {
        let response = request.send().await.map_err(Fault::of)?;
        let status = response.status();
        Ok((status, bounded(response).await?))
    };
    let (status, body) = match tokio::time::timeout(TIMEOUT, asked).await {
        Ok(answered) => answered.map_err(of_endpoint)?,
        Err(_) => return Err(Fault::Away(format!("the token endpoint took over {} s", TIMEOUT.as_secs()))),
    };
    match status {
        StatusCode::OK => taken(&body, subject),
        status => Err(refused(status, &body, subject.is_some())),
    }
}

fn of_endpoint(fault: Fault) -> Fault {
    match fault {
        Fault::Away(reason) => Fault::Away(format!("the token endpoint: {reason}")),
        Fault::Wrong(reason) => Fault::Wrong(format!("the token endpoint: {reason}")),
        Fault::NoToken | Fault::NotExchanged(_) => fault,
    }
}

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
    let asked =
        [("audience", &endpoint.audience), ("resource", &endpoint.resource), ("scope", &endpoint.scope)];
    for (name, value) in asked {
        if let Some(value) = value {
            form.append_pair(name, value);
        }
    }
    if endpoint.auth == ClientAuth::Post {
        form.append_pair("client_id", &endpoint.client_id).append_pair("client_secret", secret.expose());
    }
    form.finish()
}

/// Both parts are encoded as in a form before they are joined (RFC 6749 §2.3.1).
fn basic(client_id: &str, secret: &Secret) -> Result<HeaderValue, Fault> {
    let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let joined = format!("{}:{}", encoded(client_id), encoded(secret.expose()));
    sensitive(&format!("Basic {}", STANDARD.encode(joined)))
}

/// A value that no log shows.
pub(super) fn sensitive(text: &str) -> Result<HeaderValue, Fault> {
    let mut value = HeaderValue::from_str(text)
        .map_err(|_| Fault::Wrong("a credential has bytes that no header has".into()))?;
    value.set_sensitive(true);
    Ok(value)
}

async fn bounded(mut response: Response) -> Result<Vec<u8>, Fault> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(Fault::of)? {
        if body.len() + chunk.len() > MAX_ANSWER {
            return Err(Fault::Away(format!("its answer has over {MAX_ANSWER} bytes")));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// What was issued, if it is what was asked for.
fn taken(body: &[u8], subject: Option<&InboundToken>) -> Result<Issued, Fault> {
    let wrong = |reason: &str| Err(Fault::Away(format!("the token endpoint's answer {reason}")));
    // What it holds isn't repeated: it may be a token.
    let Ok(answer) = serde_json::from_slice::<Answer>(body) else {
        return wrong("isn't that of RFC 6749 §5.1");
    };
    if !answer.token_type.eq_ignore_ascii_case("Bearer") {
        return wrong("has a token_type that isn't Bearer");
    }
    if subject.is_some() && answer.issued_token_type.as_deref() != Some(ACCESS_TOKEN) {
        return wrong("has an issued_token_type that isn't that of an access token");
    }
    let token = &answer.access_token;
    if token.is_empty() || token.len() > MAX_TOKEN || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return wrong("has an access_token that is none");
    }
    // An endpoint that hands the caller's own token back would make the server pass it on.
    if subject.is_some_and(|subject| subject.expose() == token) {
        return wrong("is the caller's own token");
    }
    let lifetime = match &answer.expires_in {
        None => UNSAID_LIFETIME,
        Some(seconds) => match seconds.as_u64() {
            Some(seconds @ 1..) => Duration::from_secs(seconds).min(LONGEST_LIFETIME),
            Some(0) | None => return wrong("has an expires_in that is no time"),
        },
    };
    Ok(Issued { value: sensitive(&format!("Bearer {token}"))?, lifetime })
}

/// A refusal, of which only a code that is a word is repeated, and in the log alone.
fn refused(status: StatusCode, body: &[u8], is_exchange: bool) -> Fault {
    let code = serde_json::from_slice::<Refusal>(body).map(|refusal| refusal.error).unwrap_or_default();
    let is_word = code.len() <= 40 && code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    let code = if is_word && !code.is_empty() { code } else { "no code".to_owned() };
    let said = format!("the token endpoint answered {} ({code})", status.as_u16());
    match code.as_str() {
        "invalid_grant" | "invalid_request" | "invalid_target" | "access_denied" if is_exchange => {
            Fault::NotExchanged(said)
        }
        "invalid_client"
        | "unauthorized_client"
        | "invalid_scope"
        | "unsupported_grant_type"
        | "invalid_target" => Fault::Wrong(said),
        _ => Fault::Away(said),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(fault: &Fault) -> &str {
        match fault {
            Fault::Away(text) | Fault::Wrong(text) | Fault::NotExchanged(text) => text,
            Fault::NoToken => "",
        }
    }

    #[test]
    fn an_answer_is_taken_as_it_should_be_and_no_other() {
        let issued =
            taken(br#"{"access_token":"t1","token_type":"bearer","expires_in":3600}"#, None).ok().unwrap();
        assert_eq!(
            (issued.value.as_bytes(), issued.lifetime),
            (&b"Bearer t1"[..], Duration::from_secs(3_600))
        );
        assert!(issued.value.is_sensitive());
        let unsaid = taken(br#"{"access_token":"t1","token_type":"Bearer"}"#, None).ok().unwrap();
        assert_eq!(unsaid.lifetime, UNSAID_LIFETIME);
        let long = taken(br#"{"access_token":"t","token_type":"Bearer","expires_in":99999999999}"#, None)
            .ok()
            .unwrap();
        assert_eq!(long.lifetime, LONGEST_LIFETIME);
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
            let fault = taken(body.as_bytes(), None).err().unwrap();
            assert!(text(&fault).contains(wanted) && !text(&fault).contains("t1"), "{body}: {fault:?}");
        }
    }

    #[test]
    fn an_exchange_gives_an_access_token_that_is_not_the_caller_s() {
        let subject = InboundToken::new("inbound".into());
        let answer = |token: &str, kind: &str| {
            format!(r#"{{"access_token":"{token}","token_type":"Bearer","issued_token_type":"{kind}"}}"#)
        };
        assert!(taken(answer("new", ACCESS_TOKEN).as_bytes(), Some(&subject)).is_ok());
        let id_token = answer("new", "urn:ietf:params:oauth:token-type:id_token");
        for (body, wanted) in [
            (answer("inbound", ACCESS_TOKEN), "the caller's own token"),
            (id_token, "issued_token_type"),
            (r#"{"access_token":"new","token_type":"Bearer"}"#.to_owned(), "issued_token_type"),
        ] {
            let fault = taken(body.as_bytes(), Some(&subject)).err().unwrap();
            assert!(text(&fault).contains(wanted), "{body}: {fault:?}");
        }
    }

    #[test]
    fn a_refusal_repeats_no_more_than_a_code() {
        let leaky = br#"{"error":"invalid_grant","error_description":"token eyJhbGciOi was revoked"}"#;
        assert!(matches!(refused(StatusCode::BAD_REQUEST, leaky, true), Fault::NotExchanged(said)
            if said == "the token endpoint answered 400 (invalid_grant)"));
        assert!(matches!(refused(StatusCode::BAD_REQUEST, leaky, false), Fault::Away(_)));
        let odd = br#"{"error":"eyJhbGciOi.secret"}"#;
        assert!(matches!(refused(StatusCode::FORBIDDEN, odd, false), Fault::Away(said)
            if said == "the token endpoint answered 403 (no code)"));
        let wrong = br#"{"error":"invalid_client"}"#;
        assert!(matches!(refused(StatusCode::UNAUTHORIZED, wrong, false), Fault::Wrong(_)));
    }
}
