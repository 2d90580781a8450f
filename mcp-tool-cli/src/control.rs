//! `disable`, `enable` and `revoke`, which append a line to the control file that running servers apply, and
//! `revocations`, which lists what is disabled or revoked.

use std::{
    error::Error,
    io::{self, Write as _},
    path::{Path, PathBuf},
    time::Duration,
};

use clap::{Arg, ArgAction, ArgGroup, ArgMatches, Command, builder::NonEmptyStringValueParser};
use mcp_tool_contract::{name, read::violation::escaped};

use mcp_tool_core::{
    application::Application,
    control::{
        ControlState,
        entry::{ControlAction, ControlEntry, DisableTarget, RevokedTokens, format_time, parse_time},
        file::{self, ControlFileError},
    },
    line_file::complete_lines,
    regular_file,
};

use crate::{
    format::OutputFormat,
    result::CommandResult,
    settings::{self, Config},
    unidentified,
};

/// Maximum time by which `--before` may be in the future, because clocks differ.
const MAX_AHEAD: Duration = Duration::from_secs(300);

pub(crate) fn commands() -> [Command; 4] {
    let disabled = [
        ("tool", "NAME", "Tool, in all its versions"),
        (
            "client",
            "ID",
            "Agent, by its client id. Without authorization this is the name that the client claims, which isn't verified",
        ),
        ("user", "SUBJECT", "User on whose behalf agents call"),
    ];
    let revoked = [
        ("jti", "ID", "Token with this `jti`"),
        ("subject", "SUBJECT", "All tokens of this user issued until now"),
        ("client", "ID", "All tokens of this client issued until now"),
        ("before", "TIME", "All tokens issued before this time, such as 2026-11-14T09:30:00Z"),
    ];
    // Tokens that name no client may belong to any client.
    let refuse_unidentified = || {
        Arg::new(REFUSE_UNIDENTIFIED).long(REFUSE_UNIDENTIFIED).requires("client").action(ArgAction::SetTrue)
    };
    let command = |name: &'static str, targets: &[(&'static str, &'static str, &'static str)]| {
        let args = targets.iter().map(|(id, value, help)| text_argument(id).value_name(*value).help(*help));
        let ids = targets.iter().map(|(id, ..)| *id);
        let reason = text_argument("reason").value_name("TEXT").help("Reason, kept in the control file");
        Command::new(name)
            .args(args)
            .group(ArgGroup::new("target").args(ids).required(true))
            .arg(reason)
            .args(settings::flag(CONTROL_FILE))
    };
    [
        command("disable", &disabled)
            .about("Disable a tool, a client or a user within a second, until `enable`")
            .arg(refuse_unidentified().help("Also refuse tokens that name no client, while the client is disabled"))
            .after_help("Running calls are not stopped."),
        command("enable", &disabled).about("Enable what `disable` disabled"),
        command("revoke", &revoked)
            .about("Revoke tokens within a second, permanently")
            .arg(refuse_unidentified().help("Also revoke tokens that name no client and were issued until now"))
            .after_help(
                "A revocation can't be undone: to call again, a user needs a new token. Because clocks differ, tokens that are \
                 issued up to 30 s after a revocation are revoked too, except by --jti.",
            ),
        Command::new("revocations")
            .about("List what is disabled and revoked")
            .arg(OutputFormat::arg().help("Output format; json prints lines of the control file"))
            .args(settings::flag(CONTROL_FILE)),
    ]
}

/// Argument that makes `disable --client` and `revoke --client` cover tokens that name no client.
const REFUSE_UNIDENTIFIED: &str = "refuse-unidentified";

/// Key of the setting that every command of this module needs.
const CONTROL_FILE: &str = "control.file";

fn text_argument(id: &'static str) -> Arg {
    Arg::new(id).long(id).value_parser(NonEmptyStringValueParser::new())
}

/// Loads the settings, and returns them with the path of the control file; fails if none is set.
fn control_file(matches: &ArgMatches) -> CommandResult<(Config, PathBuf)> {
    let config = settings::load(matches, std::env::vars_os(), Config::default())?.into_config();
    match config.settings.control_file.clone() {
        Some(path) => Ok((config, path)),
        None => Err("no control file is set: name the one that the servers read, by --control-file FILE, \
                     MCP_TOOL_CONTROL_FILE, or `file` under [control] in the settings file"
            .into()),
    }
}

/// Appends a line to the control file for `command`: `disable`, `enable` or `revoke`. Prints the effect of the line.
/// `enable` appends nothing if its target isn't disabled.
pub(crate) fn append(application: &Application, command: &str, matches: &ArgMatches) -> CommandResult {
    let (config, path) = control_file(matches)?;
    // `try_get_one`, because each command defines only some of these arguments.
    let given = |id: &str| matches.try_get_one::<String>(id).ok().flatten().cloned();
    let target = [
        ("tool", DisableTarget::Tool as fn(String) -> DisableTarget),
        ("client", DisableTarget::Client),
        ("user", DisableTarget::User),
    ]
    .into_iter()
    .find_map(|(id, target)| given(id).map(target));
    let action = match (command, target) {
        ("disable", Some(target)) => {
            check_served(application, &target)?;
            ControlAction::Disable(target)
        }
        ("enable", Some(target)) => ControlAction::Enable(target),
        _ => ControlAction::Revoke(revoked_tokens(given)?),
    };
    let refuse_unidentified =
        matches.try_get_one::<bool>(REFUSE_UNIDENTIFIED).ok().flatten().copied().unwrap_or(false);
    if command != "enable" && given("client").is_some() && !refuse_unidentified {
        unidentified::check(&config)?;
    }
    let entry =
        ControlEntry { refuse_unidentified, ..ControlEntry::new(operator(), action, given("reason")) };
    // `append` passes the state that the file has now, and appends nothing if the closure returns `None`.
    let appended = file::append(&path, |state| match &entry.action {
        ControlAction::Enable(target) if !state.is_disabled(target) => Ok(None),
        _ => entry.to_line().map(Some),
    });
    let mut out = io::stdout().lock();
    if !appended.map_err(|error| explain(&path, error))? {
        return Ok(writeln!(out, "nothing to do: {} isn't disabled", describe_target(&entry.action))?);
    }
    writeln!(out, "{}", describe_entry(&entry))?;
    writeln!(out, "servers with the control file {} apply it within a second", path.display())?;
    Ok(())
}

/// Returns the tokens that the arguments of `revoke` name. `given` returns the value of an argument.
fn revoked_tokens(given: impl Fn(&str) -> Option<String>) -> CommandResult<RevokedTokens> {
    if let Some(before) = given("before") {
        let time = parse_time(&before).map_err(|reason| format!("--before: {before:?}: {reason}"))?;
        let latest = std::time::SystemTime::now() + MAX_AHEAD;
        if std::time::SystemTime::from(time) > latest {
            return Err(format!(
                "--before: {before:?}: must not be in the future: it would refuse every token until then, and a \
                 revocation can't be undone"
            )
            .into());
        }
        return Ok(RevokedTokens::Before(time));
    }
    let tokens = given("jti").map(RevokedTokens::Id).or(given("subject").map(RevokedTokens::Subject));
    tokens.or(given("client").map(RevokedTokens::Client)).ok_or_else(|| "no tokens were given".into())
}

/// If the target is a tool, checks that this server has the tool. `enable` isn't checked, so that the operator can also
/// enable a tool that the server no longer has.
fn check_served(application: &Application, target: &DisableTarget) -> CommandResult {
    let DisableTarget::Tool(tool) = target else { return Ok(()) };
    let names = || application.tools.iter().map(|entry| entry.contract().name());
    if names().any(|name| name == tool) {
        return Ok(());
    }
    let hint = name::nearest(tool, names()).map(|nearest| format!("; did you mean {nearest}?"));
    let hint = hint.unwrap_or_else(|| ": `tools` lists them".into());
    Err(format!("--tool: {}: this server has no tool of that name{hint}", escaped(tool)).into())
}

/// Adds the path of the control file to an error. If the file doesn't exist, the returned error says what to do.
fn explain(path: &Path, error: Box<dyn Error + Send + Sync>) -> Box<dyn Error + Send + Sync> {
    let is_io = |kind: io::ErrorKind| {
        let io = match error.downcast_ref::<ControlFileError>() {
            Some(ControlFileError::Io(error)) => Some(error),
            Some(_) => None,
            None => error.downcast_ref::<io::Error>(),
        };
        io.is_some_and(|error| error.kind() == kind)
    };
    let file = path.display();
    if is_io(io::ErrorKind::NotFound) {
        return format!(
            "{file}: there is no such file, so no server applies it. A server creates it when it starts; to write to it \
             before that, create an empty file"
        )
        .into();
    }
    format!("{file}: {error}").into()
}

/// Lists what is disabled and revoked, the oldest first.
pub(crate) fn list(matches: &ArgMatches) -> CommandResult {
    let (_, path) = control_file(matches)?;
    // A crash may have left an incomplete last line, which no server applies.
    let read = || -> Result<ControlState, ControlFileError> {
        file::fold(complete_lines(&file::read(&mut regular_file::read(&path)?)?))
    };
    let state = read().map_err(|error| explain(&path, error.into()))?;
    let mut in_force: Vec<&ControlEntry> = state.entries().collect();
    in_force.sort_by_cached_key(|entry| (entry.time, entry.to_json()));
    let mut out = io::stdout().lock();
    let json = OutputFormat::of(matches) == OutputFormat::Json;
    for entry in &in_force {
        if json {
            writeln!(out, "{}", entry.to_json())?;
        } else {
            writeln!(out, "{}  {}", format_time(entry.time), describe_entry(entry))?;
        }
    }
    if in_force.is_empty() && !json {
        writeln!(out, "nothing is disabled or revoked")?;
    }
    Ok(())
}

/// Describes a line of the control file for people.
fn describe_entry(entry: &ControlEntry) -> String {
    let target = describe_target(&entry.action);
    let effect = match &entry.action {
        ControlAction::Disable(_) => format!("{target} is disabled"),
        ControlAction::Enable(_) => format!("{target} is enabled"),
        ControlAction::Revoke(RevokedTokens::Subject(_) | RevokedTokens::Client(_)) => {
            format!("{target} issued until {} are revoked", format_time(entry.time))
        }
        ControlAction::Revoke(RevokedTokens::Id(_)) => format!("{target} is revoked"),
        ControlAction::Revoke(RevokedTokens::Before(_)) => format!("{target} are revoked"),
    };
    let reason = entry.reason.as_ref().map(|reason| format!(": {}", escaped(reason)));
    let effect = match (entry.refuse_unidentified, &entry.action) {
        (false, _) | (true, ControlAction::Enable(_)) => effect,
        (true, ControlAction::Disable(_)) => format!("{effect}, and tokens that name no client are refused"),
        (true, ControlAction::Revoke(_)) => format!("{effect}, and those that name no client"),
    };
    format!("{effect}, by {}{}", escaped(&entry.by), reason.unwrap_or_default())
}

fn describe_target(action: &ControlAction) -> String {
    match action {
        ControlAction::Disable(target) | ControlAction::Enable(target) => match target {
            DisableTarget::Tool(tool) => format!("the tool '{}'", escaped(tool)),
            DisableTarget::Client(client) => format!("the client '{}'", escaped(client)),
            DisableTarget::User(user) => format!("the user '{}'", escaped(user)),
        },
        ControlAction::Revoke(tokens) => match tokens {
            RevokedTokens::Id(jti) => format!("the token '{}'", escaped(jti)),
            RevokedTokens::Subject(subject) => format!("tokens of the user '{}'", escaped(subject)),
            RevokedTokens::Client(client) => format!("tokens of the client '{}'", escaped(client)),
            RevokedTokens::Before(time) => format!("all tokens issued before {}", format_time(*time)),
        },
    }
}

/// Returns the name of the user who runs the command, or the user id if /etc/passwd has no name for it.
#[cfg(unix)]
fn operator() -> String {
    let uid = rustix::process::getuid().as_raw().to_string();
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let user = users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let (name, _, id) = (fields.next()?, fields.next()?, fields.next()?);
        (id == uid && !name.is_empty()).then(|| name.to_owned())
    });
    user.unwrap_or(uid)
}

/// Returns the name of the user who runs the command, from the environment variable `USERNAME`.
#[cfg(not(unix))]
fn operator() -> String {
    std::env::var("USERNAME").ok().filter(|name| !name.is_empty()).unwrap_or_else(|| "unknown".into())
}
