//! The official MCP conformance suite: all scenarios against `examples/conformance-server`, and those that need no
//! fixtures (tools that the suite expects) against two other examples. `CONFORMANCE=write` updates
//! `examples/conformance-server/CONFORMANCE.md`.

use std::{collections::BTreeMap, fmt::Write as _, fs, path::Path, process::Command};

use serde_json::Value;

use crate::harness::{HttpServer, root};

const REVISIONS: [&str; 2] = ["2025-11-25", "2026-07-28"];

/// Path of the suite in `tests/clients`, where `./test` installs it.
const SUITE: &str = "node_modules/@modelcontextprotocol/conformance";

/// Checks by scenario, each with its id, its status (such as `SUCCESS`) and its error message.
type ChecksByScenario = BTreeMap<String, Vec<(String, String, String)>>;

/// Runs the scenarios of a revision, required and unscored (those that the suite doesn't count); returns their checks
/// and the printed text.
fn run(server: &HttpServer, revision: &str, folder: &Path) -> (ChecksByScenario, String) {
    run_set(server, "--requirements", revision, folder)
}

/// Runs the scenarios that `option` and `name` select. The suite writes its results into `folder`.
fn run_set(server: &HttpServer, option: &str, name: &str, folder: &Path) -> (ChecksByScenario, String) {
    let clients = Path::new(env!("CARGO_MANIFEST_DIR")).join("clients");
    let results = folder.join(name);
    let url = server.url();
    let mut command = Command::new("timeout");
    command.arg("300").arg("node_modules/.bin/node").arg(format!("{SUITE}/dist/index.js"));
    command.args(["server", "--url", &url, option, name, "--output-dir"]).arg(&results);
    let output = command.current_dir(clients).output().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut found = ChecksByScenario::new();
    for entry in fs::read_dir(&results).unwrap_or_else(|_| panic!("{output:?}")) {
        let folder = entry.unwrap().path();
        // Folders are named `server-SCENARIO-TIME`, such as `server-ping-2026-11-22T05-03-51-258Z`.
        let name = folder.file_name().unwrap().to_str().unwrap();
        let scenario = name.strip_prefix("server-").unwrap().split("-20").next().unwrap();
        // The name of the scenario `json-schema-2020-12` contains a year as well.
        let scenario = if name.contains("json-schema-2020-12") { "json-schema-2020-12" } else { scenario };
        let checks: Value =
            serde_json::from_str(&fs::read_to_string(folder.join("checks.json")).unwrap()).unwrap();
        let text = |check: &Value, name: &str| check[name].as_str().unwrap_or_default().to_owned();
        let checks = checks.as_array().unwrap().iter();
        let checks =
            checks.map(|check| (text(check, "id"), text(check, "status"), text(check, "errorMessage")));
        found.entry(scenario.to_owned()).or_default().extend(checks);
    }
    (found, printed)
}

/// Number of checks with this status.
fn count(checks: &[(String, String, String)], status: &str) -> usize {
    checks.iter().filter(|(_, found, _)| found == status).count()
}

/// Returns the table row of a scenario, and adds the failures and warnings of the scenario to `wrong`. `set` is the
/// revision, or `skills`; `required` is the text of the second cell.
fn row(
    (set, scenario, required): (&str, &str, &str),
    checks: &[(String, String, String)],
    wrong: &mut Vec<String>,
) -> String {
    let [passed, failed, warned] = ["SUCCESS", "FAILURE", "WARNING"].map(|status| count(checks, status));
    for (id, status, message) in checks {
        if ["FAILURE", "WARNING"].contains(&status.as_str()) {
            wrong.push(format!("{set} {scenario} {id}: {status} {message}"));
        }
    }
    let others = checks.len() - passed - failed - warned;
    format!("| {scenario} | {required} | {passed} | {failed} | {warned} | {others} |\n")
}

const HEAD: &str =
    "| scenario | required | passed | failed | warnings | not for this server |\n|---|---|---|---|---|---|\n";

/// Scenarios of skills (SEP-2640), which belong to no requirement set.
const SKILLS: [&str; 3] =
    ["sep-2640-skills-directory", "sep-2640-skills-enumeration", "sep-2640-skills-manifest"];

/// Names of the scenarios that the suite doesn't score, with the reasons that it prints: lines such as
/// `✓ NAME (REASON)` after the line `Not scored …`.
fn unscored(printed: &str) -> BTreeMap<String, String> {
    let listed = printed.lines().skip_while(|line| !line.starts_with("Not scored")).skip(1);
    let named = listed.filter_map(|line| {
        let (name, reason) = line.trim().trim_start_matches(['✓', '✗', ' ']).split_once(" (")?;
        Some((name.to_owned(), reason.trim_end_matches(')').to_owned()))
    });
    named.collect()
}

#[test]
fn official_suite_reports_no_failures_or_warnings() {
    let folder = tempfile::tempdir().unwrap();
    let server = HttpServer::example("conformance-server", folder.path());
    let version = fs::read_to_string(root().join("tests/clients").join(SUITE).join("package.json")).unwrap();
    let version: Value = serde_json::from_str(&version).unwrap();
    let mut table = format!(
        "# Conformance\n\nResults of `@modelcontextprotocol/conformance` {} for this server, by requirement set. Written by\n\n\
         ```sh\nCONFORMANCE=write cargo test -p mcp-tool-tests --features clients --test suite -- conformance\n```\n\n\
         and checked by `./test`.\n",
        version["version"].as_str().unwrap()
    );
    let mut wrong = Vec::new();
    for revision in REVISIONS {
        let (found, printed) = run(&server, revision, folder.path());
        let unscored = unscored(&printed);
        let total = |status: &str| found.values().map(|checks| count(checks, status)).sum::<usize>();
        let (passed, failed) = (total("SUCCESS"), total("FAILURE"));
        write!(table, "\n## {revision}: {passed} of {} checks pass\n\n{HEAD}", passed + failed).unwrap();
        for (scenario, checks) in &found {
            let required = unscored.get(scenario).map_or("yes".to_owned(), |reason| format!("no: {reason}"));
            table.push_str(&row((revision, scenario, &required), checks, &mut wrong));
        }
    }
    write!(table, "\n## Skills, an extension\n\n{HEAD}").unwrap();
    for scenario in SKILLS {
        let (found, _) = run_set(&server, "--scenario", scenario, folder.path());
        for checks in found.values() {
            table.push_str(&row(("skills", scenario, "no: extension"), checks, &mut wrong));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    let published = root().join("examples/conformance-server/CONFORMANCE.md");
    if std::env::var("CONFORMANCE").is_ok_and(|mode| mode == "write") {
        fs::write(&published, &table).unwrap();
    }
    assert_eq!(
        fs::read_to_string(published).unwrap(),
        table,
        "CONFORMANCE.md is out of date: update it with CONFORMANCE=write"
    );
}

/// Some scenarios need no fixtures (tools that the suite expects), so every server must pass them, whatever its tools
/// are.
#[test]
fn examples_pass_scenarios_that_need_no_fixtures() {
    /// Parts of the ids of checks that need a fixture.
    const NEED_A_FIXTURE: [&str; 5] = [
        "undeclared-capability",
        "missing-capability",
        "no-independent-requests",
        "no-log-without",
        "sends-tools-list-changed",
    ];
    const WITHOUT_FIXTURES: [(&str, &[&str]); 2] = [
        (
            "2025-11-25",
            &["dns-rebinding-protection", "logging-set-level", "ping", "server-initialize", "tools-list"],
        ),
        (
            "2026-07-28",
            &[
                "dns-rebinding-protection",
                "http-header-validation",
                "input-required-result-unsupported-methods",
                "server-sse-multiple-streams",
                "tools-list",
            ],
        ),
    ];
    // The quickstart serves only stdio.
    for example in ["invoices", "middleware"] {
        let folder = tempfile::tempdir().unwrap();
        let server = HttpServer::example(example, folder.path());
        for (revision, scenarios) in WITHOUT_FIXTURES {
            let (found, _) = run(&server, revision, folder.path());
            for scenario in scenarios {
                let checks = &found[*scenario];
                assert!(count(checks, "SUCCESS") > 0, "{example} {revision} {scenario}: {checks:?}");
                let wrong = (count(checks, "FAILURE"), count(checks, "WARNING"));
                assert_eq!(wrong, (0, 0), "{example} {scenario}: {checks:?}");
            }
            // Only some checks of the scenario `server-stateless` need a fixture. All other checks must pass.
            for (id, status, message) in found.get("server-stateless").into_iter().flatten() {
                let needs_a_fixture = NEED_A_FIXTURE.iter().any(|part| id.contains(part));
                let is_wrong = ["FAILURE", "WARNING"].contains(&status.as_str());
                assert!(needs_a_fixture || !is_wrong, "{example} {id}: {message}");
            }
        }
    }
}
