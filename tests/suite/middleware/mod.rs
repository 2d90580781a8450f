//! Middleware: order, visible data, and failures.

mod transports;

use std::{
    future::pending,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
};

use mcp_tool_runtime::{
    Adapted, CallContext, Caller, ErrorKind, Middleware, MiddlewareFuture, Next, StartError,
    prelude::*,
    testing::{TestError, TestServer},
};
use serde::Serialize;
use serde_json::{Value, json};

/// Number of times that tool functions ran. All tools below that take `&Runs` count their runs.
#[derive(Clone, Default)]
struct Runs(Arc<AtomicU32>);

impl Runs {
    fn times(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Read.
#[mcp_tool(version = "2.0", public, read_only, timeout = "300ms")]
async fn read(runs: &Runs) -> String {
    runs.0.fetch_add(1, Ordering::Relaxed);
    "read".to_owned()
}

/// Version 1 of `read`, listed as `read_v1`.
mod v1 {
    use super::*;

    /// Read.
    #[mcp_tool(version = "1.0", public, read_only)]
    pub(super) fn read() -> Adapted<super::read> {
        Adapted::to(json!({}))
    }
}

/// Read through an adapter.
#[mcp_tool(version = "1.0", public, read_only)]
fn look() -> Adapted<read> {
    Adapted::to(json!({}))
}

/// Write.
#[mcp_tool(version = "1.0", scope = "layers:write", timeout = "300ms", rate = "50/h")]
async fn write(
    runs: &Runs,
    /// The text.
    #[arg(max_len = 3)]
    what: Option<String>,
) {
    drop(what);
    runs.0.fetch_add(1, Ordering::Relaxed);
}

/// Write in a blocking function.
#[mcp_tool(version = "1.0", public)]
fn write_blocking(runs: &Runs) {
    runs.0.fetch_add(1, Ordering::Relaxed);
}

/// Write, and never finish.
#[mcp_tool(version = "1.0", public)]
async fn write_for_ever(runs: &Runs) {
    runs.0.fetch_add(1, Ordering::Relaxed);
    pending::<()>().await;
}

/// Read once per day.
#[mcp_tool(version = "1.0", public, read_only, rate = "1/day")]
async fn read_once() {}

/// Destroy.
#[mcp_tool(version = "1.0", public, destructive)]
async fn destroy(runs: &Runs) {
    runs.0.fetch_add(1, Ordering::Relaxed);
}

#[derive(Serialize, ToolSchema)]
struct Few {
    #[schema(max = 10)]
    n: u32,
}

/// Return a value above its maximum.
#[mcp_tool(version = "1.0", public)]
async fn overstate(runs: &Runs) -> Few {
    runs.0.fetch_add(1, Ordering::Relaxed);
    Few { n: 11 }
}

/// A tool that no server registers, with a name similar to `read`.
#[mcp_tool(version = "1.0", public, read_only)]
async fn reed() {}

/// Texts that middleware notes, in order.
#[derive(Clone, Default)]
struct Notes(Arc<Mutex<Vec<String>>>);

impl Notes {
    fn note(&self, what: impl Into<String>) {
        self.0.lock().unwrap().push(what.into());
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

/// Middleware made of one function.
struct FromFn<F>(F);

impl<F> Middleware for FromFn<F>
where
    F: for<'c> Fn(&'c CallContext, Next<'c>) -> MiddlewareFuture<'c> + Send + Sync + 'static,
{
    fn handle<'c>(&'c self, call: &'c CallContext, next: Next<'c>) -> MiddlewareFuture<'c> {
        (self.0)(call, next)
    }
}

fn from_fn<F>(handle: F) -> FromFn<F>
where
    F: for<'c> Fn(&'c CallContext, Next<'c>) -> MiddlewareFuture<'c> + Send + Sync + 'static,
{
    FromFn(handle)
}

/// Middleware that notes the start of each call, and its result: `ok` or the error kind, `true` if the function has
/// begun, and the size of the result in bytes.
fn noting(name: &'static str, notes: &Notes) -> impl Middleware {
    let notes = notes.clone();
    from_fn(move |call, next| {
        let notes = notes.clone();
        Box::pin(async move {
            notes.note(format!("{name} takes {}", call.contract().name()));
            let outcome = next.run().await;
            let (error, begun) = (outcome.error().map(ErrorKind::name), outcome.has_begun());
            assert_eq!(outcome.is_success(), error.is_none());
            notes.note(format!("{name}: {}, {begun}, {}", error.unwrap_or("ok"), outcome.size()));
            outcome
        })
    })
}

/// A server with the tools above, except `reed`. The operator has not permitted `destroy`.
fn server(runs: &Runs) -> ToolServer {
    ToolServer::new("layers", "1").state(runs.clone()).tools(tools![
        read,
        v1::read,
        look,
        write,
        write_blocking,
        write_for_ever,
        read_once,
        destroy,
        overstate
    ])
}

/// Outcome and reason of the last record.
fn last_record(server: &TestServer) -> (Value, Value) {
    let record = server.records().pop().unwrap();
    (record["outcome"].clone(), record["reason"].clone())
}

/// Outcome and reason, for the comparison with [`last_record`].
fn recorded(outcome: &str, reason: &str) -> (Value, Value) {
    (json!(outcome), json!(reason))
}

#[tokio::test]
async fn middleware_runs_outermost_first_in_registration_order() {
    let (runs, notes) = (Runs::default(), Notes::default());
    let server = server(&runs)
        .layer(noting("first", &notes))
        .layer_for(tools![read], noting("second", &notes))
        .layer(noting("third", &notes));
    let server = TestServer::start(server).await.unwrap();
    assert_eq!(server.call("read", json!({})).await.unwrap().text(), "read");
    assert_eq!(
        notes.take(),
        [
            "first takes read",
            "second takes read",
            "third takes read",
            "third: ok, true, 4",
            "second: ok, true, 4",
            "first: ok, true, 4"
        ]
    );
    server.call("write_blocking", json!({})).await.unwrap();
    let others = ["first takes", "third takes", "third: ok, true, 0", "first: ok, true, 0"];
    let noted = notes.take();
    assert_eq!(noted.len(), others.len(), "{noted:?}");
    assert!(noted.iter().zip(others).all(|(noted, other)| noted.starts_with(other)), "{noted:?}");
    assert_eq!(runs.times(), 2);
}

#[tokio::test]
async fn middleware_for_a_tool_applies_to_its_versions_and_adapters() {
    let (runs, notes) = (Runs::default(), Notes::default());
    let server = server(&runs).layer_for(tools![v1::read], noting("logger", &notes));
    let server = TestServer::start(server).await.unwrap();
    for tool in ["read", "read_v1", "look"] {
        server.call(tool, json!({})).await.unwrap();
        assert_eq!(notes.take().len(), 2, "{tool}");
    }
    server.call("write", json!({})).await.unwrap();
    assert_eq!(notes.take(), [""; 0]);
}

#[tokio::test]
async fn call_refused_by_middleware_does_not_run_and_is_recorded() {
    let (runs, notes) = (Runs::default(), Notes::default());
    let refusing = from_fn(|_, next| {
        let error = ToolError::conflict("not while the books are closed");
        Box::pin(async { next.refuse(error) })
    });
    let server = server(&runs).layer(noting("outer", &notes)).layer(refusing).layer(noting("inner", &notes));
    let server = TestServer::start(server).await.unwrap();
    for tool in ["read", "read_v1", "write", "write_blocking", "destroy"] {
        let refused = server.call(tool, json!({})).await.unwrap_err();
        assert_eq!(refused.kind(), Some(ErrorKind::Conflict));
        assert_eq!(refused.to_string(), "not while the books are closed");
        assert_eq!(
            notes.take(),
            [format!("outer takes {}", tool.trim_end_matches("_v1")), "outer: conflict, false, 0".into()]
        );
        assert_eq!(last_record(&server), recorded("refused", "conflict"), "{tool}");
    }
    assert_eq!(runs.times(), 0);
}

/// Checks of arguments, gate and result happen after middleware starts the call, so middleware sees their errors.
#[tokio::test]
async fn middleware_sees_errors_of_arguments_gate_and_result() {
    let (runs, notes) = (Runs::default(), Notes::default());
    let server = TestServer::start(server(&runs).layer(noting("logger", &notes))).await.unwrap();
    for (tool, arguments, note, record) in [
        ("overstate", json!({}), "logger: internal, true, 0", recorded("unknown", "internal")),
        (
            "write",
            json!({ "what": "long" }),
            "logger: invalid_arguments, false, 0",
            recorded("refused", "invalid_arguments"),
        ),
        (
            "destroy",
            json!({}),
            "logger: approval_required, false, 0",
            recorded("refused", "approval_required"),
        ),
        (
            "write_for_ever",
            json!({ "x": 1 }),
            "logger: invalid_arguments, false, 0",
            recorded("refused", "invalid_arguments"),
        ),
    ] {
        server.call(tool, arguments).await.unwrap_err();
        assert_eq!(notes.take(), [format!("logger takes {tool}"), note.to_owned()]);
        assert_eq!(last_record(&server), record, "{tool}");
    }
    assert_eq!(runs.times(), 1, "only `overstate` may run");
}

#[tokio::test]
async fn call_that_is_not_admitted_reaches_no_middleware() {
    let (runs, notes) = (Runs::default(), Notes::default());
    let server = TestServer::start(server(&runs).layer(noting("logger", &notes))).await.unwrap();
    let other = server.as_caller(Caller::new("ann").with_scopes(["other"]));
    assert_eq!(other.call("write", json!({})).await.unwrap_err().missing_scopes(), ["layers:write"]);
    assert!(matches!(server.call("none", json!({})).await, Err(TestError::UnknownTool(_))));
    assert_eq!(notes.take(), [""; 0]);
    server.call("read_once", json!({})).await.unwrap();
    assert_eq!(notes.take().len(), 2);
    let again = server.call("read_once", json!({})).await.unwrap_err();
    assert_eq!((again.kind(), notes.take().len()), (Some(ErrorKind::RateLimited), 0));
}

/// A defect of middleware.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Defect {
    /// Panics before it returns a future.
    PanicsAtOnce,
    /// Panics in its future, before it runs the call.
    PanicsBefore,
    PanicsAfter,
    HangsBefore,
    HangsAfter,
    /// Drops `Next` instead of running the call.
    DropsNext,
    /// Drops the future of the call after one poll, which is enough for a function without an `await`.
    DropsRun,
    /// Drops the result of the call.
    DropsOutcome,
}

/// Middleware with this defect. After dropping something, it waits forever.
fn defective(defect: Defect) -> impl Middleware {
    from_fn(move |_, next| {
        assert_ne!(defect, Defect::PanicsAtOnce);
        Box::pin(async move {
            match defect {
                Defect::PanicsAtOnce | Defect::PanicsBefore => panic!("before"),
                Defect::PanicsAfter => {
                    drop(next.run().await);
                    panic!("after")
                }
                Defect::HangsBefore => {
                    let _next = next;
                    pending().await
                }
                Defect::HangsAfter => {
                    let _outcome = next.run().await;
                    pending().await
                }
                Defect::DropsNext => {
                    drop(next);
                    pending().await
                }
                Defect::DropsRun => {
                    let mut run = Box::pin(next.run());
                    std::future::poll_fn(|cx| {
                        drop(run.as_mut().poll(cx));
                        std::task::Poll::Ready(())
                    })
                    .await;
                    drop(run);
                    pending().await
                }
                Defect::DropsOutcome => {
                    drop(next.run().await);
                    pending().await
                }
            }
        })
    })
}

#[tokio::test]
async fn broken_middleware_fails_its_call_and_the_record_is_accurate() {
    for (defect, kind, has_begun) in [
        (Defect::PanicsAtOnce, "internal", false),
        (Defect::PanicsBefore, "internal", false),
        (Defect::PanicsAfter, "internal", true),
        (Defect::HangsBefore, "timeout", false),
        (Defect::HangsAfter, "timeout", true),
        (Defect::DropsNext, "internal", false),
        (Defect::DropsRun, "internal", true),
        (Defect::DropsOutcome, "internal", true),
    ] {
        // The failed call is dropped together with outer middleware, which therefore cannot delay the error.
        for has_outer in [false, true] {
            let (runs, notes) = (Runs::default(), Notes::default());
            let server = match has_outer {
                true => server(&runs).layer(noting("outer", &notes)),
                false => server(&runs),
            };
            let server = TestServer::start(server.layer(defective(defect))).await.unwrap();
            for (tool, outcome) in [("read", "error"), ("write", "unknown")] {
                // The first poll completes `write`. For `DropsRun`, `write_for_ever` replaces it, so that a running
                // write is dropped.
                let tool =
                    if defect == Defect::DropsRun && tool == "write" { "write_for_ever" } else { tool };
                let failed = server.call(tool, json!({})).await.unwrap_err();
                assert_eq!(failed.kind().map(ErrorKind::name), Some(kind), "{defect:?} {tool}");
                let outcome = if has_begun { outcome } else { "refused" };
                assert_eq!(last_record(&server), recorded(outcome, kind), "{defect:?} {tool}");
                let is_in_doubt = failed.to_string().contains("not known whether the call took effect");
                assert_eq!(is_in_doubt, outcome == "unknown", "{defect:?} {tool}: {failed}");
                assert_eq!(notes.take().len(), usize::from(has_outer), "{defect:?} {tool}");
            }
            assert_eq!(runs.times(), if has_begun { 2 } else { 0 }, "{defect:?}");
        }
    }
}

#[tokio::test]
async fn call_dropped_inside_middleware_is_recorded() {
    let (runs, notes) = (Runs::default(), Notes::default());
    let server = TestServer::start(server(&runs).layer(noting("logger", &notes))).await.unwrap();
    {
        let mut call = Box::pin(server.call("write_for_ever", json!({})));
        let pending = std::future::poll_fn(|cx| std::task::Poll::Ready(call.as_mut().poll(cx).is_pending()));
        assert!(pending.await);
    }
    assert_eq!(last_record(&server), recorded("unknown", "cancelled"));
    assert_eq!((runs.times(), notes.take().len()), (1, 1));
}

/// Declares headers, and notes the values of `X-Tenant` and `X-Other` that it can read.
struct ReadsHeaders(&'static [&'static str], Notes);

impl Middleware for ReadsHeaders {
    fn headers(&self) -> &'static [&'static str] {
        self.0
    }

    fn handle<'c>(&'c self, call: &'c CallContext, next: Next<'c>) -> MiddlewareFuture<'c> {
        for name in ["x-tenant", "X-Other"] {
            self.1.note(format!("{:?}", call.header(name)));
        }
        Box::pin(next.run())
    }
}

#[tokio::test]
async fn middleware_sees_only_the_headers_it_declares() {
    let (runs, notes) = (Runs::default(), Notes::default());
    let server =
        TestServer::start(server(&runs).layer(ReadsHeaders(&["X-Tenant"], notes.clone()))).await.unwrap();
    server.call("read", json!({})).await.unwrap();
    assert_eq!(notes.take(), ["None", "None"]);
    let server =
        server.with_header("X-TENANT", "apex").with_header("x-tenant", "acme").with_header("X-Other", "o");
    server.call("read", json!({})).await.unwrap();
    assert_eq!(notes.take(), [r#"Some("acme")"#, "None"]);
}

#[tokio::test]
async fn middleware_that_declares_a_credential_header_stops_the_start() {
    for header in ["authorization", "Cookie", "Proxy-Authorization", "X-Api-Key"] {
        let headers = Vec::leak(vec!["X-Tenant", header]);
        let server =
            server(&Runs::default()).layer_for(tools![read], ReadsHeaders(headers, Notes::default()));
        let error = TestServer::start(server).await.unwrap_err();
        assert!(matches!(error, StartError::MiddlewareHeader { header: named, .. } if named == header));
        let expected = format!(
            "the middleware suite::middleware::ReadsHeaders reads the header '{header}', which holds a credential that \
             middleware can't read: use `CallContext::caller`"
        );
        assert_eq!(error.to_string(), expected);
    }
    let server = server(&Runs::default()).layer(ReadsHeaders(&["X Tenant"], Notes::default()));
    assert!(TestServer::start(server).await.unwrap_err().to_string().contains("isn't the name of a header"));
}

#[tokio::test]
async fn middleware_for_an_unserved_tool_stops_the_start() {
    let layered = server(&Runs::default()).layer_for(tools![read, reed], noting("logger", &Notes::default()));
    let error = TestServer::start(layered).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "middleware is for the tool 'reed', which isn't served: write 'read', add 'reed' to the server's tools, or \
         remove the middleware"
    );
    assert!(matches!(error, StartError::MiddlewareTool { tool: "reed", nearest: Some("read") }));
}
