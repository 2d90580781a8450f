//! The `doctor` command, which answers the four questions of a security review with `ok`, `warn` or `FAIL`. It exits
//! with 1 if an answer is FAIL.

use std::process::Command;

use serde_json::{Value, json};

use crate::{
    harness::{HttpServer, SPECIMEN, tools_call},
    identity::{
        issuer::{Issuer, RESOURCE, now, sign},
        issuer_keys,
        keys::KEYS,
    },
};

/// Runs the command `doctor` of the specimen, the test server in `tests/src`; returns its exit code and stdout.
fn doctor(arguments: &[&str]) -> (i32, String) {
    let output = Command::new(SPECIMEN).arg("doctor").args(arguments).output().unwrap();
    (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
}

#[test]
fn doctor_without_settings_lists_the_settings_to_add() {
    let (code, report) = doctor(&[]);
    assert_eq!(code, 1);
    for expected in [
        "FAIL Which callers are authenticated?",
        "Set oauth.issuers and oauth.resource.",
        "is public: any valid token may call it.",
        "Destructive tools without a gate, which don't run: ",
        "Destructive tools that also require the scope of a gate: purges 1.0 (specimen:purge).",
        "No: audit records are only in the log. Set audit.file.",
        "No: no control file is set. Set control.file.",
    ] {
        assert!(report.contains(expected), "no {expected:?} in:\n{report}");
    }
}

#[test]
fn doctor_prints_json() {
    let (code, printed) = doctor(&["--format", "json"]);
    assert_eq!(code, 1);
    let answers: Vec<Value> = serde_json::from_str(&printed).unwrap();
    assert_eq!(answers.len(), 4);
    assert_eq!(
        answers[3],
        json!({
            "question": "Can a tool, a client, a user or a token be stopped at once?",
            "status": "fail",
            "text": "No: no control file is set. Set control.file.",
        })
    );
}

#[test]
fn doctor_warns_of_lines_that_are_not_audit_records() {
    let issuer = Issuer::start(&issuer_keys());
    let folder = tempfile::tempdir().unwrap();
    let records = folder.path().join("calls.jsonl");
    std::fs::write(&records, "nonsense\n").unwrap();
    let records = records.to_str().unwrap();
    let (_, report) =
        doctor(&["--oauth-issuer", &issuer.url, "--oauth-resource", RESOURCE, "--audit-file", records]);
    assert!(report.contains("warn Can you produce user, agent and tool"), "{report}");
    assert!(report.contains("1 lines of") && report.contains("are not records."), "{report}");
}

#[test]
fn doctor_reports_destructive_tools_that_the_operator_permits() {
    let (_, report) = doctor(&["--allow-destructive", "destroys"]);
    assert!(report.contains("destroys 1.0 is destructive, and a token with"), "{report}");
}

#[test]
fn doctor_with_settings_shows_the_last_call_and_the_commands() {
    let issuer = Issuer::start(&issuer_keys());
    issuer.set_document(json!({ "code_challenge_methods_supported": ["S256"] }));
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
    // The default token names the user `alice` and the client `agent-7`.
    let message = tools_call(1, "measure", json!({ "name": "abc", "n": 1, "mode": "fast" }));
    assert_eq!(server.post(&[("Authorization", &authorization)], &message).status, 200);
    assert!(server.terminate().success());

    let (_, report) = doctor(&flags);
    for expected in [
        "ok   Which callers are authenticated?",
        // The issuer is reachable.
        "which answers (number of keys: ",
        "ok   Can you produce user, agent and tool of last week's calls?",
        "Yes: 1 calls, the last one at",
        "alice through agent-7 called measure: ok",
        "audit --since 7d --file",
        "ok   Can a tool, a client, a user or a token be stopped at once?",
    ] {
        assert!(report.contains(expected), "no {expected:?} in:\n{report}");
    }
    // Stops the issuer.
    drop(issuer);
    let (code, report) = doctor(&flags);
    assert!(
        code == 1 && report.contains("which doesn't answer: its tokens are refused with 503"),
        "{report}"
    );
}

#[test]
fn doctor_examines_the_permissions_of_all_files() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let names =
        ["calls.jsonl", "control.jsonl", "listed.json", "tls.crt", "tls.key", "billing.key", "settings.toml"];
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let set = |name: &str, mode: u32| {
        std::fs::set_permissions(path(name), std::fs::Permissions::from_mode(mode)).unwrap();
    };
    for name in names {
        std::fs::write(path(name), "").unwrap();
        set(name, if name == "tls.crt" { 0o644 } else { 0o640 });
    }
    let settings = format!(
        "[audit]\nfile = {:?}\n[control]\nfile = {:?}\n[contract]\nlast_listed_file = {:?}\n\
         [http]\ntls_cert = {:?}\ntls_key = {:?}\n[seal]\nkeys = [\"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE\"]\n\
         [upstream.billing]\nurl = \"https://billing.example\"\ncredential = \"key\"\nkey_file = {:?}\n",
        path("calls.jsonl"),
        path("control.jsonl"),
        path("listed.json"),
        path("tls.crt"),
        path("tls.key"),
        path("billing.key"),
    );
    std::fs::write(path("settings.toml"), settings).unwrap();
    let question = "Can other users of this machine read secrets or records, or change files?";
    let answer = || doctor(&["--config", &path("settings.toml")]).1;
    assert!(answer().contains(&format!("ok   {question}\n       No.\n")), "{}", answer());
    for name in names.into_iter().filter(|name| *name != "tls.crt") {
        set(name, 0o644);
        let report = answer();
        assert!(report.contains(&format!("FAIL {question}")), "{name}: {report}");
        assert!(
            report.contains(&format!("{}: every user of this machine can read it", path(name))),
            "{report}"
        );
        set(name, 0o600);
    }
    for name in names {
        set(name, 0o602);
        assert!(
            answer().contains(&format!("{}: every user of this machine can write it", path(name))),
            "{name}"
        );
        set(name, 0o660);
        let report = answer();
        assert!(
            report.contains(&format!("warn {question}")) && report.contains("its group can write it"),
            "{report}"
        );
        set(name, 0o600);
    }
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
    assert!(answer().contains("every user of this machine can replace it"), "{}", answer());
}

#[test]
fn server_warns_of_a_key_and_records_that_every_user_can_read() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("calls.jsonl");
    std::fs::write(&file, "").unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    let server = HttpServer::start(&["--audit-file", file.to_str().unwrap()]);
    server.stderr.line_with(&["WARN", "calls.jsonl: every user of this machine can read it"]);
}

#[test]
fn doctor_finds_metadata_that_clients_refuse() {
    let of = |members: &Value| {
        let issuer = Issuer::start(&issuer_keys());
        issuer.set_document(members.clone());
        doctor(&["--oauth-issuer", &issuer.url, "--oauth-resource", RESOURCE]).1
    };
    let pkce = ["S256"];
    for (members, status, expected) in [
        (json!({ "code_challenge_methods_supported": pkce }), "ok  ", "which answers (number of keys: 5)"),
        (json!({}), "warn", "warn: from http"),
        (json!({}), "warn", "has no code_challenge_methods_supported"),
        (json!({ "code_challenge_methods_supported": ["plain"] }), "FAIL", "doesn't list S256"),
        (json!({ "code_challenge_methods_supported": "S256" }), "FAIL", "doesn't list S256"),
        (
            json!({ "code_challenge_methods_supported": pkce, "token_endpoint": "http://as.example/token" }),
            "FAIL",
            "its token_endpoint isn't https",
        ),
        (
            json!({ "code_challenge_methods_supported": pkce, "authorization_endpoint": "/authorize" }),
            "FAIL",
            "its authorization_endpoint isn't https",
        ),
        (json!({ "jwks_uri": "http://as.example/jwks" }), "FAIL", "its `jwks_uri`"),
        (json!({ "issuer": null }), "FAIL", "its metadata has no `issuer`"),
    ] {
        let report = of(&members);
        let first = format!("{status} Which callers are authenticated?");
        assert!(report.contains(&first) && report.contains(expected), "{members}: {report}");
    }
    let issuer = Issuer::start(&issuer_keys());
    let with_slash = format!("{}/", issuer.url);
    let (code, report) = doctor(&["--oauth-issuer", &with_slash, "--oauth-resource", RESOURCE]);
    let expected = format!("names the issuer \"{}\", the settings name \"{with_slash}\"", issuer.url);
    assert!(code == 1 && report.contains(&expected), "{report}");
    let (_, report) = doctor(&["--oauth-issuer", &issuer.url, "--oauth-resource", "http://127.0.0.1/other"]);
    assert!(report.contains("FAIL Which callers") && report.contains("isn't served"), "{report}");
}

#[test]
fn doctor_names_the_setting_that_each_fault_of_a_token_needs() {
    let issuer = Issuer::start(&issuer_keys());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    let check = |url: &str, token: &str| {
        std::fs::write(&file, format!("{token}\n")).unwrap();
        let oauth = ["--oauth-issuer", url, "--oauth-resource", RESOURCE];
        let (_, report) = doctor(&[&oauth[..], &["--token", file.to_str().unwrap()]].concat());
        assert!(!report.contains(token), "{report}");
        let (_, report) = report.split_once(" Is this token accepted?").unwrap();
        report.to_owned()
    };
    let report = check(&issuer.url, &issuer.token());
    assert!(report.contains("It is signed by") && !report.contains("FAIL"), "{report}");
    assert!(report.contains("user alice, client agent-7, agent agent-7"), "{report}");
    // All faults at once.
    let claims =
        json!({ "aud": "api://x\u{202e}", "exp": now() + 100_000, "client_id": null, "cid": "agent-7" });
    let header = json!({ "alg": "RS256", "typ": "JWT", "kid": "rsa" }).to_string();
    let bad = sign(&KEYS.rsa, "RS256", header, issuer.claims_with(claims).to_string());
    let report = check(&issuer.url, &bad);
    for expected in [
        "FAIL: not_an_access_token: its typ is JWT",
        "[issuer.NAME] typ = [\"JWT\"], and url there instead of in oauth.issuers",
        "FAIL: aud_of_another: its aud is \"api://x\\u{202e}\"",
        "FAIL: lives_too_long: it is valid for 10000",
        "oauth.max_lifetime is 86400 s",
        "warn: client_missing: client_id or azp isn't in them",
        "[issuer.NAME] client_claim = \"cid\"",
    ] {
        assert!(report.contains(expected), "no {expected:?} in: {report}");
    }
    let header = issuer.header("RS256", "rsa").to_string();
    let forged = sign(&KEYS.attacker, "RS256", header, issuer.claims().to_string());
    for (url, token, expected) in [
        (issuer.url.clone(), forged, "FAIL: Its signature can't be verified: signature_wrong"),
        (format!("{}/", issuer.url), issuer.token(), "with the same last slash as in tokens"),
        ("https://as.example".into(), issuer.token(), "which no setting names"),
        (issuer.url.clone(), "ya29.opaque".into(), "FAIL: not_a_jwt: it is opaque"),
        (issuer.url.clone(), "a.b.c".into(), "FAIL: It can't be used"),
    ] {
        let report = check(&url, &token);
        assert!(report.contains(expected), "no {expected:?} in: {report}");
    }
    let oauth = ["--oauth-issuer", &issuer.url, "--oauth-resource", RESOURCE];
    // The token in the place of its file isn't shown.
    let token = issuer.token();
    let (code, report) = doctor(&[&oauth[..], &["--token", &token]].concat());
    assert!(code == 1 && report.contains("--token: the file can't be read: "), "{report}");
    assert!(!report.contains(&token), "{report}");
}
