//! `doctor`: what a reviewer asks first, answered from the settings and the records, with the command to see more.

use std::{convert::Infallible, fmt::Write as _, io::Write as _, process::ExitCode, time::SystemTime};

use chrono::{DateTime, TimeDelta, Utc};
use clap::{ArgMatches, Command};
use mcp_tool_contract::model::{Contract, Gate};

use super::{
    Ended,
    settings::{self, Config},
    visible::visible,
};
use mcp_tool_core::{application::Application, audit::RecordQuery};

pub(super) fn command() -> Command {
    Command::new("doctor")
        .about("Answer what a reviewer asks first: which tools a token alone opens, and who called what last week")
        .args(settings::flags())
        .arg(settings::config())
        .after_help(
            "It takes the settings that `serve` would take, and changes nothing. The exit code is 1 where an answer \
             isn't what a reviewer wants to hear.",
        )
}

/// An answer, and whether it is a good one.
struct Answer {
    is_good: bool,
    text: String,
}

pub(super) async fn doctor(server: &Application, matches: &ArgMatches) -> Ended<ExitCode> {
    let config = settings::load(matches, std::env::vars_os(), Config::of(server))?.config;
    let answers = [
        ("Who gets in?", gets_in(&config).await),
        ("Is there a tool that a bearer token alone opens?", opened_by_a_token(server, &config)),
        ("Can you produce user, agent and tool of last week's calls?", last_week(server, &config)),
        ("Can a tool, a client, a user or a token be stopped at once?", can_be_stopped(server, &config)),
    ];
    let mut out = std::io::stdout().lock();
    for (question, Answer { is_good, text }) in &answers {
        writeln!(out, "{} {question}", if *is_good { "ok  " } else { "MEND" })?;
        for line in text.lines() {
            writeln!(out, "       {line}")?;
        }
    }
    let all_good = answers.iter().all(|(_, answer)| answer.is_good);
    Ok(if all_good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Over HTTP, since whoever starts a process over stdio is at the machine already.
async fn gets_in(config: &Config) -> Answer {
    if !config.has_oauth() {
        let text =
            "Everybody who reaches this machine's loopback address, as the local user: no authorization \
                    server is set.\nSet oauth.issuers and oauth.resource."
                .into();
        return Answer { is_good: false, text };
    }
    match issuers(config).await {
        Ok(lines) => Answer {
            is_good: lines.iter().all(|line| line.0),
            text: lines.into_iter().map(|line| line.1 + "\n").collect(),
        },
        Err(reason) => Answer { is_good: false, text: reason },
    }
}

#[cfg(feature = "oauth")]
async fn issuers(config: &Config) -> Result<Vec<(bool, String)>, String> {
    let server = mcp_tool_auth::inbound::ResourceServer::new(&config.oauth, &[], "", "")?;
    let mut lines = vec![(true, format!("Who has a token for {}", config.oauth.rules.audience))];
    for (issuer, keys) in server.look_at_issuers().await {
        lines.push(match keys {
            Some(0) => (false, format!("of {issuer}, which has no key that may verify")),
            Some(keys) => (true, format!("of {issuer}, which answers with {keys} keys")),
            None => (false, format!("of {issuer}, which doesn't answer: tokens are refused with 503")),
        });
    }
    Ok(lines)
}

#[cfg(not(feature = "oauth"))]
async fn issuers(_: &Config) -> Result<Vec<(bool, String)>, String> {
    Err("Nobody: this server was built without authorization. Add the feature `oauth` of mcp-tool-runtime."
        .into())
}

/// A tool that is opened by a token alone is one without a scope, or one that can't be undone and asks no more of its
/// caller than another does.
fn opened_by_a_token(server: &Application, config: &Config) -> Answer {
    if server.policy.is_some() {
        let text = format!(
            "Ask the application: a policy of its own decides in place of the tools' scopes.\nSee what they name: {} tools",
            server.name
        );
        return Answer { is_good: false, text };
    }
    let (mut open, mut closed, mut gated) = (Vec::new(), Vec::new(), Vec::new());
    for Contract { name, version, scopes, hints, gate, .. } in server.tools.iter().map(|entry| entry.contract)
    {
        match (gate, hints.destructive) {
            (Some(Gate::Scope(scope)), _) => gated.push(format!("{name} {version} ({scope})")),
            (None, true) if config.settings.allow_destructive.contains(*name) => open.push(format!(
                "{name} {version} can't be undone, and {} opens it: gate.allow_destructive names it",
                if scopes.is_empty() {
                    "any token".into()
                } else {
                    format!("a token with {}", scopes.join(" "))
                }
            )),
            (None, true) => closed.push(format!("{name} {version}")),
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
        text.push_str("No: each of them wants a scope of its own.\n");
    }
    if !gated.is_empty() {
        let _ = writeln!(text, "What can't be undone wants a higher scope besides: {}.", gated.join(", "));
    }
    if !closed.is_empty() {
        let _ = writeln!(text, "Nobody may run what can't be undone and has no gate: {}.", closed.join(", "));
    }
    let _ = writeln!(text, "See each tool with its scopes and gate: {} tools", server.name);
    Answer { is_good: open.is_empty(), text }
}

fn last_week(server: &Application, config: &Config) -> Answer {
    let Some(file) = &config.settings.audit_file else {
        let text = "No: records go to the log alone. Set audit.file.".into();
        return Answer { is_good: false, text };
    };
    let since = DateTime::<Utc>::from(SystemTime::now()).checked_sub_signed(TimeDelta::days(7));
    let question = RecordQuery { since, ..RecordQuery::default() };
    let (mut calls, mut last) = (0_u64, None);
    let asked = question.run(file, |found, _| {
        calls += 1;
        last = Some(format!(
            "{}: {} through {} called {}: {}",
            found.time,
            visible(&found.user),
            found.agent.as_deref().map_or_else(|| "no agent".into(), visible),
            visible(&found.tool),
            found.outcome
        ));
        Ok::<(), Infallible>(())
    });
    let more = format!("See more: {} audit --since 7d --file {}", server.name, file.display());
    match asked {
        Ok(reading) if reading.unread.is_empty() => {
            let calls = match &last {
                Some(last) => format!("Yes: {calls} calls since then, the last of them at\n{last}"),
                None => "Yes, and there were none.".into(),
            };
            let is_known = config.has_oauth();
            let whom = if is_known {
                ""
            } else {
                "\nBut the user is whoever sits at this machine: set oauth.issuers."
            };
            Answer { is_good: is_known, text: format!("{calls}{whom}\n{more}") }
        }
        Ok(reading) => {
            let gaps = reading.unread.iter().map(|(file, reason)| format!("{}: {reason}", file.display()));
            Answer {
                is_good: false,
                text: format!("Not all of them: {}\n{more}", gaps.collect::<Vec<_>>().join(", ")),
            }
        }
        Err(never) => match never {},
    }
}

fn can_be_stopped(server: &Application, config: &Config) -> Answer {
    match &config.settings.control_file {
        None => Answer {
            is_good: false,
            text: "No: there is no file that orders could be written to. Set control.file.".into(),
        },
        Some(file) => Answer {
            is_good: true,
            text: format!(
                "Yes, within a second: {0} disable --tool NAME, {0} revoke --subject USER\nSee what is in force: {0} orders \
                 --control-file {1}",
                server.name,
                file.display()
            ),
        },
    }
}
