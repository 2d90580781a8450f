//! One order of the operator's: a line of the control file.

use std::time::SystemTime;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};

/// Bytes of a name in an order, and of a reason.
const MAX_TEXT: usize = 1_024;

/// What an operator ordered, and who and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    pub time: DateTime<Utc>,
    pub by: String,
    pub what: What,
    pub reason: Option<String>,
}

/// What is ordered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// Off until it is enabled again.
    Disable(Target),
    /// On again.
    Enable(Target),
    /// Tokens that aren't taken any more; nothing takes it back.
    Revoke(Tokens),
}

/// What can be switched off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A tool, in all its versions.
    Tool(String),
    /// An agent.
    Client(String),
    /// On whose behalf.
    User(String),
}

/// Which tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tokens {
    /// The one of that id.
    Id(String),
    /// Those of a subject that were issued by the time of the order.
    Subject(String),
    /// Those of a client that were issued by the time of the order.
    Client(String),
    /// All that were issued before.
    Before(DateTime<Utc>),
}

/// The line as it is written. Exactly one of the targets is there.
#[derive(Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Line {
    time: String,
    by: String,
    order: String,
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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

impl Order {
    /// An order that is given now.
    pub fn now(by: String, what: What, reason: Option<String>) -> Self {
        Order { time: SystemTime::now().into(), by, what, reason }
    }

    /// Reads a line.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn parse(line: &[u8]) -> Result<Self, String> {
        // serde takes an array for a struct's members in order.
        if !line.starts_with(b"{") {
            return Err("a line is a JSON object".into());
        }
        let line: Line = serde_json::from_slice(line).map_err(|error| format!("no order: {error}"))?;
        let Line { time, by, order, tool, client, user, jti, subject, before, reason } = line;
        let texts = [&tool, &client, &user, &jti, &subject, &reason].into_iter().flatten().chain([&by]);
        for text in texts {
            check_text(text)?;
        }
        let one = "exactly one target is wanted";
        let target = match (tool, client, user, jti, subject, before) {
            (Some(tool), None, None, None, None, None) => Named::Target(Target::Tool(tool)),
            (None, Some(client), None, None, None, None) => Named::Client(client),
            (None, None, Some(user), None, None, None) => Named::Target(Target::User(user)),
            (None, None, None, Some(jti), None, None) => Named::Tokens(Tokens::Id(jti)),
            (None, None, None, None, Some(subject), None) => Named::Tokens(Tokens::Subject(subject)),
            (None, None, None, None, None, Some(before)) => Named::Tokens(Tokens::Before(time_of(&before)?)),
            _ => return Err(one.into()),
        };
        let what = match (order.as_str(), target) {
            ("disable", Named::Target(target)) => What::Disable(target),
            ("disable", Named::Client(client)) => What::Disable(Target::Client(client)),
            ("enable", Named::Target(target)) => What::Enable(target),
            ("enable", Named::Client(client)) => What::Enable(Target::Client(client)),
            ("disable" | "enable", Named::Tokens(_)) => {
                return Err(format!("{one}: {order} takes tool, client or user"));
            }
            ("revoke", Named::Tokens(tokens)) => What::Revoke(tokens),
            ("revoke", Named::Client(client)) => What::Revoke(Tokens::Client(client)),
            ("revoke", Named::Target(_)) => {
                return Err(format!("{one}: revoke takes jti, subject, client or before"));
            }
            _ => return Err("`order` is disable, enable or revoke".into()),
        };
        Ok(Order { time: time_of(&time)?, by, what, reason })
    }

    /// The line, with its end.
    ///
    /// # Errors
    /// A text that is empty or too long.
    pub fn line(&self) -> Result<String, String> {
        let mut line = self.json();
        line.push('\n');
        Order::parse(line.trim_end().as_bytes())?;
        Ok(line)
    }

    /// The order as JSON.
    pub fn json(&self) -> String {
        let mut line = Line {
            time: written(self.time),
            by: self.by.clone(),
            order: self.what.verb().to_owned(),
            reason: self.reason.clone(),
            ..Line::default()
        };
        match self.what.clone() {
            What::Disable(target) | What::Enable(target) => match target {
                Target::Tool(tool) => line.tool = Some(tool),
                Target::Client(client) => line.client = Some(client),
                Target::User(user) => line.user = Some(user),
            },
            What::Revoke(tokens) => match tokens {
                Tokens::Id(jti) => line.jti = Some(jti),
                Tokens::Subject(subject) => line.subject = Some(subject),
                Tokens::Client(client) => line.client = Some(client),
                Tokens::Before(time) => line.before = Some(written(time)),
            },
        }
        // A struct of text is always JSON.
        serde_json::to_string(&line).unwrap_or_default()
    }
}

/// A target whose order isn't known yet.
enum Named {
    Target(Target),
    /// It can be switched off, and its tokens revoked.
    Client(String),
    Tokens(Tokens),
}

impl What {
    const fn verb(&self) -> &'static str {
        match self {
            What::Disable(_) => "disable",
            What::Enable(_) => "enable",
            What::Revoke(_) => "revoke",
        }
    }
}

fn check_text(text: &str) -> Result<(), String> {
    if (1..=MAX_TEXT).contains(&text.len()) {
        Ok(())
    } else {
        Err(format!("a text has from 1 to {MAX_TEXT} bytes, and one has {}", text.len()))
    }
}

/// A time in RFC 3339.
///
/// # Errors
/// What is wanted.
pub fn time_of(text: &str) -> Result<DateTime<Utc>, String> {
    DateTime::parse_from_rfc3339(text)
        .map(|time| time.to_utc())
        .map_err(|_| "a time is wanted as in RFC 3339, such as 2026-11-14T09:30:00Z".into())
}

/// A time as orders have it.
pub fn written(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Micros, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_read_as_it_was_written() {
        let tool = || Target::Tool("a\u{202e}\"b".into());
        let time = time_of("2026-11-14T09:30:00+01:00").unwrap();
        let all = [
            What::Disable(tool()),
            What::Enable(tool()),
            What::Disable(Target::Client("c".into())),
            What::Enable(Target::User("u".into())),
            What::Revoke(Tokens::Id("j".into())),
            What::Revoke(Tokens::Subject("s".into())),
            What::Revoke(Tokens::Client("c".into())),
            What::Revoke(Tokens::Before(time)),
        ];
        for what in all {
            let order = Order { time, by: "ann".into(), what, reason: Some("line\nbreak".into()) };
            let line = order.line().unwrap();
            assert_eq!(line.matches('\n').count(), 1, "{line}");
            assert_eq!(Order::parse(line.trim_end().as_bytes()), Ok(order), "{line}");
        }
    }

    #[test]
    fn what_is_no_order_is_refused() {
        let head = r#""time":"2026-11-14T09:30:00Z","by":"ann""#;
        let cases = [
            (r#"{"order":"disable","tool":"x"}"#.to_owned(), "missing field `time`"),
            (format!(r#"{{{head},"order":"disable"}}"#), "exactly one target"),
            (format!(r#"{{{head},"order":"disable","tool":"x","user":"y"}}"#), "exactly one target"),
            (format!(r#"{{{head},"order":"disable","jti":"x"}}"#), "takes tool, client or user"),
            (format!(r#"{{{head},"order":"revoke","tool":"x"}}"#), "takes jti, subject, client or before"),
            (format!(r#"{{{head},"order":"revoke","before":"yesterday"}}"#), "RFC 3339"),
            (format!(r#"{{{head},"order":"pardon","jti":"x"}}"#), "`order` is"),
            (format!(r#"{{{head},"order":"disable","tool":"x","until":"y"}}"#), "unknown field `until`"),
            (format!(r#"{{{head},"order":"disable","tool":"x","tool":"y"}}"#), "duplicate field"),
            (format!(r#"{{{head},"order":"disable","tool":""}}"#), "1 to 1024 bytes"),
            (format!(r#"["2026-11-14T09:30:00Z","ann","disable","{}"]"#, "x"), "a line is a JSON object"),
            (String::new(), "a line is a JSON object"),
        ];
        for (line, wanted) in cases {
            let refused = Order::parse(line.as_bytes()).unwrap_err();
            assert!(refused.contains(wanted), "{line}: {refused}");
        }
    }
}
