//! Sections of names, `[upstream.billing]`: what was said of each, and by whom.

use std::collections::BTreeMap;

use super::{
    Origin,
    value::{listed, quoted},
};
use mcp_tool_auth::outbound::{Given, Key, Settings, canonical};
use mcp_tool_contract::name::nearest;

/// The section, and what its variables begin with.
pub(super) const SECTION: &str = "upstream";
pub(super) const PREFIX: &str = "MCP_TOOL_UPSTREAM_";

/// What was said of each upstream.
#[derive(Debug, Default)]
pub(super) struct Named(BTreeMap<String, Said>);

type Said = BTreeMap<Key, (Origin, Vec<String>)>;

impl Named {
    /// Takes the section of a file.
    ///
    /// # Errors
    /// A name or a key that is none.
    pub(super) fn read_file(&mut self, path: &str, names: toml::Table) -> Result<(), String> {
        for (name, keys) in names {
            let toml::Value::Table(keys) = keys else {
                return Err(format!(
                    "{path}: `{SECTION}.{name}` stands outside a section such as [{SECTION}.billing]"
                ));
            };
            let name = canonical(&name).map_err(|reason| format!("{path}: [{SECTION}.{name}]: {reason}"))?;
            let mut said = Said::new();
            for (key, value) in keys {
                let known = Key::named(&key).ok_or_else(|| {
                    let all = Key::ALL.map(|key| format!("{SECTION}.{name}.{}", key.name()));
                    let given = format!("{SECTION}.{name}.{key}");
                    let meant = nearest(&given, all.iter().map(String::as_str));
                    let meant = meant.map(|meant| format!("; did you mean {meant}?")).unwrap_or_default();
                    format!("{path}: `{given}` is no setting{meant}")
                })?;
                let values = super::value::texts(value).ok_or_else(|| {
                    format!("{path}: `{SECTION}.{name}.{key}` is text, a number, or a list of these")
                })?;
                said.insert(known, (Origin::File(path.to_owned()), values));
            }
            if self.0.insert(name.clone(), said).is_some() {
                return Err(format!(
                    "{path}: two sections are [{SECTION}.{name}]: `-` and `_` are one in a name"
                ));
            }
        }
        Ok(())
    }

    /// Takes variables, by what follows their prefix. They come after the file, whose names tell where a name
    /// ends and a key begins: `BILLING_TOKEN_URL`.
    ///
    /// # Errors
    /// One that ends in no key, or could be two.
    pub(super) fn read_environment(&mut self, variables: BTreeMap<String, String>) -> Result<(), String> {
        let mut read = Vec::new();
        for (rest, value) in variables {
            let variable = format!("{PREFIX}{rest}");
            let (name, key) = self
                .split(&rest)
                .map_err(|reason| format!("the environment variable {variable} {reason}"))?;
            read.push((name, key, variable, value));
        }
        for (name, key, variable, value) in read {
            let mut given = Given::default().with(key, &value);
            let said = (Origin::Environment(variable), given.take(key));
            self.0.entry(name).or_default().insert(key, said);
        }
        Ok(())
    }

    fn split(&self, rest: &str) -> Result<(String, Key), String> {
        let lower = rest.to_lowercase();
        let mut readings: Vec<(&str, Key)> = Key::ALL
            .into_iter()
            .filter_map(|key| Some((lower.strip_suffix(key.name())?.strip_suffix('_')?, key)))
            .filter(|(name, _)| canonical(name).is_ok())
            .collect();
        // The longest key first: it is what is meant, unless the file has the longer name.
        readings.sort_by_key(|(name, _)| name.len());
        let mut in_file = readings.iter().filter(|(name, _)| self.0.contains_key(*name));
        let reading = match (in_file.next(), in_file.next()) {
            (Some(_), Some(_)) => {
                return Err("could be a setting of two upstreams: set it in the file".into());
            }
            (Some(only), None) => Some(only),
            (None, _) => readings.first(),
        };
        let &(name, key) =
            reading.filter(|_| rest.chars().all(|c| !c.is_ascii_lowercase())).ok_or_else(|| {
                let keys = Key::ALL.map(|key| key.name().to_uppercase()).join(", ");
                format!("is no setting: after the upstream's name, in capitals, comes one of {keys}")
            })?;
        Ok((name.to_owned(), key))
    }

    /// The settings of each upstream.
    ///
    /// # Errors
    /// One that can't be used.
    pub(super) fn judged(&self) -> Result<BTreeMap<String, Settings>, String> {
        self.0.iter().map(|(name, said)| Ok((name.clone(), judged(name, said)?))).collect()
    }

    /// Each as a line of TOML, with its origin behind it.
    pub(super) fn print(&self) -> String {
        let mut lines = String::new();
        for (name, said) in &self.0 {
            let given = given(said);
            for key in Key::ALL {
                let (values, origin) = match (said.get(&key), Settings::default_of(key, &given)) {
                    (Some((origin, values)), _) => (values.clone(), origin.to_string()),
                    (None, Some("")) if key.is_list() => (Vec::new(), Origin::Default.to_string()),
                    (None, Some(default)) => (vec![default.to_owned()], Origin::Default.to_string()),
                    (None, None) => continue,
                };
                let shown = if key.is_list() { listed(&values) } else { quoted(&values.join(",")) };
                lines.push_str(&format!("{SECTION}.{name}.{} = {shown}  # {origin}\n", key.name()));
            }
        }
        lines
    }
}

fn given(said: &Said) -> Given {
    let mut given = Given::default();
    for (key, (_, values)) in said {
        given.set(*key, values.clone());
    }
    given
}

fn judged(name: &str, said: &Said) -> Result<Settings, String> {
    Settings::judge(&given(said)).map_err(|wrong| {
        let (key, reason) = (wrong.key.name(), wrong.reason);
        match said.get(&wrong.key) {
            Some((origin, _)) => format!("{SECTION}.{name}.{key} (from {origin}): {reason}"),
            None => {
                let variable = format!("{PREFIX}{}_{}", name.to_uppercase(), key.to_uppercase());
                format!("{SECTION}.{name}.{key} {reason}; set it in [{SECTION}.{name}] or by {variable}")
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(file: &str, variables: &[(&str, &str)]) -> Result<Named, String> {
        let mut named = Named::default();
        named.read_file("f.toml", file.parse().unwrap())?;
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        named.read_environment(variables.collect())?;
        Ok(named)
    }

    fn said(named: &Named) -> Vec<String> {
        let each = named.0.iter().flat_map(|(name, said)| {
            said.iter()
                .map(move |(key, (origin, values))| format!("{name}.{} {values:?} {origin}", key.name()))
        });
        each.collect()
    }

    #[test]
    fn a_variable_is_read_by_its_longest_key_or_by_a_name_of_the_file() {
        let read = |file, variable| said(&named(file, &[(variable, "v")]).unwrap());
        assert_eq!(read("", "BILLING_URL"), ["billing.url [\"v\"] MCP_TOOL_UPSTREAM_BILLING_URL"]);
        assert_eq!(read("", "BILLING_TOKEN_URL")[0].split(' ').next(), Some("billing.token_url"));
        assert_eq!(read("", "BILLING_EU_KEY_FILE")[0].split(' ').next(), Some("billing_eu.key_file"));
        let file = "[billing-token]\n";
        assert_eq!(read(file, "BILLING_TOKEN_URL")[0].split(' ').next(), Some("billing_token.url"));
        let both = "[billing-token]\n[billing]\n";
        assert!(
            named(both, &[("BILLING_TOKEN_URL", "v")])
                .unwrap_err()
                .contains("could be a setting of two upstreams")
        );
        for wrong in ["BILLING", "URL", "_URL", "BILLING_URLS", "billing_url", "7_URL"] {
            let said = named("", &[(wrong, "v")]).unwrap_err();
            assert!(
                said.contains(wrong) && said.contains("is no setting") && said.contains("TOKEN_URL"),
                "{said}"
            );
        }
    }

    #[test]
    fn the_environment_comes_before_the_file() {
        let read =
            named("[a]\nurl = 'x'\nscope = 's'\n", &[("A_URL", "y"), ("A_ALLOW_PRIVATE", "::1, 10.0.0.0/8")]);
        let read = said(&read.unwrap());
        assert_eq!(read[0], "a.url [\"y\"] MCP_TOOL_UPSTREAM_A_URL");
        assert_eq!(read[1], "a.scope [\"s\"] f.toml");
        assert!(read[2].starts_with("a.allow_private [\"::1\", \"10.0.0.0/8\"]"), "{}", read[2]);
    }

    #[test]
    fn what_is_none_is_refused_in_a_file() {
        for (file, wanted) in [
            ("url = 'x'", "`upstream.url` stands outside a section such as [upstream.billing]"),
            ("[Billing]\nurl = 'x'", "[upstream.Billing]"),
            (
                "[a]\ntoken_ulr = 'x'",
                "`upstream.a.token_ulr` is no setting; did you mean upstream.a.token_url?",
            ),
            ("[a]\nurl = 1.5", "is text, a number, or a list"),
            ("[a-b]\n[a_b]", "two sections are [upstream.a_b]"),
        ] {
            let said = named(file, &[]).unwrap_err();
            assert!(said.contains(wanted), "{said}");
        }
    }
}
