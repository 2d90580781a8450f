//! Settings of `[audit]`, `[control]`, `[seal]` and `[log]`.

use mcp_tool_core::setting::{SECRET, Setting, single_value, text};

use super::{
    config::Config,
    value::{parse_number, parse_size, set, show_file, show_size},
};

pub(super) const SETTINGS: &[Setting<Config>] = &[
    Setting {
        key: "audit.file",
        flag: Some("audit-file"),
        value: "FILE",
        help: "Append audit records to this file instead of stderr; while it can't be written, tools that write are refused",
        many: false,
        show: |config| show_file(config.settings.audit_file.as_ref(), "stderr"),
        set: |config, values| {
            let path = single_value(values)?;
            if path.is_empty() {
                return Err("must be a file, or `stderr`".into());
            }
            // `stderr` means no file, as `show` prints it.
            config.settings.audit_file = Some(path).filter(|path| *path != "stderr").map(Into::into);
            Ok(())
        },
    },
    Setting {
        key: "audit.max_size",
        flag: Some("audit-max-size"),
        value: "SIZE",
        help: "Rotate the audit file before it exceeds this size, to FILE.20261114T093000.123456Z",
        many: false,
        show: |config| show_size(usize::try_from(config.settings.audit_max_size).unwrap_or(usize::MAX)),
        set: |config, values| {
            set(
                &mut config.settings.audit_max_size,
                parse_size(single_value(values)?).map(|size| size as u64),
            )
        },
    },
    Setting {
        key: "audit.keep",
        flag: Some("audit-keep"),
        value: "N",
        help: "Number of rotated files that are kept; the oldest are deleted, 0 keeps all",
        many: false,
        show: |config| Some(config.settings.audit_keep.to_string()),
        set: |config, values| {
            let files = parse_number(single_value(values)?);
            set(&mut config.settings.audit_keep, files)
        },
    },
    Setting {
        key: "control.file",
        flag: Some("control-file"),
        value: "FILE",
        help: "Apply the revocations and the disabled tools, clients and users in this file, which `disable`, `enable` and `revoke` write, within a second",
        many: false,
        show: |config| show_file(config.settings.control_file.as_ref(), ""),
        set: |config, values| {
            config.settings.control_file =
                Some(single_value(values)?).filter(|path| !path.is_empty()).map(Into::into);
            Ok(())
        },
    },
    Setting {
        key: "seal.keys",
        flag: None,
        value: SECRET,
        help: "Keys that seal cursors and question states, 32 bytes in base64url each; the first key seals, and every key opens",
        many: true,
        show: |config| text(&format!("{} keys, not shown", config.settings.seal_keys.len())),
        set: |config, values| {
            config.settings.seal_keys = values.to_vec();
            Ok(())
        },
    },
    Setting {
        key: "log.level",
        flag: Some("log-level"),
        value: "LEVEL",
        help: "Log level: off, error, warn, info, debug or trace",
        many: false,
        show: |config| text(&config.log.to_string()),
        set: |config, values| {
            let level = single_value(values)?
                .parse()
                .map_err(|_| "must be off, error, warn, info, debug or trace".to_owned());
            set(&mut config.log, level)
        },
    },
];
