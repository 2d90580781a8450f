//! The keys of an issuer (RFC 7517), of which only those are taken that may verify, with what they may verify.

use std::collections::{HashMap, HashSet};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde_json::{Map, Value};

use super::strict;

/// Keys of one set.
const MOST: usize = 128;
/// Bits of an RSA modulus: fewer are broken, more cost time.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2_048..=8_192;

/// A key that may verify.
pub(crate) struct Key {
    algorithms: &'static [Algorithm],
    key: DecodingKey,
}

/// The keys of one issuer, by their ids.
#[derive(Default)]
pub struct KeySet {
    named: HashMap<String, Key>,
    unnamed: Vec<Key>,
}

use Algorithm::{ES256, ES384, EdDSA, PS256, PS384, PS512, RS256, RS384, RS512};

/// What a token's header may name, as a list that a key chooses from.
const NAMES: [(&str, Algorithm, &[Algorithm]); 9] = [
    ("RS256", RS256, &[RS256]),
    ("RS384", RS384, &[RS384]),
    ("RS512", RS512, &[RS512]),
    ("PS256", PS256, &[PS256]),
    ("PS384", PS384, &[PS384]),
    ("PS512", PS512, &[PS512]),
    ("ES256", ES256, &[ES256]),
    ("ES384", ES384, &[ES384]),
    ("EdDSA", EdDSA, &[EdDSA]),
];

/// The algorithm of that name, if it may be used at all.
pub(crate) fn algorithm(name: &str) -> Option<Algorithm> {
    NAMES.iter().find(|(known, ..)| *known == name).map(|(_, algorithm, _)| *algorithm)
}

impl KeySet {
    /// Reads a set. Keys that can't be used are passed over, as RFC 7517 §5 wants it; ids that stand twice are
    /// nobody's.
    ///
    /// # Errors
    /// What isn't a key set.
    pub fn read(text: &[u8]) -> Result<Self, String> {
        let mut members = strict::object(text)?;
        let Some(Value::Array(keys)) = members.remove("keys") else {
            return Err("it has no array `keys`".into());
        };
        if keys.len() > MOST {
            return Err(format!("it has more than {MOST} keys"));
        }
        let ids = keys.iter().filter_map(|key| key.get("kid")?.as_str());
        let mut seen = HashSet::new();
        let twice: HashSet<String> = ids.filter(|id| !seen.insert(*id)).map(str::to_owned).collect();
        let mut set = KeySet::default();
        for key in keys {
            let Value::Object(key) = key else { continue };
            let Some(usable) = Key::read(&key) else { continue };
            match key.get("kid") {
                None => set.unnamed.push(usable),
                Some(Value::String(id)) if !twice.contains(id) => drop(set.named.insert(id.clone(), usable)),
                Some(_) => {}
            }
        }
        Ok(set)
    }

    /// The key of that id or, where a token names none, the only one that fits.
    pub(crate) fn find(&self, id: Option<&str>, algorithm: Algorithm) -> Option<&Key> {
        match id {
            Some(id) => self.named.get(id).filter(|key| key.verifies(algorithm)),
            None => {
                let mut fitting = self.named.values().chain(&self.unnamed);
                let key = fitting.find(|key| key.verifies(algorithm))?;
                fitting.all(|other| !other.verifies(algorithm)).then_some(key)
            }
        }
    }

    /// How many may verify.
    pub(crate) fn len(&self) -> usize {
        self.named.len() + self.unnamed.len()
    }

    /// Whether there is a key of that id, whatever it may verify.
    pub(crate) fn has(&self, id: &str) -> bool {
        self.named.contains_key(id)
    }
}

impl Key {
    /// A key for signatures, whose members agree with each other; `None` for every other.
    fn read(jwk: &Map<String, Value>) -> Option<Self> {
        let text = |name: &str| jwk.get(name).and_then(Value::as_str);
        let is_absent_or = |name: &str, wanted: &str| jwk.get(name).is_none_or(|value| value == wanted);
        let may_verify = jwk
            .get("key_ops")
            .is_none_or(|ops| ops.as_array().is_some_and(|ops| ops.iter().any(|op| op == "verify")));
        // One that holds its private half was published by mistake, and proves nothing any more.
        if !is_absent_or("use", "sig") || !may_verify || jwk.contains_key("d") {
            return None;
        }
        let (fitting, key): (&'static [Algorithm], _) = match (text("kty")?, text("crv")) {
            ("RSA", None) => {
                let (n, e) = (number(text("n")?)?, number(text("e")?)?);
                if !RSA_BITS.contains(&bits(&n))
                    || bits(&e) > 33
                    || e.last().is_none_or(|low| low & 1 == 0)
                    || e == [1]
                {
                    return None;
                }
                (&[RS256, RS384, RS512, PS256, PS384, PS512], DecodingKey::from_rsa_raw_components(&n, &e))
            }
            ("EC", Some("P-256")) => (&[ES256], point(text("x")?, text("y")?, 32)?),
            ("EC", Some("P-384")) => (&[ES384], point(text("x")?, text("y")?, 48)?),
            ("OKP", Some("Ed25519")) => {
                let x =
                    BASE64URL.decode(text("x")?).ok().filter(|x| x.len() == 32 && !is_of_small_order(x))?;
                (&[EdDSA], DecodingKey::from_ed_der(&x))
            }
            _ => return None,
        };
        let algorithms = match jwk.get("alg") {
            None => fitting,
            Some(alg) => {
                let (_, algorithm, alone) = NAMES.iter().find(|(name, ..)| alg == name)?;
                fitting.contains(algorithm).then_some(*alone)?
            }
        };
        Some(Key { algorithms, key })
    }

    fn verifies(&self, algorithm: Algorithm) -> bool {
        self.algorithms.contains(&algorithm)
    }

    /// Whether the signature is this key's, by an algorithm that the key allows.
    pub(crate) fn has_signed(&self, signed: &str, signature: &str, algorithm: Algorithm) -> bool {
        self.verifies(algorithm)
            && jsonwebtoken::crypto::verify(signature, signed.as_bytes(), &self.key, algorithm)
                .unwrap_or(false)
    }
}

/// An unsigned number, without the zeros in front of it.
fn number(text: &str) -> Option<Vec<u8>> {
    let bytes = BASE64URL.decode(text).ok()?;
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    Some(bytes[zeros..].to_vec()).filter(|bytes| !bytes.is_empty())
}

fn bits(number: &[u8]) -> usize {
    let unused = number.first().map_or(0, |high| high.leading_zeros() as usize);
    number.len() * 8 - unused
}

/// A point of a curve whose coordinates have so many bytes (RFC 7518 §6.2.1).
fn point(x: &str, y: &str, bytes: usize) -> Option<DecodingKey> {
    let is_whole = |text: &str| BASE64URL.decode(text).is_ok_and(|decoded| decoded.len() == bytes);
    (is_whole(x) && is_whole(y)).then(|| DecodingKey::from_ec_components(x, y).ok()).flatten()
}

/// Whether it is one of Ed25519's few points for which anyone can write signatures, the sign of x apart.
fn is_of_small_order(point: &[u8]) -> bool {
    const POINTS: [&str; 7] = [
        "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "JuiVj8KyJ7BFw_SJ8u-Y8NXfrAXTxjM5sTgCiG1T_AU",
        "xxdqcD1N2E-6PAt2DRBnDyogU_osOczGTsf9d5KsA3o",
        "7P_______________________________________38",
        "7f_______________________________________38",
        "7v_______________________________________38",
    ];
    let mut y = point.to_vec();
    if let Some(last) = y.last_mut() {
        *last &= 0x7f;
    }
    POINTS.contains(&BASE64URL.encode(y).as_str())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Whether a set of that key has one that may verify.
    fn is_taken(key: Value) -> bool {
        let set = json!({ "keys": [key] }).to_string();
        KeySet::read(set.as_bytes()).is_ok_and(|set| !set.named.is_empty() || !set.unnamed.is_empty())
    }

    fn rsa(bytes: usize, exponent: &[u8]) -> Value {
        json!({ "kty": "RSA", "n": BASE64URL.encode(vec![0xc5; bytes]), "e": BASE64URL.encode(exponent) })
    }

    #[test]
    fn an_rsa_key_is_neither_short_nor_endless_and_its_exponent_is_one() {
        const F4: &[u8] = &[1, 0, 1];
        assert!(is_taken(rsa(256, F4)) && is_taken(rsa(1_024, &[3])));
        assert!(!is_taken(rsa(255, F4)) && !is_taken(rsa(128, F4)) && !is_taken(rsa(1_025, F4)));
        for exponent in [&[][..], &[1], &[0, 1], &[2], &[1, 0, 0], &[9; 8]] {
            assert!(!is_taken(rsa(256, exponent)), "{exponent:?}");
        }
        let padded = [&[0; 128][..], &[0xc5; 128]].concat();
        let short = json!({ "kty": "RSA", "n": BASE64URL.encode(padded), "e": "AQAB" });
        assert!(!is_taken(short), "zeros before a number make it no longer");
    }

    #[test]
    fn a_point_has_the_length_of_its_curve() {
        let point = |curve: &str, x: usize, y: usize| {
            let encoded = |bytes| BASE64URL.encode(vec![7; bytes]);
            is_taken(json!({ "kty": "EC", "crv": curve, "x": encoded(x), "y": encoded(y) }))
        };
        assert!(point("P-256", 32, 32) && point("P-384", 48, 48));
        for (curve, x, y) in
            [("P-256", 31, 32), ("P-256", 32, 33), ("P-256", 48, 48), ("P-384", 32, 32), ("P-521", 66, 66)]
        {
            assert!(!point(curve, x, y), "{curve} {x} {y}");
        }
    }
}
