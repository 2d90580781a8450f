//! Loads all settings from their sources.

use std::{ffi::OsString, io::Write as _};

use clap::ArgMatches;
use mcp_tool_core::redaction::Secrecy;
use serde_json::{Value, json};

use super::{
    apply::{PrintedSetting, apply, print},
    config::Config,
    origin::Origin,
    sources::Sources,
    table::settings,
};

/// Configuration, with a printable value and the source of each setting.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) config: Config,
    printed: Vec<PrintedSetting>,
    /// The settings file that was read.
    pub(crate) file: Option<String>,
    /// Messages about sources that were ignored.
    ignored: Vec<String>,
}

impl Loaded {
    /// Returns the settings that have values, each with its key, its secrecy and its values as text. The texts may
    /// contain secrets.
    pub(crate) fn texts(&self) -> impl Iterator<Item = (&str, Secrecy, Vec<&str>)> {
        self.printed.iter().map(|PrintedSetting { key, value, secrecy, .. }| {
            let values = match value {
                Value::Array(values) => values,
                value => std::slice::from_ref(value),
            };
            (key.as_str(), *secrecy, values.iter().filter_map(Value::as_str).collect())
        })
    }

    /// Returns `true` if the settings file contains a secret.
    pub(crate) fn has_secret_in_file(&self) -> bool {
        let mut secrets = self.printed.iter().filter(|setting| setting.secrecy == Secrecy::Secret);
        secrets.any(|setting| matches!(setting.origin, Origin::File(_)))
    }

    /// Logs which settings file was read, and which sources were ignored.
    pub(crate) fn log(&self) {
        match &self.file {
            Some(file) => tracing::info!(%file, "the settings file was read"),
            None => tracing::info!("no settings file was read"),
        }
        for message in &self.ignored {
            tracing::warn!("{message}");
        }
    }

    /// Returns the configuration for a command that has no log, and prints to stderr which sources were ignored.
    pub(crate) fn into_config(self) -> Config {
        for message in &self.ignored {
            // If stderr is closed, the message is lost.
            drop(writeln!(std::io::stderr(), "note: {message}"));
        }
        self.config
    }

    /// Returns each setting as a line of TOML, with the source of its value in a comment.
    pub(crate) fn text(&self) -> String {
        self.printed.iter().map(PrintedSetting::line).collect()
    }

    /// Returns the settings as a JSON array of `{"key", "value", "source"}`.
    pub(crate) fn json(&self) -> Value {
        let settings = self.printed.iter().map(|setting| {
            json!({ "key": setting.key, "value": setting.shown(), "source": setting.origin.to_string() })
        });
        settings.collect()
    }
}

/// Loads all settings: from flags, else the environment, else the file, else the defaults.
///
/// # Errors
/// An unreadable file, an invalid value or an unknown name. The error says where the value or the name is.
pub(crate) fn load(
    matches: &ArgMatches,
    environment: impl IntoIterator<Item = (OsString, OsString)>,
    defaults: Config,
) -> Result<Loaded, String> {
    let sources = Sources::read(matches, environment)?;
    let mut config = defaults;
    let origins = apply(&sources, "", settings(), &mut config)?;
    let mut printed = Vec::new();
    print("", settings(), &config, &origins, &mut printed);
    #[cfg(feature = "oauth")]
    {
        use mcp_tool_auth::{
            inbound::{IssuerConfig, IssuerSettings},
            outbound::{InvalidSetting, UpstreamConfig, UpstreamSettings},
        };
        config.oauth.named_issuers = super::named::load(
            &sources,
            "issuer",
            IssuerSettings::SETTINGS,
            |settings| settings,
            IssuerConfig::validate,
            &mut printed,
        )?;
        config.upstreams = super::named::load(
            &sources,
            "upstream",
            UpstreamSettings::SETTINGS,
            UpstreamSettings::with_defaults,
            |settings| {
                UpstreamConfig::validate(settings).map_err(|InvalidSetting { key, reason }| (key, reason))
            },
            &mut printed,
        )?;
        check_audiences(&config)?;
    }
    let mut ignored = Vec::new();
    if sources.file.ignores_current {
        ignored.push(
            "mcp-tool.toml of the current folder isn't read, because anyone may have written it: to read it, name it by \
             --config mcp-tool.toml"
                .to_owned(),
        );
    }
    if let Some(first) = sources.ignored.first() {
        let number = sources.ignored.len();
        ignored.push(format!(
            "environment variables of an orchestrator are ignored, since they aren't settings: {first} and others like it \
             (number: {number})"
        ));
    }
    Ok(Loaded { config, printed, file: sources.file.path, ignored })
}

/// Refuses an audience of an issuer that is also a target of an upstream: a token for that upstream must not open this
/// server.
#[cfg(feature = "oauth")]
fn check_audiences(config: &Config) -> Result<(), String> {
    use mcp_tool_core::redaction::excerpt;

    for (issuer, settings) in &config.oauth.named_issuers {
        for audience in &settings.audiences {
            if let Some((upstream, _)) =
                config.upstreams.iter().find(|(_, target)| target.is_target(audience))
            {
                let audience = excerpt(audience);
                return Err(format!(
                    "issuer.{issuer}.audiences: \"{audience}\" is the audience, the resource or the URL of [upstream.{upstream}]: a \
                     token for that service must not open this server. Use an audience that only this server has"
                ));
            }
        }
    }
    Ok(())
}
