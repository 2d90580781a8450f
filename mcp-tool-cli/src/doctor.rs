//! `doctor`: answers the questions of a security review from the settings and the audit records.

use std::{convert::Infallible, fmt::Write as _, io::Write as _, process::ExitCode, time::SystemTime};

use chrono::{DateTime, TimeDelta, Utc};
use clap::{ArgMatches, Command};
use mcp_tool_contract::{exhaustive, model::Gate};
use mcp_tool_core::{application::Application, audit::RecordQuery};
use serde_json::{Value, json};

use crate::{
    format::OutputFormat,
    result::CommandResult,
    sanitize::sanitize,
    settings::{self, Config},
};

pub(crate) fn command() -> Command {
    Command::new("doctor")
        .about("Answer the questions of a security review: which tools a token alone opens, who called what last week")
        .args(settings::flags())
        .arg(settings::config_flag())
        .arg(OutputFormat::arg())
        .after_help(
            "`doctor` reads the settings that `serve` would use, and changes nothing. Each answer is ok, warn or FAIL. \
             The exit code is 1 if an answer is FAIL.",
        )
}

/// Answer to one question.
struct Answer {
    status: AnswerStatus,
    text: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum AnswerStatus {
    Ok,
    /// The answer may be incomplete.
    Warn,
    Fail,
}

impl Answer {
    fn new(is_ok: bool, text: impl Into<String>) -> Self {
        let status = if is_ok { AnswerStatus::Ok } else { AnswerStatus::Fail };
        Answer { status, text: text.into() }
    }
}

pub(crate) async fn doctor(application: &Application, matches: &ArgMatches) -> CommandResult<ExitCode> {
    let config = settings::load(matches, std::env::vars_os(), Config::of(application))?.config;
    let answers = [
        ("Who gets in?", authenticated_callers(&config).await),
        ("Is there a tool that a bearer token alone opens?", tools_open_to_a_token(application, &config)),
        ("Can you produce user, agent and tool of last week's calls?", last_week(application, &config)),
        ("Can a tool, a client, a user or a token be stopped at once?", revocation(application, &config)),
    ];
    let mut out = std::io::stdout().lock();
    match OutputFormat::of(matches) {
        OutputFormat::Json => {
            serde_json::to_writer_pretty(&mut out, &document(&answers))?;
            writeln!(out)?;
        }
        OutputFormat::Text | OutputFormat::Github => {
            for (question, Answer { status, text }) in &answers {
                let status = match status {
                    AnswerStatus::Ok => "ok",
                    AnswerStatus::Warn => "warn",
                    AnswerStatus::Fail => "FAIL",
                };
                writeln!(out, "{status:<4} {question}")?;
                for line in text.lines() {
                    writeln!(out, "       {line}")?;
                }
            }
        }
    }
    let has_failed = answers.iter().any(|(_, answer)| answer.status == AnswerStatus::Fail);
    Ok(if has_failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn document(answers: &[(&str, Answer)]) -> Value {
    let answers = answers.iter().map(|(question, Answer { status, text })| {
        let status = match status {
            AnswerStatus::Ok => "ok",
            AnswerStatus::Warn => "warn",
            AnswerStatus::Fail => "fail",
        };
        json!({ "question": question, "status": status, "text": text.trim_end() })
    });
    answers.collect()
}

/// Examines only access over HTTP, because a caller over stdio can already start processes on the machine.
async fn authenticated_callers(config: &Config) -> Answer {
    if !config.has_oauth() {
        return Answer::new(
            false,
            "Everyone who reaches this machine's loopback address, as the local user: no authorization server is set.\n\
             Set oauth.issuers and oauth.resource.",
        );
    }
    match issuers(config).await {
        Ok(lines) => {
            let is_ok = lines.iter().all(|(is_ok, _)| *is_ok);
            let lines: Vec<String> = lines.into_iter().map(|(_, line)| line).collect();
            Answer::new(is_ok, lines.join("\n"))
        }
        Err(reason) => Answer::new(false, reason),
    }
}

#[cfg(feature = "oauth")]
async fn issuers(config: &Config) -> Result<Vec<(bool, String)>, String> {
    let server = mcp_tool_auth::inbound::ResourceServer::new(&config.oauth, &[], "", "")?;
    let mut lines = vec![(true, format!("Callers with a token for {}", config.oauth.rules.audience))];
    for (issuer, keys) in server.issuer_keys().await {
        lines.push(match keys {
            Some(0) => (false, format!("from {issuer}, which has no key to verify tokens with")),
            Some(keys) => (true, format!("from {issuer}, which answers with {keys} keys")),
            None => (false, format!("from {issuer}, which doesn't answer: its tokens are refused with 503")),
        });
    }
    Ok(lines)
}

#[cfg(not(feature = "oauth"))]
async fn issuers(_: &Config) -> Result<Vec<(bool, String)>, String> {
    Err("Nobody: this server was built without OAuth. Add the feature `oauth` of mcp-tool-runtime.".into())
}

/// Finds tools that any token may call, and destructive tools that a token may call without the scope of a gate.
fn tools_open_to_a_token(application: &Application, config: &Config) -> Answer {
    if application.policy.is_some() {
        let text = format!(
            "Unknown: a policy of the application decides instead of the tools' scopes.\nSee the scopes: {} tools",
            application.name
        );
        return Answer::new(false, text);
    }
    let (mut open, mut blocked, mut gated) = (Vec::new(), Vec::new(), Vec::new());
    for tool in &application.tools {
        let contract = tool.contract();
        let (name, version, scopes) = (contract.name(), contract.version(), contract.scopes());
        match (contract.gate().map(Gate::exhaustive), contract.hints().destructive()) {
            (Some(exhaustive::Gate::Scope(scope)), _) => gated.push(format!("{name} {version} ({scope})")),
            (None, true) if config.settings.allow_destructive.contains(name) => open.push(format!(
                "{name} {version} is destructive, and {} opens it, since gate.allow_destructive names it",
                if scopes.is_empty() {
                    "any token".into()
                } else {
                    format!("a token with {}", scopes.join(" "))
                }
            )),
            (None, true) => blocked.push(format!("{name} {version}")),
            (None, false) if scopes.is_empty() => {
                open.push(format!("{name} {version} is public: any token opens it"));
            }
            (None, false) => {}
        }
    }
    let mut text = String::new();
    for line in &open {
        let _ = writeln!(text, "Yes: {line}.");
    }
    if open.is_empty() {
        text.push_str("No: every tool requires a scope.\n");
    }
    if !gated.is_empty() {
        let _ =
            writeln!(text, "Destructive tools that also require the scope of a gate: {}.", gated.join(", "));
    }
    if !blocked.is_empty() {
        let _ = writeln!(text, "Destructive tools without a gate, which don't run: {}.", blocked.join(", "));
    }
    let _ = writeln!(text, "See each tool with its scopes and gate: {} tools", application.name);
    Answer::new(open.is_empty(), text)
}

fn last_week(application: &Application, config: &Config) -> Answer {
    let Some(file) = &config.settings.audit_file else {
        return Answer::new(false, "No: audit records are only in the log. Set audit.file.");
    };
    let since = DateTime::<Utc>::from(SystemTime::now()).checked_sub_signed(TimeDelta::days(7));
    let query = RecordQuery { since, ..RecordQuery::default() };
    let (mut calls, mut last) = (0_u64, None);
    let result = query.run(file, |record, _| {
        calls += 1;
        let agent = record.agent.as_deref().map_or_else(|| "no agent".into(), sanitize);
        let (user, tool) = (sanitize(&record.user), sanitize(&record.tool));
        last = Some(format!("{}: {user} through {agent} called {tool}: {}", record.time, record.outcome));
        Ok::<(), Infallible>(())
    });
    let summary = match result {
        Ok(summary) => summary,
        Err(never) => match never {},
    };
    let more = format!("See more: {} audit --since 7d --file {}", application.name, file.display());
    if !summary.unread.is_empty() {
        let unread = summary.unread.iter().map(|(file, reason)| format!("{}: {reason}", file.display()));
        let unread: Vec<String> = unread.collect();
        return Answer::new(false, format!("Not all of them: {}\n{more}", unread.join(", ")));
    }
    let mut text = match last {
        Some(last) => format!("Yes: {calls} calls, the last one at\n{last}"),
        None => "Yes: there were none.".into(),
    };
    let mut answer = Answer::new(config.has_oauth(), "");
    if !config.has_oauth() {
        text.push_str("\nBut every user is the local user. Set oauth.issuers and oauth.resource.");
    }
    for (file, lines) in &summary.broken {
        let _ = write!(text, "\n{lines} lines of {} are not records.", file.display());
        if answer.status == AnswerStatus::Ok {
            answer.status = AnswerStatus::Warn;
        }
    }
    answer.text = format!("{text}\n{more}");
    answer
}

fn revocation(application: &Application, config: &Config) -> Answer {
    let name = &application.name;
    match &config.settings.control_file {
        None => Answer::new(false, "No: no control file is set. Set control.file."),
        Some(file) => Answer::new(
            true,
            format!(
                "Yes, within a second: {name} disable --tool NAME, {name} revoke --subject USER\n\
                 See what is in force: {name} revocations --control-file {}",
                file.display()
            ),
        ),
    }
}
