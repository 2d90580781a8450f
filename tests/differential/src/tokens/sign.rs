//! Generator of signed tokens, valid and invalid.

use aws_lc_rs::{
    encoding::{AsDer as _, PublicKeyX509Der},
    rand::SystemRandom,
    rsa::{KeyPair as RsaKeyPair, KeySize},
    signature::{
        self as aws, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair as _, RsaEncoding,
    },
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::generate::Generator;
use crate::random::Random;

const RSA: &[&str] = &["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"];

/// A key pair by its type.
enum Pair {
    Rsa(RsaKeyPair),
    Ec(EcdsaKeyPair),
    Ed(Ed25519KeyPair),
}

/// A private key, and the JWK of its public key.
struct Signer {
    jwk: Value,
    /// Algorithms with which the key can sign.
    algorithms: &'static [&'static str],
    pair: Pair,
}

impl Signer {
    fn rsa(size: KeySize) -> Self {
        let pair = RsaKeyPair::generate(size).unwrap();
        let public = pair.public_key();
        let jwk = json!({
            "kty": "RSA",
            "n": URL_SAFE_NO_PAD.encode(public.modulus().big_endian_without_leading_zero()),
            "e": URL_SAFE_NO_PAD.encode(public.exponent().big_endian_without_leading_zero()),
        });
        Signer { jwk, algorithms: RSA, pair: Pair::Rsa(pair) }
    }

    fn ec(algorithm: &'static EcdsaSigningAlgorithm, crv: &str, names: &'static [&'static str]) -> Self {
        let pair = EcdsaKeyPair::generate(algorithm).unwrap();
        let point = pair.public_key().as_ref();
        let (x, y) = point[1..].split_at(point.len() / 2);
        let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
        let jwk = json!({ "kty": "EC", "crv": crv, "x": x, "y": y });
        Signer { jwk, algorithms: names, pair: Pair::Ec(pair) }
    }

    fn ed() -> Self {
        let pair = Ed25519KeyPair::generate().unwrap();
        let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": URL_SAFE_NO_PAD.encode(pair.public_key()) });
        Signer { jwk, algorithms: &["EdDSA"], pair: Pair::Ed(pair) }
    }

    /// Adds members to the JWK.
    fn with(mut self, members: Value) -> Self {
        for (name, value) in members.as_object().unwrap() {
            self.jwk[name] = value.clone();
        }
        self
    }

    fn kid(&self) -> Option<&str> {
        self.jwk["kid"].as_str()
    }

    fn sign(&self, alg: &str, message: &[u8]) -> Vec<u8> {
        match &self.pair {
            Pair::Rsa(pair) => {
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
            Pair::Ec(pair) => pair.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec(),
            Pair::Ed(pair) => pair.sign(message).as_ref().to_vec(),
        }
    }

    /// Returns the bytes of the public key. In a classic attack, they are the secret of an HMAC.
    fn public(&self) -> Vec<u8> {
        match &self.pair {
            Pair::Rsa(pair) => {
                let der: PublicKeyX509Der<'_> = pair.public_key().as_der().unwrap();
                der.as_ref().to_vec()
            }
            Pair::Ec(pair) => pair.public_key().as_ref().to_vec(),
            Pair::Ed(pair) => pair.public_key().as_ref().to_vec(),
        }
    }
}

/// The keys that sign tokens.
pub(crate) struct Signers {
    /// Keys that are in the first key set of [`Signers::sets`].
    known: Vec<Signer>,
    /// Keys that are in no key set.
    foreign: Vec<Signer>,
}

impl Signers {
    /// Generates the keys.
    pub(crate) fn generate() -> Self {
        let p256 = || Signer::ec(&aws::ECDSA_P256_SHA256_FIXED_SIGNING, "P-256", &["ES256"]);
        let p384 = || Signer::ec(&aws::ECDSA_P384_SHA384_FIXED_SIGNING, "P-384", &["ES384"]);
        let p521 = Signer::ec(&aws::ECDSA_P521_SHA512_FIXED_SIGNING, "P-521", &["ES512"]);
        let k256 = Signer::ec(&aws::ECDSA_P256K1_SHA256_FIXED_SIGNING, "secp256k1", &["ES256K"]);
        let rsa = || Signer::rsa(KeySize::Rsa2048);
        let known = vec![
            rsa().with(json!({ "kid": "rsa", "use": "sig" })),
            rsa().with(json!({ "kid": "rsa-pinned", "alg": "PS384", "key_ops": ["verify"] })),
            Signer::rsa(KeySize::Rsa3072).with(json!({ "kid": "rsa-encrypts", "use": "enc" })),
            rsa().with(json!({ "kid": "rsa-signs", "key_ops": ["sign"] })),
            p256().with(json!({ "kid": "p256", "alg": "ES256" })),
            p384().with(json!({ "kid": "p384" })),
            p521.with(json!({ "kid": "p521" })),
            k256.with(json!({ "kid": "k256" })),
            p256().with(json!({ "kid": "p256-mislabelled", "alg": "ES384" })),
            Signer::ed().with(json!({ "kid": "ed", "key_ops": ["sign", "verify"], "use": "sig" })),
            // Neither key is usable, because both have the same `kid`.
            Signer::ed().with(json!({ "kid": "twin" })),
            p256().with(json!({ "kid": "twin" })),
        ];
        Signers { known, foreign: vec![rsa(), p256(), p384(), Signer::ed()] }
    }

    /// Returns two key sets: one with all known keys and a shared secret, and one with four keys of different types.
    /// With the second set, a token needs no `kid`, because its algorithm fits only one key.
    pub(crate) fn sets(&self) -> [Value; 2] {
        let all: Vec<Value> = self.known.iter().map(|signer| signer.jwk.clone()).collect();
        let secret = json!({ "kty": "oct", "kid": "oct", "k": "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0" });
        let few = ["rsa", "p384", "ed", "p256"];
        let distinct: Vec<&Value> =
            all.iter().filter(|jwk| few.iter().any(|kid| jwk["kid"] == *kid)).collect();
        let every = [&all[..], &[secret]].concat();
        [json!({ "keys": every }), json!({ "keys": distinct })]
    }

    /// Returns a token. About four of five are signed correctly.
    pub(crate) fn token(&self, generator: &mut Generator) -> String {
        // Keys of most tokens. A key that is listed more often signs more tokens.
        let usual_kids = ["rsa", "rsa", "rsa", "p256", "p256", "p384", "p384", "ed", "ed", "rsa-pinned"];
        let kid = usual_kids[generator.random.below(usual_kids.len())];
        let usual_signer = self.known.iter().find(|signer| signer.kid() == Some(kid)).unwrap();
        let signer = if generator.random.chance(88) {
            usual_signer
        } else {
            &self.known[generator.random.below(self.known.len())]
        };
        let alg = match signer.jwk["alg"].as_str() {
            Some(alg) if generator.random.chance(90) => alg.to_owned(),
            _ => signer.algorithms[generator.random.below(signer.algorithms.len())].to_owned(),
        };
        let kid = signer.kid().filter(|_| generator.random.chance(90));
        let (header, claims) = (generator.header(&alg, kid), generator.claims());
        let parts = [URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims)];
        let message = parts.join(".");
        let is_corrupted = generator.random.chance(20);
        let random = &mut generator.random;
        let signature = if is_corrupted && random.chance(60) {
            self.corrupted_signature(random, signer, &alg, message.as_bytes())
        } else {
            signer.sign(&alg, message.as_bytes())
        };
        let token = format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature));
        if is_corrupted && random.chance(60) { corrupted_text(random, token) } else { token }
    }

    /// Returns a signature that is usually invalid.
    fn corrupted_signature(
        &self,
        random: &mut Random,
        signer: &Signer,
        alg: &str,
        message: &[u8],
    ) -> Vec<u8> {
        let mut signature = signer.sign(alg, message);
        let at = random.below(signature.len());
        match random.below(9) {
            0 => signature[at] ^= 1 << random.below(8),
            1 => signature.truncate(at),
            2 => signature.extend_from_slice(&[0; 7][..=random.below(6)]),
            3 => signature.fill(0),
            4 => signature.insert(0, 0),
            // Any algorithm of the key, also one that the header doesn't name.
            5 => {
                let alg = signer.algorithms[random.below(signer.algorithms.len())];
                return signer.sign(alg, message);
            }
            6 => {
                let foreign = &self.foreign[random.below(self.foreign.len())];
                return foreign.sign(foreign.algorithms[random.below(foreign.algorithms.len())], message);
            }
            // An HMAC whose secret is the public key.
            7 => {
                use aws_lc_rs::hmac;
                let key = hmac::Key::new(hmac::HMAC_SHA256, &signer.public());
                return hmac::sign(&key, message).as_ref().to_vec();
            }
            _ => return signer.sign(alg, &message[1..]),
        }
        signature
    }
}

/// Returns a changed token.
fn corrupted_text(random: &mut Random, token: String) -> String {
    let parts: Vec<&str> = token.split('.').collect();
    let at = random.below(token.len());
    match random.below(10) {
        0 => format!("{}.{}.", parts[0], parts[1]),
        1 => format!("{}.{}", parts[0], parts[1]),
        2 => format!("{token}.{}", parts[2]),
        3 => format!("{token}="),
        4 => format!("{}=.{}.{}", parts[0], parts[1], parts[2]),
        5 => token.replace('-', "+").replace('_', "/"),
        6 => format!(
            "{}{}{}",
            &token[..at],
            random.pick(&[" ", "\n", "\t", ".", "=", "é", "\0"]),
            &token[at..]
        ),
        7 => {
            // A different last character changes the unused bits of the encoding, or the last byte of the signature.
            let last = random.pick(&["A", "B", "E", "Q", "g", "w", "_"]);
            format!("{}{last}", &token[..token.len() - 1])
        }
        8 => format!("{}{}", &token[..at], &token[at + 1..]),
        _ => format!("{token}{}", random.pick(&["A", "AA", "AAA", "AAAA"])),
    }
}
