//! `disable`, `enable`, `revoke`, `orders`: what the operator of running servers says, without a restart.

use std::{
    error::Error,
    fs::File,
    io::{self, Write as _},
    path::{Path, PathBuf},
    time::Duration,
};

use clap::{Arg, ArgAction, ArgGroup, ArgMatches, Command, builder::NonEmptyStringValueParser};
use mcp_tool_contract::name;

use super::{
    Ended,
    settings::{self, Config, Loaded},
    visible::visible,
};
pub use mcp_tool_core::{
    application::Application,
    control::{
        ControlState,
        entry::{ControlAction, ControlEntry, DisableTarget, RevokedTokens, format_time, parse_time},
        file::{self, ControlFileError},
    },
};

/// How far ahead a clock may be that gives the time of a revocation.
const AHEAD: Duration = Duration::from_secs(300);

pub(super) fn commands() -> [Command; 4] {
    let switched = [
        ("tool", "NAME", "A tool, in all its versions"),
        (
            "client",
            "ID",
            "An agent, by its client id. Without authorization this is what the client calls itself, which proves nothing",
        ),
        ("user", "SUBJECT", "On whose behalf agents call"),
    ];
    let revoked = [
        ("jti", "ID", "The token of this id"),
        ("subject", "SUBJECT", "All tokens of this user that were issued until now"),
        ("client", "ID", "All tokens of this client that were issued until now"),
        ("before", "TIME", "All tokens that were issued before, such as 2026-11-14T09:30:00Z"),
    ];
    let order = |name: &'static str, targets: &[(&'static str, &'static str, &'static str)]| {
        let args = targets.iter().map(|(id, value, help)| text(id).value_name(*value).help(*help));
        let ids = targets.iter().map(|(id, ..)| *id);
        let reason = text("reason").value_name("TEXT").help("Why, for those who read the file later");
        Command::new(name)
            .args(args)
            .group(ArgGroup::new("target").args(ids).required(true))
            .arg(reason)
            .args(settings::flag(FILE))
    };
    [
        order("disable", &switched)
            .about("Switch a tool, a client or a user off, within a second and until `enable`")
            .after_help("Calls that run already go on to their end."),
        order("enable", &switched).about("Switch on again what `disable` switched off"),
        order("revoke", &revoked)
            .about("Take tokens no more, within a second and for good")
            .after_help("Nothing takes a revocation back: whoever may call again needs a new token."),
        Command::new("orders")
            .about("List what is disabled and revoked")
            .arg(Arg::new("json").long("json").action(ArgAction::SetTrue).help("As JSON lines"))
            .args(settings::flag(FILE)),
    ]
}

const FILE: &str = "control.file";

fn text(id: &'static str) -> Arg {
    Arg::new(id).long(id).value_parser(NonEmptyStringValueParser::new())
}

/// The control file that servers with these settings heed.
fn control_file(matches: &ArgMatches) -> Ended<PathBuf> {
    let Loaded { config, .. } = settings::load(matches, std::env::vars_os(), Config::default())?;
    config.settings.control_file.ok_or_else(|| {
        "no control file is set: name the one that the servers have, with --control-file FILE, by \
         MCP_TOOL_CONTROL_FILE, or as `file` under [control] in mcp-tool.toml"
            .into()
    })
}

/// Appends an order to the file, and says what was done.
pub(super) fn order(server: &Application, command: &str, matches: &ArgMatches) -> Ended {
    let path = control_file(matches)?;
    let given = |id: &str| matches.try_get_one::<String>(id).ok().flatten().cloned();
    let target = [
        ("tool", DisableTarget::Tool as fn(String) -> DisableTarget),
        ("client", DisableTarget::Client),
        ("user", DisableTarget::User),
    ]
    .into_iter()
    .find_map(|(id, target)| given(id).map(target));
    let what = match (command, target) {
        ("disable", Some(target)) => {
            check_served(server, &target)?;
            ControlAction::Disable(target)
        }
        ("enable", Some(target)) => ControlAction::Enable(target),
        _ => ControlAction::Revoke(tokens(given)?),
    };
    let order = ControlEntry::new(by(), what, given("reason"));
    let appended = file::append(&path, |orders| match &order.action {
        ControlAction::Enable(target) if !orders.is_disabled(target) => Ok(None),
        _ => order.to_line().map(Some),
    });
    let mut out = io::stdout().lock();
    if !appended.map_err(|error| told(&path, error))? {
        return Ok(writeln!(out, "nothing to do: {} isn't switched off", target_shown(&order.action))?);
    }
    writeln!(out, "{}", sentence(&order))?;
    writeln!(out, "servers whose control file is {} heed it within a second", path.display())?;
    Ok(())
}

fn tokens(given: impl Fn(&str) -> Option<String>) -> Ended<RevokedTokens> {
    if let Some(before) = given("before") {
        let time = parse_time(&before).map_err(|reason| format!("--before {before:?}: {reason}"))?;
        let latest = std::time::SystemTime::now() + AHEAD;
        if std::time::SystemTime::from(time) > latest {
            return Err(format!(
                "--before {before:?}: it lies ahead, and would refuse every token until then; nothing takes a \
                 revocation back"
            )
            .into());
        }
        return Ok(RevokedTokens::Before(time));
    }
    let tokens = given("jti").map(RevokedTokens::Id).or(given("subject").map(RevokedTokens::Subject));
    tokens.or(given("client").map(RevokedTokens::Client)).ok_or_else(|| "say which tokens".into())
}

fn check_served(server: &Application, target: &DisableTarget) -> Ended {
    let DisableTarget::Tool(tool) = target else { return Ok(()) };
    let names = || server.tools.iter().map(|entry| entry.contract.name);
    if names().any(|name| name == tool) {
        return Ok(());
    }
    let meant = name::nearest(tool, names()).map(|meant| format!("; did you mean {meant}?"));
    let meant = meant.unwrap_or_else(|| ": `tools` lists them".into());
    Err(format!("--tool {}: this server has no tool of that name{meant}", visible(tool)).into())
}

/// Why a file can't be used, and what to do.
fn told(path: &Path, error: Box<dyn Error + Send + Sync>) -> Box<dyn Error + Send + Sync> {
    let is = |kind: io::ErrorKind| {
        let io = match error.downcast_ref::<ControlFileError>() {
            Some(ControlFileError::Io(error)) => Some(error),
            Some(_) => None,
            None => error.downcast_ref::<io::Error>(),
        };
        io.is_some_and(|error| error.kind() == kind)
    };
    let file = path.display();
    if is(io::ErrorKind::NotFound) {
        return format!(
            "{file}: there is no such file, and so no server heeds it: a server makes it when it starts. To give \
             orders before that, make it empty"
        )
        .into();
    }
    format!("{file}: {error}").into()
}

/// Lists what is in force, the oldest first.
pub(super) fn orders(matches: &ArgMatches) -> Ended {
    let path = control_file(matches)?;
    let read = || -> Result<ControlState, ControlFileError> {
        file::fold(file::complete(&file::read(&mut File::open(&path)?)?))
    };
    let orders = read().map_err(|error| told(&path, error.into()))?;
    let mut in_force: Vec<&ControlEntry> = orders.entries().collect();
    in_force.sort_by_cached_key(|order| (order.time, order.to_json()));
    let mut out = io::stdout().lock();
    let json = matches.get_flag("json");
    for order in &in_force {
        if json {
            writeln!(out, "{}", order.to_json())?;
        } else {
            writeln!(out, "{}  {}", format_time(order.time), sentence(order))?;
        }
    }
    if in_force.is_empty() && !json {
        writeln!(out, "nothing is disabled or revoked")?;
    }
    Ok(())
}

/// The order as a line for people.
fn sentence(order: &ControlEntry) -> String {
    let target = target_shown(&order.action);
    let done = match &order.action {
        ControlAction::Disable(_) => format!("{target} is off"),
        ControlAction::Enable(_) => format!("{target} is on again"),
        ControlAction::Revoke(RevokedTokens::Subject(_) | RevokedTokens::Client(_)) => {
            format!("{target} issued until {} are revoked", format_time(order.time))
        }
        ControlAction::Revoke(RevokedTokens::Id(_)) => format!("{target} is revoked"),
        ControlAction::Revoke(RevokedTokens::Before(_)) => format!("{target} are revoked"),
    };
    let reason = order.reason.as_ref().map(|reason| format!(": {}", visible(reason)));
    format!("{done}, by {}{}", visible(&order.by), reason.unwrap_or_default())
}

fn target_shown(what: &ControlAction) -> String {
    match what {
        ControlAction::Disable(target) | ControlAction::Enable(target) => match target {
            DisableTarget::Tool(tool) => format!("the tool '{}'", visible(tool)),
            DisableTarget::Client(client) => format!("the client '{}'", visible(client)),
            DisableTarget::User(user) => format!("the user '{}'", visible(user)),
        },
        ControlAction::Revoke(tokens) => match tokens {
            RevokedTokens::Id(jti) => format!("the token '{}'", visible(jti)),
            RevokedTokens::Subject(subject) => format!("tokens of the user '{}'", visible(subject)),
            RevokedTokens::Client(client) => format!("tokens of the client '{}'", visible(client)),
            RevokedTokens::Before(time) => format!("all tokens issued before {}", format_time(*time)),
        },
    }
}

/// Who gives the order, as the system knows them: by name, or by number where there is none.
#[cfg(unix)]
fn by() -> String {
    let uid = rustix::process::getuid().as_raw().to_string();
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let user = users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let (name, _, id) = (fields.next()?, fields.next()?, fields.next()?);
        (id == uid && !name.is_empty()).then(|| name.to_owned())
    });
    user.unwrap_or(uid)
}

#[cfg(not(unix))]
fn by() -> String {
    std::env::var("USERNAME").ok().filter(|name| !name.is_empty()).unwrap_or_else(|| "unknown".into())
}
