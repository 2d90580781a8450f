//! The `doctor` command, which answers the questions of a security review.

use std::process::Command;

use serde_json::json;

use crate::{
    harness::{HttpServer, SPECIMEN, tools_call},
    identity::{
        issuer::{Issuer, RESOURCE},
        issuer_keys,
    },
};

/// Runs `doctor` and returns its exit code and stdout.
fn doctor(arguments: &[&str]) -> (i32, String) {
    let output = Command::new(SPECIMEN).arg("doctor").args(arguments).output().unwrap();
    (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
}

#[test]
fn doctor_without_settings_lists_the_settings_to_add() {
    let (code, said) = doctor(&[]);
    assert_eq!(code, 1);
    for wanted in [
        "MEND Who gets in?",
        "Set oauth.issuers and oauth.resource.",
        "is public: any token opens it.",
        "Nobody may run what can't be undone and has no gate",
        "What can't be undone wants a higher scope besides: purges 1.0 (specimen:purge).",
        "No: records go to the log alone. Set audit.file.",
        "No: there is no file that orders could be written to. Set control.file.",
    ] {
        assert!(said.contains(wanted), "{wanted}:\n{said}");
    }
}

#[test]
fn doctor_reports_destructive_tools_that_need_no_approval() {
    let (_, said) = doctor(&["--allow-destructive", "destroys"]);
    assert!(said.contains("destroys 1.0 can't be undone, and a token with"), "{said}");
}

#[test]
fn doctor_with_settings_shows_the_last_call_and_the_commands() {
    let issuer = Issuer::start(&issuer_keys());
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (records, control) = (path("calls.jsonl"), path("control.jsonl"));
    let url = issuer.url.clone();
    let flags = [
        ["--oauth-issuer", &url],
        ["--oauth-resource", RESOURCE],
        ["--audit-file", &records],
        ["--control-file", &control],
    ]
    .concat();
    let mut server = HttpServer::start(&flags);
    let authorization = format!("Bearer {}", issuer.token());
    let message = tools_call(1, "measure", json!({ "name": "abc", "n": 1, "mode": "fast" }));
    assert_eq!(server.post(&[("Authorization", &authorization)], &message).status, 200);
    assert!(server.terminate().success());

    let (_, said) = doctor(&flags);
    for wanted in [
        "ok   Who gets in?",
        "which answers with",
        "ok   Can you produce user, agent and tool of last week's calls?",
        "Yes: 1 calls since then, the last of them at",
        "alice through agent-7 called measure: ok",
        "audit --since 7d --file",
        "ok   Can a tool, a client, a user or a token be stopped at once?",
    ] {
        assert!(said.contains(wanted), "{wanted}:\n{said}");
    }
    drop(issuer);
    let (code, said) = doctor(&flags);
    assert!(code == 1 && said.contains("which doesn't answer: tokens are refused with 503"), "{said}");
}
