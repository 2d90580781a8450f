//! A JWT in compact form (RFC 7519, RFC 7515), taken apart without being believed.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use jsonwebtoken::Algorithm;
use serde_json::{Map, Value};

use super::{keys, strict};

/// Why a token isn't taken, for the record and never for its bearer.
pub type Flaw = &'static str;

/// Characters of a key's id.
const MAX_KID: usize = 256;

/// A token's parts. Nothing in it is proven before its signature is.
pub struct Jwt<'t> {
    pub(crate) algorithm: Algorithm,
    pub(crate) kid: Option<String>,
    pub(crate) typ: Typ,
    pub claims: Map<String, Value>,
    pub(crate) signed: &'t str,
    pub(crate) signature: &'t str,
}

/// What a token says that it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Typ {
    /// `at+jwt` (RFC 9068 §2.1).
    AccessToken,
    /// `JWT`, which might be an ID token as well.
    Jwt,
}

impl<'t> Jwt<'t> {
    /// Whether a token has the three parts of a JWT; an opaque one hasn't.
    pub(crate) fn is_one(token: &str) -> bool {
        token.bytes().filter(|byte| *byte == b'.').count() == 2
    }

    /// Splits and decodes a token.
    pub fn read(token: &'t str) -> Result<Self, Flaw> {
        let (signed, signature) = token.rsplit_once('.').ok_or("not_a_jwt")?;
        let (header, claims) = signed.split_once('.').ok_or("not_a_jwt")?;
        let decoded = |part: &str| BASE64URL.decode(part).map_err(|_| "not_base64url");
        let (algorithm, kid, typ) = read_header(&decoded(header)?)?;
        let claims = strict::object(&decoded(claims)?).map_err(|_| "claims_unreadable")?;
        Ok(Jwt { algorithm, kid, typ, claims, signed, signature })
    }
}

/// The header's members that count; where keys are to be found (`jku`, `x5u`, `jwk`, `x5c`) isn't looked at.
fn read_header(text: &[u8]) -> Result<(Algorithm, Option<String>, Typ), Flaw> {
    let header = strict::object(text).map_err(|_| "header_unreadable")?;
    if ["crit", "b64", "zip", "enc"].iter().any(|name| header.contains_key(*name)) {
        return Err("header_not_understood");
    }
    let algorithm =
        header.get("alg").and_then(Value::as_str).and_then(keys::algorithm).ok_or("alg_not_allowed")?;
    let typ = match header.get("typ").and_then(Value::as_str) {
        Some(typ) if is_media_type(typ, "at+jwt") => Typ::AccessToken,
        Some(typ) if is_media_type(typ, "jwt") => Typ::Jwt,
        _ => return Err("not_an_access_token"),
    };
    let kid = match header.get("kid") {
        None => None,
        Some(Value::String(kid)) if kid.len() <= MAX_KID => Some(kid.clone()),
        Some(_) => return Err("kid_unreadable"),
    };
    Ok((algorithm, kid, typ))
}

/// Media types have no case, and may leave `application/` out (RFC 7515 §4.1.9).
fn is_media_type(given: &str, wanted: &str) -> bool {
    let given = given
        .get(..12)
        .filter(|prefix| prefix.eq_ignore_ascii_case("application/"))
        .map_or(given, |_| &given[12..]);
    given.eq_ignore_ascii_case(wanted)
}
