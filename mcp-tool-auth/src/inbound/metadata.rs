//! What this server says of itself to clients that want in (RFC 9728).

use serde_json::json;
use url::Url;

/// Where clients look for it.
const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";

/// The metadata of this resource, and where it stands.
#[derive(Debug)]
pub(crate) struct Metadata {
    /// Its address, as challenges name it.
    pub(crate) url: String,
    pub(crate) document: String,
    paths: [String; 3],
}

impl Metadata {
    /// Of the resource with that canonical URI, whose endpoint is at that path here.
    pub(crate) fn new(
        resource: &Url,
        canonical: &str,
        path: &str,
        issuers: &[String],
        scopes: &[&str],
        name: &str,
    ) -> Self {
        let place = |path: &str| format!("{WELL_KNOWN}{}", path.trim_end_matches('/'));
        let mut url = resource.clone();
        url.set_path(&place(resource.path()));
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
            // A proxy may keep the resource's path, or leave its own prefix out.
            paths: [place(resource.path()), place(path), WELL_KNOWN.to_owned()],
        }
    }

    /// Whether it stands at that path.
    pub(crate) fn is_at(&self, path: &str) -> bool {
        self.paths.iter().any(|own| own == path)
    }
}
