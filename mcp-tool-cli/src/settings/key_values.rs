//! Values of settings from the settings file and the environment, by key.

use std::collections::{BTreeMap, BTreeSet};

use mcp_tool_contract::{name, read::violation::escaped_excerpt};
use mcp_tool_core::{redaction::Secrecy, setting::split};

use super::{
    file::{shown_name, shown_unknown},
    origin::Origin,
    table::{NAMED_SECTIONS, NamedKey, NamedSection, PREFIX, check_compiled, settings, variable},
    value,
};

/// Environment variable that names the settings file.
pub(super) const FILE_VARIABLE: &str = "MCP_TOOL_CONFIG";

/// Values from the environment and the file. A value from the environment replaces the file's value of the same key.
#[derive(Debug, Default)]
pub(super) struct Values {
    pub(super) by_key: BTreeMap<String, (Origin, Vec<String>)>,
    /// Section and name of each table in a named section, such as `upstream` and `billing` for `[upstream.billing]`.
    pub(super) names: BTreeSet<(&'static str, String)>,
}

impl Values {
    /// Reads the sections of the settings file at `path`.
    ///
    /// # Errors
    /// A section or key that no setting has, a setting of a feature that isn't compiled in, or a value of the wrong type.
    pub(super) fn read_file(&mut self, path: &str, file: toml::Table) -> Result<(), String> {
        for (section, entries) in file {
            check_compiled(&section)
                .map_err(|reason| format!("{path}: [{}]: {reason}", shown_name(&section)))?;
            let toml::Value::Table(entries) = entries else {
                let keys = settings().flat_map(|setting| setting.key.split('.'));
                let name = shown_unknown(&section, keys);
                return Err(format!("{path}: `{name}` is outside of a section such as [http] or [limits]"));
            };
            match NAMED_SECTIONS.iter().find(|named| named.name == section) {
                Some(named) => self.read_named(path, named, entries)?,
                None => {
                    let is_section = |key: &str| key.split_once('.').is_some_and(|(of, _)| of == section);
                    if !settings().any(|setting| is_section(setting.key)) {
                        return Err(unknown_section(path, &section));
                    }
                    let known: Vec<String> = settings().map(|setting| setting.key.to_owned()).collect();
                    let mut of_section = settings().filter(|setting| is_section(setting.key));
                    let has_secrets = of_section.any(|setting| setting.secrecy() != Secrecy::Plain);
                    self.read_keys(path, &section, &known, has_secrets, entries)?;
                }
            }
        }
        Ok(())
    }

    fn read_named(&mut self, path: &str, named: &NamedSection, tables: toml::Table) -> Result<(), String> {
        let section = named.name;
        for (name, entries) in tables {
            let toml::Value::Table(entries) = entries else {
                let name = shown_unknown(&name, (named.keys)().iter().map(|key| key.name));
                return Err(format!(
                    "{path}: `{section}.{name}` is outside of a section such as [{section}.billing]"
                ));
            };
            let name = (named.canonical_name)(&name)
                .map_err(|reason| format!("{path}: [{section}.{}]: {reason}", shown_name(&name)))?;
            if !self.names.insert((section, name.clone())) {
                return Err(format!(
                    "{path}: [{section}.{name}] appears twice: `-` and `_` are the same in a name"
                ));
            }
            let section = format!("{section}.{name}");
            let keys = (named.keys)();
            let known: Vec<String> = keys.iter().map(|key| format!("{section}.{}", key.name)).collect();
            let has_secrets = keys.iter().any(|key| key.secrecy != Secrecy::Plain);
            self.read_keys(path, &section, &known, has_secrets, entries)?;
        }
        Ok(())
    }

    /// Reads the keys of one section. `known` has the keys of this section, and may have those of others. If the section
    /// has secrets, an error shows an unknown key only if it is similar to a known one.
    fn read_keys(
        &mut self,
        path: &str,
        section: &str,
        known: &[String],
        has_secrets: bool,
        entries: toml::Table,
    ) -> Result<(), String> {
        for (name, value) in entries {
            let key = format!("{section}.{name}");
            if !known.contains(&key) {
                let names = known.iter().filter_map(|key| key.strip_prefix(section)?.strip_prefix('.'));
                let shown = if has_secrets { shown_unknown(&name, names) } else { shown_name(&name) };
                return Err(format!(
                    "{path}: unknown setting `{section}.{shown}`{}",
                    suggestion(&key, known)
                ));
            }
            let values = value::texts(value)
                .ok_or_else(|| format!("{path}: `{key}` must be text, a whole number, or a list of these"))?;
            self.by_key.insert(key, (Origin::File(path.to_owned()), values));
        }
        Ok(())
    }

    /// Reads the variables whose names begin with [`PREFIX`].
    ///
    /// # Errors
    /// A variable that no setting has, or a setting of a feature that isn't compiled in.
    pub(super) fn read_environment(&mut self, variables: BTreeMap<String, String>) -> Result<(), String> {
        // Only names in the file decide how variables are split, so that one variable doesn't change the meaning of
        // another.
        let names_of_file = self.names.clone();
        for (variable, text) in variables {
            // A misspelled name is an error even if its value is empty.
            let is_set = !text.is_empty();
            let failed =
                |reason: String| format!("the environment variable {}: {reason}", escaped_excerpt(&variable));
            let (key, values) = match settings().find(|setting| self::variable(setting.key) == variable) {
                Some(setting) => (setting.key.to_owned(), setting.split(&text)),
                None => {
                    let mut sections = NAMED_SECTIONS.iter();
                    let named =
                        sections.find_map(|named| Some((named, variable.strip_prefix(&named.prefix())?)));
                    let (named, rest) = named.ok_or_else(|| unknown_variable(&variable))?;
                    let (name, key) = split_variable(named, rest, &names_of_file).map_err(failed)?;
                    if is_set {
                        self.names.insert((named.name, name.clone()));
                    }
                    (format!("{}.{name}.{}", named.name, key.name), split(&text, key.many))
                }
            };
            if is_set {
                self.by_key.insert(key, (Origin::Environment(variable), values));
            }
        }
        Ok(())
    }
}

/// Splits the part of a variable after the section's prefix, such as `BILLING_TOKEN_URL`, into a name and a key. If
/// several splits are possible, the split whose name is in the file is used, else the split with the longest key. Fails
/// if the names of two splits are in the file.
fn split_variable(
    named: &NamedSection,
    rest: &str,
    names_of_file: &BTreeSet<(&'static str, String)>,
) -> Result<(String, NamedKey), String> {
    let lower = rest.to_lowercase();
    let keys = (named.keys)();
    let mut splits: Vec<(&str, NamedKey)> = keys
        .iter()
        .filter_map(|key| Some((lower.strip_suffix(key.name)?.strip_suffix('_')?, *key)))
        .filter(|(name, _)| (named.canonical_name)(name).is_ok())
        .collect();
    // The split with the shortest name, and so with the longest key, comes first. It is used if the file contains none
    // of the names.
    splits.sort_by_key(|(name, _)| name.len());
    let is_in_file =
        |name: &str| names_of_file.iter().any(|(section, listed)| *section == named.name && listed == name);
    let mut in_file = splits.iter().filter(|(name, _)| is_in_file(name));
    let split = match (in_file.next(), in_file.next()) {
        (Some(_), Some(_)) => {
            return Err(format!("matches two sections [{}.NAME]: set it in the file", named.name));
        }
        (Some(only), None) => Some(only),
        (None, _) => splits.first(),
    };
    let is_upper = !rest.chars().any(|c| c.is_ascii_lowercase());
    match split.filter(|_| is_upper) {
        Some((name, key)) => Ok(((*name).to_owned(), *key)),
        None => {
            let keys: Vec<String> = keys.iter().map(|key| key.name.to_uppercase()).collect();
            Err(format!(
                "unknown setting: write {}NAME_KEY in capitals, where KEY is one of {}",
                named.prefix(),
                keys.join(", ")
            ))
        }
    }
}

/// Returns the error for a section of the file that no setting has.
fn unknown_section(path: &str, section: &str) -> String {
    let of_settings = settings().filter_map(|setting| Some(setting.key.split_once('.')?.0));
    let known: BTreeSet<&str> = of_settings.chain(NAMED_SECTIONS.iter().map(|named| named.name)).collect();
    let shown = shown_unknown(section, known.iter().copied());
    let known = known.into_iter().collect::<Vec<_>>().join(", ");
    format!("{path}: unknown section [{shown}]: the sections are {known}")
}

/// Returns the error for a variable that is no setting, or a setting of a feature that isn't compiled in.
fn unknown_variable(variable: &str) -> String {
    let lower = variable.strip_prefix(PREFIX).unwrap_or_default().to_lowercase();
    // `check_compiled` accepts a section, a key, or such a variable in lower case.
    if let Err(reason) = check_compiled(&lower) {
        return format!("the environment variable {}: {reason}", escaped_excerpt(variable));
    }
    let known: Vec<String> = settings().map(|setting| self::variable(setting.key)).collect();
    let suggestion = suggestion(variable, known.iter().map(String::as_str).chain([FILE_VARIABLE]));
    format!("unknown environment variable {}{suggestion}", escaped_excerpt(variable))
}

/// Returns `; did you mean NAME?` with the known name that is most similar; empty if none is similar.
fn suggestion<'k, K: AsRef<str> + 'k + ?Sized>(
    given: &str,
    known: impl IntoIterator<Item = &'k K>,
) -> String {
    let nearest = name::nearest(given, known.into_iter().map(AsRef::as_ref));
    nearest.map(|nearest| format!("; did you mean {nearest}?")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a file with this text, under the path `f.toml`, and then these environment variables.
    fn read(file: &str, variables: &[(&str, &str)]) -> Result<Values, String> {
        let mut values = Values::default();
        values.read_file("f.toml", file.parse().unwrap())?;
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        values.read_environment(variables.collect())?;
        Ok(values)
    }

    /// Returns a line `KEY VALUES SOURCE` for each value.
    #[cfg(feature = "oauth")]
    fn lines(values: &Values) -> Vec<String> {
        let lines = values.by_key.iter();
        lines.map(|(key, (origin, values))| format!("{key} {values:?} {origin}")).collect()
    }

    #[cfg(feature = "oauth")]
    #[test]
    fn variable_is_split_at_the_longest_key_unless_the_file_has_the_name() {
        // Returns the key of the variable whose name ends with `rest`.
        let key = |file: &str, rest: &str| {
            let values = read(file, &[(&format!("MCP_TOOL_UPSTREAM_{rest}"), "v")]).unwrap();
            values.by_key.into_keys().next().unwrap()
        };
        assert_eq!(
            lines(&read("", &[("MCP_TOOL_UPSTREAM_BILLING_URL", "v")]).unwrap()),
            ["upstream.billing.url [\"v\"] MCP_TOOL_UPSTREAM_BILLING_URL"]
        );
        assert_eq!(key("", "BILLING_TOKEN_URL"), "upstream.billing.token_url");
        assert_eq!(key("", "BILLING_EU_KEY_FILE"), "upstream.billing_eu.key_file");
        let file = "[upstream.billing-token]\n";
        assert_eq!(key(file, "BILLING_TOKEN_URL"), "upstream.billing_token.url");
        let both = "[upstream.billing-token]\n[upstream.billing]\n";
        let error = read(both, &[("MCP_TOOL_UPSTREAM_BILLING_TOKEN_URL", "v")]).unwrap_err();
        assert!(error.contains("matches two sections"), "wrong error: {error}");
        // No key, no name, an empty name, an unknown key, lower case, and an invalid name.
        for rest in ["BILLING", "URL", "_URL", "BILLING_URLS", "billing_url", "7_URL"] {
            let error = read("", &[(&format!("MCP_TOOL_UPSTREAM_{rest}"), "v")]).unwrap_err();
            assert!(
                error.contains(rest) && error.contains("unknown setting") && error.contains("TOKEN_URL"),
                "{error}"
            );
        }
    }

    #[cfg(feature = "oauth")]
    #[test]
    fn name_from_the_environment_does_not_change_how_other_variables_are_split() {
        let values = read(
            "",
            &[("MCP_TOOL_UPSTREAM_BILLING_TOKEN_SCOPE", "v"), ("MCP_TOOL_UPSTREAM_BILLING_TOKEN_URL", "v")],
        );
        let keys: Vec<String> = values.unwrap().by_key.into_keys().collect();
        assert_eq!(keys, ["upstream.billing.token_url", "upstream.billing_token.scope"]);
    }

    #[cfg(feature = "oauth")]
    #[test]
    fn environment_overrides_the_file() {
        let values = read(
            "[upstream.a]\nurl = 'x'\nscope = 's'\n",
            &[("MCP_TOOL_UPSTREAM_A_URL", "y"), ("MCP_TOOL_UPSTREAM_A_ALLOW_PRIVATE", "::1, 10.0.0.0/8")],
        );
        assert_eq!(
            lines(&values.unwrap()),
            [
                "upstream.a.allow_private [\"::1\", \"10.0.0.0/8\"] MCP_TOOL_UPSTREAM_A_ALLOW_PRIVATE",
                "upstream.a.scope [\"s\"] f.toml",
                "upstream.a.url [\"y\"] MCP_TOOL_UPSTREAM_A_URL",
            ]
        );
    }

    #[cfg(feature = "oauth")]
    #[test]
    fn invalid_upstream_section_of_a_file_is_refused() {
        for (file, wanted) in [
            ("[upstream]\nurl = 'x'", "`upstream.url` is outside of a section such as [upstream.billing]"),
            ("[upstream.Billing]\nurl = 'x'", "[upstream.Billing]"),
            (
                "[upstream.a]\ntoken_ulr = 'x'",
                "unknown setting `upstream.a.token_ulr`; did you mean upstream.a.token_url?",
            ),
            ("[upstream.a]\nurl = 1.5", "must be text, a whole number, or a list"),
            ("[upstream.a-b]\n[upstream.a_b]", "[upstream.a_b] appears twice"),
        ] {
            let error = read(file, &[]).unwrap_err();
            assert!(error.contains(wanted), "wrong error for {file:?}: {error}");
        }
    }

    #[cfg(not(feature = "oauth"))]
    #[test]
    fn setting_of_a_feature_that_is_not_compiled_in_is_refused() {
        for (file, variables) in [
            ("[oauth]\n", None),
            ("[upstream.billing]\nurl = 'x'\n", None),
            ("", Some(("MCP_TOOL_OAUTH_ISSUERS", "x"))),
            ("", Some(("MCP_TOOL_UPSTREAM_BILLING_URL", "x"))),
        ] {
            let error = read(file, variables.as_slice()).unwrap_err();
            assert!(
                error.contains("add the feature `oauth` of mcp-tool-runtime"),
                "wrong error for {file:?} and {variables:?}: {error}"
            );
        }
        assert!(check_compiled("http.tls_cert").is_err() && check_compiled("http.listen").is_ok());
    }
}
