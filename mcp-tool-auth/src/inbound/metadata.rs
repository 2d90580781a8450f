//! Protected resource metadata, by which clients find the authorization server (RFC 9728).

use serde_json::json;
use url::Url;

/// Path prefix of the metadata's URL (RFC 9728 §3).
const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";

/// Metadata of this resource, with the URL and the paths of the metadata.
#[derive(Debug)]
pub(crate) struct Metadata {
    /// URL of the metadata, for challenges.
    pub(crate) url: String,
    /// The metadata as JSON.
    pub(crate) document: String,
    /// Paths at which this server serves the metadata.
    paths: [String; 3],
}

impl Metadata {
    /// Builds the metadata. `resource` is the parsed URL of the resource, `canonical` is the same URL as configured,
    /// `path` is the path of the MCP endpoint on this server, `scopes` are all scopes that tools require, and `name` is
    /// the human-readable name of the resource.
    pub(crate) fn new(
        resource: &Url,
        canonical: &str,
        path: &str,
        issuers: &[&str],
        scopes: &[&str],
        name: &str,
    ) -> Self {
        let well_known = |path: &str| format!("{WELL_KNOWN}{}", path.trim_end_matches('/'));
        let mut url = resource.clone();
        url.set_path(&well_known(resource.path()));
        let document = json!({
            "resource": canonical,
            "authorization_servers": issuers,
            "bearer_methods_supported": ["header"],
            "scopes_supported": scopes,
            "resource_name": name,
        });
        Metadata {
            url: url.into(),
            document: document.to_string(),
            // A proxy may forward the path of the resource, replace it by this server's path, or remove it.
            paths: [well_known(resource.path()), well_known(path), WELL_KNOWN.to_owned()],
        }
    }

    /// Returns `true` if the metadata is served at this path.
    pub(crate) fn is_at(&self, path: &str) -> bool {
        self.paths.iter().any(|served| served == path)
    }
}
