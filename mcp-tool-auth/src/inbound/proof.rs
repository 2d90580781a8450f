//! Whether a token proves what it says, by keys that are at hand.

use std::sync::Arc;

use super::{
    claims::Verified,
    jwt::{Flaw, Jwt, Typ},
    keys::KeySet,
    settings::Rules,
};

/// Whether a token says that it is one for resources. An ID token, or a grant such as an ID-JAG, isn't.
pub fn is_access_token(jwt: &Jwt<'_>, typ_jwt: bool) -> Result<(), Flaw> {
    match jwt.typ {
        Typ::AccessToken => Ok(()),
        Typ::Jwt if typ_jwt => Ok(()),
        Typ::Jwt => Err("not_an_access_token"),
    }
}

/// Whether a token is what it says: signed by its issuer, for this server, now.
pub fn prove(
    jwt: &Jwt<'_>,
    keys: &KeySet,
    issuer: &Arc<str>,
    rules: &Rules,
    now: f64,
) -> Result<Verified, Flaw> {
    let key = keys.find(jwt.kid.as_deref(), jwt.algorithm).ok_or("no_such_key")?;
    if !key.has_signed(jwt.signed, jwt.signature, jwt.algorithm) {
        return Err("signature_wrong");
    }
    rules.judge(&jwt.claims, issuer, now)
}
