//! Where values come from: flags before environment before file.

use std::{collections::BTreeMap, ffi::OsString, path::Path};

use clap::{ArgMatches, parser::ValueSource};
use mcp_tool_contract::name;

use super::{
    Origin, named,
    named::Named,
    table::{PREFIX, Setting, settings},
    value,
};

/// The file that is read if it is there.
const FILE: &str = "mcp-tool.toml";
/// The variable that names another.
const FILE_VARIABLE: &str = "MCP_TOOL_CONFIG";

/// What each source says, by its own names.
pub(super) struct Sources<'m> {
    flags: &'m ArgMatches,
    environment: BTreeMap<String, String>,
    file: BTreeMap<String, Vec<String>>,
    path: String,
    /// Sections of names, from file and environment.
    pub(super) named: Named,
}

impl<'m> Sources<'m> {
    /// Reads environment and file.
    ///
    /// # Errors
    /// A file that can't be read, and any name that is no setting.
    pub(super) fn read(
        flags: &'m ArgMatches,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Self, String> {
        let (mut environment, of_names) = settings_among(environment)?;
        let named = flags.get_one::<String>("config").cloned().or(environment.remove(FILE_VARIABLE));
        let path = named.or_else(|| Path::new(FILE).exists().then(|| FILE.to_owned()));
        let (file, mut named) = path.as_deref().map(settings_in).transpose()?.unwrap_or_default();
        named.read_environment(of_names)?;
        Ok(Sources { flags, environment, file, path: path.unwrap_or_default(), named })
    }

    /// Where a setting's value comes from, and what it is unless its default holds.
    pub(super) fn of(&self, setting: &Setting) -> (Origin, Option<Vec<String>>) {
        let split = |value: &String| if setting.many { split(value) } else { vec![value.clone()] };
        if let Some(flag) = setting.flag
            // Not every command has every flag.
            && self.flags.try_contains_id(setting.key).unwrap_or(false)
            && self.flags.value_source(setting.key) == Some(ValueSource::CommandLine)
        {
            let values = self.flags.get_many::<String>(setting.key).into_iter().flatten();
            return (Origin::Flag(flag), Some(values.flat_map(split).collect()));
        }
        let variable = setting.variable();
        if let Some(value) = self.environment.get(&variable) {
            return (Origin::Environment(variable), Some(split(value)));
        }
        match self.file.get(setting.key) {
            Some(values) => (Origin::File(self.path.clone()), Some(values.clone())),
            None => (Origin::Default, None),
        }
    }
}

fn split(value: &str) -> Vec<String> {
    value.split(',').map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
}

/// Variables and what they hold.
type Variables = BTreeMap<String, String>;

/// The variables that are settings, and the one that names the file; apart from these the ones of sections of
/// names, by what follows their prefix.
fn settings_among(
    variables: impl IntoIterator<Item = (OsString, OsString)>,
) -> Result<(Variables, Variables), String> {
    let known: Vec<String> = settings().map(Setting::variable).chain([FILE_VARIABLE.to_owned()]).collect();
    let (mut found, mut of_names) = (Variables::new(), Variables::new());
    for (variable, value) in variables {
        let variable = variable.to_string_lossy().into_owned();
        if !variable.starts_with(PREFIX) {
            continue;
        }
        let rest = variable.strip_prefix(named::PREFIX).map(str::to_owned);
        if rest.is_none() && !known.contains(&variable) {
            built_with(&variable[PREFIX.len()..].to_lowercase())
                .map_err(|reason| format!("the environment variable {variable}: {reason}"))?;
            let meant = meant(&variable, known.iter().map(String::as_str));
            return Err(format!("the environment variable {variable} is no setting{meant}"));
        }
        match (value.into_string(), rest) {
            (Ok(value), None) => found.insert(variable, value),
            (Ok(value), Some(rest)) => of_names.insert(rest, value),
            (Err(_), _) => return Err(format!("the environment variable {variable} isn't UTF-8")),
        };
    }
    Ok((found, of_names))
}

/// The settings of a file.
fn settings_in(path: &str) -> Result<(BTreeMap<String, Vec<String>>, Named), String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?;
    let table: toml::Table = text.parse().map_err(|error| format!("{path}: {error}"))?;
    let (mut found, mut named) = (BTreeMap::new(), Named::default());
    for (section, entries) in table {
        let toml::Value::Table(entries) = entries else {
            return Err(format!("{path}: `{section}` stands outside a section such as [http] or [limits]"));
        };
        if section == named::SECTION {
            named.read_file(path, entries)?;
            continue;
        }
        for (name, value) in entries {
            let key = format!("{section}.{name}");
            if !settings().any(|setting| setting.key == key) {
                built_with(&key).map_err(|reason| format!("{path}: `{key}`: {reason}"))?;
                let known = settings().map(|setting| setting.key);
                return Err(format!("{path}: `{key}` is no setting{}", meant(&key, known)));
            }
            found.insert(
                key.clone(),
                value::texts(value)
                    .ok_or_else(|| format!("{path}: `{key}` is text, a number, or a list of these"))?,
            );
        }
    }
    Ok((found, named))
}

/// Refuses settings of `[oauth]` in a server that was built without authorization.
fn built_with(key: &str) -> Result<(), &'static str> {
    match cfg!(feature = "oauth") || !key.starts_with("oauth") {
        true => Ok(()),
        false => {
            Err("this server was built without authorization: add the feature `oauth` of mcp-tool-runtime")
        }
    }
}

fn meant<'n>(given: &str, known: impl IntoIterator<Item = &'n str>) -> String {
    name::nearest(given, known).map(|meant| format!("; did you mean {meant}?")).unwrap_or_default()
}
