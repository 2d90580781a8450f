//! Parses JWTs in compact form (RFC 7519, RFC 7515). Signatures aren't verified here.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use jsonwebtoken::Algorithm;
use serde_json::{Map, Value};

use super::{keys, strict};

/// Reason why a token is refused, such as `expired`. Audit records contain the reason; responses to the caller don't.
pub type Flaw = &'static str;

/// Maximum length of a `kid`, in bytes.
const MAX_KID: usize = 256;

/// Parts of a token. None of them may be trusted before the signature is verified.
pub struct Jwt<'t> {
    pub(crate) algorithm: Algorithm,
    pub(crate) kid: Option<String>,
    pub(crate) typ: Typ,
    /// Claims that haven't been verified.
    pub claims: Map<String, Value>,
    /// Encoded header and claims, which the signature covers.
    pub(crate) signed: &'t str,
    /// Encoded signature (base64url).
    pub(crate) signature: &'t str,
}

/// Header parameter `typ` of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Typ {
    /// `at+jwt` (RFC 9068 §2.1).
    AccessToken,
    /// `JWT`, which ID tokens have too.
    Jwt,
    /// No `typ`.
    Absent,
}

impl<'t> Jwt<'t> {
    /// Returns `true` for a token with three parts separated by dots, as in a JWT. Any other token is opaque.
    pub(crate) fn has_form(token: &str) -> bool {
        token.bytes().filter(|byte| *byte == b'.').count() == 2
    }

    /// Parses a token. Refuses an `alg` that isn't allowed, a `typ` that is neither `at+jwt`, `JWT` nor absent,
    /// and a header with `crit`, `b64`, `zip` or `enc`.
    pub fn read(token: &'t str) -> Result<Self, Flaw> {
        let (signed, signature) = token.rsplit_once('.').ok_or("not_a_jwt")?;
        let (header, claims) = signed.split_once('.').ok_or("not_a_jwt")?;
        let decoded = |part: &str| BASE64URL.decode(part).map_err(|_| "not_base64url");
        let (algorithm, kid, typ) = read_header(&decoded(header)?)?;
        let claims = strict::object(&decoded(claims)?).map_err(|_| "claims_unreadable")?;
        Ok(Jwt { algorithm, kid, typ, claims, signed, signature })
    }
}

/// Parses the header. Members that contain or link to keys (`jku`, `x5u`, `jwk`, `x5c`) are ignored, because the author
/// of a forged token chooses them.
fn read_header(text: &[u8]) -> Result<(Algorithm, Option<String>, Typ), Flaw> {
    let header = strict::object(text).map_err(|_| "header_unreadable")?;
    // Critical extensions, unencoded or compressed claims, and encryption aren't supported.
    if ["crit", "b64", "zip", "enc"].iter().any(|name| header.contains_key(*name)) {
        return Err("header_not_understood");
    }
    let algorithm =
        header.get("alg").and_then(Value::as_str).and_then(keys::algorithm).ok_or("alg_not_allowed")?;
    let typ = match header.get("typ") {
        Some(Value::String(typ)) if is_media_type(typ, "at+jwt") => Typ::AccessToken,
        Some(Value::String(typ)) if is_media_type(typ, "jwt") => Typ::Jwt,
        None => Typ::Absent,
        Some(_) => return Err("not_an_access_token"),
    };
    let kid = match header.get("kid") {
        None => None,
        Some(Value::String(kid)) if kid.len() <= MAX_KID => Some(kid.clone()),
        Some(_) => return Err("kid_unreadable"),
    };
    Ok((algorithm, kid, typ))
}

/// Returns `true` if the media types are equal, ignoring case and the prefix `application/` (RFC 7515 §4.1.9).
fn is_media_type(given: &str, wanted: &str) -> bool {
    // 12 is the length of the prefix.
    let given = given
        .get(..12)
        .filter(|prefix| prefix.eq_ignore_ascii_case("application/"))
        .map_or(given, |_| &given[12..]);
    given.eq_ignore_ascii_case(wanted)
}
