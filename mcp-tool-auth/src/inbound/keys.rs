//! Public keys of an issuer (RFC 7517), with the signature algorithms that each key allows.

use std::collections::{HashMap, HashSet};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde_json::{Map, Value};

use mcp_tool_contract::read::violation::escaped_excerpt;

use super::{strict, weak_rsa};

/// Maximum number of keys in a set.
const MAX_KEYS: usize = 128;
/// Allowed number of bits of an RSA modulus. Shorter keys are insecure, and longer keys are slow.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2_048..=8_192;

/// Key that verifies signatures by the algorithms that it allows.
pub(crate) struct VerificationKey {
    algorithms: &'static [Algorithm],
    key: DecodingKey,
}

/// Usable keys of one issuer: `named` by `kid`, and `unnamed` without a `kid`.
#[derive(Default)]
pub struct KeySet {
    named: HashMap<String, VerificationKey>,
    unnamed: Vec<VerificationKey>,
    /// `kid` of each listed key, usable or not.
    listed: HashSet<String>,
    /// `kid` of each key that an earlier set listed and this one doesn't.
    withdrawn: HashSet<String>,
    /// Escaped `kid` of each RSA key that was refused because its private key can be computed from it.
    broken: Vec<String>,
}

use Algorithm::{ES256, ES384, EdDSA, PS256, PS384, PS512, RS256, RS384, RS512};

/// Allowed algorithms: name, value, and a slice that contains only the value. A key with this `alg` stores the slice.
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

/// Returns the algorithm with this name, if the algorithm is allowed.
pub(crate) fn algorithm(name: &str) -> Option<Algorithm> {
    NAMES.iter().find(|(known, ..)| *known == name).map(|(_, algorithm, _)| *algorithm)
}

impl KeySet {
    /// Parses a set. Ignores unusable keys (RFC 7517 §5). Also ignores all keys that share a `kid`, because a token's
    /// `kid` must select one key.
    ///
    /// # Errors
    /// Text that isn't a key set, or a set with more than `MAX_KEYS` keys.
    pub fn read(text: &[u8]) -> Result<Self, String> {
        let mut members = strict::object(text)?;
        let Some(Value::Array(keys)) = members.remove("keys") else {
            return Err("it has no array `keys`".into());
        };
        if keys.len() > MAX_KEYS {
            return Err(format!("it has more than {MAX_KEYS} keys"));
        }
        let ids = keys.iter().filter_map(|key| key.get("kid")?.as_str());
        let mut seen = HashSet::new();
        let repeated: HashSet<String> = ids.filter(|id| !seen.insert(*id)).map(str::to_owned).collect();
        let listed = seen.into_iter().map(str::to_owned).collect();
        let mut set = KeySet { listed, ..KeySet::default() };
        for key in keys {
            let Value::Object(key) = key else { continue };
            if is_factorable_rsa(&key) {
                let kid = key.get("kid").and_then(Value::as_str);
                set.broken.push(kid.map_or_else(|| "-".into(), escaped_excerpt));
                continue;
            }
            let Some(usable) = VerificationKey::read(&key) else { continue };
            match key.get("kid") {
                None => set.unnamed.push(usable),
                Some(Value::String(id)) if !repeated.contains(id) => {
                    set.named.insert(id.clone(), usable);
                }
                Some(_) => {}
            }
        }
        Ok(set)
    }

    /// Returns the key with this `kid`, if the key allows `algorithm`. For a token without `kid`, returns the key that
    /// allows `algorithm`, if there is exactly one such key.
    pub(crate) fn find(&self, id: Option<&str>, algorithm: Algorithm) -> Option<&VerificationKey> {
        match id {
            Some(id) => self.named.get(id).filter(|key| key.verifies(algorithm)),
            None => {
                let mut keys = self.named.values().chain(&self.unnamed);
                let key = keys.find(|key| key.verifies(algorithm))?;
                // The iterator continues after `key`.
                keys.all(|other| !other.verifies(algorithm)).then_some(key)
            }
        }
    }

    /// Returns the number of keys.
    pub(crate) fn len(&self) -> usize {
        self.named.len() + self.unnamed.len()
    }

    /// Returns the escaped `kid` of each RSA key that was refused because its private key can be computed from it; `-`
    /// for a key without `kid`.
    pub(crate) fn broken(&self) -> &[String] {
        &self.broken
    }

    /// Returns `true` if the issuer lists a key of any kind with this `kid`, or has withdrawn one. A key with any other
    /// `kid` may have been added since.
    pub(crate) fn decides_about(&self, id: &str) -> bool {
        self.listed.contains(id) || self.withdrawn.contains(id)
    }

    /// Records the keys of the `earlier` set that this set no longer lists as withdrawn.
    pub(crate) fn replaces(&mut self, earlier: &KeySet) {
        let is_gone = |id: &&String| !self.listed.contains(*id);
        self.withdrawn = earlier.listed.iter().filter(is_gone).cloned().collect();
        // Bounded, because an issuer may replace its keys without end.
        if earlier.withdrawn.len() <= MAX_KEYS {
            self.withdrawn.extend(earlier.withdrawn.iter().filter(is_gone).cloned());
        }
    }
}

impl VerificationKey {
    /// Parses a public key for signatures. Returns `None` for other keys, and for insecure or contradictory members.
    fn read(jwk: &Map<String, Value>) -> Option<Self> {
        let text = |name: &str| jwk.get(name).and_then(Value::as_str);
        let is_absent_or = |name: &str, wanted: &str| jwk.get(name).is_none_or(|value| value == wanted);
        let may_verify = jwk
            .get("key_ops")
            .is_none_or(|ops| ops.as_array().is_some_and(|ops| ops.iter().any(|op| op == "verify")));
        // Anyone can sign with a private key that was published.
        if !is_absent_or("use", "sig") || !may_verify || jwk.contains_key("d") {
            return None;
        }
        let (fitting, key): (&'static [Algorithm], _) = match (text("kty")?, text("crv")) {
            ("RSA", None) => {
                // Modulus and exponent. An even exponent or 1 is insecure, and a long exponent is slow. AWS-LC accepts
                // at most 33 bits.
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
                let (_, algorithm, only) = NAMES.iter().find(|(name, ..)| alg == name)?;
                fitting.contains(algorithm).then_some(*only)?
            }
        };
        Some(VerificationKey { algorithms, key })
    }

    fn verifies(&self, algorithm: Algorithm) -> bool {
        self.algorithms.contains(&algorithm)
    }

    /// Returns `true` if the key allows `algorithm` and verifies the signature of `signed`.
    pub(crate) fn has_signed(&self, signed: &str, signature: &str, algorithm: Algorithm) -> bool {
        self.verifies(algorithm)
            && jsonwebtoken::crypto::verify(signature, signed.as_bytes(), &self.key, algorithm)
                .unwrap_or(false)
    }
}

/// Returns `true` for an RSA key whose private key can be computed from it.
fn is_factorable_rsa(jwk: &Map<String, Value>) -> bool {
    let modulus = jwk.get("n").and_then(Value::as_str).and_then(number);
    jwk.get("kty").is_some_and(|kty| kty == "RSA")
        && modulus.is_some_and(|modulus| weak_rsa::is_factorable(&modulus))
}

/// Decodes an unsigned number (base64url, big-endian) and removes leading zero bytes. Returns `None` for zero.
fn number(text: &str) -> Option<Vec<u8>> {
    let bytes = BASE64URL.decode(text).ok()?;
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    Some(bytes[zeros..].to_vec()).filter(|bytes| !bytes.is_empty())
}

fn bits(number: &[u8]) -> usize {
    let unused = number.first().map_or(0, |high| high.leading_zeros() as usize);
    number.len() * 8 - unused
}

/// Decodes a point of a curve (RFC 7518 §6.2.1). Returns `None` unless both coordinates have `bytes` bytes.
fn point(x: &str, y: &str, bytes: usize) -> Option<DecodingKey> {
    let has_length = |text: &str| BASE64URL.decode(text).is_ok_and(|decoded| decoded.len() == bytes);
    (has_length(x) && has_length(y)).then(|| DecodingKey::from_ec_components(x, y).ok()).flatten()
}

/// Returns `true` for Ed25519 points of small order, with either sign of x. Anyone can forge signatures that such a key
/// verifies.
fn is_of_small_order(point: &[u8]) -> bool {
    // The y coordinates of these points. The sign of x is the highest bit of the last byte, here 0.
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

    /// Returns `true` if a parsed set contains the key.
    fn is_accepted(key: Value) -> bool {
        let set = json!({ "keys": [key] }).to_string();
        KeySet::read(set.as_bytes()).is_ok_and(|set| !set.named.is_empty() || !set.unnamed.is_empty())
    }

    /// Returns a key whose modulus has `bytes` bytes without leading zero bits.
    fn rsa(bytes: usize, exponent: &[u8]) -> Value {
        json!({ "kty": "RSA", "n": BASE64URL.encode(vec![0xc5; bytes]), "e": BASE64URL.encode(exponent) })
    }

    #[test]
    fn rsa_key_with_invalid_size_or_exponent_is_refused() {
        // 65,537, the usual exponent.
        const F4: &[u8] = &[1, 0, 1];
        assert!(is_accepted(rsa(256, F4)) && is_accepted(rsa(1_024, &[3])));
        assert!(!is_accepted(rsa(255, F4)) && !is_accepted(rsa(128, F4)) && !is_accepted(rsa(1_025, F4)));
        for exponent in [&[][..], &[1], &[0, 1], &[2], &[1, 0, 0], &[9; 8]] {
            assert!(!is_accepted(rsa(256, exponent)), "exponent {exponent:?} is accepted");
        }
        let padded = [&[0; 128][..], &[0xc5; 128]].concat();
        let short = json!({ "kty": "RSA", "n": BASE64URL.encode(padded), "e": "AQAB" });
        assert!(!is_accepted(short), "leading zeros must not count as bits of the modulus");
    }

    #[test]
    fn set_decides_about_listed_and_withdrawn_keys_only() {
        let set = |ids: &[&str]| {
            let keys: Vec<Value> = ids.iter().map(|id| json!({ "kty": "oct", "kid": id })).collect();
            KeySet::read(json!({ "keys": keys }).to_string().as_bytes()).unwrap_or_default()
        };
        let (first, mut second, mut third) = (set(&["a", "b"]), set(&["b", "c"]), set(&["a"]));
        second.replaces(&first);
        third.replaces(&second);
        for (set, known) in [(first, "ab"), (second, "abc"), (third, "abc")] {
            let decided: String =
                ["a", "b", "c", "d"].into_iter().filter(|id| set.decides_about(id)).collect();
            assert_eq!(decided, known);
        }
    }

    #[test]
    fn rsa_key_with_the_roca_fingerprint_is_refused_and_named() {
        // The public key of test 7 of json_web_key_test.json in C2SP/wycheproof.
        const MODULUS: &str = "AanFpofbj7KjD4Lf-N2hVMKR7yewSyXhhbirIMTGpfYEhZ_lnt5UoK98DnKIgArXGTu3MaW_HhFw16HGaTDUHqPr\
            Id7fe4r11CqRw09yBFuW79V8sYIwHdzCaWflUI6auImYbVfoN9_nD5n8N8SY9DwXw7mwZM9wREPXoDPgOoIWl6q_MPsp7n0zs3Z5ZaiQWOOz\
            l1S9OhwAfSiiOwz6efnXEaxuTEtPd7BjSx7NaFka8Dx9U7YqXy2RFj1O9PjyaDGuRh7YXsX3iMUSP_wSyHQg_c_qHRtKUsNSGCT7OZg0hzm2\
            KphtjnayKJvC64vAbROBR4Ubg6Bxg9IQVZ-QYyE";
        let broken =
            json!({ "kty": "RSA", "n": MODULUS, "e": "AQAB", "kid": "kid-rsa\u{202e}", "alg": "RS256" });
        assert!(!is_accepted(broken.clone()));
        let set = json!({ "keys": [broken, rsa(256, &[1, 0, 1])] }).to_string();
        let set = KeySet::read(set.as_bytes()).unwrap_or_default();
        // A modulus that 3 divides.
        let small = json!({ "kty": "RSA", "n": BASE64URL.encode(vec![0x03; 256]), "e": "AQAB" });
        assert!(!is_accepted(small));
        assert_eq!((set.len(), set.broken()), (1, &["kid-rsa\\u{202e}".to_owned()][..]));
    }

    #[test]
    fn ec_point_of_wrong_length_or_unsupported_curve_is_refused() {
        // The points aren't on the curve, because parsing checks only the lengths of `x` and `y`, in bytes.
        let is_point_accepted = |curve: &str, x: usize, y: usize| {
            let encoded = |bytes| BASE64URL.encode(vec![7; bytes]);
            is_accepted(json!({ "kty": "EC", "crv": curve, "x": encoded(x), "y": encoded(y) }))
        };
        assert!(is_point_accepted("P-256", 32, 32) && is_point_accepted("P-384", 48, 48));
        for (curve, x, y) in
            [("P-256", 31, 32), ("P-256", 32, 33), ("P-256", 48, 48), ("P-384", 32, 32), ("P-521", 66, 66)]
        {
            assert!(!is_point_accepted(curve, x, y), "a point of {curve} with {x} and {y} bytes is accepted");
        }
    }
}
