//! Protocol revisions that this server speaks.

use rmcp::model::ProtocolVersion;

/// The first modern revision. Requests of modern revisions name the revision and the client's capabilities in `_meta`.
/// Over HTTP, they repeat parts of the body in headers.
pub(crate) const MODERN: &str = "2026-07-28";

/// Returns all supported revisions, oldest first.
pub(crate) fn supported_versions() -> impl Iterator<Item = &'static str> {
    ProtocolVersion::KNOWN_VERSIONS.iter().map(|version| version.as_str())
}

/// Returns `true` if this server speaks `version`.
pub(crate) fn is_supported(version: &str) -> bool {
    supported_versions().any(|supported| supported == version)
}
