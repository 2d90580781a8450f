//! The command line: help, lists of tools, settings with their sources, and error messages. The server is the specimen,
//! the test server in `tests/src/main.rs`.

use std::{
    io::{BufRead as _, BufReader},
    net::TcpListener,
    process::{Command, Output, Stdio},
};

use serde_json::{Value, json};

use crate::harness::{HttpServer, SPECIMEN, StdioServer, example, kind, text, wait};

/// Runs the specimen to completion in a temporary folder, with `file` as its settings file `mcp-tool.toml`.
pub fn run(arguments: &[&str], environment: &[(&str, &str)], file: Option<&str>) -> Output {
    let folder = tempfile::tempdir().unwrap();
    if let Some(file) = file {
        std::fs::write(folder.path().join("mcp-tool.toml"), file).unwrap();
    }
    let mut command = Command::new(SPECIMEN);
    command.args(arguments).current_dir(folder.path());
    if file.is_some() {
        command.env("MCP_TOOL_CONFIG", "mcp-tool.toml");
    }
    command.envs(environment.iter().copied()).output().unwrap()
}

/// Stdout of a successful run.
pub fn stdout(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Exit code and stderr of a run that must print nothing to stdout. The code is 2 for an invalid command line, and 1
/// for any other reason not to start.
pub fn refusal(output: &Output) -> (i32, String) {
    assert!(output.stdout.is_empty(), "{output:?}");
    (output.status.code().unwrap(), String::from_utf8(output.stderr.clone()).unwrap())
}

#[test]
fn help_shows_settings_defaults_and_examples() {
    let help = stdout(&run(&["--help"], &[], None));
    assert!(help.contains("serve") && help.contains("tools"), "{help}");
    let help = stdout(&run(&["serve", "--help"], &[], None));
    for part in
        ["--stdio", "--http <ADDR>", "MCP_TOOL_HTTP_LISTEN", "[default: 4MiB]", "mcp-tool.toml", "Examples:"]
    {
        assert!(help.contains(part), "no {part} in:\n{help}");
    }
    assert!(stdout(&run(&["--version"], &[], None)).starts_with("specimen "));
}

#[test]
fn invalid_command_line_is_refused() {
    let cases: [(&[&str], &str); 6] = [
        (&[], "Usage:"),
        (&["sevre"], "similar subcommands exist: 'revoke', 'serve'"),
        (&["serve", "--htpp", "127.0.0.1:0"], "a similar argument exists: '--http'"),
        (&["serve", "--stdio", "--http", "127.0.0.1:0"], "cannot be used with"),
        (&["serve", "--stdio", "--timeout", ""], "--timeout"),
        (&["tools", "extra"], "unexpected argument 'extra'"),
    ];
    for (arguments, expected) in cases {
        let (code, stderr) = refusal(&run(arguments, &[], None));
        assert!(code == 2 && stderr.contains(expected), "{arguments:?}: {code}\n{stderr}");
    }
}

#[test]
fn tools_are_listed_without_opening_application_state() {
    // With this variable, opening the application state fails.
    let table = stdout(&run(&["tools"], &[("SPECIMEN_CANNOT_OPEN", "1")], None));
    let row = |name: &str| {
        let row = table.lines().find(|line| line.starts_with(&format!("{name} "))).unwrap_or_default();
        row.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert!(table.starts_with("TOOL "), "{table}");
    // Columns: tool, version, scope, effect, gate, rate and parameters; empty cells are gone.
    assert_eq!(row("measure"), "measure 2.1 specimen:read reads name, n, mode, tags?");
    assert_eq!(row("destroys"), "destroys 1.0 specimen:destroy destroys what");
    assert_eq!(row("panics"), "panics 1.0 public writes");
    assert_eq!(row("purges"), "purges 1.0 specimen:read destroys specimen:purge");
    assert_eq!(row("limited"), "limited 1.0 public reads 3/h");
    assert!(
        !table.contains("UPSTREAM"),
        "the column UPSTREAM must be missing, because no tool has an upstream:\n{table}"
    );
}

#[test]
fn tools_json_equals_tools_list() {
    let printed: Value =
        serde_json::from_str(&stdout(&run(&["tools", "--format", "json"], &[], None))).unwrap();
    let served = StdioServer::initialized(&[]).request("tools/list", json!({}));
    assert_eq!(printed, served["result"]["tools"]);
}

#[test]
fn explained_rule_is_text_or_json() {
    let explain =
        |format: &str| stdout(&run(&["contract", "explain", "type-changed", "--format", format], &[], None));
    let json: Value = serde_json::from_str(&explain("json")).unwrap();
    let page = json["page"].as_str().unwrap();
    assert_eq!(json, json!({ "rule": "type-changed", "class": "breaking", "page": page }));
    assert_eq!(explain("text"), format!("type-changed: {page}\n"));
}

#[test]
fn flag_overrides_environment_which_overrides_file() {
    let file = "[limits]\ntimeout = \"1s\"\nconcurrency = 7\nmax_result = \"2MiB\"\n[local]\nscopes = [\"a\", \"b\"]\n";
    let environment = [("MCP_TOOL_LIMITS_TIMEOUT", "2s"), ("MCP_TOOL_LIMITS_CONCURRENCY", "8")];
    let printed = stdout(&run(&["serve", "--print-config", "--timeout", "3s"], &environment, Some(file)));
    for line in [
        "limits.timeout = \"3s\"  # --timeout",
        "limits.concurrency = 8  # MCP_TOOL_LIMITS_CONCURRENCY",
        "limits.max_result = \"2MiB\"  # mcp-tool.toml",
        "local.scopes = [\"a\", \"b\"]  # mcp-tool.toml",
        "http.max_body = \"4MiB\"  # default",
    ] {
        assert!(printed.lines().any(|printed| printed == line), "no {line} in:\n{printed}");
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("other.toml");
    std::fs::write(&path, "[limits]\nconcurrency = 9\n").unwrap();
    let path = path.to_str().unwrap();
    let expected = format!("limits.concurrency = 9  # {path}");
    assert!(
        stdout(&run(&["serve", "--print-config", "--config", path], &[], Some(file))).contains(&expected)
    );
    // `--config` takes precedence over `MCP_TOOL_CONFIG`, which `run` sets if it isn't given.
    let by_variable = run(&["serve", "--print-config"], &[("MCP_TOOL_CONFIG", path)], Some(file));
    assert!(stdout(&by_variable).contains(&expected));
}

#[test]
fn settings_are_printed_as_json() {
    let arguments = ["serve", "--print-config", "--format", "json", "--timeout", "3s"];
    let environment = [("MCP_TOOL_LOCAL_SCOPES", "a, b"), ("MCP_TOOL_SEAL_KEYS", "hunter2")];
    let printed = stdout(&run(&arguments, &environment, None));
    let printed: Vec<Value> = serde_json::from_str(&printed).unwrap();
    for expected in [
        json!({ "key": "limits.timeout", "value": "3s", "source": "--timeout" }),
        json!({ "key": "limits.concurrency", "value": 1024, "source": "default" }),
        json!({ "key": "local.scopes", "value": ["a", "b"], "source": "MCP_TOOL_LOCAL_SCOPES" }),
        json!({ "key": "seal.keys", "value": "1 keys, not shown", "source": "MCP_TOOL_SEAL_KEYS" }),
    ] {
        assert!(printed.contains(&expected), "no {expected} in {printed:?}");
    }
    assert_eq!(refusal(&run(&["serve", "--stdio", "--format", "json"], &[], None)).0, 2);
}

#[test]
fn unknown_setting_is_refused_with_the_nearest_name() {
    let serve: &[&str] = &["serve", "--stdio"];
    let (code, stderr) = refusal(&run(serve, &[("MCP_TOOL_LIMITS_TIMOUT", "2s")], None));
    assert!(code == 1 && stderr.contains("did you mean MCP_TOOL_LIMITS_TIMEOUT?"), "{stderr}");
    let (code, stderr) = refusal(&run(serve, &[], Some("[limits]\ntimout = \"1s\"\n")));
    assert!(
        code == 1 && stderr.contains("unknown setting `limits.timout`; did you mean limits.timeout?"),
        "{stderr}"
    );
    let (_, stderr) = refusal(&run(serve, &[], Some("timeout = \"1s\"\n")));
    assert!(stderr.contains("is outside of a section"), "{stderr}");
    let (_, stderr) = refusal(&run(serve, &[], Some("[limits]\ntimeout = 1.5\n")));
    assert!(stderr.contains("`limits.timeout` must be text, a whole number, or a list"), "{stderr}");
    let (_, stderr) = refusal(&run(serve, &[], Some("[limits\n")));
    assert!(stderr.contains("mcp-tool.toml"), "{stderr}");
    let (_, stderr) = refusal(&run(&["serve", "--stdio", "--config", "nowhere.toml"], &[], None));
    assert!(stderr.contains("nowhere.toml"), "{stderr}");
}

#[test]
fn invalid_setting_value_names_its_source_and_valid_values() {
    let cases = [
        (
            "--timeout",
            "soon",
            "limits.timeout (from --timeout): \"soon\": must be a time from 1ms to 24h, such as 250ms, 5s, 2m or 1h",
        ),
        ("--timeout", "2d", "must be a time"),
        ("--max-body", "4MB", "must be a size from 1KiB to 1GiB, such as 65536, 64KiB or 4MiB"),
        ("--max-result", "1", "must be a size from 1KiB to 1GiB"),
        ("--concurrency", "0", "must be a whole number from 1 to 1000000"),
        ("--list-page", "0", "must be a whole number from 1 to 1000000"),
        ("--legacy-sessions", "-1", "must be 0 or a positive whole number"),
        ("--log-level", "loud", "must be off, error, warn, info, debug or trace"),
        ("--http", "8080", "must be an address such as 127.0.0.1:8080"),
        ("--allowed-origin", "app.example.com", "app.example.com"),
        ("--allowed-host", "http://x", "http://x"),
    ];
    for (flag, value, expected) in cases {
        let value = format!("{flag}={value}");
        let mut arguments = vec!["serve", "--http", "127.0.0.1:0", &value];
        // The case itself gives the address.
        if flag == "--http" {
            arguments.drain(1..3);
        }
        let (code, stderr) = refusal(&run(&arguments, &[], None));
        assert!(code == 1 && stderr.contains(expected), "{value}: {code}\n{stderr}");
    }
}

#[test]
fn secret_setting_has_no_flag_and_is_not_printed() {
    assert_eq!(refusal(&run(&["serve", "--stdio", "--seal-keys", "x"], &[], None)).0, 2);
    let keys = [("MCP_TOOL_SEAL_KEYS", "hunter2,hunter3")];
    let printed = stdout(&run(&["serve", "--print-config"], &keys, None));
    assert!(printed.contains("seal.keys = \"2 keys, not shown\"  # MCP_TOOL_SEAL_KEYS"), "{printed}");
    assert!(!printed.contains("hunter"), "{printed}");
    // The keys are invalid, because a key has 32 bytes.
    let (code, stderr) = refusal(&run(&["serve", "--stdio"], &keys, None));
    assert!(code == 1 && stderr.contains("seal.keys") && !stderr.contains("hunter"), "{stderr}");
}

#[test]
fn startup_failure_states_its_reason() {
    let (code, stderr) = refusal(&run(&["serve"], &[], None));
    assert!(
        code == 1 && stderr.contains("no transport is set: choose --stdio, or --http 127.0.0.1:8080"),
        "{stderr}"
    );
    let (code, stderr) = refusal(&run(&["serve", "--stdio", "--allow-destructive", "destroy"], &[], None));
    assert!(code == 1 && stderr.contains("--allow-destructive destroy: no tool has that name"), "{stderr}");
    let (code, stderr) = refusal(&run(&["serve", "--stdio", "--allow-destructive", "echo"], &[], None));
    assert!(code == 1 && stderr.contains("that tool isn't destructive"), "{stderr}");
    let (code, stderr) = refusal(&run(&["serve", "--stdio"], &[("SPECIMEN_CANNOT_OPEN", "1")], None));
    assert!(code == 1 && stderr.contains("could not be opened: the database is locked"), "{stderr}");

    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let (code, stderr) =
        refusal(&run(&["serve", "--http", &address], &[("SPECIMEN_CANNOT_OPEN", "1")], None));
    assert!(code == 1 && stderr.contains(&address), "{stderr}");
    assert!(
        !stderr.contains("could not be opened"),
        "state must be opened only after the port is bound: {stderr}"
    );
}

#[test]
fn signal_stops_a_server_that_is_still_opening_state() {
    let mut child = Command::new(SPECIMEN)
        .args(["serve", "--http", "127.0.0.1:0"])
        .env("SPECIMEN_OPENS_SLOWLY", "1")
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap() == "opening slowly"));
    assert!(Command::new("kill").arg(child.id().to_string()).status().unwrap().success());
    assert!(wait(&mut child).success());
}

#[test]
fn startup_log_warns_of_missing_authorization_and_permitted_destructive_tools() {
    let server = HttpServer::start(&["--allow-destructive", "destroys"]);
    server.stderr.line_with(&["WARN", "calls have no tokens", "has all scopes"]);
    server.stderr.line_with(&["WARN", "destructive", "destroys"]);
    let server = HttpServer::start(&["--local-scopes", "specimen:read"]);
    server.stderr.line_with(&["WARN", "calls have no tokens", "specimen:read"]);
}

#[test]
fn printed_client_configuration_contains_the_server_url() {
    let server = HttpServer::start(&[]);
    let config = server.stderr.line_with(&["{\"mcpServers\""]);
    let config: Value = serde_json::from_str(config.trim()).unwrap();
    assert_eq!(config["mcpServers"]["specimen"]["url"], server.url());
}

#[test]
fn settings_from_a_file_apply() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mcp-tool.toml");
    std::fs::write(&path, "[local]\nscopes = [\"specimen:read\"]\n[limits]\nmax_result = \"1KiB\"\n")
        .unwrap();
    let mut server = StdioServer::initialized(&["--config", path.to_str().unwrap()]);
    assert_eq!(kind(&server.call("large", json!({ "bytes": 2_000 }))), "too_large");
    assert_eq!(text(&server.call("large", json!({ "bytes": 3 }))), "xxx");
    assert_eq!(
        server.call("whoami", json!({}))["error"]["code"],
        -31_403,
        "the scope `specimen:admin`, which `whoami` also requires, must be missing"
    );
}

#[test]
fn invalid_number_of_worker_threads_is_an_error_instead_of_a_panic() {
    for value in ["0", "abc", "-1", "99999999", "18446744073709551616", "1.5"] {
        let (code, stderr) = refusal(&run(&["tools"], &[("TOKIO_WORKER_THREADS", value)], None));
        let expected = "error: TOKIO_WORKER_THREADS: must be a whole number from 1 to 1024";
        assert!(
            code == 1 && stderr.starts_with(expected) && !stderr.contains("panicked"),
            "{value}: {stderr}"
        );
    }
    for value in ["", "1", "3"] {
        stdout(&run(&["tools"], &[("TOKIO_WORKER_THREADS", value)], None));
    }
}

#[test]
fn examples_report_an_invalid_number_of_worker_threads() {
    let folder = tempfile::tempdir().unwrap();
    let program = |name: &str| {
        let mut command = Command::new(example(name));
        command.current_dir(folder.path());
        command
    };
    for name in ["conformance-server", "invoices", "middleware", "quickstart"] {
        let mut command = program(name);
        let output = command.args(["serve", "--stdio"]).env("TOKIO_WORKER_THREADS", "0").output().unwrap();
        let (code, stderr) = refusal(&output);
        let expected = "error: TOKIO_WORKER_THREADS: must be a whole number from 1 to 1024";
        assert!(code == 1 && stderr.starts_with(expected) && stderr.lines().count() == 1, "{name}: {stderr}");
    }
    let server = HttpServer::start_by(program("invoices").env("TOKIO_WORKER_THREADS", ""), &[]);
    assert_eq!(server.send("GET", "/readyz", &[], b"").status, 200);
}
