//! Loads the settings of sections with one table per name, such as `[upstream.billing]`.

use std::collections::BTreeMap;

use mcp_tool_core::{
    redaction::{Secrecy, shown_reason},
    setting::Setting,
};

use super::{
    apply::{PrintedSetting, apply, print},
    origin::Origin,
    sources::Sources,
    table::variable,
};

/// Loads the table of each name in `section`, and returns the configurations that `validate` makes of the tables. If a
/// table is invalid, `validate` returns the key and the reason.
///
/// Appends the tables' settings to `printed`, for `serve --print-config`. `with_defaults` adds default values there only,
/// since `validate` adds its own.
///
/// # Errors
/// An invalid value with its source, or a missing value.
pub(super) fn load<T: Default + 'static, C>(
    sources: &Sources<'_>,
    section: &str,
    settings: &'static [Setting<T>],
    with_defaults: impl Fn(T) -> T,
    validate: impl Fn(&T) -> Result<C, (&'static str, String)>,
    printed: &mut Vec<PrintedSetting>,
) -> Result<BTreeMap<String, C>, String> {
    let mut configs = BTreeMap::new();
    for name in sources.names(section) {
        let prefix = format!("{section}.{name}.");
        let mut table = T::default();
        let origins = apply(sources, &prefix, settings.iter(), &mut table)?;
        let config = validate(&table).map_err(|(key, reason)| {
            let variable = variable(&format!("{prefix}{key}"));
            match origins.get(key) {
                Some(origin) => {
                    let setting = settings.iter().find(|setting| setting.key == key);
                    let values = setting.and_then(|setting| sources.get(&format!("{prefix}{key}"), setting));
                    let (_, values) = values.unwrap_or((Origin::Default, Vec::new()));
                    let secrecy = setting.map_or(Secrecy::Secret, Setting::secrecy);
                    format!("{prefix}{key} (from {origin}): {}", shown_reason(secrecy, reason, &values))
                }
                None => format!("{prefix}{key} {reason}; set it in [{section}.{name}] or by {variable}"),
            }
        })?;
        print(&prefix, settings.iter(), &with_defaults(table), &origins, printed);
        configs.insert(name.to_owned(), config);
    }
    Ok(configs)
}
