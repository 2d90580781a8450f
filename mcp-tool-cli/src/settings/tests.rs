//! Tests of all rows of the tables of settings: no error and no printed value shows a secret.

use std::ffi::OsString;

use clap::Command;
use mcp_tool_core::redaction::Secrecy;

use super::{
    Config, config_flag, flags, load,
    table::{NAMED_SECTIONS, settings, variable},
};

const SECRET: &str = "s3cr3t-Word";

/// Returns each key with its secrecy; those of named sections are in the section `a`.
fn keys() -> Vec<(String, Secrecy)> {
    let named = NAMED_SECTIONS.iter().flat_map(|section| {
        let keys = (section.keys)().into_iter();
        keys.map(|key| (format!("{}.a.{}", section.name, key.name), key.secrecy))
    });
    settings().map(|setting| (setting.key.to_owned(), setting.secrecy())).chain(named).collect()
}

/// Settings with which the sections `a` are valid, except for those in the section of `key`.
fn others(key: &str) -> Vec<(String, String)> {
    let valid = [
        ("issuer.a.url", "https://as.example"),
        ("upstream.a.url", "https://x.example"),
        ("upstream.a.credential", "client_credentials"),
        ("upstream.a.token_url", "https://as.example/token"),
        ("upstream.a.client_id", "mcp"),
        ("upstream.a.secret_file", "/run/secrets/x"),
    ];
    let of_api_key = [
        ("upstream.a.url", "https://x.example"),
        ("upstream.a.credential", "key"),
        ("upstream.a.key_file", "/run/secrets/x"),
    ];
    let section = key.split('.').next().unwrap_or_default();
    let pairs = if key.contains(".key_") { &of_api_key[..] } else { &valid[..] };
    let pairs = pairs.iter().filter(|(name, _)| *name != key && name.starts_with(section));
    pairs.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// Loads settings from the environment and flags. Returns the error, or both forms of `--print-config`.
fn shown(variables: &[(String, String)], arguments: &[String]) -> String {
    let command = Command::new("test").arg(config_flag()).args(flags());
    let matches = command.try_get_matches_from([&["test".to_owned()], arguments].concat()).unwrap();
    let variables = variables.iter().map(|(name, value)| (OsString::from(name), OsString::from(value)));
    match load(&matches, variables, Config::default()) {
        Ok(loaded) => format!("{}\n{}", loaded.text(), loaded.json()),
        Err(error) => error,
    }
}

/// Returns what is shown of a value that has each source in turn.
fn shown_of(key: &str, value: &str) -> Vec<String> {
    let others = others(key);
    let of_variables: Vec<_> = others.iter().map(|(key, value)| (variable(key), value.clone())).collect();
    let by_variable = [&of_variables[..], &[(variable(key), value.to_owned())]].concat();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("settings.toml");
    let (table, name) = key.rsplit_once('.').unwrap();
    let mut text = format!("[{table}]\n{name} = {value:?}\n");
    for (key, value) in &others {
        text += &format!("{} = {value:?}\n", key.rsplit_once('.').unwrap().1);
    }
    std::fs::write(&file, text).unwrap();
    let mut all =
        vec![shown(&by_variable, &[]), shown(&[], &["--config".to_owned(), file.display().to_string()])];
    if let Some(flag) = settings().find(|setting| setting.key == key).and_then(|setting| setting.flag) {
        all.push(shown(&[], &[format!("--{flag}={value}")]));
    }
    all
}

#[test]
fn password_in_a_url_is_not_shown_for_any_setting() {
    for (key, _) in keys() {
        for value in [
            format!("https://ann:{SECRET}@x.example/path"),
            format!("https://{SECRET}@x.example"),
            format!("https:ann:{SECRET}@x.example"),
            format!("ann:{SECRET}@x.example"),
            format!("https://ann:{SECRET}@x.example mcp /run/secrets/x"),
            format!("https://ann:{SECRET},{SECRET}@x.example"),
            format!("ftp://ann:{}{SECRET}@x.example", "x".repeat(50)),
        ] {
            for shown in shown_of(&key, &value) {
                assert!(!shown.is_empty() && !shown.contains(SECRET), "{key} = {value}: {shown}");
            }
        }
    }
}

#[test]
fn secret_is_not_shown_for_any_setting_of_a_secret_or_its_file() {
    let keys: Vec<_> = keys().into_iter().filter(|(_, secrecy)| *secrecy != Secrecy::Plain).collect();
    assert!(keys.len() > 1 || cfg!(not(feature = "oauth")), "{keys:?}");
    for (key, _) in keys {
        for value in [
            SECRET.to_owned(),
            format!("/{SECRET}"),
            format!("https://as.example mcp {SECRET}"),
            format!("https://as.example {SECRET}"),
        ] {
            for shown in shown_of(&key, &value) {
                assert!(!shown.contains(SECRET), "{key} = {value}: {shown}");
            }
        }
    }
}

#[test]
fn secret_as_an_unknown_key_is_not_shown_in_a_section_with_secrets() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("settings.toml");
    let error = |text: &str| {
        std::fs::write(&file, text).unwrap();
        shown(&[], &["--config".to_owned(), file.display().to_string()])
    };
    let mut texts = vec![format!("{SECRET} = 1\n"), format!("[{SECRET}]\nx = 1\n")];
    for (key, secrecy) in keys() {
        let section = key.rsplit_once('.').unwrap().0;
        if secrecy != Secrecy::Plain {
            texts.push(format!("[{section}]\n{SECRET} = 1\n"));
            texts.push(format!("[{section}.{SECRET}]\nx = 1\n"));
        }
    }
    texts.extend(NAMED_SECTIONS.iter().map(|section| format!("[{}]\n{SECRET} = 1\n", section.name)));
    for text in texts {
        let error = error(&text);
        assert!(error.contains("isn't shown") && !error.contains(SECRET), "{text}: {error}");
    }
    let error = error("[limits]\nnumber = 1\n");
    assert!(error.contains("unknown setting `limits.number`"), "{error}");
}
