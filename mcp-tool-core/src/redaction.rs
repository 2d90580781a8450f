//! Values of settings as errors, the log and `--print-config` show them: without passwords and other secrets.

use std::{borrow::Cow, path::Path};

use mcp_tool_contract::read::violation::escaped_excerpt;

/// Text in place of a secret.
const HIDDEN: &str = "…";

/// Secrets that the value of a setting may contain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secrecy {
    /// None, except for a password in a URL.
    Plain,
    /// The value is a secret.
    Secret,
    /// The value ends in the path of a secret's file, after this number of words. The secret may have been written
    /// instead of the path.
    SecretFile {
        /// Number of words, each followed by a space.
        words_before: usize,
    },
}

/// Returns a value as messages show it.
pub fn shown_value(secrecy: Secrecy, value: &str) -> Cow<'_, str> {
    match secrecy {
        Secrecy::Plain => without_credentials(value),
        Secrecy::Secret => HIDDEN.into(),
        Secrecy::SecretFile { words_before } => {
            let whole = without_credentials(value);
            let file = secret_path(value, words_before).unwrap_or(value);
            match whole.strip_suffix(file) {
                Some(words) => format!("{words}{}", shown_path(Path::new(file))).into(),
                None => HIDDEN.into(),
            }
        }
    }
}

/// Returns the values of a list as messages show them. If a password with a comma was split, the list is shown as one
/// value.
#[must_use]
pub fn shown_values<'v>(secrecy: Secrecy, values: &[&'v str]) -> Vec<Cow<'v, str>> {
    // A URL that ends after its user name and a part of the password: what looks like its port isn't a number.
    let is_cut = |value: &&str| {
        let authority = value.split_once("://").map(|(_, rest)| rest);
        let port = authority.and_then(|authority| authority.rsplit_once(':')).map(|(_, port)| port);
        port.is_some_and(|port| {
            let port = port.split(['/', '?', '#']).next().unwrap_or_default();
            !port.contains([']', '@']) && !port.bytes().all(|byte| byte.is_ascii_digit())
        })
    };
    if values.iter().any(is_cut) {
        return vec![shown_value(secrecy, &values.join(",")).into_owned().into()];
    }
    values.iter().map(|value| shown_value(secrecy, value)).collect()
}

/// Returns the path at the end of a [`Secrecy::SecretFile`]; `None` if words before it are missing.
pub fn secret_path(value: &str, words_before: usize) -> Option<&str> {
    value.splitn(words_before + 1, ' ').nth(words_before)
}

/// Returns the text of a value for an error: [without credentials](without_credentials), escaped, and at most 64
/// characters.
#[must_use]
pub fn excerpt(value: &str) -> String {
    escaped_excerpt(&without_credentials(value))
}

/// Replaces the user name and the password of a URL by `…`, also of an invalid URL: everything from the first `:`, and
/// the slashes after it, to the last `@`.
#[must_use]
pub fn without_credentials(text: &str) -> Cow<'_, str> {
    if let (Some(colon), Some(end)) = (text.find(':'), text.rfind('@'))
        && let Some(credentials) = text.get(colon + 1..end)
    {
        let start = end - credentials.trim_start_matches(['/', '\\']).len();
        return format!("{}{HIDDEN}{}", &text[..start], &text[end..]).into();
    }
    text.into()
}

/// Replaces the quoted values in the reason why a setting is invalid by `…`, if they contain a secret.
#[must_use]
pub fn shown_reason(secrecy: Secrecy, reason: String, values: &[String]) -> String {
    let joined = values.join(",");
    if secrecy == Secrecy::Plain && without_credentials(&joined) == joined {
        return reason;
    }
    values.iter().fold(reason, |reason, value| {
        reason.replace(&format!("\"{}\"", escaped_excerpt(value)), &format!("\"{HIDDEN}\""))
    })
}

/// Returns the path of a secret's file for an error. If no file exists there, the path is shown only if it is absolute
/// and not directly below the root, because it may be the secret itself, written instead of a path.
#[must_use]
pub fn shown_path(path: &Path) -> String {
    let has_folder = path.is_absolute() && path.parent().is_some_and(|folder| folder.parent().is_some());
    if has_folder || path.as_os_str().is_empty() || path.exists() {
        return path.display().to_string();
    }
    "the path, which isn't shown, since it may be the secret itself".into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_of_a_url_are_not_shown() {
        for (text, shown) in [
            ("https://ann:pw@x.example/a", "https://…@x.example/a"),
            ("https://token@x.example", "https://…@x.example"),
            ("https://ann:p@w/?#@x.example", "https://…@x.example"),
            ("https:ann:pw@x.example", "https:…@x.example"),
            ("https:\\\\ann:pw@x.example", "https:\\\\…@x.example"),
            ("ann:pw@x.example", "ann:…@x.example"),
            ("https://a.example,https://ann:p,w@x.example", "https://…@x.example"),
            ("https://x.example:8443/@", "https://…@"),
            ("https://x.example/a", "https://x.example/a"),
            ("ann@x.example", "ann@x.example"),
            ("@:", "@:"),
        ] {
            assert_eq!(without_credentials(text), shown);
        }
        let long = format!("https://ann:{}@x.example", "p".repeat(100));
        assert_eq!(excerpt(&long), "https://…@x.example");
    }

    #[test]
    fn secret_in_place_of_its_file_is_not_shown() {
        let shown = |words_before, value| shown_value(Secrecy::SecretFile { words_before }, value);
        assert_eq!(shown(0, "/run/secrets/key"), "/run/secrets/key");
        for (words_before, value) in [
            (0, "s3cr3t"),
            (0, "/s3cr3t"),
            (2, "https://as.example mcp s3cr3t"),
            (2, "https://as.example s3cr3t"),
            (2, "s3cr3t"),
            (2, "https://ann:s3cr3t@as.example mcp /run/secrets/key"),
            (2, "https://ann:s3cr3t s3cr3t@as.example mcp /run/secrets/key"),
            (2, "https://as.example mcp a:s3cr3t@x"),
        ] {
            assert!(
                !shown(words_before, value).contains("s3cr3t"),
                "{value}: {}",
                shown(words_before, value)
            );
        }
        assert_eq!(shown(2, "https://as.example mcp /run/s"), "https://as.example mcp /run/s");
        assert!(!shown_value(Secrecy::Secret, "s3cr3t").contains("s3cr3t"));
    }

    #[test]
    fn reason_quotes_no_value_with_a_secret() {
        let values = ["https://ann:p".to_owned(), "w@x.example".to_owned()];
        let reason = "\"https://ann:p\": must be an address".to_owned();
        assert_eq!(shown_reason(Secrecy::Plain, reason.clone(), &values), "\"…\": must be an address");
        assert_eq!(shown_reason(Secrecy::Plain, reason.clone(), &values[..1]), reason);
    }
}
