//! Signing keys of valid issuers and of attackers.

use std::sync::LazyLock;

use aws_lc_rs::{
    digest, hmac,
    rand::SystemRandom,
    rsa::{KeyPair as RsaKeyPair, KeySize},
    signature::{
        self as aws, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair as _, RsaEncoding,
    },
};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde_json::{Value, json};

pub fn base64url(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

enum KeyPair {
    Rsa(RsaKeyPair),
    /// With the name of the curve in a JWK (`crv`).
    Ec(EcdsaKeyPair, &'static str),
    Ed(Ed25519KeyPair),
    /// Modulus and private exponent of an RSA key that is too short for `aws-lc-rs` to sign with.
    Short(Vec<u8>, Vec<u8>),
}

/// A private key.
pub struct Key {
    pub kid: &'static str,
    pair: KeyPair,
}

impl Key {
    fn rsa(kid: &'static str, size: KeySize) -> Self {
        Key { kid, pair: KeyPair::Rsa(RsaKeyPair::generate(size).unwrap()) }
    }

    fn ec(kid: &'static str, crv: &'static str, algorithm: &'static EcdsaSigningAlgorithm) -> Self {
        Key { kid, pair: KeyPair::Ec(EcdsaKeyPair::generate(algorithm).unwrap(), crv) }
    }

    fn ed(kid: &'static str) -> Self {
        Key { kid, pair: KeyPair::Ed(Ed25519KeyPair::generate().unwrap()) }
    }

    /// The public key as a JWK.
    pub fn jwk(&self) -> Value {
        let mut jwk = match &self.pair {
            KeyPair::Rsa(pair) => json!({
                "kty": "RSA",
                "n": base64url(pair.public_key().modulus().big_endian_without_leading_zero()),
                "e": base64url(pair.public_key().exponent().big_endian_without_leading_zero()),
            }),
            KeyPair::Short(modulus, _) => json!({ "kty": "RSA", "n": base64url(modulus), "e": "AQAB" }),
            KeyPair::Ec(pair, crv) => {
                let point = pair.public_key().as_ref();
                let (x, y) = point[1..].split_at(point.len() / 2);
                json!({ "kty": "EC", "crv": crv, "x": base64url(x), "y": base64url(y) })
            }
            KeyPair::Ed(pair) => json!({ "kty": "OKP", "crv": "Ed25519", "x": base64url(pair.public_key()) }),
        };
        jwk["kid"] = json!(self.kid);
        jwk
    }

    /// The JWK with these members added or replaced; `null` removes one.
    pub fn jwk_with(&self, members: Value) -> Value {
        let mut jwk = self.jwk();
        for (name, value) in members.as_object().unwrap() {
            jwk[name] = value.clone();
        }
        jwk.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        jwk
    }

    /// The public key in DER, a format that some libraries accept as an HMAC secret.
    pub fn der(&self) -> Vec<u8> {
        use aws_lc_rs::encoding::{AsDer as _, PublicKeyX509Der};
        let der: PublicKeyX509Der<'_> = match &self.pair {
            KeyPair::Rsa(pair) => pair.public_key().as_der(),
            KeyPair::Ec(pair, _) => pair.public_key().as_der(),
            KeyPair::Ed(pair) => pair.public_key().as_der(),
            KeyPair::Short(..) => unreachable!("no test needs the DER of a short key"),
        }
        .unwrap();
        der.as_ref().to_vec()
    }

    pub fn pem(&self) -> String {
        let text = STANDARD.encode(self.der());
        let lines: Vec<&str> = text.as_bytes().chunks(64).map(|line| str::from_utf8(line).unwrap()).collect();
        format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n"))
    }

    /// Signs a message. For an RSA key, `alg` selects the algorithm; any other `alg` means RS256. A key of another kind
    /// has only one algorithm, and ignores `alg`.
    pub fn sign(&self, alg: &str, message: &[u8]) -> Vec<u8> {
        match &self.pair {
            KeyPair::Rsa(pair) => {
                let encoding: &'static dyn RsaEncoding = match alg {
                    "RS384" => &aws::RSA_PKCS1_SHA384,
                    "RS512" => &aws::RSA_PKCS1_SHA512,
                    "PS256" => &aws::RSA_PSS_SHA256,
                    "PS384" => &aws::RSA_PSS_SHA384,
                    "PS512" => &aws::RSA_PSS_SHA512,
                    _ => &aws::RSA_PKCS1_SHA256,
                };
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(encoding, &SystemRandom::new(), message, &mut signature).unwrap();
                signature
            }
            KeyPair::Ec(pair, _) => pair.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec(),
            KeyPair::Ed(pair) => pair.sign(message).as_ref().to_vec(),
            KeyPair::Short(modulus, exponent) => power(&padded(message, modulus.len()), exponent, modulus),
        }
    }
}

pub fn hs256(secret: &[u8], message: &[u8]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), message).as_ref().to_vec()
}

/// The signing keys of all tests. A test process generates them once, except `rsa1024`, which is a constant.
pub struct Keys {
    pub rsa: Key,
    pub rsa3072: Key,
    pub p256: Key,
    pub p384: Key,
    pub ed: Key,
    /// On a curve that the server doesn't support.
    pub p521: Key,
    /// On a curve that the server doesn't support.
    pub k256: Key,
    /// Too short for the server.
    pub rsa1024: Key,
    /// Key of an attacker with the `kid` of `rsa`.
    pub attacker: Key,
    /// Key of an attacker with the `kid` of `p256`.
    pub attacker_p256: Key,
}

pub static KEYS: LazyLock<Keys> = LazyLock::new(|| Keys {
    rsa: Key::rsa("rsa", KeySize::Rsa2048),
    rsa3072: Key::rsa("rsa3072", KeySize::Rsa3072),
    p256: Key::ec("p256", "P-256", &aws::ECDSA_P256_SHA256_FIXED_SIGNING),
    p384: Key::ec("p384", "P-384", &aws::ECDSA_P384_SHA384_FIXED_SIGNING),
    ed: Key::ed("ed"),
    p521: Key::ec("p521", "P-521", &aws::ECDSA_P521_SHA512_FIXED_SIGNING),
    k256: Key::ec("k256", "secp256k1", &aws::ECDSA_P256K1_SHA256_FIXED_SIGNING),
    rsa1024: short(),
    attacker: Key::rsa("rsa", KeySize::Rsa2048),
    attacker_p256: Key::ec("p256", "P-256", &aws::ECDSA_P256_SHA256_FIXED_SIGNING),
});

/// Encodes a message as RSA signs it: EMSA-PKCS1-v1_5 with SHA-256.
fn padded(message: &[u8], length: usize) -> Vec<u8> {
    const SHA256: &[u8] = b"\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20";
    let digest = digest::digest(&digest::SHA256, message);
    let padding = vec![0xff; length - 3 - SHA256.len() - digest.as_ref().len()];
    [&[0, 1], &padding[..], &[0], SHA256, digest.as_ref()].concat()
}

/// Computes `base` to the `exponent` modulo `modulus`, all big-endian. This is slow, but only one test needs it.
fn power(base: &[u8], exponent: &[u8], modulus: &[u8]) -> Vec<u8> {
    let limbs = |bytes: &[u8]| -> Vec<u64> {
        bytes.rchunks(8).map(|limb| limb.iter().fold(0, |all, byte| all << 8 | u64::from(*byte))).collect()
    };
    let (base, modulus) = (limbs(base), limbs(modulus));
    let mut result = vec![0; modulus.len()];
    result[0] = 1;
    for bit in bits(exponent) {
        result = product(&result, &result, &modulus);
        if bit {
            result = product(&result, &base, &modulus);
        }
    }
    result.iter().rev().flat_map(|limb| limb.to_be_bytes()).collect()
}

fn bits(bytes: &[u8]) -> impl Iterator<Item = bool> {
    bytes.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1 == 1))
}

/// Computes `left` times `right` modulo `modulus`, all with the least significant limb first.
fn product(left: &[u64], right: &[u64], modulus: &[u64]) -> Vec<u64> {
    let mut sum = vec![0; modulus.len()];
    for bit in (0..left.len() * 64).rev() {
        let doubled = sum.clone();
        add(&mut sum, &doubled, modulus);
        if left[bit / 64] >> (bit % 64) & 1 == 1 {
            add(&mut sum, right, modulus);
        }
    }
    sum
}

/// Adds `other` to `sum` modulo `modulus`.
fn add(sum: &mut [u64], other: &[u64], modulus: &[u64]) {
    let mut carry = false;
    for (limb, other) in sum.iter_mut().zip(other) {
        let (first, over) = limb.overflowing_add(*other);
        let (second, over_again) = first.overflowing_add(u64::from(carry));
        (*limb, carry) = (second, over || over_again);
    }
    let overflows = carry || sum.iter().rev().ge(modulus.iter().rev());
    if overflows {
        let mut borrow = false;
        for (limb, modulus) in sum.iter_mut().zip(modulus) {
            let (first, under) = limb.overflowing_sub(*modulus);
            let (second, under_again) = first.overflowing_sub(u64::from(borrow));
            (*limb, borrow) = (second, under || under_again);
        }
    }
}

/// Returns a constant RSA key of 1,024 bits, a size that `aws-lc-rs` refuses to generate.
fn short() -> Key {
    let bytes = |text: &str| -> Vec<u8> {
        (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
    };
    Key { kid: "rsa1024", pair: KeyPair::Short(bytes(MODULUS), bytes(EXPONENT)) }
}

/// Modulus of the key of [`short`], in hexadecimal.
const MODULUS: &str = "\
    b62ae823520a13a89f162ab7a67fd14641fffa45596a15bfd71c8ff404888585912b15d270bbfcf8d57b0133\
    9681fa3fb3f9f110b0a17f429e669f55a098bc5973006f054671f2e81b4ecd745775d2f4b987c0a61e9e76cc\
    d1d58205ae9173ca51330260bfeb4cb22238dc8538c2ca9a6f2bc41ff9ff820d2c91cb40f3abb2d7";
/// Private exponent of the key of [`short`], in hexadecimal.
const EXPONENT: &str = "\
    529514f39e276f4e0c00b290daec2ae51cda7c8c9fc255e5c810ecb984ac974b3bca3a74522306c58f91d9b3\
    9751892f03da150ca9e62c98f8d230fd5276ab3b65d506bcd040885d390b20ead9a802ff017ff37475c51ffd\
    ec04f06fab61f582c6d15f105187c401548eda1645d5b612d27dc47f2215c62a3610953bbf52e501";
