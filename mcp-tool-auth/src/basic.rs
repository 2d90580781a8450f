//! Basic authentication of this server, as an OAuth client, at token and introspection endpoints (RFC 6749 §2.3.1).

use base64::{Engine as _, engine::general_purpose::STANDARD};
use reqwest::header::{HeaderValue, InvalidHeaderValue};
use url::form_urlencoded;

use crate::secret::Secret;

/// Returns the value of the header `Authorization`. The value is marked as sensitive, so that `Debug` doesn't show it.
/// Client id and secret are form-encoded before they are joined.
pub(crate) fn authorization(client_id: &str, secret: &Secret) -> Result<HeaderValue, InvalidHeaderValue> {
    let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let joined = format!("{}:{}", encoded(client_id), encoded(secret.expose()));
    let mut value = HeaderValue::try_from(format!("Basic {}", STANDARD.encode(joined)))?;
    value.set_sensitive(true);
    Ok(value)
}
