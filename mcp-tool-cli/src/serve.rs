//! `serve`: from the settings to a server that answers, and to its orderly end.

use std::{io::Write as _, sync::Arc, time::Duration};

use clap::ArgMatches;
use tokio_util::sync::CancellationToken;

#[cfg(feature = "http")]
use super::descriptors;
use super::{
    Ended,
    log::{self, Lines},
    settings::{self, Config},
};
#[cfg(feature = "oauth")]
use mcp_tool_auth::{inbound::ResourceServer, outbound::Upstreams, tls::Tls};
#[cfg(feature = "oauth")]
use mcp_tool_core::tool::ToolEntry;
#[cfg(feature = "http")]
use mcp_tool_core::transport::http::AuthenticationLayer;
use mcp_tool_core::{
    application::{Application, OperatorSettings},
    ports::Outbound,
    start_error::StartError,
    transport::{self, Endpoint},
};

/// How long the last records may take to be written.
const LAST_RECORDS: Duration = Duration::from_secs(5);

pub(super) async fn serve(application: Application, matches: &ArgMatches) -> Ended {
    let loaded = settings::load(matches, std::env::vars_os(), Config::of(&application))?;
    if matches.get_flag("print-config") {
        std::io::stdout().lock().write_all(loaded.print().as_bytes())?;
        return Ok(());
    }
    let config = loaded.config;
    let lines = log::start(config.log)?;
    let stop = CancellationToken::new();
    tokio::spawn(signalled(Signals::listen()?, stop.clone(), lines.clone()));
    let served = if matches.get_flag("stdio") {
        stdio(application, &config, stop, &lines).await
    } else {
        match config.listen.clone() {
            Some(address) => http(application, config, &address, stop, &lines).await,
            None => Err("say how to serve: --stdio, or --http 127.0.0.1:8080".into()),
        }
    };
    lines.flush();
    served
}

/// Signals to end, heard from the moment that this is made.
struct Signals {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

impl Signals {
    #[cfg(unix)]
    fn listen() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Signals {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    #[cfg(unix)]
    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }

    #[cfg(not(unix))]
    fn listen() -> std::io::Result<Self> {
        Ok(Signals {})
    }

    #[cfg(not(unix))]
    async fn next(&mut self) {
        drop(tokio::signal::ctrl_c().await);
    }
}

/// Cancels at the first signal to end, and ends the process at the second.
async fn signalled(mut signals: Signals, stop: CancellationToken, lines: Lines) {
    signals.next().await;
    tracing::info!("ending: calls in flight may finish; a second signal ends at once");
    stop.cancel();
    signals.next().await;
    tracing::warn!("ending at once: calls in flight are given up");
    lines.flush();
    std::process::exit(1);
}

/// Opens what the server lends, unless a signal comes first.
async fn start(
    application: Application,
    config: &Config,
    stop: &CancellationToken,
    lines: &Lines,
) -> Started {
    let settings = OperatorSettings { outbound: outbound(config, &application)?, ..config.settings.clone() };
    tokio::select! {
        endpoint = settings.start(application, lines.clone()) => Ok(Some(Arc::new(endpoint?))),
        () = stop.cancelled() => Ok(None),
    }
}

/// Opens the upstreams of the settings, where there are some.
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

type Started = Result<Option<Arc<Endpoint>>, StartError>;

/// Says what was still called of what will go, keeps what callers listed, and ends the process where a function that isn't async goes on:
/// the runtime would wait for it without end. Its record is written by then.
fn end(finished: bool, endpoint: &Endpoint, lines: &Lines) {
    endpoint.dispatcher.usage.report();
    if let Err(error) = endpoint.dispatcher.versions.last_listed.save() {
        tracing::error!(%error, "what callers listed could not be kept");
    }
    if !finished {
        endpoint.dispatcher.audit.flush(LAST_RECORDS);
        lines.flush();
        std::process::exit(1);
    }
}

async fn stdio(application: Application, config: &Config, stop: CancellationToken, lines: &Lines) -> Ended {
    let output = own_stdout()?;
    let Some(endpoint) = start(application, config, &stop, lines).await? else { return Ok(()) };
    if config.has_oauth() {
        tracing::warn!("over stdio there are no tokens: whoever started this process is the local user");
    }
    warn_of_local_user(config);
    let finished = transport::stdio::serve(Arc::clone(&endpoint), std::io::stdin(), output, stop).await?;
    end(finished, &endpoint, lines);
    Ok(())
}

/// Keeps stdout for the protocol: whatever else the process prints goes to stderr.
#[cfg(unix)]
fn own_stdout() -> std::io::Result<std::fs::File> {
    let own = rustix::io::dup(std::io::stdout())?;
    rustix::stdio::dup2_stdout(std::io::stderr())?;
    Ok(own.into())
}

#[cfg(not(unix))]
fn own_stdout() -> std::io::Result<std::io::Stdout> {
    Ok(std::io::stdout())
}

fn warn_of_local_user(config: &Config) {
    match &config.settings.local_scopes {
        None => tracing::warn!(
            "no authorization is configured: every caller is the local user and holds all scopes"
        ),
        Some(scopes) => {
            let scopes = scopes.join(" ");
            tracing::warn!(scopes, "no authorization is configured: every caller is the local user");
        }
    }
    if !config.http.allowed_hosts.is_empty() {
        let hosts = config.http.allowed_hosts.join(" ");
        tracing::warn!(hosts, "whoever reaches the server by these hosts is the local user too");
    }
    for tool in &config.settings.allow_destructive {
        tracing::warn!(tool, "a destructive tool runs without anybody's approval");
    }
}

#[cfg(feature = "http")]
async fn http(
    application: Application,
    config: Config,
    address: &str,
    stop: CancellationToken,
    lines: &Lines,
) -> Ended {
    use mcp_tool_core::transport::http;

    let address = address
        .parse()
        .map_err(|_| format!("http.listen: {address:?} is no address: write 127.0.0.1:8080 or [::1]:8080"))?;
    let mut authentication = authentication(&config, &application)?;
    let settings = config.http.clone();
    let hosts = settings.allowed_hosts.iter().cloned().chain(authentication.host()).collect::<Vec<_>>();
    let settings = http::HttpSettings {
        origins: http::Origins::new(&hosts, &settings.allowed_origins)?,
        proxies: settings.trusted_proxies,
        max_body: settings.max_body,
        max_connections: descriptors::for_connections(settings.max_connections),
        sessions: (settings.legacy_sessions > 0).then_some(settings.legacy_sessions),
        session_idle: settings.session_idle,
        grace: settings.grace,
    };
    // The port is taken before anything is opened: a second server ends here, having touched nothing.
    let listener = http::bind(address, &authentication, &settings)
        .await
        .map_err(|error| format!("{address}: {error}"))?;
    let address = listener.local_addr()?;
    let Some(endpoint) = start(application, &config, &stop, lines).await? else { return Ok(()) };
    authentication.apply(&endpoint.dispatcher.controls);
    #[cfg(feature = "oauth")]
    if config.has_oauth() {
        tracing::info!(issuers = config.oauth.issuers.join(" "), "callers need a token");
    }
    if !config.has_oauth() {
        warn_of_local_user(&config);
    }
    let scheme = if config.http.tls_cert.is_some() { "https" } else { "http" };
    eprint!("{}", how_to_connect(&endpoint.name, &format!("{scheme}://{address}{}", http::PATH)));
    let finished = http::serve(Arc::clone(&endpoint), listener, settings, authentication, stop).await;
    end(finished, &endpoint, lines);
    Ok(())
}

/// Token verification and TLS, as the settings say.
#[cfg(feature = "oauth")]
fn authentication(config: &Config, application: &Application) -> Result<AuthenticationLayer, String> {
    let mut layer = AuthenticationLayer::default();
    if config.oauth.is_set() {
        let path = transport::http::PATH;
        let server = ResourceServer::new(&config.oauth, &application.tools, &application.name, path)?;
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
fn authentication(config: &Config, _: &Application) -> Result<AuthenticationLayer, String> {
    match config.http.tls_cert.is_some() || config.http.tls_key.is_some() {
        true => {
            Err("this server was built without TLS: add the feature `oauth` of mcp-tool-runtime, or take \
                     http.tls_cert and http.tls_key out of the settings"
                .into())
        }
        false => Ok(AuthenticationLayer::default()),
    }
}

#[cfg(not(feature = "http"))]
async fn http(_: Application, _: Config, _: &str, _: CancellationToken, _: &Lines) -> Ended {
    Err("this server was built without HTTP: add the feature `http` of mcp-tool-runtime, or use --stdio"
        .into())
}

/// What an engineer needs next.
#[cfg(feature = "http")]
fn how_to_connect(name: &str, url: &str) -> String {
    let list = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;
    format!(
        "\n{name} serves at {url}\n\n\
         Connect a client:\n  \
         claude mcp add --transport http {name} {url}\n  \
         npx @modelcontextprotocol/inspector --cli {url} --transport http --method tools/list\n  \
         {{\"mcpServers\": {{\"{name}\": {{\"type\": \"http\", \"url\": \"{url}\"}}}}}}\n\n\
         Or by hand:\n  \
         curl -s {url} -H 'Content-Type: application/json' -H 'Accept: application/json, text/event-stream' \
         -d '{list}'\n\n"
    )
}
