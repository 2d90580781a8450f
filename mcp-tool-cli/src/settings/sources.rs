//! Sources of the values of settings. A flag takes precedence over the environment variable, and the variable over the
//! file.

use std::ffi::OsString;

use clap::{ArgMatches, parser::ValueSource};
use mcp_tool_core::setting::Setting;

use super::{
    environment::Variables,
    file::{self, SettingsFile},
    key_values::{FILE_VARIABLE, Values},
    origin::Origin,
};

/// Values from flags, the environment and the settings file.
pub(super) struct Sources<'m> {
    flags: &'m ArgMatches,
    values: Values,
    pub(super) file: SettingsFile,
    /// Names of the variables of an orchestrator, which are ignored.
    pub(super) ignored: Vec<String>,
}

impl<'m> Sources<'m> {
    /// Reads the environment and the file.
    ///
    /// # Errors
    /// An unreadable or malformed file, an unknown name, or a setting of a feature that isn't compiled in.
    pub(super) fn read(
        flags: &'m ArgMatches,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Self, String> {
        let Variables { settings: mut variables, ignored } = Variables::read(environment)?;
        let by_variable = variables.remove(FILE_VARIABLE).filter(|path| !path.is_empty());
        let named = flags.get_one::<String>("config").cloned().or(by_variable);
        let is_named = named.is_some();
        let file = SettingsFile::find(named);
        let mut values = Values::default();
        if let Some(path) = &file.path {
            values.read_file(path, file::read(path, is_named)?)?;
        }
        values.read_environment(variables)?;
        Ok(Sources { flags, values, file, ignored })
    }

    /// Returns the values of a setting and their source; `None` if the default applies. `key` is the setting's key with
    /// its section, such as `upstream.billing.url`.
    pub(super) fn get<T>(&self, key: &str, setting: &Setting<T>) -> Option<(Origin, Vec<String>)> {
        if let Some(flag) = setting.flag
            // Not every command has the flag of every setting.
            && self.flags.try_contains_id(setting.key).unwrap_or(false)
            && self.flags.value_source(setting.key) == Some(ValueSource::CommandLine)
        {
            let texts = self.flags.get_many::<String>(setting.key).into_iter().flatten();
            return Some((Origin::Flag(flag), texts.flat_map(|text| setting.split(text)).collect()));
        }
        self.values.by_key.get(key).cloned()
    }

    /// Returns the names of the tables in a named section, such as `upstream`.
    #[cfg(feature = "oauth")]
    pub(super) fn names(&self, section: &str) -> impl Iterator<Item = &str> {
        let names = self.values.names.iter().filter(move |(listed, _)| *listed == section);
        names.map(|(_, name)| name.as_str())
    }
}
