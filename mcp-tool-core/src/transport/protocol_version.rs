//! Protocol revisions that this server speaks.

use std::sync::LazyLock;

use rmcp::model::ProtocolVersion;

/// The first modern revision. Requests of modern revisions name the revision and the client's capabilities in `_meta`.
/// Over HTTP, they repeat parts of the body in headers.
pub(crate) const MODERN: &str = "2026-07-28";

/// The first revision whose event streams may contain events without data, which prime the client to reconnect.
#[cfg(feature = "http")]
pub(crate) const PRIMING_EVENTS: &str = "2025-11-25";

/// The revisions that this server offers, oldest first. 2025-03-26 isn't offered, because a server of that revision
/// must accept batches (docs/decisions/053-no-batches.md).
static OFFERED: LazyLock<Vec<ProtocolVersion>> = LazyLock::new(|| {
    let known = ProtocolVersion::KNOWN_VERSIONS.iter();
    known.filter(|version| **version != ProtocolVersion::V_2025_03_26).cloned().collect()
});

/// Returns all offered revisions, oldest first.
pub(crate) fn offered() -> &'static [ProtocolVersion] {
    &OFFERED
}

/// Returns the text of all offered revisions, oldest first.
pub(crate) fn offered_versions() -> impl Iterator<Item = &'static str> {
    offered().iter().map(ProtocolVersion::as_str)
}

/// Returns `true` if this server offers `version`.
pub(crate) fn is_offered(version: &str) -> bool {
    offered_versions().any(|offered| offered == version)
}

/// Returns `true` if the header `MCP-Protocol-Version` may name `version`. Besides the offered revisions, it may name
/// 2025-03-26, because a request without this header counts as one of that revision (2025-06-18, Streamable HTTP
/// §protocol version header).
#[cfg(feature = "http")]
pub(crate) fn is_served_over_http(version: &str) -> bool {
    ProtocolVersion::KNOWN_VERSIONS.iter().any(|known| known.as_str() == version)
}

/// Returns the offered revision with which `initialize` answers a client of a revision that has batches: the newest one
/// that is older, because such a client doesn't know the later ones. `None` for all other revisions.
pub(crate) fn instead_of(requested: &ProtocolVersion) -> Option<ProtocolVersion> {
    let has_batches = *requested == ProtocolVersion::V_2025_03_26;
    has_batches.then_some(ProtocolVersion::V_2024_11_05)
}
