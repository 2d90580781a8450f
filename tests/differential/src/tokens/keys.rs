//! Key sets (RFC 7517) for the model of the token rules, as a second implementation. `aws-lc-rs` verifies the
//! signatures.

use aws_lc_rs::signature::{self as aws, RsaPublicKeyComponents, UnparsedPublicKey};
use serde_json::Value;

use super::model::decode;

/// A public key that may verify the signatures of tokens.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    pub(crate) kid: Option<String>,
    /// The only algorithm that the key may be used with; `None` allows all algorithms of its type.
    alg: Option<String>,
    material: Material,
}

/// A public key by its type. Elliptic-curve keys are encoded points.
#[derive(Clone, Debug)]
enum Material {
    Rsa { n: Vec<u8>, e: Vec<u8> },
    P256(Vec<u8>),
    P384(Vec<u8>),
    Ed25519(Vec<u8>),
}

impl Key {
    /// Returns the usable keys of a set. If several keys have the same `kid`, none of them is usable.
    pub(crate) fn all(set: &Value) -> Vec<Key> {
        let listed = set["keys"].as_array().map(Vec::as_slice).unwrap_or_default();
        let keys: Vec<Key> = listed.iter().filter_map(Key::read).collect();
        let is_unique =
            |key: &&Key| key.kid.is_none() || keys.iter().filter(|other| other.kid == key.kid).count() == 1;
        keys.iter().filter(is_unique).cloned().collect()
    }

    /// Returns the key of a JWK, if tokens may be verified with it.
    fn read(jwk: &Value) -> Option<Key> {
        // `Some(None)` for a missing member, `None` for a member that is not a string.
        let text = |name: &str| match jwk.get(name) {
            None => Some(None),
            Some(value) => value.as_str().map(|value| Some(value.to_owned())),
        };
        let bytes = |name: &str| jwk.get(name)?.as_str().and_then(decode);
        let (kid, alg) = (text("kid")?, text("alg")?);
        if text("use")?.is_some_and(|usage| usage != "sig") {
            return None;
        }
        if let Some(operations) = jwk.get("key_ops") {
            operations.as_array()?.iter().find(|operation| *operation == "verify")?;
        }
        // An uncompressed point: the byte 4, then both coordinates.
        let point = |length: usize| {
            let (x, y) = (bytes("x")?, bytes("y")?);
            (x.len() == length && y.len() == length).then(|| [&[4], &x[..], &y[..]].concat())
        };
        let material = match (jwk.get("kty")?.as_str()?, jwk.get("crv").and_then(Value::as_str)) {
            ("RSA", _) => {
                let (n, e) = (bytes("n")?, bytes("e")?);
                // The modulus must have 2,048 bits or more, not counting leading zeros.
                let significant = n.iter().skip_while(|byte| **byte == 0).count() * 8;
                let unused = n.iter().find(|byte| **byte != 0)?.leading_zeros() as usize;
                if significant - unused < 2_048 {
                    return None;
                }
                Material::Rsa { n, e }
            }
            ("EC", Some("P-256")) => Material::P256(point(32)?),
            ("EC", Some("P-384")) => Material::P384(point(48)?),
            ("OKP", Some("Ed25519")) => {
                let x = bytes("x")?;
                if x.len() != 32 {
                    return None;
                }
                Material::Ed25519(x)
            }
            _ => return None,
        };
        let key = Key { kid, alg: None, material };
        // `alg` must fit the type of the key.
        match alg {
            Some(alg) if !key.allows(&alg) => None,
            alg => Some(Key { alg, ..key }),
        }
    }

    /// Returns `true` if the key may verify signatures of this algorithm.
    pub(crate) fn allows(&self, alg: &str) -> bool {
        let fits = match &self.material {
            Material::Rsa { .. } => ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"].contains(&alg),
            Material::P256(_) => alg == "ES256",
            Material::P384(_) => alg == "ES384",
            Material::Ed25519(_) => alg == "EdDSA",
        };
        fits && self.alg.as_ref().is_none_or(|only| only == alg)
    }

    /// Returns `true` if the signature is valid.
    pub(crate) fn verifies(&self, alg: &str, message: &[u8], signature: &[u8]) -> bool {
        let verified = match &self.material {
            Material::Rsa { n, e } => {
                let parameters = match alg {
                    "RS256" => &aws::RSA_PKCS1_2048_8192_SHA256,
                    "RS384" => &aws::RSA_PKCS1_2048_8192_SHA384,
                    "RS512" => &aws::RSA_PKCS1_2048_8192_SHA512,
                    "PS256" => &aws::RSA_PSS_2048_8192_SHA256,
                    "PS384" => &aws::RSA_PSS_2048_8192_SHA384,
                    "PS512" => &aws::RSA_PSS_2048_8192_SHA512,
                    _ => return false,
                };
                RsaPublicKeyComponents { n, e }.verify(parameters, message, signature)
            }
            Material::P256(point) => {
                UnparsedPublicKey::new(&aws::ECDSA_P256_SHA256_FIXED, point).verify(message, signature)
            }
            Material::P384(point) => {
                UnparsedPublicKey::new(&aws::ECDSA_P384_SHA384_FIXED, point).verify(message, signature)
            }
            Material::Ed25519(point) => {
                UnparsedPublicKey::new(&aws::ED25519, point).verify(message, signature)
            }
        };
        verified.is_ok()
    }
}
