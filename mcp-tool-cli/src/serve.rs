//! `serve`: runs the server over stdio or HTTP until its shutdown.

use std::{io::Write as _, net::SocketAddr, sync::Arc, time::Duration};

use clap::ArgMatches;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

#[cfg(feature = "oauth")]
use mcp_tool_auth::{
    inbound::{ResourceServer, check_resource_path},
    outbound::Upstreams,
    tls::Tls,
};
#[cfg(feature = "oauth")]
use mcp_tool_core::tool::ToolEntry;
#[cfg(feature = "http")]
use mcp_tool_core::transport::http::AuthenticationLayer;
use mcp_tool_core::{
    application::{Application, OperatorSettings},
    ports::Outbound,
    redaction::without_credentials,
    start_error::StartError,
    transport::{self, Endpoint},
};

#[cfg(feature = "http")]
use crate::open_files;
use crate::{
    file_modes,
    format::OutputFormat,
    log::{self, LogLines},
    result::CommandResult,
    settings::{self, Config, Loaded},
    signals::{AuditSlot, Signals},
};

/// Time limit for writing the audit records of calls that a shutdown aborts.
const LAST_RECORDS: Duration = Duration::from_secs(5);

pub(crate) async fn serve(application: Application, matches: &ArgMatches) -> CommandResult {
    // Signals are handled first, because process 1 of a container receives only signals that it handles.
    let mut signals = Signals::listen()?;
    let Some(loaded) = load(Config::of(&application), matches, &mut signals).await? else { return Ok(()) };
    if matches.get_flag("print-config") {
        let mut out = std::io::stdout().lock();
        match OutputFormat::of(matches) {
            OutputFormat::Json => writeln!(out, "{:#}", loaded.json())?,
            OutputFormat::Text | OutputFormat::Github => write!(out, "{}", loaded.text())?,
        }
        return Ok(());
    }
    let lines = log::start(loaded.config.log)?;
    loaded.log();
    file_modes::log(&loaded);
    let config = loaded.config;
    let stop = CancellationToken::new();
    let audit = AuditSlot::default();
    tokio::spawn(signals.handle(stop.clone(), lines.clone(), Arc::clone(&audit)));
    let run = Run { stop, lines: lines.clone(), audit };
    let served = if matches.get_flag("stdio") {
        serve_stdio(application, &config, run).await
    } else {
        match config.listen {
            Some(address) => serve_http(application, config, address, run).await,
            None => Err("no transport is set: choose --stdio, or --http 127.0.0.1:8080".into()),
        }
    };
    lines.flush();
    served
}

/// Loads the settings. Returns `None` if a stop signal arrives first, since a settings file may be a pipe to which nobody
/// writes.
async fn load(
    defaults: Config,
    matches: &ArgMatches,
    signals: &mut Signals,
) -> CommandResult<Option<Loaded>> {
    let matches = matches.clone();
    let (sender, loaded) = oneshot::channel();
    // This isn't a task of the blocking pool, because the end of the process would wait for such a task.
    std::thread::Builder::new().name("settings".into()).spawn(move || {
        // The receiver is dropped after a stop signal.
        drop(sender.send(settings::load(&matches, std::env::vars_os(), defaults)));
    })?;
    tokio::select! {
        loaded = loaded => Ok(Some(loaded??)),
        () = signals.stop() => Ok(None),
    }
}

/// Parts of the process that its signal handler and the transport share.
struct Run {
    /// Cancelled by a stop signal.
    stop: CancellationToken,
    lines: LogLines,
    audit: AuditSlot,
}

/// Opens upstreams and application state, and creates the endpoint that a transport serves. Returns `None` if a signal
/// arrives first. Audit records are written to the log if no audit file is set.
async fn start(
    application: Application,
    config: &Config,
    run: &Run,
) -> Result<Option<Arc<Endpoint>>, StartError> {
    let settings = OperatorSettings { outbound: outbound(config, &application)?, ..config.settings.clone() };
    let endpoint = tokio::select! {
        endpoint = settings.start(application, Box::new(run.lines.clone())) => Arc::new(endpoint?),
        () = run.stop.cancelled() => return Ok(None),
    };
    // Set only once, since a process starts one server.
    drop(run.audit.set(Arc::downgrade(&endpoint.pipeline.audit)));
    Ok(Some(endpoint))
}

/// Opens the configured upstreams; `None` if there are none.
#[cfg(feature = "oauth")]
fn outbound(config: &Config, application: &Application) -> Result<Option<Arc<dyn Outbound>>, StartError> {
    if config.upstreams.is_empty() {
        return Ok(None);
    }
    let contracts = application.tools.iter().map(ToolEntry::contract);
    Ok(Some(Arc::new(Upstreams::open(&config.upstreams, contracts)?)))
}

#[cfg(not(feature = "oauth"))]
fn outbound(_: &Config, _: &Application) -> Result<Option<Arc<dyn Outbound>>, StartError> {
    Ok(None)
}

/// Logs the use of deprecated versions, and saves the contracts that callers last listed, if a setting names a file for
/// them. If calls didn't finish, writes their audit records and exits the process. Without the exit, the async runtime
/// would wait for tool functions that aren't async, however long they run.
fn finish(has_finished: bool, endpoint: &Endpoint, lines: &LogLines) {
    endpoint.pipeline.usage.report();
    if let Err(error) = endpoint.pipeline.versions.last_listed.save() {
        tracing::error!(%error, "the contracts that callers last listed can't be saved");
    }
    if !has_finished {
        endpoint.pipeline.audit.flush(LAST_RECORDS);
        lines.flush();
        std::process::exit(1);
    }
}

async fn serve_stdio(application: Application, config: &Config, run: Run) -> CommandResult {
    let output = reserve_stdout()?;
    let Some(endpoint) = start(application, config, &run).await? else { return Ok(()) };
    if config.has_oauth() {
        tracing::warn!("stdio has no tokens: every caller is the local user, although [oauth] is set");
    }
    warn_of_local_user(config);
    let has_finished = transport::stdio::serve(
        Arc::clone(&endpoint),
        Box::new(std::io::stdin()),
        Box::new(output),
        run.stop,
    )
    .await?;
    finish(has_finished, &endpoint, &run.lines);
    Ok(())
}

/// Returns a copy of stdout for the protocol, and redirects stdout to stderr for everything else that the process
/// prints.
#[cfg(unix)]
fn reserve_stdout() -> std::io::Result<std::fs::File> {
    let protocol = rustix::io::dup(std::io::stdout())?;
    rustix::stdio::dup2_stdout(std::io::stderr())?;
    Ok(protocol.into())
}

/// Returns stdout. On systems other than Unix, stdout is not redirected.
#[cfg(not(unix))]
fn reserve_stdout() -> std::io::Result<std::io::Stdout> {
    Ok(std::io::stdout())
}

/// Warns that callers need no token, and of settings that give such callers more access.
fn warn_of_local_user(config: &Config) {
    match &config.settings.local_scopes {
        None => tracing::warn!("calls have no tokens: every caller is the local user and has all scopes"),
        Some(scopes) => {
            let scopes = scopes.join(" ");
            let scopes = &*without_credentials(&scopes);
            tracing::warn!(scopes, "calls have no tokens: every caller is the local user");
        }
    }
    if !config.http.allowed_hosts.is_empty() {
        let hosts = config.http.allowed_hosts.join(" ");
        tracing::warn!(hosts, "callers that reach the server by these hosts are the local user too");
    }
    for tool in &config.settings.allow_destructive {
        tracing::warn!(tool, "a destructive tool runs without approval");
    }
}

#[cfg(feature = "http")]
async fn serve_http(
    application: Application,
    config: Config,
    address: SocketAddr,
    run: Run,
) -> CommandResult {
    use mcp_tool_core::transport::http;

    let mut authentication = authentication(&config, &application)?;
    let settings = config.http.clone();
    // `authentication.host()` is the host of `oauth.resource`.
    let hosts = settings.allowed_hosts.iter().cloned().chain(authentication.host()).collect::<Vec<_>>();
    let settings = http::HttpSettings {
        origins: http::Origins::new(&hosts, &settings.allowed_origins)?,
        proxies: settings.trusted_proxies,
        max_body: settings.max_body,
        max_connections: open_files::raise_limit(settings.max_connections),
        sessions: (settings.legacy_sessions > 0).then_some(settings.legacy_sessions),
        session_idle: settings.session_idle,
        grace: settings.grace,
    };
    // The port is bound before the application state is opened, so that a second server on the same port fails without
    // side effects.
    let listener =
        http::bind(address, &authentication, &settings).await.map_err(|error| match error.kind() {
            std::io::ErrorKind::AddrInUse => {
                format!("{address}: {error}: end the other server, or use another port")
            }
            _ => format!("{address}: {error}"),
        })?;
    let address = listener.local_addr()?;
    let Some(endpoint) = start(application, &config, &run).await? else { return Ok(()) };
    // From now on, revoked tokens are refused.
    authentication.apply(&endpoint.pipeline.controls);
    #[cfg(feature = "oauth")]
    if config.has_oauth() {
        let issuers: Vec<&str> = config.oauth.issuer_urls().collect();
        tracing::info!(issuers = issuers.join(" "), "callers need a token");
    }
    if !config.has_oauth() {
        warn_of_local_user(&config);
    }
    let scheme = if config.http.tls_cert.is_some() { "https" } else { "http" };
    let url = format!("{scheme}://{address}{}", http::PATH);
    // Written through the log's queue, because stderr may be closed, or its reader may have stopped reading.
    run.lines.clone().write_all(how_to_connect(&endpoint.name, &url, config.has_oauth()).as_bytes())?;
    let has_finished = http::serve(Arc::clone(&endpoint), listener, settings, authentication, run.stop).await;
    finish(has_finished, &endpoint, &run.lines);
    Ok(())
}

/// Creates the verification of tokens and TLS from the settings.
#[cfg(feature = "oauth")]
fn authentication(config: &Config, application: &Application) -> Result<AuthenticationLayer, String> {
    let mut layer = AuthenticationLayer::default();
    if config.oauth.is_set() {
        let path = transport::http::PATH;
        let server = ResourceServer::new(&config.oauth, &application.tools, &application.name, path)?;
        check_resource_path(&config.oauth, path, !config.http.trusted_proxies.is_empty())?;
        layer.authenticator = Some(Box::new(server));
    }
    match (&config.http.tls_cert, &config.http.tls_key) {
        (None, None) => {}
        (Some(certificate), Some(key)) => layer.tls = Some(Box::new(Tls::open(certificate, key)?)),
        (Some(_), None) => return Err("http.tls_key is missing: http.tls_cert needs it".into()),
        (None, Some(_)) => return Err("http.tls_cert is missing: http.tls_key needs it".into()),
    }
    Ok(layer)
}

#[cfg(all(feature = "http", not(feature = "oauth")))]
fn authentication(_: &Config, _: &Application) -> Result<AuthenticationLayer, String> {
    Ok(AuthenticationLayer::default())
}

#[cfg(not(feature = "http"))]
async fn serve_http(_: Application, _: Config, _: SocketAddr, _: Run) -> CommandResult {
    Err("this server was built without HTTP: add the feature `http` of mcp-tool-runtime, or use --stdio"
        .into())
}

/// Returns a text with the commands and the configuration by which common clients connect to `url`. Clients that
/// support OAuth get a token themselves.
#[cfg(feature = "http")]
fn how_to_connect(name: &str, url: &str, needs_token: bool) -> String {
    let token = if needs_token { "-H \"Authorization: Bearer $TOKEN\" " } else { "" };
    let list = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;
    format!(
        "\n{name} serves at {url}\n\n\
         Connect a client:\n  \
         claude mcp add --transport http {name} {url}\n  \
         npx @modelcontextprotocol/inspector --cli {url} --transport http --method tools/list\n  \
         {{\"mcpServers\": {{\"{name}\": {{\"type\": \"http\", \"url\": \"{url}\"}}}}}}\n\n\
         Or by hand:\n  \
         curl -s {url} {token}-H 'Content-Type: application/json' -H 'Accept: application/json, text/event-stream' \
         -d '{list}'\n\n"
    )
}
