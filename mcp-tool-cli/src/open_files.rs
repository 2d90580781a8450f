//! Raises the limit on open files for the configured number of connections. On many systems the default limit is 1,024.

/// Number of open files that are reserved for other uses than client connections: files, pipes, and connections to
/// issuers and upstreams.
const RESERVED: u64 = 256;

/// Raises the limit on open files so that `connections` are possible, and returns how many of them the limit allows
/// afterwards.
#[cfg(unix)]
pub(crate) fn raise_limit(connections: u32) -> u32 {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let needed = u64::from(connections) + RESERVED;
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    // `None` means unlimited.
    let mut limit = current.unwrap_or(u64::MAX);
    if limit < needed {
        let raised = maximum.map_or(needed, |maximum| maximum.min(needed));
        match setrlimit(Resource::Nofile, Rlimit { current: Some(raised), maximum }) {
            Ok(()) => limit = raised,
            Err(error) => tracing::warn!(%error, "the limit on open files can't be raised"),
        }
    }
    if limit >= needed {
        return connections;
    }
    let possible = u32::try_from(limit.saturating_sub(RESERVED).max(1)).unwrap_or(connections);
    tracing::warn!(
        "http.max_connections is {connections}, but this process may open {limit} files, which allows {possible} \
         connections: raise the limit (`ulimit -n`, LimitNOFILE of systemd) to {needed}, or lower the setting"
    );
    possible
}

/// Returns `connections`: on systems other than Unix, the limit isn't examined.
#[cfg(not(unix))]
pub(crate) fn raise_limit(connections: u32) -> u32 {
    connections
}
