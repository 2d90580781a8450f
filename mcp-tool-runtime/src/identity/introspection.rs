//! Opaque tokens, which only their issuer can read (RFC 7662).

use std::sync::Arc;

use url::form_urlencoded;

use super::{
    fetch::{self, Failed},
    issuer::{Issuer, Unreachable},
    settings::Introspection,
    strict,
    token::InboundToken,
};

/// The longest that an answer counts.
pub(crate) const LONGEST: f64 = 30.0;

/// An issuer that is asked.
pub(crate) struct Asking {
    pub(crate) issuer: Arc<Issuer>,
    pub(crate) by: Introspection,
}

impl Asking {
    /// What the issuer says of the token.
    pub(crate) async fn ask(
        &self,
        token: &InboundToken,
    ) -> Result<serde_json::Map<String, serde_json::Value>, Unreachable> {
        let failed = |reason: String| {
            tracing::error!(issuer = &*self.issuer.name, reason, "a token can't be introspected");
            Unreachable
        };
        let document = self.issuer.document().await?;
        let Some(endpoint) = document.introspection.clone() else {
            return Err(failed("its metadata has no `introspection_endpoint`".into()));
        };
        let secret = tokio::fs::read_to_string(&self.by.secret_file)
            .await
            .map_err(|error| failed(format!("{}: {error}", self.by.secret_file.display())))?;
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("token", token.expose())
            .append_pair("token_type_hint", "access_token")
            .finish();
        // Both parts are form-encoded before they are joined (RFC 6749 §2.3.1).
        let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let request = self
            .issuer
            .client
            .post(endpoint)
            .basic_auth(encoded(&self.by.client), Some(encoded(secret.trim_end())))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form);
        let answer = fetch::answer(request).await.map_err(|error| match error {
            Failed::NotFound => {
                failed("it refuses this server's client id or secret, or has no introspection".into())
            }
            Failed::Unusable(reason) => failed(reason),
        })?;
        strict::object(&answer).map_err(failed)
    }
}
