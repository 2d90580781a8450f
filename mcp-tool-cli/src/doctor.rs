//! `doctor`: answers the questions of a security review from the settings, the tools and the audit records.

use std::{convert::Infallible, fmt::Write as _, io::Write as _, process::ExitCode, time::SystemTime};

use chrono::{DateTime, TimeDelta, Utc};
use clap::{Arg, ArgMatches, Command};
use mcp_tool_contract::{exhaustive, model::Gate, read::violation::escaped};
use mcp_tool_core::{application::Application, audit::RecordQuery};
use serde_json::{Value, json};

use crate::{
    file_modes::DependedFile,
    format::OutputFormat,
    result::CommandResult,
    settings::{self, Config},
};

#[cfg_attr(not(feature = "oauth"), path = "doctor/no_tokens.rs")]
mod tokens;

pub(crate) fn command() -> Command {
    Command::new("doctor")
        .about(
            "Answer the questions of a security review: which tools any valid token may call, who called what last \
             week",
        )
        .args(settings::flags())
        .arg(settings::config_flag())
        .arg(OutputFormat::arg())
        .arg(Arg::new("token").long("token").value_name("FILE").help(
            "Check the access token in this file, or on stdin for `-`, and name the setting that fixes each problem",
        ))
        .after_help(
            "`doctor` reads the settings that `serve` would use, and changes nothing. Each answer is ok, warn or FAIL. \
             The exit code is 1 if an answer is FAIL.",
        )
}

/// Answer to one question of the review.
struct DoctorAnswer {
    status: AnswerStatus,
    text: String,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum AnswerStatus {
    Ok,
    /// The answer is `Ok`, but may be incomplete, or reports a weakness.
    Warn,
    Fail,
}

impl DoctorAnswer {
    fn new(is_ok: bool, text: impl Into<String>) -> Self {
        let status = if is_ok { AnswerStatus::Ok } else { AnswerStatus::Fail };
        DoctorAnswer { status, text: text.into() }
    }
}

pub(crate) async fn doctor(application: &Application, matches: &ArgMatches) -> CommandResult<ExitCode> {
    let loaded = settings::load(matches, std::env::vars_os(), Config::of(application))?;
    let files = DependedFile::of(&loaded);
    let config = loaded.into_config();
    let mut answers = vec![
        ("Which callers are authenticated?", tokens::authenticated_callers(&config).await),
        (
            "Can a tool be called with any valid token, or a destructive tool without a gate?",
            tools_without_approval(application, &config),
        ),
        ("Can you produce user, agent and tool of last week's calls?", last_week(application, &config)),
        ("Can a tool, a client, a user or a token be stopped at once?", revocation(application, &config)),
    ];
    if !files.is_empty() {
        answers.push((
            "Can other users of this machine read secrets or records, or change files?",
            file_modes(&files),
        ));
    }
    if let Some(file) = matches.get_one::<String>("token") {
        answers.push(("Is this token accepted?", tokens::sample_token(&config, file).await));
    }
    let mut out = std::io::stdout().lock();
    match OutputFormat::of(matches) {
        OutputFormat::Json => {
            serde_json::to_writer_pretty(&mut out, &document(&answers))?;
            writeln!(out)?;
        }
        OutputFormat::Text | OutputFormat::Github => {
            for (question, DoctorAnswer { status, text }) in &answers {
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

fn document(answers: &[(&str, DoctorAnswer)]) -> Value {
    let answers = answers.iter().map(|(question, DoctorAnswer { status, text })| {
        let status = match status {
            AnswerStatus::Ok => "ok",
            AnswerStatus::Warn => "warn",
            AnswerStatus::Fail => "fail",
        };
        json!({ "question": question, "status": status, "text": text.trim_end() })
    });
    answers.collect()
}

/// Answers FAIL if any valid token may call a tool, if a destructive tool runs although it has no gate (the extra scope
/// of a destructive tool), or if the application has a policy, whose decisions can't be predicted from the scopes.
fn tools_without_approval(application: &Application, config: &Config) -> DoctorAnswer {
    if application.policy.is_some() {
        let text = format!(
            "Unknown: a policy of the application decides instead of the tools' scopes.\nSee the scopes: {} tools",
            application.name
        );
        return DoctorAnswer::new(false, text);
    }
    // A destructive tool without a gate runs only if `gate.allow_destructive` names it.
    let (mut open, mut blocked, mut gated) = (Vec::new(), Vec::new(), Vec::new());
    for tool in &application.tools {
        let contract = tool.contract();
        let (name, version, scopes) = (contract.name(), contract.version(), contract.scopes());
        match (contract.gate().map(Gate::exhaustive), contract.hints().destructive()) {
            (Some(exhaustive::Gate::Scope(scope)), _) => gated.push(format!("{name} {version} ({scope})")),
            (None, true) if config.settings.allow_destructive.contains(name) => open.push(format!(
                "{name} {version} is destructive, and {} may call it, since gate.allow_destructive names it",
                if scopes.is_empty() {
                    "any valid token".into()
                } else {
                    format!("a token with {}", scopes.join(" "))
                }
            )),
            (None, true) => blocked.push(format!("{name} {version}")),
            (None, false) if scopes.is_empty() => {
                open.push(format!("{name} {version} is public: any valid token may call it"));
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
    DoctorAnswer::new(open.is_empty(), text)
}

/// Answers FAIL if there is no audit file, if a file with records can't be read, or if callers aren't authenticated.
fn last_week(application: &Application, config: &Config) -> DoctorAnswer {
    let Some(file) = &config.settings.audit_file else {
        return DoctorAnswer::new(false, "No: audit records are only in the log. Set audit.file.");
    };
    let since = DateTime::<Utc>::from(SystemTime::now()).checked_sub_signed(TimeDelta::days(7));
    let query = RecordQuery { since, ..RecordQuery::default() };
    let (mut calls, mut last) = (0_u64, None);
    let result = query.run(file, |record, _| {
        // A request about a task doesn't call the tool.
        if record.request.is_some() {
            return Ok(());
        }
        calls += record.repeated.unwrap_or(1);
        let agent = record.agent.as_deref().map_or_else(|| "no agent".into(), escaped);
        let (user, tool) = (escaped(&record.user), escaped(&record.tool));
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
        return DoctorAnswer::new(
            false,
            format!("No: not all records can be read: {}\n{more}", unread.join(", ")),
        );
    }
    let mut text = match last {
        Some(last) => format!("Yes: {calls} calls, the last one at\n{last}"),
        None => "Yes: there were none.".into(),
    };
    let mut answer = DoctorAnswer::new(config.has_oauth(), "");
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

/// Answers FAIL without a control file, through which `disable` and `revoke` reach the running server.
fn revocation(application: &Application, config: &Config) -> DoctorAnswer {
    let name = &application.name;
    match &config.settings.control_file {
        None => DoctorAnswer::new(false, "No: no control file is set. Set control.file."),
        Some(file) => DoctorAnswer::new(
            true,
            format!(
                "Yes, within a second: {name} disable --tool NAME, {name} revoke --subject USER\n\
                 See what is in force: {name} revocations --control-file {}",
                file.display()
            ),
        ),
    }
}

/// Answers FAIL if every user of the machine can read a file with secrets or records, or can write or replace a file
/// that the server depends on. Warns if the group of a file can write it.
fn file_modes(files: &[DependedFile]) -> DoctorAnswer {
    let problems: Vec<_> = files.iter().flat_map(DependedFile::problems).collect();
    let lines: Vec<&str> = problems.iter().map(|problem| problem.text.as_str()).collect();
    if cfg!(not(unix)) {
        let text = "Unknown: permissions of files aren't examined on this system.";
        return DoctorAnswer { status: AnswerStatus::Warn, text: text.into() };
    }
    let text = if lines.is_empty() { "No.".to_owned() } else { lines.join("\n") };
    let mut answer = DoctorAnswer::new(!problems.iter().any(|problem| problem.is_for_all), text);
    if answer.status == AnswerStatus::Ok && !problems.is_empty() {
        answer.status = AnswerStatus::Warn;
    }
    answer
}
