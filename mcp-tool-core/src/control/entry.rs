//! An entry of the control file, the file in which the operator disables tools, clients and users, and revokes tokens.
//! Each entry is a line of JSON.

use std::time::SystemTime;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};

/// Maximum size of each text of an entry (a name, an id or the reason), in bytes.
const MAX_TEXT: usize = 1_024;

/// Entry of the control file: an action of the operator, with its time, author and reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ControlEntry {
    /// Time at which the operator made the entry.
    pub time: DateTime<Utc>,
    /// Name of the operator. Commands write the name of the system user who runs them.
    pub by: String,
    /// Action of the operator.
    pub action: ControlAction,
    /// The operator's reason, for people who read the file. The text has no effect.
    pub reason: Option<String>,
    /// `true` if the entry also covers tokens that name no client, because they may belong to the client of the entry.
    /// Such tokens are then refused while the client is disabled, or revoked together with the client's tokens.
    pub refuse_unidentified: bool,
}

/// Action of the operator, with its target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ControlAction {
    /// Disables a target until an entry enables it again.
    Disable(DisableTarget),
    /// Enables a disabled target again.
    Enable(DisableTarget),
    /// Revokes tokens; no entry can undo this.
    Revoke(RevokedTokens),
}

/// Target that can be disabled and enabled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DisableTarget {
    /// Name of a tool, which is disabled in all its versions.
    Tool(String),
    /// Id of an OAuth client or agent. Over stdio, and over HTTP without authorization, the name that the client gives
    /// itself.
    Client(String),
    /// User name.
    User(String),
}

/// The tokens that an entry revokes. All variants but `Id` revoke tokens that were issued until a certain time, and
/// tokens without a time of issue. Because the clocks of issuer and server may differ, they also revoke tokens that
/// were issued up to 30 s after that time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RevokedTokens {
    /// The token with this `jti`.
    Id(String),
    /// Tokens of this user that were issued until the time of the entry.
    Subject(String),
    /// Tokens of this OAuth client or agent that were issued until the time of the entry.
    Client(String),
    /// All tokens that were issued before this time, which may differ from the time of the entry.
    Before(DateTime<Utc>),
}

/// JSON form of an entry. In a valid line, exactly one of `tool`, `client`, `user`, `jti`, `subject` and `before` is
/// present.
#[derive(Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct EntryLine {
    time: String,
    by: String,
    action: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tool: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    client: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    user: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    jti: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    before: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    refuse_unidentified: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

impl ControlEntry {
    /// Returns an entry with the current time.
    pub fn new(by: String, action: ControlAction, reason: Option<String>) -> Self {
        ControlEntry { time: SystemTime::now().into(), by, action, reason, refuse_unidentified: false }
    }

    /// Parses a line of the file, without its newline.
    ///
    /// # Errors
    /// The line is not an entry. The error is the reason.
    pub(crate) fn parse(line: &[u8]) -> Result<Self, String> {
        // serde would also read an array, as the struct's members in order.
        if !line.starts_with(b"{") {
            return Err("must be a JSON object".into());
        }
        let line: EntryLine =
            serde_json::from_slice(line).map_err(|error| format!("invalid entry: {error}"))?;
        let EntryLine {
            time,
            by,
            action: name,
            tool,
            client,
            user,
            jti,
            subject,
            before,
            reason,
            refuse_unidentified,
        } = line;
        let texts = [&tool, &client, &user, &jti, &subject, &reason].into_iter().flatten().chain([&by]);
        for text in texts {
            check_text(text)?;
        }
        let one_target = "must have exactly one target";
        let target = match (tool, client, user, jti, subject, before) {
            (Some(tool), None, None, None, None, None) => LineTarget::Disable(DisableTarget::Tool(tool)),
            (None, Some(client), None, None, None, None) => LineTarget::Client(client),
            (None, None, Some(user), None, None, None) => LineTarget::Disable(DisableTarget::User(user)),
            (None, None, None, Some(jti), None, None) => LineTarget::Revoke(RevokedTokens::Id(jti)),
            (None, None, None, None, Some(subject), None) => {
                LineTarget::Revoke(RevokedTokens::Subject(subject))
            }
            (None, None, None, None, None, Some(before)) => {
                LineTarget::Revoke(RevokedTokens::Before(parse_time(&before)?))
            }
            _ => return Err(one_target.into()),
        };
        let action = match (name.as_str(), target) {
            ("disable", LineTarget::Disable(target)) => ControlAction::Disable(target),
            ("disable", LineTarget::Client(client)) => ControlAction::Disable(DisableTarget::Client(client)),
            ("enable", LineTarget::Disable(target)) => ControlAction::Enable(target),
            ("enable", LineTarget::Client(client)) => ControlAction::Enable(DisableTarget::Client(client)),
            ("disable" | "enable", LineTarget::Revoke(_)) => {
                return Err(format!("{one_target}: {name} takes tool, client or user"));
            }
            ("revoke", LineTarget::Revoke(tokens)) => ControlAction::Revoke(tokens),
            ("revoke", LineTarget::Client(client)) => ControlAction::Revoke(RevokedTokens::Client(client)),
            ("revoke", LineTarget::Disable(_)) => {
                return Err(format!("{one_target}: revoke takes jti, subject, client or before"));
            }
            _ => return Err("`action` must be `disable`, `enable` or `revoke`".into()),
        };
        let has_client = match &action {
            ControlAction::Disable(DisableTarget::Client(_))
            | ControlAction::Revoke(RevokedTokens::Client(_)) => true,
            ControlAction::Disable(_) | ControlAction::Enable(_) | ControlAction::Revoke(_) => false,
        };
        if refuse_unidentified && !has_client {
            return Err("`refuse_unidentified` needs `disable` or `revoke` with the target `client`".into());
        }
        Ok(ControlEntry { time: parse_time(&time)?, by, action, reason, refuse_unidentified })
    }

    /// Returns the entry as a line of the file, with its newline.
    ///
    /// # Errors
    /// A text of the entry is empty, or longer than 1,024 bytes.
    pub fn to_line(&self) -> Result<String, String> {
        let mut line = self.to_json();
        line.push('\n');
        // `parse` checks the texts.
        ControlEntry::parse(line.trim_end().as_bytes())?;
        Ok(line)
    }

    /// Returns the entry as a JSON object.
    pub fn to_json(&self) -> String {
        let mut line = EntryLine {
            time: format_time(self.time),
            by: self.by.clone(),
            action: self.action.name().to_owned(),
            reason: self.reason.clone(),
            refuse_unidentified: self.refuse_unidentified,
            ..EntryLine::default()
        };
        match self.action.clone() {
            ControlAction::Disable(target) | ControlAction::Enable(target) => match target {
                DisableTarget::Tool(tool) => line.tool = Some(tool),
                DisableTarget::Client(client) => line.client = Some(client),
                DisableTarget::User(user) => line.user = Some(user),
            },
            ControlAction::Revoke(tokens) => match tokens {
                RevokedTokens::Id(jti) => line.jti = Some(jti),
                RevokedTokens::Subject(subject) => line.subject = Some(subject),
                RevokedTokens::Client(client) => line.client = Some(client),
                RevokedTokens::Before(time) => line.before = Some(format_time(time)),
            },
        }
        // A struct of strings always serializes.
        serde_json::to_string(&line).unwrap_or_default()
    }
}

/// Target of a line, parsed before the line's action. The action then decides if the target fits.
enum LineTarget {
    /// Target of `disable` or `enable`.
    Disable(DisableTarget),
    /// Target of any action: a client can be disabled and enabled, and its tokens can be revoked.
    Client(String),
    /// Target of `revoke`.
    Revoke(RevokedTokens),
}

impl ControlAction {
    /// Returns the value of the line's member `action`.
    const fn name(&self) -> &'static str {
        match self {
            ControlAction::Disable(_) => "disable",
            ControlAction::Enable(_) => "enable",
            ControlAction::Revoke(_) => "revoke",
        }
    }
}

fn check_text(text: &str) -> Result<(), String> {
    if (1..=MAX_TEXT).contains(&text.len()) {
        Ok(())
    } else {
        Err(format!("texts must have 1 to {MAX_TEXT} bytes, got {}", text.len()))
    }
}

/// Parses a time in RFC 3339.
///
/// # Errors
/// `text` has another format. The error describes the expected format.
pub fn parse_time(text: &str) -> Result<DateTime<Utc>, String> {
    DateTime::parse_from_rfc3339(text)
        .map(|time| time.to_utc())
        .map_err(|_| "must be a time in RFC 3339, such as 2026-11-14T09:30:00Z".into())
}

/// Returns a time in the form of the control file: RFC 3339 with microseconds.
pub fn format_time(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Micros, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entry_is_equal_after_writing_and_parsing() {
        // U+202E reverses the direction of the text after it, and a quote must be escaped in JSON.
        let tool = || DisableTarget::Tool("a\u{202e}\"b".into());
        let time = parse_time("2026-11-14T09:30:00+01:00").unwrap();
        let actions = [
            ControlAction::Disable(tool()),
            ControlAction::Enable(tool()),
            ControlAction::Disable(DisableTarget::Client("c".into())),
            ControlAction::Enable(DisableTarget::User("u".into())),
            ControlAction::Revoke(RevokedTokens::Id("j".into())),
            ControlAction::Revoke(RevokedTokens::Subject("s".into())),
            ControlAction::Revoke(RevokedTokens::Client("c".into())),
            ControlAction::Revoke(RevokedTokens::Before(time)),
        ];
        for action in actions {
            let entry = ControlEntry {
                time,
                by: "ann".into(),
                action,
                reason: Some("line\nbreak".into()),
                refuse_unidentified: false,
            };
            let line = entry.to_line().unwrap();
            assert_eq!(line.matches('\n').count(), 1, "not one line: {line}");
            assert_eq!(ControlEntry::parse(line.trim_end().as_bytes()), Ok(entry), "parsed from: {line}");
        }
    }

    #[test]
    fn invalid_entry_is_refused() {
        let head = r#""time":"2026-11-14T09:30:00Z","by":"ann""#;
        let cases = [
            (r#"{"action":"disable","tool":"x"}"#.to_owned(), "missing field `time`"),
            (format!(r#"{{{head},"action":"disable"}}"#), "exactly one target"),
            (format!(r#"{{{head},"action":"disable","tool":"x","user":"y"}}"#), "exactly one target"),
            (format!(r#"{{{head},"action":"disable","jti":"x"}}"#), "takes tool, client or user"),
            (format!(r#"{{{head},"action":"revoke","tool":"x"}}"#), "takes jti, subject, client or before"),
            (format!(r#"{{{head},"action":"revoke","before":"yesterday"}}"#), "RFC 3339"),
            (format!(r#"{{{head},"action":"pardon","jti":"x"}}"#), "`action` must be"),
            (format!(r#"{{{head},"action":"disable","tool":"x","until":"y"}}"#), "unknown field `until`"),
            (format!(r#"{{{head},"action":"disable","tool":"x","tool":"y"}}"#), "duplicate field"),
            (format!(r#"{{{head},"action":"disable","tool":""}}"#), "1 to 1024 bytes"),
            (format!(r#"["2026-11-14T09:30:00Z","ann","disable","{}"]"#, "x"), "must be a JSON object"),
            (String::new(), "must be a JSON object"),
        ];
        for (line, expected) in cases {
            let error = ControlEntry::parse(line.as_bytes()).unwrap_err();
            assert!(error.contains(expected), "the error for {line} lacks '{expected}': {error}");
        }
    }
}
