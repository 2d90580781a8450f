//! Descriptors for connections: most systems begin with 1,024 for a process, and let it have more.

/// Those that aren't for connections: files, pipes, and connections to issuers and upstreams.
const OTHERS: u64 = 256;

/// Lets the process open what so many connections take; gives how many there can be.
#[cfg(unix)]
pub(super) fn for_connections(most: u32) -> u32 {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let wanted = u64::from(most) + OTHERS;
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let mut had = current.unwrap_or(u64::MAX);
    if had < wanted {
        let more = maximum.map_or(wanted, |maximum| maximum.min(wanted));
        match setrlimit(Resource::Nofile, Rlimit { current: Some(more), maximum }) {
            Ok(()) => had = more,
            Err(error) => tracing::warn!(%error, "the limit on open files can't be raised"),
        }
    }
    if had >= wanted {
        return most;
    }
    let possible = u32::try_from(had.saturating_sub(OTHERS).max(1)).unwrap_or(most);
    tracing::warn!(
        "http.max_connections is {most}, and this process may open {had} files: {possible} connections are served at \
         one time; raise the limit (`ulimit -n`, LimitNOFILE of systemd) to {wanted}, or lower the setting"
    );
    possible
}

#[cfg(not(unix))]
pub(super) fn for_connections(most: u32) -> u32 {
    most
}
