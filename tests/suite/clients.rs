//! Real clients. Most run the scenario of `tests/clients/scenario.mjs` (list, call, elicitation, logging, tracing,
//! progress, cancellation) over stdio and HTTP, in each protocol revision that they support. Others receive list
//! changes, run tasks, or only list and call tools. `./test` installs the clients in `tests/clients`.

use std::{path::Path, process::Command};

use serde_json::{Value, json};

use crate::{
    control::Control,
    harness::{HttpServer, SPECIMEN, StdioServer, tool_names},
};

/// The older protocol revision, which clients and these tests call legacy.
const LEGACY: &str = "2025-11-25";
/// The newer protocol revision, which clients and these tests call modern.
const MODERN: &str = "2026-07-28";

const PYTHON: &str = ".venv/bin/python";
const NODE: &str = "node_modules/.bin/node";

/// Expected error text of the scenario's invalid call.
const REFUSED: &str = "the arguments were refused, and nothing was done:\n\
    /name: must be at most 5 characters, got 6\n\
    /n: must be at most 10, got 99\n\
    /nn: unknown argument; did you mean 'n'?";

/// Runs a program of `tests/clients` to completion and returns its stdout and exit code, which must be 0 or 5. The
/// inspector exits with 5 if a tool call fails.
fn run(program: &str, arguments: &[&str]) -> (String, i32) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("clients");
    assert!(folder.join(program).exists(), "{program} isn't installed in {}: run ./test", folder.display());
    let mut command = Command::new("timeout");
    let output = command.arg("120").arg(program).args(arguments).current_dir(folder).output().unwrap();
    let code = output.status.code().unwrap();
    assert!([0, 5].contains(&code), "{program} {arguments:?} exited with {code}:\n{output:?}");
    (String::from_utf8(output.stdout).unwrap(), code)
}

/// Runs the scenario of a client on each transport and compares its report. The mode `legacy` makes the client speak
/// 2025-11-25, and `auto` lets it negotiate, here 2026-07-28.
fn check_scenario(program: &str, script: &str, mode: &str, protocol: &str) {
    let served = StdioServer::initialized(&[]).request("tools/list", json!({}));
    let tools = tool_names(&served["result"]);
    // FastMCP requests log messages of every level, the other clients request warnings and above.
    let first_level = if script == "fastmcp_client.py" { 0 } else { 2 };
    let logs = ["debug", "info", "warning", "emergency"].map(|level| json!([level, "logs", level]));
    let mut expected = json!({
        "protocol": protocol,
        "server": "specimen",
        "tools": tools,
        // A valid call, an invalid one, and a call of an unknown tool.
        "good": { "v": 3, "mode": "fast" },
        "bad": REFUSED,
        "unknown": -32_602,
        // Arguments that a 2026-07-28 client repeats in headers, which it must encode.
        "routed": "größe -7 true none 0 n",
        "logs": logs[first_level..],
        // The trace context: `traceparent`, and no `tracestate`.
        "traced": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01 None",
        // Progress reports: progress, total and message.
        "steps": [[1.0, 3.0, "step 1"], [2.0, 3.0, "step 2"], [3.0, 3.0, "step 3"]],
        // Number of calls that the client cancelled.
        "dropped": 1,
    });
    let (http, sessions) = (HttpServer::start(&[]), HttpServer::start(&["--legacy-sessions", "8"]));
    // Over HTTP, a 2025-11-25 client can be asked questions only in a session.
    let mut targets = vec![
        (vec![SPECIMEN.to_owned(), "serve".to_owned(), "--stdio".to_owned()], true),
        (vec![http.url()], protocol == MODERN),
    ];
    if protocol == LEGACY {
        targets.push((vec![sessions.url()], true));
    }
    for (target, can_be_asked) in &targets {
        expected["asked"] = match can_be_asked {
            // The client answers the question with `sure: true` and `note: "ok"`. The call has no `pin`, hence `false`.
            true => json!("it: true, ok, false"),
            false => json!("this client can't be asked: it lacks `elicitation.form`"),
        };
        let arguments: Vec<&str> =
            [script, mode].into_iter().chain(target.iter().map(String::as_str)).collect();
        let (printed, _) = run(program, &arguments);
        let mut report: Value = serde_json::from_str(&printed).unwrap_or_else(|_| panic!("{printed}"));
        // JavaScript prints whole numbers without a fraction.
        for step in report["steps"].as_array_mut().unwrap().iter_mut().flat_map(Value::as_array_mut) {
            step[0] = step[0].as_f64().into();
            step[1] = step[1].as_f64().into();
        }
        assert_eq!(report, expected, "{arguments:?}");
    }
}

#[test]
fn legacy_python_sdk_completes_the_scenario() {
    check_scenario(PYTHON, "python_sdk.py", "legacy", LEGACY);
}

#[test]
fn modern_python_sdk_completes_the_scenario() {
    check_scenario(PYTHON, "python_sdk.py", "auto", MODERN);
}

#[test]
fn legacy_fastmcp_completes_the_scenario() {
    check_scenario(PYTHON, "fastmcp_client.py", "legacy", LEGACY);
}

#[test]
fn modern_fastmcp_completes_the_scenario() {
    check_scenario(PYTHON, "fastmcp_client.py", "auto", MODERN);
}

#[test]
fn legacy_typescript_client_completes_the_scenario() {
    check_scenario(NODE, "typescript_client.mjs", "legacy", LEGACY);
}

#[test]
fn modern_typescript_client_completes_the_scenario() {
    check_scenario(NODE, "typescript_client.mjs", "auto", MODERN);
}

/// Version 1 of the TypeScript SDK supports only 2025-11-25.
#[test]
fn typescript_sdk_v1_completes_the_scenario() {
    check_scenario(NODE, "typescript_sdk.mjs", "legacy", LEGACY);
}

/// Checks that a client is notified when the tool `echo` is disabled and enabled.
fn check_list_changed(mode: &str, protocol: &str) {
    let session_flags: &[&str] = if mode == "legacy" { &["--legacy-sessions", "8"] } else { &[] };
    for is_http in [true, false] {
        let control = Control::new();
        let http = HttpServer::start(&[&control.flags(), session_flags].concat());
        let url = http.url();
        let stdio = [&[SPECIMEN, "serve", "--stdio"][..], &control.flags()].concat();
        let target = if is_http { vec![url.as_str()] } else { stdio };
        let arguments =
            [&["typescript_list_changed.mjs", mode, SPECIMEN, control.path()][..], target.as_slice()]
                .concat();
        let (printed, _) = run(NODE, &arguments);
        let report: Value = serde_json::from_str(&printed).unwrap_or_else(|_| panic!("{printed}"));
        // Says if `echo` was listed at first, and after each change.
        let expected = json!({ "protocol": protocol, "listed": true, "changes": [false, true] });
        assert_eq!(report, expected, "{arguments:?}");
    }
}

#[test]
fn legacy_typescript_client_receives_tool_list_changes() {
    check_list_changed("legacy", LEGACY);
}

#[test]
fn modern_typescript_client_receives_tool_list_changes() {
    check_list_changed("auto", MODERN);
}

#[test]
fn tasks_extension_client_completes_its_tasks() {
    let http = HttpServer::start(&[]);
    let (printed, _) = run(NODE, &["typescript_tasks.mjs", &http.url()]);
    let report: Value = serde_json::from_str(&printed).unwrap_or_else(|_| panic!("{printed}"));
    // Two calls become tasks. The second asks for a number, and the client answers 7. The third call has its result at
    // once, and the fourth is cancelled.
    let expected = json!({
        "waited": ["task", "computed 0"],
        "asked": ["task", "computed 7"],
        "atOnce": ["immediate", "at once"],
        "cancelled": "cancelled",
        "methods": ["tasks/cancel", "tasks/get", "tasks/update", "tools/call"],
    });
    assert_eq!(report, expected);
}

#[test]
fn printed_curl_command_lists_the_tools() {
    let server = HttpServer::start(&[]);
    // At its start, the server prints this command to stderr.
    let line = server.stderr.line_with(&["curl -s"]);
    let output = Command::new("sh").args(["-c", line.trim()]).output().unwrap();
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
    assert!(answer["result"]["tools"].as_array().unwrap().len() > 20, "{answer}");
}

#[test]
fn legacy_inspector_lists_and_calls_tools() {
    check_inspector("legacy");
}

#[test]
fn modern_inspector_lists_and_calls_tools() {
    check_inspector("modern");
}

/// Lists tools and calls one with the official MCP inspector. `era` is its name for the protocol revision.
fn check_inspector(era: &str) {
    let http = HttpServer::start(&[]);
    let url = http.url();
    let targets =
        [&[SPECIMEN, "serve", "--stdio", "--transport", "stdio"][..], &[&url, "--transport", "http"]];
    for target in targets {
        let inspect = |method: &[&str]| {
            let begin = ["node_modules/.bin/mcp-inspector", "--cli"];
            let end = ["--protocol-era", era, "--format", "json", "-q", "--method"];
            let arguments: Vec<&str> =
                begin.iter().chain(target).chain(&end).chain(method).copied().collect();
            let (printed, code) = run(NODE, &arguments);
            let answer: Value = serde_json::from_str(&printed).unwrap_or_else(|_| panic!("{printed}"));
            (answer["result"].clone(), code)
        };
        // `--strict` exits with 6 if a schema is not portable between clients.
        let (list, code) = inspect(&["tools/list", "--strict"]);
        assert!(code == 0 && list["tools"].as_array().unwrap().len() > 20, "{list}");
        let call = |arguments: Value| {
            let arguments = arguments.to_string();
            inspect(&["tools/call", "--tool-name", "measure", "--tool-args-json", &arguments])
        };
        let (good, code) = call(json!({ "name": "abc", "n": 3, "mode": "fast" }));
        assert_eq!((&good["structuredContent"], code), (&json!({ "v": 3, "mode": "fast" }), 0));
        let (bad, code) = call(json!({ "name": "ABCDEF", "n": 99, "mode": "fast", "nn": 1 }));
        assert_eq!((bad["content"][0]["text"].as_str(), code), (Some(REFUSED), 5));
    }
}
