//! Signals that `serve` handles: they stop the server, or open the audit file again.

use std::{
    sync::{Arc, OnceLock, Weak},
    time::{Duration, Instant},
};

use mcp_tool_core::audit::Audit;
use tokio_util::sync::CancellationToken;

use crate::log::LogLines;

/// Time after the first stop signal in which further ones count as the same. npm and terminals send several signals at
/// once to one server.
const SAME_STOP: Duration = Duration::from_secs(1);

/// The audit writer, once the server has started it.
pub(crate) type AuditSlot = Arc<OnceLock<Weak<Audit>>>;

/// Effect of a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SignalEffect {
    Stop,
    /// Open the audit file again, because a program has renamed it.
    #[cfg_attr(not(unix), allow(dead_code, reason = "only Unix has such a signal"))]
    Reopen,
}

/// Receiver of the signals. On Unix, a signal that arrives before a call of `next` isn't lost.
pub(crate) struct Signals {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    quit: tokio::signal::unix::Signal,
    #[cfg(unix)]
    hangup: tokio::signal::unix::Signal,
    #[cfg(unix)]
    user: tokio::signal::unix::Signal,
    /// The server runs in a terminal, so SIGHUP means that the terminal was closed.
    #[cfg(unix)]
    has_terminal: bool,
}

impl Signals {
    /// Starts to receive SIGINT, SIGTERM, SIGQUIT, SIGHUP and SIGUSR1 or, on systems other than Unix, Ctrl-C. Also
    /// keeps SIGXFSZ from ending the process, so that a write beyond a file size limit fails like one to a full disk.
    pub(crate) fn listen() -> std::io::Result<Self> {
        #[cfg(unix)]
        {
            use std::io::IsTerminal as _;
            use tokio::signal::unix::{SignalKind, signal};
            // The handler that this installs stays installed.
            drop(signal(SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw()))?);
            Ok(Signals {
                interrupt: signal(SignalKind::interrupt())?,
                terminate: signal(SignalKind::terminate())?,
                quit: signal(SignalKind::quit())?,
                hangup: signal(SignalKind::hangup())?,
                user: signal(SignalKind::user_defined1())?,
                has_terminal: std::io::stdin().is_terminal()
                    || std::io::stdout().is_terminal()
                    || std::io::stderr().is_terminal(),
            })
        }
        #[cfg(not(unix))]
        Ok(Signals {})
    }

    /// Waits for a stop signal.
    pub(crate) async fn stop(&mut self) {
        while self.next().await != SignalEffect::Stop {}
    }

    #[cfg(unix)]
    async fn next(&mut self) -> SignalEffect {
        tokio::select! {
            _ = self.interrupt.recv() => SignalEffect::Stop,
            _ = self.terminate.recv() => SignalEffect::Stop,
            _ = self.quit.recv() => SignalEffect::Stop,
            _ = self.hangup.recv() => if self.has_terminal { SignalEffect::Stop } else { SignalEffect::Reopen },
            _ = self.user.recv() => SignalEffect::Reopen,
        }
    }

    #[cfg(not(unix))]
    async fn next(&mut self) -> SignalEffect {
        drop(tokio::signal::ctrl_c().await);
        SignalEffect::Stop
    }

    /// Shuts the server down at the first stop signal, and exits the process at one that comes more than [`SAME_STOP`]
    /// later. Opens the audit file again at each [`SignalEffect::Reopen`].
    pub(crate) async fn handle(mut self, stop: CancellationToken, lines: LogLines, audit: AuditSlot) {
        let mut stopped_at: Option<Instant> = None;
        loop {
            match (self.next().await, stopped_at) {
                (SignalEffect::Reopen, _) => {
                    if let Some(audit) = audit.get().and_then(Weak::upgrade) {
                        tracing::info!("a signal opens the audit file again");
                        audit.reopen();
                    }
                }
                (SignalEffect::Stop, None) => {
                    stopped_at = Some(Instant::now());
                    tracing::info!(
                        "shutting down: running calls may finish; another signal after 1 s exits at once"
                    );
                    stop.cancel();
                }
                (SignalEffect::Stop, Some(since)) if since.elapsed() < SAME_STOP => {}
                (SignalEffect::Stop, Some(_)) => {
                    tracing::warn!("exiting at once: running calls are aborted");
                    lines.flush();
                    std::process::exit(1);
                }
            }
        }
    }
}
