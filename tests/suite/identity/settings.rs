//! OAuth settings: with an invalid one the server doesn't start, and its error says what is wrong.

use std::process::{Command, Stdio};

use crate::harness::{HttpServer, SPECIMEN, wait};

const ISSUER: &str = "https://as.example.com";
/// URL of the server, as the resource that tokens are issued for.
const RESOURCE: &str = "https://mcp.example.com/mcp";

/// Starts a server that must refuse to start, and returns its stderr.
pub fn refused_by(command: &mut Command, listen: &str, arguments: &[&str]) -> String {
    let mut child = command
        .args(["serve", "--http", listen])
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let status = wait(&mut child);
    let stderr = std::io::read_to_string(child.stderr.take().unwrap()).unwrap();
    assert!(!status.success() && !stderr.contains("serves at"), "{arguments:?}: {stderr}");
    stderr
}

fn refused(arguments: &[&str]) -> String {
    refused_by(&mut Command::new(SPECIMEN), "127.0.0.1:0", arguments)
}

#[test]
fn incomplete_or_contradictory_oauth_settings_stop_the_start() {
    for (arguments, expected) in [
        (&["--oauth-issuer", ISSUER][..], "oauth.resource is missing"),
        (&["--oauth-resource", RESOURCE], "oauth.issuers is missing"),
        (
            &[
                "--oauth-issuer",
                ISSUER,
                "--oauth-issuer",
                "https://as.example.com/",
                "--oauth-resource",
                RESOURCE,
            ],
            "oauth.issuers: \"https://as.example.com/\" must appear once, and is in oauth.issuers too",
        ),
    ] {
        let stderr = refused(arguments);
        assert!(stderr.contains(expected), "{arguments:?}: {stderr}");
    }
}

#[test]
fn introspection_is_refused_unless_it_names_one_configured_issuer_and_its_secret() {
    let two_issuers =
        ["--oauth-issuer", ISSUER, "--oauth-issuer", "https://b.example", "--oauth-resource", RESOURCE];
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "secret").unwrap();
    let introspection = |issuer: &str| format!("{issuer} mcp {}", file.path().display());
    let (one, other) = (introspection(ISSUER), introspection("https://b.example"));
    let both = ["--oauth-introspection", &one, "--oauth-introspection", &other];
    let stderr = refused(&[&two_issuers[..], &both].concat());
    assert!(stderr.contains("oauth.introspection: must be one issuer"), "{stderr}");
    for (given, expected) in [
        (introspection("https://c.example"), "https://c.example/ must be one of oauth.issuers"),
        (introspection("https://ann:pass@c.example"), "https://c.example/ must be one of oauth.issuers"),
        (format!("{ISSUER} mcp /nowhere/secret"), "/nowhere/secret"),
        (format!("{ISSUER} mcp"), "must be an issuer, a client id and the file of its secret"),
    ] {
        let stderr = refused(&[&two_issuers[..], &["--oauth-introspection", &given]].concat());
        assert!(stderr.contains("oauth.introspection") && stderr.contains(expected), "{given}: {stderr}");
    }
}

#[test]
fn issuer_and_resource_must_be_https_or_loopback_urls_without_user_query_or_fragment() {
    for issuer in [
        "http://as.example.com",
        "http://192.0.2.1",
        "ftp://127.0.0.1",
        "as.example.com",
        "http://",
        "https://a:b@as.example.com",
        "https://as.example.com?x=1",
    ] {
        let stderr = refused(&["--oauth-issuer", issuer, "--oauth-resource", RESOURCE]);
        assert!(stderr.contains("oauth.issuers: ") && !stderr.contains("a:b"), "{issuer}: {stderr}");
    }
    for resource in [
        "http://mcp.example.com/mcp",
        "http://127.0.0.1.example.com/mcp",
        "http://0.0.0.0/mcp",
        "mcp",
        "https://mcp.example.com/mcp#x",
        "https://u:p@mcp.example.com/mcp",
        "https://mcp.example.com/mcp?x=1",
    ] {
        let stderr = refused(&["--oauth-issuer", ISSUER, "--oauth-resource", resource]);
        assert!(stderr.contains("oauth.resource: ") && !stderr.contains("u:p"), "{resource}: {stderr}");
    }
    for loopback in ["http://127.0.0.1:9", "http://localhost:9", "http://[::1]:9"] {
        let resource = format!("{loopback}/mcp");
        drop(HttpServer::start(&["--oauth-issuer", loopback, "--oauth-resource", &resource]));
    }
}

#[test]
fn resource_at_a_path_that_is_not_served_is_refused_unless_a_proxy_replaces_it() {
    for resource in [
        "http://127.0.0.1/other",
        "https://mcp.example.com",
        "https://mcp.example.com/",
        "https://mcp.example.com/mcp//",
        "https://mcp.example.com/MCP",
        "https://mcp.example.com/%6dcp",
        "https://mcp.example.com//mcp",
        "https://mcp.example.com/api/mcp",
    ] {
        let oauth = ["--oauth-issuer", ISSUER, "--oauth-resource", resource];
        let stderr = refused(&oauth);
        assert!(
            stderr.contains("isn't served: this server serves MCP at")
                && stderr.contains("/mcp\". Set that URL"),
            "{resource}: {stderr}"
        );
        drop(HttpServer::start(&[&oauth[..], &["--trusted-proxy", "127.0.0.1"]].concat()));
    }
}

#[test]
fn unknown_or_invalid_oauth_setting_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("settings.toml");
    for (line, expected) in [
        (
            "issuer = [\"https://as.example.com\"]",
            "unknown setting `oauth.issuer`; did you mean oauth.issuers?",
        ),
        (
            "ressource = \"https://x.example\"",
            "unknown setting `oauth.ressource`; did you mean oauth.resource?",
        ),
        ("discovery = \"all\"", "must be permitted or grantable"),
        ("scope_hierarchy = [\"specimen:all\"]", "isn't a scope followed by the scopes that it includes"),
        ("machine_claim = \"idtyp\"", "must be a claim and its value"),
    ] {
        let text = format!("[oauth]\n{line}\n");
        std::fs::write(&file, text).unwrap();
        let stderr = refused(&["--config", file.to_str().unwrap()]);
        assert!(stderr.contains(expected), "{line}: {stderr}");
    }
    let mut command = Command::new(SPECIMEN);
    let stderr = refused_by(command.env("MCP_TOOL_OAUTH_ISSUER", ISSUER), "127.0.0.1:0", &[]);
    assert!(stderr.contains("did you mean MCP_TOOL_OAUTH_ISSUERS?"), "{stderr}");
}
