//! Completion of tool arguments, over both transports and in both protocol revisions: 2025-11-25 (legacy) and
//! 2026-07-28 (modern). Over a transport, the server is the specimen, whose tool `assign` in `tests/src/completions.rs`
//! has most of the completions.

use std::{
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use mcp_tool_runtime::{
    Caller, ErrorKind, Middleware, MiddlewareFuture, Next,
    prelude::*,
    testing::{TestError, TestServer},
};
use serde_json::{Value, json};

use crate::{
    control::Control,
    harness::{HttpServer, SPECIMEN, StdioServer, correlation, modern, text, until},
};

const METHOD: &str = "completion/complete";

/// Parameters of a completion request.
fn completion_params(tool: &str, argument: &str, typed: &str) -> Value {
    json!({ "ref": { "type": "ref/tool", "name": tool }, "argument": { "name": argument, "value": typed } })
}

/// A server over HTTP and one over stdio, each of which is asked in both protocol revisions.
struct BothTransports {
    http: HttpServer,
    stdio: StdioServer,
}

impl BothTransports {
    fn start(arguments: &[&str]) -> Self {
        BothTransports { http: HttpServer::start(arguments), stdio: StdioServer::initialized(arguments) }
    }

    /// Sends a completion request four times, and returns the responses: HTTP legacy, HTTP modern, stdio legacy, stdio
    /// modern.
    fn ask(&mut self, params: &Value) -> [Value; 4] {
        let legacy = json!({ "jsonrpc": "2.0", "id": 1, "method": METHOD, "params": params });
        let legacy_http = self.http.post(&[("MCP-Protocol-Version", "2025-11-25")], &legacy).json();
        let modern_http = self.http.modern(METHOD, params.clone(), json!({}), &[]).json();
        let legacy_stdio = self.stdio.request(METHOD, params.clone());
        self.stdio.send(&modern(77, METHOD, params.clone(), json!({})).to_string());
        let modern_stdio = self.stdio.answer(&json!(77));
        [legacy_http, modern_http, legacy_stdio, modern_stdio]
    }

    /// Returns the completion. Asserts that all four responses agree on it and have the members of their revision.
    fn completion(&mut self, params: &Value) -> Value {
        let answers = self.ask(params);
        for (index, answer) in answers.iter().enumerate() {
            let result = &answer["result"];
            assert_eq!(result["completion"], answers[0]["result"]["completion"], "{answer}");
            let is_modern = index % 2 == 1;
            assert_eq!(result.get("resultType"), is_modern.then_some(&json!("complete")), "{answer}");
            let server = result["_meta"].get("io.modelcontextprotocol/serverInfo");
            assert_eq!(server.map(|server| &server["name"]), is_modern.then_some(&json!("specimen")));
            assert!(!correlation(answer).is_empty());
        }
        assert!(answers[0]["result"]["completion"].is_object(), "{}", answers[0]);
        answers[0]["result"]["completion"].clone()
    }

    /// Returns the error code and message. Asserts that all four responses agree on them.
    fn refused(&mut self, params: &Value) -> (i64, String) {
        let errors = self.ask(params).map(|answer| {
            let error = &answer["error"];
            (
                error["code"].as_i64().unwrap_or_else(|| panic!("{answer}")),
                error["message"].as_str().unwrap().to_owned(),
            )
        });
        assert!(errors.iter().all(|error| *error == errors[0]), "{errors:?}");
        errors[0].clone()
    }
}

/// The expected completion with exactly these values.
fn complete(values: &[&str]) -> Value {
    json!({ "values": values, "total": values.len(), "hasMore": false })
}

#[test]
fn enums_and_booleans_complete_without_a_function() {
    let mut server = BothTransports::start(&[]);
    assert_eq!(server.completion(&completion_params("measure", "mode", "")), complete(&["fast", "safe"]));
    assert_eq!(server.completion(&completion_params("measure", "mode", "SA")), complete(&["safe"]));
    assert_eq!(server.completion(&completion_params("assign", "now", "t")), complete(&["true"]));
    // A new server, because a caller may request only 10 completions per second.
    let server = HttpServer::start(&[]);
    let suggest = |argument, typed| {
        let answer = server.modern(METHOD, completion_params("assign", argument, typed), json!({}), &[]);
        answer.json()["result"]["completion"].clone()
    };
    assert_eq!(suggest("now", "x"), complete(&[]));
    // `hidden` is an enum, but secret.
    for argument in ["hidden", "no_such_parameter", ""] {
        assert_eq!(suggest(argument, ""), complete(&[]), "{argument}");
    }
}

#[test]
fn completion_function_suggests_valid_matching_values() {
    let mut server = BothTransports::start(&[]);
    // The function also suggests "Annabel the third", which exceeds the maximum length of `customer`: 10 characters.
    assert_eq!(
        server.completion(&completion_params("assign", "customer", "an")),
        complete(&["Ann & Co", "Anna"])
    );
    let local = server.completion(&completion_params("assign", "customer", "loc"));
    assert_eq!(
        local,
        complete(&["local"]),
        "the completion function must be able to read the caller's user name, `local`"
    );
    assert_eq!(server.completion(&completion_params("assign_v1", "customer", "")), complete(&["old"]));
}

#[test]
fn completion_is_recorded_and_does_not_count_as_a_call() {
    let server = HttpServer::start(&[]);
    let answer = server.modern(METHOD, completion_params("assign", "customer", "an"), json!({}), &[]).json();
    let record = server.stderr.record_of(correlation(&answer));
    let members =
        ["tool", "version", "completes", "outcome", "arguments_bytes"].map(|member| &record[member]);
    // `arguments_bytes` is the size of the typed text.
    assert_eq!(members, [&json!("assign"), &json!("2.0"), &json!("customer"), &json!("ok"), &json!(2)]);
    assert!(record.get("arguments").is_none(), "{record}");
    // `assign` is limited to one call per hour.
    assert_eq!(text(&server.call("assign", json!({ "customer": "ann" }))), "ann");
    let answer = server.modern(METHOD, completion_params("no_such", "x", ""), json!({}), &[]).json();
    let record = server.stderr.record_of(correlation(&answer));
    assert_eq!((&record["reason"], &record["completes"]), (&json!("unknown_tool"), &json!("x")));
}

#[test]
fn completion_returns_at_most_a_hundred_values() {
    let mut server = BothTransports::start(&[]);
    // The function suggests all whole numbers below the typed one.
    let completion = server.completion(&completion_params("assign", "numbers", "100"));
    assert_eq!((&completion["total"], &completion["hasMore"]), (&json!(100), &json!(false)));
    let completion = server.completion(&completion_params("assign", "numbers", "2000"));
    // Values of four digits exceed the maximum length of `numbers`.
    assert_eq!((&completion["total"], &completion["hasMore"]), (&json!(1_000), &json!(true)));
    let values = completion["values"].as_array().unwrap();
    assert_eq!((values.len(), &values[99]), (100, &json!("99")));
}

#[test]
fn completion_request_is_validated_and_its_value_bounded() {
    let mut server = BothTransports::start(&[]);
    let long = "é".repeat(1_024);
    assert_eq!(server.completion(&completion_params("assign", "customer", &long)), complete(&[]));
    let (code, message) = server.refused(&completion_params("assign", "customer", &format!("{long}é")));
    assert!(code == -32_602 && message.contains("1024 characters"), "{message}");
    for broken in [
        json!({ "ref": { "type": "ref/tool" }, "argument": { "name": "mode", "value": "" } }),
        json!({ "ref": { "type": "ref/tool", "name": "assign" } }),
        json!({ "ref": { "type": "ref/tool", "name": "assign" }, "argument": { "name": "mode" } }),
        json!({ "ref": { "type": "ref/tool", "name": "assign" }, "argument": { "name": "mode", "value": 1 } }),
    ] {
        let (code, message) = server.refused(&broken);
        assert!(code == -32_602 && message.contains("`value`"), "{message}");
    }
}

#[test]
fn references_to_prompts_and_resources_are_refused() {
    let mut server = BothTransports::start(&[]);
    let argument = json!({ "name": "mode", "value": "" });
    for reference in [
        json!({ "type": "ref/prompt", "name": "assign" }),
        json!({ "type": "ref/resource", "uri": "file:///{path}" }),
        json!({ "type": "ref/other", "name": "assign" }),
        json!(7),
    ] {
        let (code, _) = server.refused(&json!({ "ref": reference, "argument": argument }));
        assert_eq!(code, -32_602, "{reference}");
    }
}

#[test]
fn completions_are_declared_only_if_a_tool_has_some() {
    let capabilities = |server: &HttpServer| {
        let discovered = server.modern("server/discover", json!({}), json!({}), &[]).json();
        discovered["result"]["capabilities"].clone()
    };
    assert_eq!(capabilities(&HttpServer::start(&[]))["completions"], json!({}));
    // The only tool of this server is `echo`, whose argument has no completions.
    let plain = HttpServer::start_by(Command::new(SPECIMEN).env("SPECIMEN_ONLY_ECHOES", "1"), &[]);
    assert_eq!(capabilities(&plain).get("completions"), None);
    let answer = plain.modern(METHOD, completion_params("echo", "text", ""), json!({}), &[]).json();
    assert_eq!(answer["error"]["code"], -32_601, "{answer}");
}

#[test]
fn failing_completion_function_fails_only_its_completion() {
    let server = HttpServer::start(&[]);
    let ask = |typed| {
        let answer = server.modern(METHOD, completion_params("assign", "how", typed), json!({}), &[]).json();
        let record = server.stderr.record_of(correlation(&answer));
        (answer["error"].clone(), record)
    };
    // The function does as the typed text says. Its panic and its internal error have secret texts.
    for (typed, code, kind) in [
        ("panics", -32_603, "internal"),
        ("internal", -32_603, "internal"),
        ("waits", -32_603, "timeout"),
        ("invalid", -32_602, "invalid_arguments"),
    ] {
        let (error, record) = ask(typed);
        assert_eq!((&error["code"], &record["reason"]), (&json!(code), &json!(kind)), "{error} {record}");
        assert_eq!(error["data"]["dev.mcp-tool/error"]["kind"], kind, "{error}");
        assert_eq!((&record["outcome"], &record["completes"]), (&json!("error"), &json!("how")), "{record}");
        let text = error.to_string();
        assert!(!text.contains("hunter2") && !text.contains("must appear only in the log"), "{text}");
    }
    // The function that timed out.
    server.wait_for_count("dropped", 1);
}

#[test]
fn cancelled_completion_ends() {
    let mut server = StdioServer::initialized(&[]);
    // The completion function waits for an hour.
    let params = completion_params("assign", "how", "waits");
    server.send(&json!({ "jsonrpc": "2.0", "id": 9, "method": METHOD, "params": params }).to_string());
    let counted = |server: &mut StdioServer, what: &str| {
        server.call("counts", json!({}))["result"]["structuredContent"][what].as_u64().unwrap()
    };
    // The completion may also have reached its timeout already, and then counts as dropped.
    until("the completion runs", || counted(&mut server, "running") + counted(&mut server, "dropped") == 1);
    let cancelled =
        json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": 9 } });
    server.send(&cancelled.to_string());
    server.stderr.line_with(&["\"completes\":\"how\"", "\"outcome\":\"cancelled\""]);
}

#[test]
fn arguments_of_a_disabled_tool_are_not_completed() {
    // Without a server, `disable` needs a control file that exists.
    let control = Control::of("");
    control.execute(&["disable", "--tool", "assign"]);
    let mut server = BothTransports::start(&control.flags());
    let (code, message) = server.refused(&completion_params("assign", "customer", "an"));
    assert_eq!((code, &*message), (-32_602, "Unknown tool: assign"));
    let (code, message) = server.refused(&completion_params("no_such", "customer", "an"));
    assert_eq!((code, &*message), (-32_602, "Unknown tool: no_such"));
    assert_eq!(server.http.count("finished"), 0, "the completion function must not run");
}

#[test]
fn arguments_of_a_tool_that_needs_approval_are_not_completed() {
    let server = HttpServer::start(&[]);
    // `erase` is destructive and has no gate (a scope that permits calls), so it needs the operator's permission.
    let ask = |server: &HttpServer| {
        server.modern(METHOD, completion_params("erase", "customer", ""), json!({}), &[]).json()
    };
    let answer = ask(&server);
    assert_eq!(answer["error"]["data"]["dev.mcp-tool/error"]["kind"], "approval_required", "{answer}");
    assert_eq!(server.stderr.record_of(correlation(&answer))["outcome"], "refused");
    assert_eq!(server.count("finished"), 0, "the completion function must not run");
    let allowing = HttpServer::start(&["--allow-destructive", "erase"]);
    assert_eq!(ask(&allowing)["result"]["completion"], complete(&["ann"]));
}

#[test]
fn audit_query_separates_completions_from_calls() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("audit.jsonl");
    let file = ["--audit-file", file.to_str().unwrap()];
    let mut server = HttpServer::start(&file);
    server.call("echo", json!({ "text": "x" }));
    server.modern(METHOD, completion_params("assign", "now", ""), json!({}), &[]);
    assert!(server.terminate().success());
    let audit = |arguments: &[&str]| {
        let output =
            Command::new(SPECIMEN).arg("audit").args(["--file", file[1]]).args(arguments).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(audit(&[]).contains("assign 2.0 completes now"), "{}", audit(&[]));
    assert_eq!(audit(&["--by", "tool"]).trim(), "1  echo", "completions must not be counted as calls");
}

/// Number of runs of the completion function.
#[derive(Clone, Default)]
struct Runs(Arc<AtomicU32>);

/// Completion function of `name`: suggests the typed text followed by `…`.
async fn names(runs: &Runs, typed: &str) -> Vec<String> {
    runs.0.fetch_add(1, Ordering::Relaxed);
    vec![format!("{typed}…")]
}

/// Look somebody up.
#[mcp_tool(version = "1.0", scope = "people:read", read_only, concurrency = 1)]
async fn look_up(
    runs: &Runs,
    /// Name.
    #[arg(complete = names(runs))]
    name: String,
) -> String {
    let _ = runs;
    name
}

/// Version 2 of `look_up`, with a further parameter.
mod v2 {
    use super::*;

    /// Look somebody up.
    #[mcp_tool(version = "2.0", scope = "people:read", read_only)]
    pub(super) async fn look_up(
        runs: &Runs,
        /// Name.
        #[arg(complete = names(runs))]
        name: String,
        /// Place to look in.
        place: String,
    ) -> String {
        let _ = (runs, place);
        name
    }
}

/// Accepts only completions that have the header `X-House: own` and at most 5 s until their timeout.
struct OnlyCompletions;

impl Middleware for OnlyCompletions {
    fn headers(&self) -> &'static [&'static str] {
        &["X-House"]
    }

    fn handle<'c>(&'c self, call: &'c CallContext, next: Next<'c>) -> MiddlewareFuture<'c> {
        Box::pin(async move {
            match call.header("x-house") {
                Some("own") if call.is_completion() && call.remaining() <= Duration::from_secs(5) => {
                    next.run().await
                }
                _ => next.refuse(ToolError::refused("not a completion with X-House: own")),
            }
        })
    }
}

/// Starts a server with the tool `look_up`. Its caller is `ann`, who has the scope of the tool.
async fn start(runs: &Runs, configure: impl FnOnce(ToolServer) -> ToolServer) -> TestServer {
    let server = ToolServer::new("people", "1").tools(tools![look_up]).state(runs.clone());
    let server = TestServer::start(configure(server)).await.unwrap();
    server.as_caller(Caller::new("ann").with_agent("bot").with_scopes(["people:read"]))
}

#[tokio::test]
async fn caller_without_the_scope_gets_no_completions() {
    let runs = Runs::default();
    let server = start(&runs, |server| server).await;
    let suggested = server.complete("look_up", "name", "a").await.unwrap();
    assert_eq!(suggested.json(), complete(&["a…"]));
    let other = server.as_caller(Caller::new("bob").with_scopes(["people:write"]));
    let refused = other.complete("look_up", "name", "a").await.unwrap_err();
    assert!(matches!(refused, TestError::MissingScopes(_)), "{refused}");
    assert_eq!(runs.0.load(Ordering::Relaxed), 1);
    let record = server.records().pop().unwrap();
    let members = ["outcome", "reason", "completes", "user"].map(|member| record[member].as_str().unwrap());
    assert_eq!(members, ["refused", "insufficient_scope", "name", "bob"]);
}

#[tokio::test]
async fn completions_are_rate_limited_per_caller() {
    let runs = Runs::default();
    let server = start(&runs, |server| server).await;
    let mut refused = Vec::new();
    for _ in 0..2_000 {
        if let Err(error) = server.complete("look_up", "name", "a").await {
            refused.push(error.kind());
            break;
        }
    }
    assert_eq!(refused, [Some(ErrorKind::RateLimited)]);
    assert!(runs.0.load(Ordering::Relaxed) >= 10, "10 completions per second must be allowed");
    let other = server.as_caller(Caller::new("bob").with_scopes(["people:read"]));
    assert!(other.complete("look_up", "name", "a").await.is_ok());
    assert_eq!(server.call("look_up", json!({ "name": "ann" })).await.unwrap().text(), "ann");
}

#[tokio::test]
async fn middleware_wraps_completions() {
    let runs = Runs::default();
    let server = start(&runs, |server| server.layer(OnlyCompletions)).await;
    let refused = server.complete("look_up", "name", "a").await.unwrap_err();
    assert_eq!(refused.kind(), Some(ErrorKind::Refused));
    assert_eq!(runs.0.load(Ordering::Relaxed), 0);
    let own = server.with_header("X-House", "own");
    assert_eq!(own.complete("look_up", "name", "a").await.unwrap().json(), complete(&["a…"]));
    let refused = own.call("look_up", json!({ "name": "ann" })).await.unwrap_err();
    assert_eq!(refused.kind(), Some(ErrorKind::Refused), "`is_completion` must be false for a call");
}

/// If a later server no longer serves the contract that the caller listed, it refuses the first call. That refusal
/// contains the new contract, which then counts as listed. A refused completion doesn't contain it.
#[tokio::test]
async fn completion_does_not_update_the_last_listed_contract() {
    let runs = Runs::default();
    let server = start(&runs, |server| server).await;
    assert_eq!(server.list().await.len(), 1);
    let next = ToolServer::new("people", "2").tools(tools![v2::look_up]).state(runs.clone());
    let next = server.succeeded_by(next).await.unwrap();
    let arguments = json!({ "name": "ann", "place": "here" });
    for _ in 0..2 {
        let refused = next.complete("look_up", "name", "a").await.unwrap_err();
        assert_eq!(refused.kind(), Some(ErrorKind::ContractChanged));
    }
    let refused = next.call("look_up", arguments.clone()).await.unwrap_err();
    assert_eq!(refused.kind(), Some(ErrorKind::ContractChanged));
    assert_eq!(runs.0.load(Ordering::Relaxed), 0);
    assert!(next.call("look_up", arguments).await.is_ok());
}
