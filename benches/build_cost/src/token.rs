//! Verification of bearer tokens with the keys of one issuer. The keys are fetched when the server starts.
//!
//! The code is only compiled, to measure its build cost. The issuer doesn't exist.

use std::sync::Arc;

use axum::{
    Router,
    extract::{Request, State},
    http::StatusCode,
    middleware::{self, Next},
    response::Response,
};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, jwk::JwkSet};
use serde::Deserialize;

const ISSUER: &str = "https://login.example.com";
const AUDIENCE: &str = "https://parcels.example.com/mcp";

#[derive(Deserialize)]
struct Claims {
    scope: Option<String>,
}

/// Fetches the keys and adds token verification to all routes.
pub async fn protect(router: Router) -> Result<Router, crate::Failure> {
    let keys = reqwest::get(format!("{ISSUER}/jwks")).await?.bytes().await?;
    let keys: Arc<JwkSet> = Arc::new(serde_json::from_slice(&keys)?);
    Ok(router.layer(middleware::from_fn_with_state(keys, check)))
}

/// Middleware: answers 401 unless the request has a valid token with the claim `scope`.
async fn check(
    State(keys): State<Arc<JwkSet>>,
    request: Request,
    next: Next,
) -> Result<Response, StatusCode> {
    match verified(&keys, &request).and_then(|claims| claims.scope) {
        Some(_) => Ok(next.run(request).await),
        None => Err(StatusCode::UNAUTHORIZED),
    }
}

/// Returns the claims of the request's token; `None` unless its ES256 signature and expiry are valid. If the token has
/// the claims `iss` and `aud`, they must match too.
fn verified(keys: &JwkSet, request: &Request) -> Option<Claims> {
    let token = request.headers().get("authorization")?.to_str().ok()?.strip_prefix("Bearer ")?;
    let key = keys.find(jsonwebtoken::decode_header(token).ok()?.kid.as_deref()?)?;
    let mut validation = Validation::new(Algorithm::ES256);
    validation.set_issuer(&[ISSUER]);
    validation.set_audience(&[AUDIENCE]);
    Some(jsonwebtoken::decode(token, &DecodingKey::from_jwk(key).ok()?, &validation).ok()?.claims)
}
