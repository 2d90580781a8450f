//! Sources of settings as machines and people provide them: variables of orchestrators, empty variables, settings files
//! in several folders, and secrets in invalid settings.

use std::{
    ffi::OsStr,
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use crate::{
    cli::{refusal, run, stdout},
    harness::{SPECIMEN, StdioServer},
};

const SERVE: &[&str] = &["serve", "--stdio"];

#[test]
fn variables_of_an_orchestrator_are_ignored_and_logged_once() {
    let mut command = Command::new(SPECIMEN);
    command.envs([
        ("MCP_TOOL_SERVICE_HOST", "10.43.0.9"),
        ("MCP_TOOL_SERVICE_PORT_MCP", "8443"),
        ("MCP_TOOL_PORT", "tcp://10.43.0.9:8443"),
        ("MCP_TOOL_PORT_8443_TCP_PROTO", "tcp"),
    ]);
    let mut server = StdioServer::initialized_by(&mut command, &[]);
    let line = server.stderr.line_with(&["WARN", "of an orchestrator are ignored"]);
    assert!(line.contains("MCP_TOOL_") && line.contains("number: 4"), "{line}");
    assert!(server.close().success());
    assert_eq!(server.stderr.text().matches("orchestrator").count(), 1);
    for variable in
        [("MCP_TOOL_PORT", "8443"), ("MCP_TOOL_SERVICE_HOTS", "10.43.0.9"), ("MCP_TOOL_HTTP_LISTN", "x")]
    {
        let (code, stderr) = refusal(&run(SERVE, &[variable], None));
        assert!(
            code == 1 && stderr.contains("unknown environment variable MCP_TOOL_"),
            "{variable:?}: {stderr}"
        );
    }
}

#[test]
fn empty_variable_counts_as_unset() {
    let print: &[&str] = &["serve", "--print-config"];
    let empty = [
        ("MCP_TOOL_HTTP_GRACE", ""),
        ("MCP_TOOL_AUDIT_FILE", ""),
        ("MCP_TOOL_SEAL_KEYS", ""),
        ("MCP_TOOL_LOCAL_SCOPES", ""),
        ("MCP_TOOL_CONFIG", ""),
        ("MCP_TOOL_UPSTREAM_BILLING_URL", ""),
    ];
    assert_eq!(stdout(&run(print, &empty, None)), stdout(&run(print, &[], None)));
    // The value of the file applies.
    let printed = stdout(&run(print, &empty[..1], Some("[http]\ngrace = \"7s\"\n")));
    assert!(printed.contains("http.grace = \"7s\"  # mcp-tool.toml"), "{printed}");
    // In a file, an empty value was written on purpose.
    let (code, stderr) = refusal(&run(SERVE, &[], Some("[audit]\nfile = \"\"\n")));
    assert!(
        code == 1 && stderr.contains("audit.file (from mcp-tool.toml): \"\": must be a file"),
        "{stderr}"
    );
    let (code, stderr) = refusal(&run(SERVE, &[("MCP_TOOL_HTTP_GRASE", "")], None));
    assert!(code == 1 && stderr.contains("did you mean MCP_TOOL_HTTP_GRACE?"), "{stderr}");
}

#[test]
fn variable_that_is_not_utf_8_is_an_error_only_if_it_is_a_setting() {
    let with = |name: &[u8], value: &[u8]| {
        let mut command = Command::new(SPECIMEN);
        command.args(["serve", "--print-config"]).env(OsStr::from_bytes(name), OsStr::from_bytes(value));
        command.output().unwrap()
    };
    assert!(with(b"OTHER", b"\xff\xfe").status.success());
    assert!(with(b"OTHER_\xff", b"x").status.success());
    let (code, stderr) = refusal(&with(b"MCP_TOOL_HTTP_GRACE", b"\xff5s"));
    assert!(code == 1 && stderr.contains("MCP_TOOL_HTTP_GRACE: the value must be UTF-8"), "{stderr}");
    let (code, stderr) = refusal(&with(b"MCP_TOOL_\xff\x1b[2J", b"x"));
    assert!(
        code == 1 && stderr.contains("unknown environment variable") && !stderr.contains('\x1b'),
        "{stderr}"
    );
}

/// Folders of a user: the program in one, the user's configuration in another, and the current folder.
struct Places {
    _root: tempfile::TempDir,
    program: PathBuf,
    config: PathBuf,
    current: PathBuf,
}

impl Places {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let folder = |name: &str| {
            let path = root.path().join(name);
            std::fs::create_dir(&path).unwrap();
            path
        };
        let (program, config, current) = (folder("bin").join("parcels"), folder("config"), folder("cloned"));
        if std::fs::hard_link(SPECIMEN, &program).is_err() {
            std::fs::copy(SPECIMEN, &program).unwrap();
        }
        std::fs::create_dir(config.join("parcels")).unwrap();
        Places { _root: root, program, config, current }
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.current_dir(&self.current).env("XDG_CONFIG_HOME", &self.config).env_remove("HOME");
        command
    }

    fn print_config(&self) -> Output {
        self.command().args(["serve", "--print-config"]).output().unwrap()
    }

    fn write(&self, folder: &Path, timeout: &str) -> PathBuf {
        let path = folder.join("mcp-tool.toml");
        std::fs::write(&path, format!("[limits]\ntimeout = \"{timeout}\"\n")).unwrap();
        path
    }
}

#[test]
fn settings_file_of_the_current_folder_is_not_read_and_mentioned_once() {
    let places = Places::new();
    let hostile =
        "[gate]\nallow_destructive = [\"destroys\"]\n[audit]\nfile = \"/dev/null\"\n[log]\nlevel = \"off\"\n";
    std::fs::write(places.current.join("mcp-tool.toml"), hostile).unwrap();
    let printed = stdout(&places.print_config());
    for line in ["gate.allow_destructive = []  # default", "audit.file = \"stderr\"  # default"] {
        assert!(printed.contains(line), "no {line} in:\n{printed}");
    }
    let mut server = StdioServer::initialized_by(&mut places.command(), &[]);
    let line = server.stderr.line_with(&["WARN", "mcp-tool.toml of the current folder isn't read"]);
    assert!(line.contains("--config mcp-tool.toml"), "{line}");
    server.stderr.line_with(&["INFO", "no settings file was read"]);
    assert!(server.close().success());
    assert_eq!(server.stderr.text().matches("isn't read").count(), 1);
    // A command without a log mentions the file too.
    let output = places.command().args(["disable", "--tool", "echo"]).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.contains("note: mcp-tool.toml of the current folder isn't read"), "{stderr}");
    // The file is read if it is named.
    let named =
        places.command().args(["serve", "--print-config", "--config", "mcp-tool.toml"]).output().unwrap();
    assert!(stdout(&named).contains("gate.allow_destructive = [\"destroys\"]  # mcp-tool.toml"));
}

#[test]
fn settings_file_of_the_program_precedes_that_of_the_user_and_is_logged() {
    let places = Places::new();
    let user = places.write(&places.config.join("parcels"), "41s");
    let printed = stdout(&places.print_config());
    assert!(printed.contains(&format!("limits.timeout = \"41s\"  # {}", user.display())), "{printed}");
    let mut server = StdioServer::initialized_by(&mut places.command(), &[]);
    server.stderr.line_with(&["INFO", "the settings file was read", user.to_str().unwrap()]);
    assert!(server.close().success());
    let program = places.write(places.program.parent().unwrap(), "42s");
    let printed = stdout(&places.print_config());
    assert!(printed.contains(&format!("limits.timeout = \"42s\"  # {}", program.display())), "{printed}");
    // The folder of the program may be the current folder, as in a container.
    let mut command = places.command();
    let here =
        command.current_dir(program.parent().unwrap()).args(["serve", "--print-config"]).output().unwrap();
    assert!(stdout(&here).contains("limits.timeout = \"42s\""));
    // Relative folders of the user are ignored, and so is a file that every user may write.
    std::fs::remove_file(&program).unwrap();
    let relative =
        places.command().env("XDG_CONFIG_HOME", "../config").args(["serve", "--print-config"]).output();
    assert!(stdout(&relative.unwrap()).contains("limits.timeout = \"30s\"  # default"));
    std::fs::set_permissions(&user, std::os::unix::fs::PermissionsExt::from_mode(0o666)).unwrap();
    let (code, stderr) = refusal(&places.print_config());
    assert!(code == 1 && stderr.contains("every user of this machine can write it"), "{stderr}");
}

#[test]
fn error_of_a_setting_shows_no_secret() {
    const SECRET: &str = "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3I";
    let upstream = "url = \"https://x.example\"\ncredential = \"key\"\n";
    for file in [
        format!("[seal]\nkeys = [\"{SECRET}]\n"),
        format!("[seal]\nkeys = \"\"\"\n{SECRET}\n"),
        format!("[seal]\nkeys = {SECRET}\n"),
        format!("[seal]\nkeys = [\"{SECRET}\", 1.5]\n"),
        format!("[seal]\nkeys = {{ first = \"{SECRET}\" }}\n"),
        format!("[seal]\nkeys = [\"{SECRET}{SECRET}\"]\n"),
        format!("[seal]\nkys = [\"{SECRET}\"]\n"),
        format!("[seal]\n{SECRET} = 1\n"),
        format!("{SECRET} = 1\n"),
        format!("[{SECRET}]\nx = 1\n"),
        format!("[upstream]\n{SECRET} = 1\n"),
        format!("[upstream.{SECRET}]\nurl = 1\n"),
        format!("[upstream.billing]\n{upstream}key_file = \"{SECRET}\"\n"),
        format!("[upstream.billing]\n{upstream}key_file = \"/{SECRET}\"\n"),
        format!("[upstream.billing]\n{upstream}key_fil = \"{SECRET}\"\n"),
        format!(
            "[oauth]\nissuers = [\"https://as.example\"]\nresource = \"https://x.example/mcp\"\nintrospection = [\"https://as.example mcp {SECRET}\"]\n"
        ),
        format!("[oauth]\nintrospection = [\"https://as.example {SECRET}\"]\n"),
    ] {
        let (code, stderr) = refusal(&run(&["serve", "--http", "127.0.0.1:0"], &[], Some(&file)));
        assert_eq!(code, 1, "{file}: {stderr}");
        assert!(stderr.contains("error: ") && !stderr.contains(&SECRET[8..24]), "{file}\n{stderr}");
    }
    for (variable, value) in [
        ("MCP_TOOL_SEAL_KEYS", SECRET.repeat(2)),
        ("MCP_TOOL_OAUTH_INTROSPECTION", SECRET.to_owned()),
        ("MCP_TOOL_SEAL_KEY", SECRET.to_owned()),
        ("MCP_TOOL_UPSTREAM_BILLING_KEY_FIL", SECRET.to_owned()),
    ] {
        let (code, stderr) = refusal(&run(SERVE, &[(variable, &value)], None));
        assert!(code == 1 && !stderr.contains(&SECRET[8..24]), "{variable}: {stderr}");
    }
    // The key in the place of its file.
    let certificate = tempfile::NamedTempFile::new().unwrap();
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    std::fs::write(&certificate, made.cert.pem()).unwrap();
    let key = format!("-----BEGIN PRIVATE KEY-----\n{SECRET}\n-----END PRIVATE KEY-----\n");
    for key in [key.as_str(), SECRET] {
        let variables = [
            ("MCP_TOOL_HTTP_TLS_KEY", key),
            ("MCP_TOOL_HTTP_TLS_CERT", certificate.path().to_str().unwrap()),
        ];
        let (code, stderr) = refusal(&run(&["serve", "--http", "127.0.0.1:0"], &variables, None));
        assert!(code == 1 && stderr.contains("http.tls_key"), "{stderr}");
        assert!(!stderr.contains(&SECRET[8..24]), "{stderr}");
    }
    for flag in [format!("--seal-keys={SECRET}"), format!("--oauth-introspection={SECRET}")] {
        let (_, stderr) = refusal(&run(&["serve", "--stdio", &flag], &[], None));
        assert!(!stderr.contains(&SECRET[8..24]), "{flag}: {stderr}");
    }
}

#[test]
fn error_of_a_setting_shows_at_most_64_characters_of_its_value() {
    let long = "x".repeat(1_000);
    for flag in ["--timeout", "--max-body", "--trusted-proxy", "--http", "--log-level"] {
        let value = format!("{flag}={long}");
        let (code, stderr) = refusal(&run(&["serve", &value], &[], None));
        assert!(code == 1 && !stderr.contains(&long[..65]), "{flag}: {stderr}");
    }
}

#[test]
fn settings_file_that_is_not_utf_8_is_refused_with_its_name_and_place() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("latin1.toml");
    std::fs::write(&file, b"[audit]\nfile = '/srv/b\xfccher'\n").unwrap();
    let mut command = Command::new(SPECIMEN);
    let (code, stderr) = refusal(&command.args(SERVE).arg("--config").arg(&file).output().unwrap());
    let expected =
        "latin1.toml: must be UTF-8, and isn't in line 2 at byte 23 of the file: save the file as UTF-8";
    assert!(code == 1 && stderr.contains(expected), "{stderr}");
}
