//! Settings: one table, from which flags, environment, file and help come alike.

use std::{collections::BTreeMap, ffi::OsString, fmt, num::NonZeroU32, path::Path, time::Duration};

use clap::{Arg, ArgAction, ArgMatches, builder::NonEmptyStringValueParser, parser::ValueSource};
use mcp_tool_contract::{name, quantity};
use tracing::level_filters::LevelFilter;

use crate::server::Settings;

/// The prefix of every environment variable.
const PREFIX: &str = "MCP_TOOL_";
/// The file that is read if it is there.
const FILE: &str = "mcp-tool.toml";

/// All that `serve` can be told.
#[derive(Clone, Debug)]
pub(super) struct Config {
    pub(super) listen: Option<String>,
    pub(super) log: LevelFilter,
    pub(super) settings: Settings,
    pub(super) http: Http,
}

/// What HTTP can be told; kept whether or not it is compiled in, so that the file means the same.
#[derive(Clone, Debug)]
pub(super) struct Http {
    pub(super) allowed_hosts: Vec<String>,
    pub(super) allowed_origins: Vec<String>,
    pub(super) max_body: usize,
    pub(super) max_connections: u32,
    pub(super) legacy_sessions: u32,
    pub(super) session_idle: Duration,
    pub(super) grace: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            listen: None,
            log: LevelFilter::INFO,
            settings: Settings::default(),
            http: Http {
                allowed_hosts: Vec::new(),
                allowed_origins: Vec::new(),
                max_body: 4 * 1024 * 1024,
                max_connections: 4_096,
                legacy_sessions: 0,
                session_idle: Duration::from_secs(300),
                grace: Duration::from_secs(30),
            },
        }
    }
}

/// One setting.
struct Setting {
    /// Section and name in the file.
    key: &'static str,
    /// The flag; none for secrets, which every user of the machine could read there.
    flag: Option<&'static str>,
    value: &'static str,
    help: &'static str,
    many: bool,
    show: fn(&Config) -> String,
    set: fn(&mut Config, &[String]) -> Result<(), String>,
}

impl Setting {
    fn variable(&self) -> String {
        format!("{PREFIX}{}", self.key.replace('.', "_").to_uppercase())
    }
}

const SETTINGS: &[Setting] = &[
    Setting {
        key: "http.listen",
        flag: Some("http"),
        value: "ADDR",
        help: "Listen on this address, such as 127.0.0.1:8080",
        many: false,
        show: |config| quoted(config.listen.as_deref().unwrap_or_default()),
        set: |config, given| {
            config.listen = Some(one(given)?.to_owned());
            Ok(())
        },
    },
    Setting {
        key: "http.allowed_hosts",
        flag: Some("allowed-host"),
        value: "HOST",
        help: "Serve requests that name this Host, besides the loopback names",
        many: true,
        show: |config| listed(&config.http.allowed_hosts),
        set: |config, given| {
            config.http.allowed_hosts = given.to_vec();
            Ok(())
        },
    },
    Setting {
        key: "http.allowed_origins",
        flag: Some("allowed-origin"),
        value: "ORIGIN",
        help: "Serve requests from web pages of this origin, such as https://app.example.com",
        many: true,
        show: |config| listed(&config.http.allowed_origins),
        set: |config, given| {
            config.http.allowed_origins = given.to_vec();
            Ok(())
        },
    },
    Setting {
        key: "http.max_body",
        flag: Some("max-body"),
        value: "SIZE",
        help: "Largest body of a request",
        many: false,
        show: |config| quoted(&size_shown(config.http.max_body)),
        set: |config, given| set(&mut config.http.max_body, size(one(given)?)),
    },
    Setting {
        key: "http.max_connections",
        flag: Some("max-connections"),
        value: "N",
        help: "Connections at one time",
        many: false,
        show: |config| config.http.max_connections.to_string(),
        set: |config, given| set(&mut config.http.max_connections, count(one(given)?).map(NonZeroU32::get)),
    },
    Setting {
        key: "http.legacy_sessions",
        flag: Some("legacy-sessions"),
        value: "N",
        help: "Sessions at one time for clients of 2025-11-25 and before; 0 serves them without",
        many: false,
        show: |config| config.http.legacy_sessions.to_string(),
        set: |config, given| {
            let sessions = one(given)?.parse().map_err(|_| "a whole number is wanted".to_owned());
            set(&mut config.http.legacy_sessions, sessions)
        },
    },
    Setting {
        key: "http.session_idle",
        flag: Some("session-idle"),
        value: "TIME",
        help: "How long an idle session is kept",
        many: false,
        show: |config| quoted(&time_shown(config.http.session_idle)),
        set: |config, given| set(&mut config.http.session_idle, time(one(given)?)),
    },
    Setting {
        key: "http.grace",
        flag: Some("grace"),
        value: "TIME",
        help: "How long calls in flight may take to finish after a signal",
        many: false,
        show: |config| quoted(&time_shown(config.http.grace)),
        set: |config, given| set(&mut config.http.grace, time(one(given)?)),
    },
    Setting {
        key: "limits.timeout",
        flag: Some("timeout"),
        value: "TIME",
        help: "Longest a call may run, where its tool says nothing",
        many: false,
        show: |config| quoted(&time_shown(config.settings.timeout)),
        set: |config, given| set(&mut config.settings.timeout, time(one(given)?)),
    },
    Setting {
        key: "limits.concurrency",
        flag: Some("concurrency"),
        value: "N",
        help: "Calls of all tools together that may run at one time",
        many: false,
        show: |config| config.settings.concurrency.to_string(),
        set: |config, given| set(&mut config.settings.concurrency, count(one(given)?)),
    },
    Setting {
        key: "limits.max_result",
        flag: Some("max-result"),
        value: "SIZE",
        help: "Largest result that is sent",
        many: false,
        show: |config| quoted(&size_shown(config.settings.max_result)),
        set: |config, given| set(&mut config.settings.max_result, size(one(given)?)),
    },
    Setting {
        key: "gate.allow_destructive",
        flag: Some("allow-destructive"),
        value: "NAME",
        help: "Let this destructive tool run although nobody approves its calls",
        many: true,
        show: |config| {
            let mut names: Vec<String> = config.settings.allow_destructive.iter().cloned().collect();
            names.sort();
            listed(&names)
        },
        set: |config, given| {
            config.settings.allow_destructive = given.iter().cloned().collect();
            Ok(())
        },
    },
    Setting {
        key: "local.scopes",
        flag: Some("local-scopes"),
        value: "SCOPE",
        help: "Scopes of the local user, instead of all: while no authorization is configured, every caller is local",
        many: true,
        show: |config| match &config.settings.local_scopes {
            None => quoted("all"),
            Some(scopes) => listed(scopes),
        },
        set: |config, given| {
            config.settings.local_scopes = (given != ["all"]).then(|| given.to_vec());
            Ok(())
        },
    },
    Setting {
        key: "audit.file",
        flag: Some("audit-file"),
        value: "FILE",
        help: "Append a line for each call to this file, instead of stderr; while it can't be written, tools that write are refused",
        many: false,
        show: |config| {
            quoted(
                &config.settings.audit_file.as_ref().map_or("stderr".into(), |path| path.to_string_lossy()),
            )
        },
        set: |config, given| {
            config.settings.audit_file = Some(one(given)?).filter(|path| *path != "stderr").map(Into::into);
            Ok(())
        },
    },
    Setting {
        key: "seal.keys",
        flag: None,
        value: "KEY",
        help: "Keys that seal cursors, 32 bytes in base64url each; the first seals, all open",
        many: true,
        show: |config| quoted(&format!("{} keys, not shown", config.settings.seal_keys.len())),
        set: |config, given| {
            config.settings.seal_keys = given.to_vec();
            Ok(())
        },
    },
    Setting {
        key: "log.level",
        flag: Some("log-level"),
        value: "LEVEL",
        help: "What is logged: off, error, warn, info, debug or trace",
        many: false,
        show: |config| quoted(&config.log.to_string()),
        set: |config, given| {
            let level = one(given)?
                .parse()
                .map_err(|_| "off, error, warn, info, debug or trace is wanted".to_owned());
            set(&mut config.log, level)
        },
    },
];

fn set<T>(place: &mut T, value: Result<T, String>) -> Result<(), String> {
    *place = value?;
    Ok(())
}

fn one(given: &[String]) -> Result<&str, String> {
    match given {
        [one] => Ok(one),
        _ => Err("one value is wanted".into()),
    }
}

fn time(text: &str) -> Result<Duration, String> {
    quantity::milliseconds(text)
        .map(Duration::from_millis)
        .ok_or_else(|| "a time is wanted, such as 250ms, 5s, 2m or 1h, a day at most".into())
}

fn time_shown(time: Duration) -> String {
    match time.as_millis() {
        ms if ms % 1_000 == 0 => format!("{}s", ms / 1_000),
        ms => format!("{ms}ms"),
    }
}

fn size(text: &str) -> Result<usize, String> {
    quantity::bytes(text)
        .and_then(|bytes| usize::try_from(bytes).ok())
        .filter(|bytes| (1_024..=1 << 30).contains(bytes))
        .ok_or_else(|| "a size from 1KiB to 1GiB is wanted, such as 65536, 64KiB or 4MiB".into())
}

fn size_shown(bytes: usize) -> String {
    match bytes {
        bytes if bytes % (1 << 20) == 0 => format!("{}MiB", bytes >> 20),
        bytes if bytes % (1 << 10) == 0 => format!("{}KiB", bytes >> 10),
        bytes => bytes.to_string(),
    }
}

fn count(text: &str) -> Result<NonZeroU32, String> {
    text.parse::<NonZeroU32>()
        .ok()
        .filter(|count| count.get() <= 1_000_000)
        .ok_or_else(|| "a whole number from 1 to 1000000 is wanted".into())
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn listed(texts: &[String]) -> String {
    format!("[{}]", texts.iter().map(|text| quoted(text)).collect::<Vec<_>>().join(", "))
}

/// The flags of all settings.
pub(super) fn flags() -> impl Iterator<Item = Arg> {
    SETTINGS.iter().filter_map(|setting| {
        let flag = setting.flag?;
        let action = if setting.many { ArgAction::Append } else { ArgAction::Set };
        let default = (setting.show)(&Config::default());
        let help = match default.as_str() {
            "\"\"" | "[]" => format!("{} [env: {}]", setting.help, setting.variable()),
            default => format!(
                "{} [default: {}] [env: {}]",
                setting.help,
                default.trim_matches('"'),
                setting.variable()
            ),
        };
        let arg = Arg::new(setting.key).long(flag).value_name(setting.value).help(help).action(action);
        Some(arg.value_parser(NonEmptyStringValueParser::new()))
    })
}

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    Default,
    File(String),
    Environment(String),
    Flag(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Default => f.write_str("default"),
            Origin::File(path) => f.write_str(path),
            Origin::Environment(variable) => f.write_str(variable),
            Origin::Flag(flag) => write!(f, "--{flag}"),
        }
    }
}

/// The settings, and where each came from.
#[derive(Debug)]
pub(super) struct Loaded {
    pub(super) config: Config,
    origins: Vec<Origin>,
}

impl Loaded {
    /// Each setting as a line of TOML, with its origin behind it.
    pub(super) fn print(&self) -> String {
        let mut lines = String::new();
        for (setting, origin) in SETTINGS.iter().zip(&self.origins) {
            lines.push_str(&format!("{} = {}  # {origin}\n", setting.key, (setting.show)(&self.config)));
        }
        lines
    }
}

/// Puts the settings together: flags before environment before file before defaults.
///
/// # Errors
/// A value that can't be used, and any name that is no setting.
pub(super) fn load(
    matches: &ArgMatches,
    environment: impl IntoIterator<Item = (OsString, OsString)>,
) -> Result<Loaded, String> {
    let (config_variable, environment) = environment_of(environment)?;
    let file = match matches.get_one::<String>("config").or(config_variable.as_ref()) {
        Some(path) => Some(path.as_str()),
        None => Path::new(FILE).exists().then_some(FILE),
    };
    let from_file = match file {
        Some(path) => file_of(path)?,
        None => BTreeMap::new(),
    };
    let mut loaded = Loaded { config: Config::default(), origins: Vec::new() };
    for setting in SETTINGS {
        let (origin, given) = given(setting, matches, &environment, &from_file, file.unwrap_or_default());
        if let Some(given) = given {
            (setting.set)(&mut loaded.config, &given).map_err(|reason| {
                let shown =
                    if setting.flag.is_some() { format!("{:?}: ", given.join(",")) } else { String::new() };
                format!("{} (from {origin}): {shown}{reason}", setting.key)
            })?;
        }
        loaded.origins.push(origin);
    }
    Ok(loaded)
}

fn given(
    setting: &Setting,
    matches: &ArgMatches,
    environment: &BTreeMap<String, String>,
    file: &BTreeMap<String, Vec<String>>,
    path: &str,
) -> (Origin, Option<Vec<String>>) {
    if let Some(flag) = setting.flag
        && matches.value_source(setting.key) == Some(ValueSource::CommandLine)
    {
        let values = matches.get_many::<String>(setting.key).into_iter().flatten();
        let values = values.flat_map(|value| if setting.many { split(value) } else { vec![value.clone()] });
        return (Origin::Flag(flag), Some(values.collect()));
    }
    let variable = setting.variable();
    if let Some(value) = environment.get(&variable) {
        let values = if setting.many { split(value) } else { vec![value.clone()] };
        return (Origin::Environment(variable), Some(values));
    }
    match file.get(setting.key) {
        Some(values) => (Origin::File(path.to_owned()), Some(values.clone())),
        None => (Origin::Default, None),
    }
}

fn split(value: &str) -> Vec<String> {
    value.split(',').map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
}

/// The variables that are settings, and the one that names the file.
fn environment_of(
    variables: impl IntoIterator<Item = (OsString, OsString)>,
) -> Result<(Option<String>, BTreeMap<String, String>), String> {
    const CONFIG: &str = "MCP_TOOL_CONFIG";
    let mut found = BTreeMap::new();
    for (variable, value) in variables {
        let Some(variable) = variable.to_str().filter(|variable| variable.starts_with(PREFIX)) else {
            continue;
        };
        let known = || SETTINGS.iter().map(Setting::variable).chain([CONFIG.to_owned()]);
        if !known().any(|known| known == variable) {
            let known: Vec<String> = known().collect();
            return Err(format!(
                "the environment variable {variable} is no setting{}",
                meant(variable, known.iter().map(String::as_str))
            ));
        }
        let value =
            value.into_string().map_err(|_| format!("the environment variable {variable} isn't UTF-8"))?;
        found.insert(variable.to_owned(), value);
    }
    Ok((found.remove(CONFIG), found))
}

/// The settings of a file.
fn file_of(path: &str) -> Result<BTreeMap<String, Vec<String>>, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?;
    let table: toml::Table = text.parse().map_err(|error| format!("{path}: {error}"))?;
    let mut found = BTreeMap::new();
    for (section, entries) in table {
        let toml::Value::Table(entries) = entries else {
            return Err(format!("{path}: `{section}` stands outside a section such as [http] or [limits]"));
        };
        for (name, value) in entries {
            let key = format!("{section}.{name}");
            if !SETTINGS.iter().any(|setting| setting.key == key) {
                let known = SETTINGS.iter().map(|setting| setting.key);
                return Err(format!("{path}: `{key}` is no setting{}", meant(&key, known)));
            }
            let values = match value {
                toml::Value::Array(values) => values.iter().map(scalar).collect(),
                single => scalar(&single).map(|value| vec![value]),
            };
            found.insert(
                key.clone(),
                values.ok_or_else(|| format!("{path}: `{key}` is text, a number, or a list of these"))?,
            );
        }
    }
    Ok(found)
}

fn scalar(value: &toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Integer(number) => Some(number.to_string()),
        _ => None,
    }
}

fn meant<'n>(given: &str, known: impl IntoIterator<Item = &'n str>) -> String {
    name::nearest(given, known).map(|meant| format!("; did you mean {meant}?")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use clap::Command;

    use super::*;

    fn load_with(flags: &[&str], environment: &[(&str, &str)]) -> Result<Loaded, String> {
        let command =
            Command::new("serve").no_binary_name(true).arg(Arg::new("config").long("config")).args(flags_());
        let matches = command.try_get_matches_from(flags).map_err(|error| error.to_string())?;
        load(&matches, environment.iter().map(|(name, value)| (name.into(), value.into())))
    }

    fn flags_() -> Vec<Arg> {
        flags().collect()
    }

    #[test]
    fn a_flag_comes_before_the_environment_and_that_before_the_file() {
        let file = std::env::temp_dir().join(format!("settings-{}.toml", std::process::id()));
        std::fs::write(&file, "[limits]\ntimeout = \"1s\"\nconcurrency = 7\nmax_result = \"2MiB\"\n")
            .unwrap();
        let path = file.to_str().unwrap();
        let loaded = load_with(
            &["--config", path, "--timeout", "3s"],
            &[("MCP_TOOL_LIMITS_TIMEOUT", "2s"), ("MCP_TOOL_LIMITS_CONCURRENCY", "8"), ("HOME", "/")],
        )
        .unwrap();
        std::fs::remove_file(&file).unwrap();
        assert_eq!(loaded.config.settings.timeout, Duration::from_secs(3));
        assert_eq!(loaded.config.settings.concurrency.get(), 8);
        assert_eq!(loaded.config.settings.max_result, 2 << 20);
        let printed = loaded.print();
        assert!(printed.contains("limits.timeout = \"3s\"  # --timeout"), "{printed}");
        assert!(printed.contains("limits.concurrency = 8  # MCP_TOOL_LIMITS_CONCURRENCY"), "{printed}");
        assert!(printed.contains(&format!("limits.max_result = \"2MiB\"  # {path}")), "{printed}");
        assert!(printed.contains("http.max_body = \"4MiB\"  # default"), "{printed}");
    }

    #[test]
    fn what_is_no_setting_is_refused_with_the_one_that_was_meant() {
        let error = load_with(&[], &[("MCP_TOOL_LIMITS_TIMOUT", "2s")]).err().unwrap();
        assert!(error.contains("did you mean MCP_TOOL_LIMITS_TIMEOUT?"), "{error}");
        assert!(load_with(&["--timout", "2s"], &[]).is_err());
        let file = std::env::temp_dir().join(format!("unknown-{}.toml", std::process::id()));
        std::fs::write(&file, "[limits]\ntimout = \"1s\"\n").unwrap();
        let error = load_with(&["--config", file.to_str().unwrap()], &[]).err().unwrap();
        std::fs::remove_file(&file).unwrap();
        assert!(error.contains("`limits.timout` is no setting; did you mean limits.timeout?"), "{error}");
        assert!(load_with(&["--config", "/nowhere/mcp-tool.toml"], &[]).is_err());
    }

    #[test]
    fn a_value_that_can_not_be_used_names_its_place_and_its_remedy() {
        let error = load_with(&["--timeout", "soon"], &[]).err().unwrap();
        assert_eq!(
            error,
            "limits.timeout (from --timeout): \"soon\": a time is wanted, such as 250ms, 5s, 2m or 1h, a day at most"
        );
        let error = load_with(&[], &[("MCP_TOOL_HTTP_MAX_BODY", "4MB")]).err().unwrap();
        assert!(error.contains("64KiB"), "{error}");
    }

    #[test]
    fn a_secret_is_neither_a_flag_nor_shown() {
        assert!(load_with(&["--seal-keys", "x"], &[]).is_err());
        let loaded = load_with(&[], &[("MCP_TOOL_SEAL_KEYS", "hunter2,hunter3")]).unwrap();
        assert!(loaded.print().contains("seal.keys = \"2 keys, not shown\"  # MCP_TOOL_SEAL_KEYS"));
        assert!(!loaded.print().contains("hunter"));
    }
}
