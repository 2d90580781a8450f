//! Sections `[issuer.NAME]` of the settings: exceptions for the tokens of one issuer.

use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{
    attacks::refusal,
    call,
    issuer::{Issuer, RESOURCE, sign},
    issuer_keys,
    keys::KEYS,
    settings::refused_by,
    succeeded,
};
use crate::{
    control::Control,
    harness::{HttpServer, Reply, SPECIMEN, correlation, until},
};

/// A settings file.
pub struct Settings {
    _folder: TempDir,
    path: String,
}

impl Settings {
    pub fn new(text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.toml");
        std::fs::write(&path, text).unwrap();
        Settings { path: path.to_str().unwrap().to_owned(), _folder: folder }
    }

    pub fn flags(&self) -> [&str; 2] {
        ["--config", &self.path]
    }
}

fn call_with(server: &HttpServer, token: &str) -> Reply {
    call(server, &[("Authorization", &format!("Bearer {token}"))])
}

/// Returns a token of the issuer with changed members of the header and the claims; `null` removes one.
pub fn token(issuer: &Issuer, header: &Value, claims: &Value) -> String {
    let mut all = issuer.header("RS256", "rsa");
    for (name, value) in header.as_object().unwrap() {
        all[name] = value.clone();
    }
    all.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    sign(&KEYS.rsa, "RS256", all.to_string(), issuer.claims_with(claims.clone()).to_string())
}

/// Each exception applies only to the tokens of its issuer.
#[test]
fn exceptions_of_an_issuer_do_not_apply_to_others() {
    let (named, other) = (Issuer::start(&issuer_keys()), Issuer::start(&issuer_keys()));
    let settings = Settings::new(&format!(
        "[oauth]\nresource = \"{RESOURCE}\"\nissuers = \"{}\"\n\
         [issuer.named-one]\nurl = \"{}\"\ntyp = [\"JWT\", \"absent\"]\naudiences = [\"api://b1f3\", \"b1f3\"]\n",
        other.url, named.url
    ));
    let server = HttpServer::start(&settings.flags());
    let exceptions = [
        (json!({ "typ": "JWT" }), json!({})),
        (json!({ "typ": "jwt" }), json!({})),
        (json!({ "typ": null }), json!({})),
        (json!({}), json!({ "aud": "api://b1f3" })),
        (json!({}), json!({ "aud": ["https://b.example", "b1f3"] })),
        (json!({ "typ": "JWT" }), json!({ "aud": "b1f3", "typ": "Bearer", "token_use": "access" })),
    ];
    for (header, claims) in exceptions {
        let of = |issuer: &Issuer| call_with(&server, &token(issuer, &header, &claims));
        let reply = of(&named);
        assert!(succeeded(&reply), "{header} {claims}: {reply:?}");
        refusal(&of(&other)).unwrap_or_else(|reply| panic!("{header} {claims} of the other issuer: {reply}"));
    }
    // The exceptions are exact.
    for (header, claims) in [
        (json!({ "typ": "dpop+jwt" }), json!({})),
        (json!({ "typ": "logout+jwt" }), json!({})),
        (json!({ "typ": "" }), json!({})),
        (json!({ "typ": 7 }), json!({})),
        (json!({}), json!({ "aud": "api://b1f3/" })),
        (json!({}), json!({ "aud": "B1F3" })),
        (json!({}), json!({ "aud": ["b1f3", 7] })),
        (json!({}), json!({ "aud": null })),
        (json!({}), json!({ "aud": "https://b.example" })),
        // ID tokens, and other tokens that issuers mark by claims.
        (json!({ "typ": "JWT" }), json!({ "nonce": "n" })),
        (json!({ "typ": null }), json!({ "at_hash": "x" })),
        (json!({ "typ": null }), json!({ "token_use": "id" })),
        (json!({ "typ": "JWT" }), json!({ "typ": "ID" })),
        (json!({ "typ": "JWT" }), json!({ "typ": "Refresh" })),
        (json!({ "typ": "JWT" }), json!({ "cnf": { "jkt": "x" } })),
    ] {
        refusal(&call_with(&server, &token(&named, &header, &claims)))
            .unwrap_or_else(|reply| panic!("{header} {claims}: {reply}"));
    }
    // Claims of an ID token don't matter in a token that says that it is an access token.
    assert!(succeeded(&call_with(&server, &token(&other, &json!({}), &json!({ "nonce": "n" })))));
}

/// Clients read the issuers from the metadata. Variables set the same keys as the file.
#[test]
fn issuer_of_a_section_is_in_the_metadata_and_can_be_set_by_variables() {
    let issuer = Issuer::start(&issuer_keys());
    let mut command = Command::new(SPECIMEN);
    command
        .env("MCP_TOOL_OAUTH_RESOURCE", RESOURCE)
        .env("MCP_TOOL_ISSUER_MAIN_URL", &issuer.url)
        .env("MCP_TOOL_ISSUER_MAIN_AUDIENCES", "one, two")
        .env("MCP_TOOL_ISSUER_MAIN_CLIENT_CLAIM", "cid");
    let server = HttpServer::start_by(&mut command, &[]);
    let metadata = server.send("GET", "/.well-known/oauth-protected-resource", &[], b"").json();
    assert_eq!(metadata["authorization_servers"], json!([issuer.url]));
    assert!(succeeded(&call_with(&server, &token(&issuer, &json!({}), &json!({ "aud": "two" })))));

    let settings = Settings::new(&format!("[issuer.main]\nurl = \"{}\"\ntyp = \"JWT\"\n", issuer.url));
    let printed =
        Command::new(SPECIMEN).args(["serve", "--print-config"]).args(settings.flags()).output().unwrap();
    let printed = String::from_utf8(printed.stdout).unwrap();
    let wanted = format!("issuer.main.typ = [\"JWT\"]  # {}", settings.path);
    assert!(printed.contains(&wanted) && !printed.contains("issuer.main.audiences"), "{printed}");
}

#[test]
fn client_is_taken_from_the_claim_of_the_section() {
    let issuer = Issuer::start(&issuer_keys());
    let settings = Settings::new(&format!(
        "[oauth]\nresource = \"{RESOURCE}\"\n[issuer.main]\nurl = \"{}\"\nclient_claim = \"cid\"\n",
        issuer.url
    ));
    let server = HttpServer::start(&settings.flags());
    let recorded = |claims: Value| {
        let reply = call_with(&server, &token(&issuer, &json!({}), &claims));
        assert!(succeeded(&reply), "{reply:?}");
        server.stderr.record_of(correlation(&reply.json()))
    };
    let record = recorded(json!({ "cid": "c\u{2028}1", "client_id": "other" }));
    assert_eq!((&record["client"], &record["agent"]), (&json!("c\\u{2028}1"), &json!("c\\u{2028}1")));
    // Another claim doesn't replace it.
    let record = recorded(json!({ "jti": "2", "client_id": "other", "azp": "other" }));
    assert!(record.get("client").is_none() && record.get("agent").is_none(), "{record}");
    server.stderr.line_with(&["name no client", "cid isn't in them", "[issuer.main] client_claim ="]);
    // Without `sub`, the user is the client.
    let record = recorded(json!({ "sub": null, "cid": "c2" }));
    assert_eq!((&record["user"], &record["kind"]), (&json!("c2"), &json!("machine")));
}

#[test]
fn contradictory_issuer_settings_stop_the_start() {
    let section = |name: &str, rest: &str| format!("[issuer.{name}]\nurl = \"https://as.example\"\n{rest}\n");
    let upstream = "[upstream.billing]\nurl = \"https://billing.example/api\"\ncredential = \"client_credentials\"\n\
                    token_url = \"https://as.example/token\"\nclient_id = \"x\"\nsecret_file = \"/run/x\"\n\
                    audience = \"api://billing\"\nresource = \"https://billing.example/\"\n";
    for (text, expected) in [
        (
            section("a", "") + &section("b", ""),
            "issuer.b.url: \"https://as.example\" must appear once, and is in issuer.a.url too",
        ),
        (
            format!("[oauth]\nissuers = \"https://as.example/\"\n{}", section("a", "")),
            "issuer.a.url: \"https://as.example\" must appear once, and is in oauth.issuers too",
        ),
        (section("a-b", "") + &section("a_b", ""), "[issuer.a_b] appears twice"),
        (section("A", ""), "the name of an issuer's section"),
        (
            "[issuer.a]\ntyp = \"JWT\"\n".into(),
            "issuer.a.url is missing: set the issuer's URL; set it in [issuer.a]",
        ),
        (section("a", "binding = \"required\""), "unknown setting `issuer.a.binding`"),
        (
            section("a", "audience = \"x\""),
            "unknown setting `issuer.a.audience`; did you mean issuer.a.audiences?",
        ),
        (section("a", "typ = \"at+jwt\""), "issuer.a.typ (from"),
        (section("a", "typ = []"), "must not be empty: remove the key"),
        (section("a", "audiences = [\"api://*\"]"), "must be whole audiences"),
        (
            section("a", "audiences = \"https://as.example/\""),
            "issuer.a.audiences: \"https://as.example/\" is an issuer",
        ),
        (section("a", &format!("audiences = \"{RESOURCE}\"")), "is oauth.resource, which is always accepted"),
        (section("a", "client_claim = \"\""), "issuer.a.client_claim (from"),
        (
            section("a", "audiences = \"api://billing\"") + upstream,
            "the resource or the URL of [upstream.billing]",
        ),
        (section("a", "audiences = \"https://billing.example\"") + upstream, "of [upstream.billing]"),
        (section("a", "audiences = \"https://billing.example/api\"") + upstream, "of [upstream.billing]"),
    ] {
        let text = format!("[oauth]\nresource = \"{RESOURCE}\"\n{}", text.replace("[oauth]\n", ""));
        let settings = Settings::new(&text);
        let stderr = refused_by(&mut Command::new(SPECIMEN), "127.0.0.1:0", &settings.flags());
        assert!(stderr.contains(expected), "no {expected:?} for:\n{text}\n{stderr}");
    }
}

/// A disabled client could still use tokens that name no client.
#[test]
fn client_is_disabled_only_if_tokens_name_it_or_unidentified_tokens_are_refused() {
    let issuer = Issuer::start(&issuer_keys());
    let control = Control::new();
    let folder = tempfile::tempdir().unwrap();
    let records = folder.path().join("records.jsonl");
    let settings = Settings::new(&format!(
        "[oauth]\nresource = \"{RESOURCE}\"\nissuers = \"{}\"\n[control]\nfile = \"{}\"\n[audit]\nfile = \"{}\"\n",
        issuer.url,
        control.path(),
        records.display()
    ));
    let server = HttpServer::start(&settings.flags());
    let call = |claims: &Value| call_with(&server, &token(&issuer, &json!({}), claims));
    let run = |arguments: &[&str]| {
        let output = Command::new(SPECIMEN).args(arguments).args(settings.flags()).output().unwrap();
        (output.status.success(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
    };
    // Until a record shows a client, it isn't known whether tokens name one.
    let (is_done, text) = run(&["disable", "--client", "rogue"]);
    let expected = format!("{}: no audit record of the last 7 days shows", issuer.url);
    assert!(!is_done && text.contains(&expected), "{text}");
    assert!(succeeded(&call(&json!({ "client_id": "other" }))));
    until("the record is written", || std::fs::read_to_string(&records).unwrap().contains("measure"));
    let (is_done, text) = run(&["disable", "--client", "rogue"]);
    assert!(is_done, "{text}");
    assert!(run(&["enable", "--client", "rogue"]).0);
    let unidentified = json!({ "client_id": null, "cid": "rogue" });
    assert!(succeeded(&call(&unidentified)));
    until("the second record is written", || {
        std::fs::read_to_string(&records).unwrap().matches("measure").count() == 2
    });
    for command in ["disable", "revoke"] {
        let (is_done, text) = run(&[command, "--client", "rogue"]);
        let expected = format!("{}: 1 of its 2 calls in the last 7 days had no client", issuer.url);
        assert!(!is_done && text.contains(&expected), "{command}: {text}");
        assert!(text.contains("--refuse-unidentified") && text.contains("client_claim"), "{text}");
    }
    assert!(succeeded(&call(&unidentified)), "a refused command must change nothing");
    // The flag needs a client.
    assert!(!run(&["disable", "--user", "ann", "--refuse-unidentified"]).0);

    let (is_done, text) = run(&["disable", "--client", "rogue", "--refuse-unidentified"]);
    assert!(is_done && text.contains("tokens that name no client are refused"), "{text}");
    until("the unidentified token is refused", || call(&unidentified).status == 403);
    assert!(
        call(&unidentified).body.contains("the token names no client"),
        "the caller reads another reason"
    );
    until("the record is written", || {
        std::fs::read_to_string(&records).unwrap().contains("client_unidentified")
    });
    assert_eq!(call(&json!({ "client_id": "rogue" })).status, 403);
    assert!(succeeded(&call(&json!({ "client_id": "other" }))));
    assert!(run(&["enable", "--client", "rogue"]).0);
    until("the unidentified token is accepted", || succeeded(&call(&unidentified)));

    let (is_done, text) = run(&["revoke", "--client", "rogue", "--refuse-unidentified"]);
    assert!(is_done && text.contains("and those that name no client"), "{text}");
    until("the unidentified token is revoked", || call(&unidentified).status == 401);
    assert!(succeeded(&call(&json!({ "client_id": "other" }))));
}

/// Without records, only `client_claim` says that tokens name a client.
#[test]
fn issuer_without_records_is_named_if_its_settings_permit_tokens_without_a_client() {
    let control = Control::of("");
    for (rest, is_permitted) in [
        ("", false),
        ("typ = \"absent\"\n", false),
        ("client_claim = \"azp\"\n", true),
        ("typ = \"JWT\"\nclient_claim = \"cid\"\n", true),
    ] {
        let settings = Settings::new(&format!(
            "[issuer.a]\nurl = \"https://as.example\"\n{rest}[control]\nfile = \"{}\"\n",
            control.path()
        ));
        let output = Command::new(SPECIMEN)
            .args(["disable", "--client", "rogue"])
            .args(settings.flags())
            .output()
            .unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.success(), is_permitted, "{rest}: {stderr}");
        assert!(is_permitted || stderr.contains("https://as.example: no audit record"), "{stderr}");
    }
}
