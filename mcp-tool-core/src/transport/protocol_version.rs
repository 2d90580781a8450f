//! Protocol revisions that this server speaks.

use rmcp::model::ProtocolVersion;

/// The first revision whose requests carry protocol members in `_meta` and mirror them in headers.
pub(crate) const MODERN: &str = "2026-07-28";

/// Supported revisions, oldest first.
pub(crate) fn supported_versions() -> impl Iterator<Item = &'static str> {
    ProtocolVersion::KNOWN_VERSIONS.iter().map(|version| version.as_str())
}

/// Returns `true` if this server speaks `version`.
pub(crate) fn is_supported(version: &str) -> bool {
    supported_versions().any(|supported| supported == version)
}
