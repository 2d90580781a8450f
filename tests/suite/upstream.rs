//! Upstreams, which are APIs that tools call with credentials of the server: credentials, allowed targets, settings,
//! and data that is never forwarded.

use std::{
    path::PathBuf,
    process::Command,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use mcp_tool_runtime::{
    ErrorKind, StartError, Upstream,
    prelude::*,
    testing::{TestError, TestServer},
};
use serde_json::json;

use crate::{
    cli::{refusal, run, stdout},
    harness::{HttpServer, MAX_WAIT, SPECIMEN, text},
    stub_server::{StubServer, reply},
};

/// Send a GET with the query `?why=a+b%26c` to billing.
#[mcp_tool(version = "1.0", public, read_only, upstream = "billing")]
async fn ask(
    cx: &CallContext,
    /// The path.
    path: String,
) -> Result<String, ToolError> {
    let answer = cx.upstream("billing")?.get(&path).query("why", "a b&c").send().await?;
    Ok(format!("{} {}", answer.status(), String::from_utf8_lossy(&answer.bytes().await?)))
}

/// Send a POST to billing.
#[mcp_tool(version = "1.0", public, upstream = "billing")]
async fn write(
    cx: &CallContext,
    /// The path.
    path: String,
) -> Result<String, ToolError> {
    let answer = cx.upstream("billing")?.post(&path).json(&json!({ "n": 1 })).send().await?;
    Ok(answer.status().to_string())
}

/// Call billing with a short timeout.
#[mcp_tool(version = "1.0", public, upstream = "billing", timeout = "300ms")]
async fn hurry(cx: &CallContext) -> Result<String, ToolError> {
    Ok(cx.upstream("billing")?.post("slow").send().await?.status().to_string())
}

/// Read a number from billing.
#[mcp_tool(version = "1.0", public, read_only, upstream = "billing")]
async fn number(cx: &CallContext) -> Result<String, ToolError> {
    let answer = cx.upstream("billing")?.get("number").send().await?;
    Ok(answer.require_success()?.json::<u32>().await?.to_string())
}

/// Set a header of the upstream request.
#[mcp_tool(version = "1.0", public, read_only, upstream = "billing")]
async fn headed(
    cx: &CallContext,
    /// Name of the header.
    name: String,
) -> Result<String, ToolError> {
    Ok(cx.upstream("billing")?.get("x").header(&name, "mine").send().await?.status().to_string())
}

/// Print the debug output of an upstream, its request and its response.
#[mcp_tool(version = "1.0", public, read_only, upstream = "billing")]
async fn look(cx: &CallContext) -> Result<String, ToolError> {
    let billing = cx.upstream("billing")?;
    let request = billing.get("x").query("q", "hidden");
    let debug = format!("{cx:?} {billing:?} {request:?}");
    Ok(format!("{debug} {:?}", request.send().await?))
}

/// Call an upstream that the attribute does not name.
#[mcp_tool(version = "1.0", public, read_only)]
async fn unnamed(cx: &CallContext) -> Result<String, ToolError> {
    Ok(format!("{:?}", cx.upstream("billing")?))
}

/// An upstream handle that outlives its call.
#[derive(Default)]
struct Kept(Mutex<Option<Upstream>>);

/// Keep the upstream handle of this call for the next one.
#[mcp_tool(version = "1.0", public, read_only, upstream = "billing")]
async fn keep(cx: &CallContext, kept: &Kept) -> Result<String, ToolError> {
    let before = kept.0.lock().unwrap().replace(cx.upstream("billing")?);
    match before {
        None => Ok("kept".to_owned()),
        Some(before) => Ok(before.get("x").send().await?.status().to_string()),
    }
}

fn server_with_tools() -> ToolServer {
    ToolServer::new("upstreams", "1.0.0")
        .tools(tools![ask, write, hurry, number, headed, look, unnamed, keep])
        .state(Kept::default())
}

/// A secret file in a temporary folder.
struct Secrets(tempfile::TempDir);

impl Secrets {
    fn new(text: &str) -> Self {
        let secrets = Secrets(tempfile::tempdir().unwrap());
        secrets.set(text);
        secrets
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("secret")
    }

    /// Replaces the file atomically, as secret managers do.
    fn set(&self, text: &str) {
        let next = self.0.path().join("next");
        std::fs::write(&next, format!("{text}\n")).unwrap();
        std::fs::rename(next, self.path()).unwrap();
    }
}

/// Settings of the upstream `billing`: keys and values.
#[derive(Clone)]
struct Section(Vec<(&'static str, String)>);

impl Section {
    /// Settings with a stored key as the credential.
    fn key(upstream: &StubServer, secrets: &Secrets) -> Self {
        Section(vec![
            ("url", upstream.url("/api")),
            ("credential", "key".into()),
            ("key_file", secrets.path().to_str().unwrap().into()),
            ("allow_private", "127.0.0.1".into()),
        ])
    }

    /// Settings with a token of `issuer` as the credential. `kind` is `client_credentials` or `token_exchange`.
    fn token(kind: &str, upstream: &StubServer, issuer: &StubServer, secrets: &Secrets) -> Self {
        Section(vec![
            ("url", upstream.url("/api")),
            ("credential", kind.into()),
            ("token_url", issuer.url("/token")),
            ("client_id", "tools".into()),
            ("secret_file", secrets.path().to_str().unwrap().into()),
            ("audience", "https://billing.example".into()),
            ("scope", "invoices:read".into()),
            ("allow_private", "127.0.0.1".into()),
        ])
    }

    /// Replaces a setting; an empty value removes it.
    fn with(mut self, key: &'static str, value: &str) -> Self {
        self.0.retain(|(named, _)| *named != key);
        if !value.is_empty() {
            self.0.push((key, value.to_owned()));
        }
        self
    }

    /// Starts a server with all tools of this file.
    async fn start(&self) -> Result<TestServer, StartError> {
        let pairs: Vec<_> = self.0.iter().map(|(key, value)| (*key, value.as_str())).collect();
        TestServer::start_with_upstreams(server_with_tools(), [("billing", &pairs[..])]).await
    }
}

/// A token endpoint that issues the tokens `t0`, `t1`, …, each valid for `seconds`.
fn issuer(seconds: u64) -> StubServer {
    StubServer::start(move |number, _| {
        let body =
            json!({ "access_token": format!("t{number}"), "token_type": "Bearer", "expires_in": seconds });
        reply(200, &[], &body.to_string())
    })
}

/// An upstream that responds to every request with `fine`.
fn plain_upstream() -> StubServer {
    StubServer::start(|_, _| reply(200, &[], "fine"))
}

/// Calls the tool `ask`, and returns its text: the status and the body of the response.
async fn ask_billing(server: &TestServer, path: &str) -> Result<String, TestError> {
    server.call("ask", json!({ "path": path })).await.map(|result| result.text().to_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_calls_share_one_token_request() {
    let issuer = StubServer::start(|number, _| {
        // Long enough that all calls wait for this response.
        std::thread::sleep(Duration::from_millis(300));
        reply(
            200,
            &[],
            &json!({ "access_token": format!("t{number}"), "token_type": "bearer", "expires_in": 3_600 })
                .to_string(),
        )
    });
    let (upstream, secrets) = (plain_upstream(), Secrets::new("hunter 2"));
    let section = Section::token("client_credentials", &upstream, &issuer, &secrets);
    let server = section.start().await.unwrap();
    let calls: Vec<_> = (0..50)
        .map(|_| {
            let server = server.clone();
            tokio::spawn(async move { ask_billing(&server, "invoices/7").await.unwrap() })
        })
        .collect();
    for call in calls {
        assert_eq!(call.await.unwrap(), "200 fine");
    }
    assert_eq!((issuer.count(), upstream.count()), (1, 50));
    for request in upstream.received() {
        assert_eq!((request.authorization(), &*request.target), ("Bearer t0", "/api/invoices/7?why=a+b%26c"));
    }
    let token = &issuer.received()[0];
    assert_eq!((&*token.method, &*token.target), ("POST", "/token"));
    // This is `tools:hunter+2`: client id and secret are each form-encoded before they are joined.
    assert_eq!(token.authorization(), "Basic dG9vbHM6aHVudGVyKzI=");
    assert_eq!(
        token.body,
        "grant_type=client_credentials&audience=https%3A%2F%2Fbilling.example&scope=invoices%3Aread"
    );
}

#[tokio::test]
async fn client_secret_is_sent_in_the_body_when_configured() {
    let (issuer, upstream, secrets) = (issuer(60), plain_upstream(), Secrets::new("hunter2"));
    let section =
        Section::token("client_credentials", &upstream, &issuer, &secrets).with("client_auth", "post");
    ask_billing(&section.start().await.unwrap(), "x").await.unwrap();
    let token = &issuer.received()[0];
    assert_eq!(token.authorization(), "none");
    assert!(token.body.ends_with("&client_id=tools&client_secret=hunter2"), "{}", token.body);
}

#[tokio::test]
async fn token_is_renewed_before_expiry_and_when_its_secret_changes() {
    let (issuer, upstream, secrets) = (issuer(1), plain_upstream(), Secrets::new("one"));
    let server = Section::token("client_credentials", &upstream, &issuer, &secrets).start().await.unwrap();
    // Each token is valid for one second. The last call may still use the second token.
    let begun = Instant::now();
    while issuer.count() < 3 {
        ask_billing(&server, "x").await.unwrap();
        assert!(begun.elapsed() < MAX_WAIT);
    }
    let last = upstream.received().pop().unwrap();
    assert!(["Bearer t1", "Bearer t2"].contains(&last.authorization()), "{last:?}");

    let (issuer, upstream, secrets) = (self::issuer(3_600), plain_upstream(), Secrets::new("one"));
    let server = Section::token("client_credentials", &upstream, &issuer, &secrets)
        .with("client_auth", "post")
        .start()
        .await
        .unwrap();
    ask_billing(&server, "x").await.unwrap();
    ask_billing(&server, "x").await.unwrap();
    assert_eq!(issuer.count(), 1);
    secrets.set("another");
    ask_billing(&server, "x").await.unwrap();
    assert!(issuer.received()[1].contains("client_secret=another"));
    assert_eq!(upstream.received()[2].authorization(), "Bearer t1");
}

#[tokio::test]
async fn stored_key_is_sent_in_its_header_and_reloaded_when_it_changes() {
    let (upstream, secrets) = (plain_upstream(), Secrets::new("k1"));
    let server = Section::key(&upstream, &secrets).with("key_header", "X-Api-Key").start().await.unwrap();
    ask_billing(&server, "x").await.unwrap();
    secrets.set("k2");
    ask_billing(&server, "x").await.unwrap();
    let keys: Vec<_> =
        upstream.received().iter().map(|request| request.header("x-api-key").unwrap().to_owned()).collect();
    assert_eq!(keys, ["k1", "k2"]);
    let server = Section::key(&upstream, &secrets).start().await.unwrap();
    ask_billing(&server, "x").await.unwrap();
    assert_eq!(upstream.received()[2].authorization(), "Bearer k2");
    // Without its secret file, the server calls no upstream.
    std::fs::remove_file(secrets.path()).unwrap();
    assert_eq!(ask_billing(&server, "x").await.unwrap_err().kind(), Some(ErrorKind::Internal));
    assert_eq!(upstream.count(), 3);
}

/// A token endpoint that accepts any token in an exchange, and issues the tokens `for-0`, `for-1`, ….
fn exchange_issuer() -> StubServer {
    StubServer::start(|number, _| {
        let body = json!({
            "access_token": format!("for-{number}"),
            "token_type": "Bearer",
            "issued_token_type": "urn:ietf:params:oauth:token-type:access_token",
            "expires_in": 3_600,
        });
        reply(200, &[], &body.to_string())
    })
}

#[tokio::test]
async fn caller_token_is_exchanged_once_and_never_forwarded() {
    let (issuer, upstream, secrets) = (exchange_issuer(), plain_upstream(), Secrets::new("hunter2"));
    let server = Section::token("token_exchange", &upstream, &issuer, &secrets).start().await.unwrap();
    let (ann, ben) = (server.with_token("inbound-ann"), server.with_token("inbound-ben"));
    for caller in [&ann, &ann, &ben, &ann] {
        ask_billing(caller, "x").await.unwrap();
    }
    let sent: Vec<_> = upstream.received().iter().map(|request| request.authorization().to_owned()).collect();
    assert_eq!(sent, ["Bearer for-0", "Bearer for-0", "Bearer for-1", "Bearer for-0"]);
    assert!(!upstream.received().iter().any(|request| request.contains("inbound")));
    assert_eq!(issuer.count(), 2);
    let body = &issuer.received()[0].body;
    for part in [
        "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange",
        "subject_token=inbound-ann",
        "subject_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Aaccess_token",
        "audience=https%3A%2F%2Fbilling.example",
    ] {
        assert!(body.split('&').any(|pair| pair == part), "no {part} in {body}");
    }
    // A call without a token has nothing to exchange.
    let error = ask_billing(&server, "x").await.unwrap_err();
    assert_eq!(error.kind(), Some(ErrorKind::Refused));
    assert!(error.to_string().contains("this call has none: call the tool over HTTP"), "{error}");
    assert_eq!(issuer.count(), 2);
}

#[tokio::test]
async fn token_endpoint_that_returns_the_caller_token_is_rejected() {
    let issuer = StubServer::start(|_, _| {
        let kind = "urn:ietf:params:oauth:token-type:access_token";
        let body = json!({ "access_token": "inbound", "token_type": "Bearer", "issued_token_type": kind });
        reply(200, &[], &body.to_string())
    });
    let (upstream, secrets) = (plain_upstream(), Secrets::new("hunter2"));
    let server = Section::token("token_exchange", &upstream, &issuer, &secrets).start().await.unwrap();
    let error = ask_billing(&server.with_token("inbound"), "x").await.unwrap_err();
    assert_eq!(error.kind(), Some(ErrorKind::Unavailable));
    assert_eq!(upstream.count(), 0);
}

#[tokio::test]
async fn invalid_token_response_is_not_quoted_in_errors() {
    // The first characters of a JWT.
    let secret = "eyJhbGciOi";
    let answers = [
        reply(200, &[], r#"{"access_token":"eyJhbGciOi","token_type":"DPoP"}"#),
        reply(200, &[], r#"{"access_token":"eyJhbGciOi"}"#),
        reply(200, &[], &"eyJhbGciOi".repeat(10_000)),
        reply(302, &[("Location", "/elsewhere")], ""),
        reply(500, &[], r#"{"error":"eyJhbGciOi","error_description":"eyJhbGciOi"}"#),
        reply(401, &[], r#"{"error":"invalid_client","error_description":"eyJhbGciOi"}"#),
        String::new(),
    ];
    // `invalid_client` means that the client id or the secret in the settings is wrong. Only the operator can fix it.
    let kinds = [ErrorKind::Unavailable; 5].into_iter().chain([ErrorKind::Internal, ErrorKind::Unavailable]);
    for (answer, kind) in answers.into_iter().zip(kinds) {
        let scripted = answer.clone();
        let issuer = StubServer::start(move |_, _| scripted.clone());
        let (upstream, secrets) = (plain_upstream(), Secrets::new("hunter2"));
        let server =
            Section::token("client_credentials", &upstream, &issuer, &secrets).start().await.unwrap();
        let error = ask_billing(&server, "x").await.unwrap_err();
        assert_eq!(error.kind(), Some(kind), "{error} after {:.60}", answer);
        assert!(!error.to_string().contains(secret) && !format!("{error:?}").contains(secret), "{error:?}");
        assert_eq!((issuer.count(), upstream.count()), (1, 0), "{:.60}", answer);
    }
}

#[tokio::test]
async fn redirect_to_another_port_carries_no_credential() {
    let elsewhere = plain_upstream();
    let to = elsewhere.url("/stolen");
    let upstream = StubServer::start(move |_, request| match &*request.target {
        "/api/away?why=a+b%26c" => reply(302, &[("Location", &to)], ""),
        "/api/near?why=a+b%26c" => reply(307, &[("Location", "/api/end")], ""),
        "/api/round?why=a+b%26c" | "/api/round" => reply(302, &[("Location", "/api/round")], ""),
        _ => reply(200, &[], "fine"),
    });
    let secrets = Secrets::new("k1");
    let section = Section::key(&upstream, &secrets);
    let server = section.start().await.unwrap();
    let error = ask_billing(&server, "away").await.unwrap_err();
    let host = elsewhere.address.to_string();
    assert_eq!(error.kind(), Some(ErrorKind::Internal));
    assert!(format!("{error:?}").contains(&format!("leads to {host}, which `redirect_hosts`")), "{error:?}");
    assert_eq!(elsewhere.count(), 0);

    assert_eq!(ask_billing(&server, "near").await.unwrap(), "200 fine");
    let end = upstream.received().pop().unwrap();
    assert_eq!((&*end.target, end.authorization()), ("/api/end", "Bearer k1"));
    // `round` redirects to itself. Five redirects are followed.
    let before = upstream.count();
    assert_eq!(ask_billing(&server, "round").await.unwrap_err().kind(), Some(ErrorKind::Unavailable));
    assert_eq!(upstream.count(), before + 6);

    // A redirect to an allowed host is followed without the credential.
    let server = section.with("redirect_hosts", &host).start().await.unwrap();
    assert_eq!(ask_billing(&server, "away").await.unwrap(), "200 fine");
    let request = &elsewhere.received()[0];
    assert_eq!((&*request.target, request.authorization()), ("/stolen", "none"));
    assert!(!request.contains("k1"), "{request:?}");
}

#[tokio::test]
async fn private_address_is_refused_unless_allowed() {
    let (upstream, secrets) = (plain_upstream(), Secrets::new("k1"));
    let section = Section::key(&upstream, &secrets);
    let error = section.clone().with("allow_private", "").start().await.unwrap_err();
    assert!(
        error.to_string().contains("upstream.billing.url") && error.to_string().contains("allow_private"),
        "{error}"
    );
    // A host name is checked after its DNS lookup.
    let by_name = format!("http://localhost:{}/api", upstream.address.port());
    let server =
        section.clone().with("url", &by_name).with("allow_private", "10.0.0.0/8").start().await.unwrap();
    let error = ask_billing(&server, "x").await.unwrap_err();
    assert_eq!(error.kind(), Some(ErrorKind::Internal));
    assert!(format!("{error:?}").contains("isn't public"), "{error:?}");
    assert_eq!(upstream.count(), 0);
    let server =
        section.clone().with("url", &by_name).with("allow_private", "127.0.0.1, ::1").start().await.unwrap();
    assert_eq!(ask_billing(&server, "x").await.unwrap(), "200 fine");
}

#[tokio::test]
async fn redirect_to_a_private_address_is_not_followed() {
    // `allow_private` names only 127.0.0.1.
    let inside = StubServer::start_at("127.0.0.2:0", |_, _| reply(200, &[], "metadata"));
    let to = inside.url("/latest");
    let upstream = StubServer::start(move |_, _| reply(302, &[("Location", &to)], ""));
    let secrets = Secrets::new("k1");
    let section = Section::key(&upstream, &secrets).with("redirect_hosts", &inside.address.to_string());
    let server = section.start().await.unwrap();
    let error = ask_billing(&server, "x").await.unwrap_err();
    assert!(format!("{error:?}").contains("127.0.0.2, which isn't public"), "{error:?}");
    assert_eq!((upstream.count(), inside.count()), (1, 0));
}

#[tokio::test]
async fn status_401_renews_the_credential_once_and_repeats_no_post() {
    let (issuer, secrets) = (issuer(3_600), Secrets::new("hunter2"));
    // The upstream refuses only the first token.
    let revoked = StubServer::start(|_, request| match request.authorization() {
        "Bearer t0" => reply(401, &[], "gone"),
        _ => reply(200, &[], "fine"),
    });
    let server = Section::token("client_credentials", &revoked, &issuer, &secrets).start().await.unwrap();
    assert_eq!(ask_billing(&server, "x").await.unwrap(), "200 fine");
    assert_eq!((issuer.count(), revoked.count()), (2, 2));

    // The upstream refuses every token: a GET is repeated once.
    let (issuer, closed) = (self::issuer(3_600), StubServer::start(|_, _| reply(401, &[], "closed")));
    let server = Section::token("client_credentials", &closed, &issuer, &secrets).start().await.unwrap();
    assert_eq!(ask_billing(&server, "x").await.unwrap(), "401 closed");
    assert_eq!((issuer.count(), closed.count()), (2, 2));

    let (issuer, closed) = (self::issuer(3_600), StubServer::start(|_, _| reply(401, &[], "closed")));
    let server = Section::token("client_credentials", &closed, &issuer, &secrets).start().await.unwrap();
    for calls in 1..=2 {
        assert_eq!(server.call("write", json!({ "path": "x" })).await.unwrap().text(), "401");
        assert_eq!(
            (issuer.count(), closed.count()),
            (calls, calls),
            "each 401 must discard the credential, and the POST must not be repeated"
        );
    }
}

#[tokio::test]
async fn path_cannot_leave_the_upstream() {
    let (upstream, secrets) = (plain_upstream(), Secrets::new("k1"));
    let server = Section::key(&upstream, &secrets).start().await.unwrap();
    for path in [
        "//evil.example/",
        "https://evil.example/",
        "../secret",
        "a/%2e%2e/%2e%2e/b",
        "a\\..\\b",
        "a?b=c",
        "a#b",
    ] {
        assert_eq!(ask_billing(&server, path).await.unwrap_err().kind(), Some(ErrorKind::Internal), "{path}");
    }
    assert_eq!(upstream.count(), 0);
    // After the host, `@` and `:` are characters of a path.
    ask_billing(&server, "@evil.example:80").await.unwrap();
    assert_eq!(upstream.received()[0].target, "/api/@evil.example:80?why=a+b%26c");
}

#[tokio::test]
async fn upstream_response_is_bounded_and_parsed_strictly() {
    let long = "x".repeat(2_000);
    let upstream = StubServer::start(move |_, request| match &*request.target {
        // A response without `Content-Length`. It ends when the connection is closed.
        "/api/open?why=a+b%26c" => format!("HTTP/1.1 200 Said\r\nConnection: close\r\n\r\n{long}"),
        // The tool `number` expects a number.
        "/api/number" => reply(200, &[], "\"eyJhbGciOi\""),
        _ => reply(200, &[], &long),
    });
    let secrets = Secrets::new("k1");
    let server = Section::key(&upstream, &secrets).with("max_response", "1KiB").start().await.unwrap();
    for path in ["open", "with_length"] {
        let error = ask_billing(&server, path).await.unwrap_err();
        assert_eq!(error.kind(), Some(ErrorKind::TooLarge));
        assert!(error.to_string().contains("longer than 1024 bytes"), "{error}");
    }
    let error = server.call("number", json!({})).await.unwrap_err();
    assert_eq!(error.kind(), Some(ErrorKind::Internal));
    assert!(!format!("{error:?}").contains("eyJ"), "{error:?}");
}

#[tokio::test]
async fn upstream_statuses_map_to_error_kinds() {
    for (status, headers, kind) in [
        (404, None, ErrorKind::NotFound),
        (409, None, ErrorKind::Conflict),
        (429, Some(("Retry-After", "7")), ErrorKind::Unavailable),
        (503, None, ErrorKind::Unavailable),
        (400, None, ErrorKind::Internal),
    ] {
        let upstream = StubServer::start(move |_, _| reply(status, headers.as_slice(), "words"));
        let secrets = Secrets::new("k1");
        let server = Section::key(&upstream, &secrets).start().await.unwrap();
        let error = server.call("number", json!({})).await.unwrap_err();
        assert_eq!(error.kind(), Some(kind), "{status}: {error}");
        let TestError::Tool(error) = error else { panic!("{error}") };
        if status == 429 {
            assert_eq!(error.retry_after(), Some(Duration::from_secs(7)));
        }
    }
}

#[tokio::test]
async fn unresponsive_upstream_times_out_and_leaves_a_write_in_doubt() {
    let done = Arc::new(AtomicBool::new(false));
    let stop = Arc::clone(&done);
    let upstream = StubServer::start(move |_, request| {
        while request.target == "/api/slow" && !stop.load(Ordering::Relaxed) {
            std::thread::sleep(Duration::from_millis(5));
        }
        // Closes the connection without a response.
        String::new()
    });
    let secrets = Secrets::new("k1");
    let server = Section::key(&upstream, &secrets).start().await.unwrap();
    assert_eq!(server.call("hurry", json!({})).await.unwrap_err().kind(), Some(ErrorKind::Timeout));
    done.store(true, Ordering::Relaxed);
    let error = server.call("write", json!({ "path": "x" })).await.unwrap_err();
    assert_eq!(error.kind(), Some(ErrorKind::Unavailable));
    assert!(error.to_string().contains("check before you try again"), "{error}");
    let outcomes: Vec<_> = server.records().iter().map(|record| record["outcome"].clone()).collect();
    assert_eq!(outcomes, ["unknown", "unknown"]);
    assert_eq!(server.records()[1]["upstreams"], json!(["billing"]));
    assert_eq!(upstream.count(), 2);
}

#[tokio::test]
async fn function_cannot_set_reserved_headers() {
    let (upstream, secrets) = (plain_upstream(), Secrets::new("k1"));
    let server = Section::key(&upstream, &secrets).with("key_header", "X-Api-Key").start().await.unwrap();
    for name in ["Authorization", "cookie", "Host", "Proxy-Authorization", "Connection", "X-Api-Key", "a b"] {
        let error = server.call("headed", json!({ "name": name })).await.unwrap_err();
        assert_eq!(error.kind(), Some(ErrorKind::Internal), "{name}");
    }
    assert_eq!(upstream.count(), 0);
    server.call("headed", json!({ "name": "If-Match" })).await.unwrap();
    assert_eq!(upstream.received()[0].header("if-match"), Some("mine"));
}

#[tokio::test]
async fn debug_output_contains_no_credential() {
    let (issuer, upstream, secrets) = (exchange_issuer(), plain_upstream(), Secrets::new("hunter2"));
    let server = Section::token("token_exchange", &upstream, &issuer, &secrets).start().await.unwrap();
    let result = server.with_token("inbound-ann").call("look", json!({})).await.unwrap();
    let debug = result.text();
    assert!(
        debug.contains("GET /api/x at upstream 'billing'") && debug.contains("200 from upstream"),
        "{debug}"
    );
    for secret in ["inbound", "for-0", "hunter2", "hidden", "Bearer"] {
        assert!(!debug.contains(secret), "{debug}");
    }
    assert!(!format!("{server:?}").contains("inbound"));
}

#[tokio::test]
async fn upstream_handle_expires_with_its_call() {
    let (issuer, upstream, secrets) = (exchange_issuer(), plain_upstream(), Secrets::new("hunter2"));
    let server = Section::token("token_exchange", &upstream, &issuer, &secrets).start().await.unwrap();
    assert_eq!(server.with_token("inbound-ann").call("keep", json!({})).await.unwrap().text(), "kept");
    let error = server.with_token("inbound-ben").call("keep", json!({})).await.unwrap_err();
    assert!(format!("{error:?}").contains("was used after its call ended"), "{error:?}");
    assert_eq!((issuer.count(), upstream.count()), (0, 0));
}

#[tokio::test]
async fn tool_reaches_only_upstreams_it_names_and_the_operator_configures() {
    let (upstream, secrets) = (plain_upstream(), Secrets::new("k1"));
    let server = Section::key(&upstream, &secrets).start().await.unwrap();
    let error = server.call("unnamed", json!({})).await.unwrap_err();
    assert_eq!(error.kind(), Some(ErrorKind::Internal));
    assert_eq!(server.records()[0].get("upstreams"), None);
    let logged = format!("{error:?}");
    assert!(logged.contains("'unnamed'") && logged.contains("add `upstream = ["), "{logged}");

    let error = TestServer::start(server_with_tools()).await.unwrap_err();
    assert!(matches!(error, StartError::Upstream { tool: "ask", upstream: "billing" }), "{error}");
    assert!(error.to_string().contains("add [upstream.billing] with `url` and `credential`"), "{error}");
    let error = Section::key(&upstream, &secrets).with("key_file", "/nowhere/key").start().await.unwrap_err();
    assert!(error.to_string().starts_with("upstream.billing.key_file: /nowhere/key: "), "{error}");
}

/// `mcp-tool.toml` of a server with the upstream `billing`.
const FILE: &str = "[upstream.billing]
url = \"https://billing.example.com/api\"
credential = \"client_credentials\"
token_url = \"https://issuer.example.com/token\"
client_id = \"tools\"
secret_file = \"/run/secrets/billing\"
";

#[test]
fn upstream_settings_are_printed_with_their_sources() {
    let environment = [
        ("MCP_TOOL_UPSTREAM_BILLING_TOKEN_URL", "https://other.example.com/token"),
        ("MCP_TOOL_UPSTREAM_BILLING_ALLOW_PRIVATE", "10.0.0.0/8, ::1"),
    ];
    let printed = stdout(&run(&["serve", "--print-config"], &environment, Some(FILE)));
    for line in [
        "upstream.billing.url = \"https://billing.example.com/api\"  # mcp-tool.toml",
        "upstream.billing.token_url = \"https://other.example.com/token\"  # MCP_TOOL_UPSTREAM_BILLING_TOKEN_URL",
        "upstream.billing.allow_private = [\"10.0.0.0/8\", \"::1\"]  # MCP_TOOL_UPSTREAM_BILLING_ALLOW_PRIVATE",
        "upstream.billing.client_auth = \"basic\"  # default",
        "upstream.billing.redirect_hosts = []  # default",
        "upstream.billing.max_response = \"4MiB\"  # default",
    ] {
        assert!(printed.lines().any(|printed| printed == line), "no {line} in:\n{printed}");
    }
    assert!(!printed.contains("key_header"), "{printed}");
}

#[test]
fn invalid_upstream_setting_is_refused_by_name() {
    let variable = "MCP_TOOL_UPSTREAM_BILLING_URL";
    // Text in `FILE`, its replacement, an environment variable, and the expected error.
    let cases = [
        (
            "url = ",
            "ulr = ",
            None,
            "unknown setting `upstream.billing.ulr`; did you mean upstream.billing.url?",
        ),
        (
            "https://billing",
            "http://billing",
            None,
            "upstream.billing.url (from mcp-tool.toml): must be https",
        ),
        ("", "", Some((variable, "http://x.example")), "(from MCP_TOOL_UPSTREAM_BILLING_URL): must be https"),
        ("client_id = \"tools\"\n", "", None, "by MCP_TOOL_UPSTREAM_BILLING_CLIENT_ID"),
        (
            "client_id",
            "key_header",
            None,
            "upstream.billing.key_header (from mcp-tool.toml): doesn't apply to",
        ),
        ("[upstream.billing]", "[upstream.Billing]", None, "[upstream.Billing]"),
        (
            "",
            "",
            Some(("MCP_TOOL_UPSTREAM_BILLING_ULR", "x")),
            "MCP_TOOL_UPSTREAM_BILLING_ULR: unknown setting",
        ),
    ];
    for (from, to, variable, expected) in cases {
        let file = if from.is_empty() { FILE.to_owned() } else { FILE.replacen(from, to, 1) };
        let (code, stderr) = refusal(&run(&["serve", "--stdio"], variable.as_slice(), Some(&file)));
        assert!(code == 1 && stderr.contains(expected), "{expected}: {stderr}");
    }
}

#[test]
fn server_starts_only_with_every_upstream_of_its_tools() {
    // With `SPECIMEN_REACHES`, the test server has the tool `bills`, which calls billing.
    let (code, stderr) = refusal(&run(&["serve", "--stdio"], &[("SPECIMEN_REACHES", "1")], None));
    assert!(
        code == 1 && stderr.contains("'bills' reaches the upstream 'billing', which isn't configured"),
        "{stderr}"
    );
    assert!(stderr.contains("add [upstream.billing]"), "{stderr}");

    let (upstream, secrets) = (StubServer::start(|_, _| reply(200, &[], "\"three\"")), Secrets::new("k1"));
    let environment = Section::key(&upstream, &secrets).0.into_iter();
    // Upstreams are called directly: nothing listens at this proxy.
    let mut command = Command::new(SPECIMEN);
    command.env("SPECIMEN_REACHES", "1").env("HTTP_PROXY", "http://127.0.0.1:1");
    command.envs(
        environment.map(|(key, value)| (format!("MCP_TOOL_UPSTREAM_BILLING_{}", key.to_uppercase()), value)),
    );
    let server = HttpServer::start_by(&mut command, &[]);
    assert_eq!(text(&server.call("bills", json!({}))), "three");
    assert_eq!(upstream.received()[0].authorization(), "Bearer k1");
    assert_eq!(upstream.received()[0].header("traceparent"), None);
    // The trace context is propagated with a new parent id.
    let (id, parent) = ("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331");
    let meta = json!({ "traceparent": format!("00-{id}-{parent}-01"), "tracestate": "vendor=1" });
    server.modern("tools/call", json!({ "name": "bills", "arguments": {} }), meta, &[]);
    let request = upstream.received().remove(1);
    let propagated = request.header("traceparent").unwrap();
    assert!(propagated.starts_with(&format!("00-{id}-")) && propagated.ends_with("-01"), "{propagated}");
    assert!(!propagated.contains(parent), "{propagated}");
    assert_eq!(request.header("tracestate"), Some("vendor=1"));
    assert!(!server.stderr.text().contains("k1"), "{}", server.stderr.text());
}
