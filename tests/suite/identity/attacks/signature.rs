//! Attacks on the signature and on the serialization of a token.
//!
//! A [`Pair`] is a server and the issuer that it trusts. `sign` returns a token with a valid signature of a key, and
//! `sealed` a token with the signature that a closure computes.

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE},
};
use serde_json::json;

use super::{
    super::{
        issuer::{sealed, sign},
        keys::{KEYS, base64url},
    },
    Pair,
};

/// Order of the P-256 curve. A signature is two numbers, r and s, which must be from 1 to the order minus 1.
const ORDER: &str = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";

/// Encoded header, claims and signature of a token.
fn parts(token: &str) -> [&str; 3] {
    token.split('.').collect::<Vec<&str>>().try_into().unwrap()
}

/// DER encoding of an ECDSA signature.
fn der(signature: &[u8]) -> Vec<u8> {
    let integer = |bytes: &[u8]| {
        let bytes: Vec<u8> = bytes.iter().copied().skip_while(|byte| *byte == 0).collect();
        let sign = if bytes.first().is_some_and(|byte| *byte >= 0x80) { &[0][..] } else { &[] };
        [&[2, (sign.len() + bytes.len()) as u8], sign, &bytes].concat()
    };
    let (r, s) = signature.split_at(signature.len() / 2);
    let both = [integer(r), integer(s)].concat();
    [&[0x30, both.len() as u8], &both[..]].concat()
}

#[test]
fn invalid_ecdsa_signature_is_refused() {
    let pair = Pair::start();
    let order: Vec<u8> =
        (0..64).step_by(2).map(|at| u8::from_str_radix(&ORDER[at..at + 2], 16).unwrap()).collect();
    let claims = pair.issuer.claims().to_string();
    let token = |change: &dyn Fn(Vec<u8>) -> Vec<u8>| {
        let header = pair.issuer.header("ES256", "p256").to_string();
        sealed(header, &claims, |message| change(KEYS.p256.sign("ES256", message)))
    };
    pair.assert_accepts(&[("valid", token(&|signature| signature))]);
    pair.assert_refuses(&[
        ("both zero", token(&|_| vec![0; 64])),
        ("r zero", token(&|signature| [&[0; 32], &signature[32..]].concat())),
        ("s zero", token(&|signature| [&signature[..32], &[0; 32]].concat())),
        ("both the order", token(&|_| [&order[..], &order].concat())),
        ("r the order", token(&|signature| [&order[..], &signature[32..]].concat())),
        ("s the order", token(&|signature| [&signature[..32], &order].concat())),
        ("both one", token(&|_| [[0; 31].as_slice(), &[1], &[0; 31], &[1]].concat())),
        ("all ones", token(&|_| vec![0xff; 64])),
        ("shorter", token(&|signature| signature[..63].to_vec())),
        ("half", token(&|signature| signature[..32].to_vec())),
        ("longer", token(&|signature| [&signature[..], &[0]].concat())),
        ("longer before", token(&|signature| [&[0], &signature[..]].concat())),
        ("padded halves", token(&|signature| [&[0], &signature[..32], &[0], &signature[32..]].concat())),
        ("as DER", token(&|signature| der(&signature))),
        ("as DER of zeros", token(&|_| vec![0x30, 6, 2, 1, 0, 2, 1, 0])),
        ("twice", token(&|signature| [&signature[..], &signature].concat())),
        ("halves swapped", token(&|signature| [&signature[32..], &signature[..32]].concat())),
        ("empty", token(&|_| Vec::new())),
    ]);
}

#[test]
fn modified_token_is_refused() {
    let pair = Pair::start();
    let mut attacks = Vec::new();
    let good = pair.issuer.claims().to_string();
    for (alg, key) in [
        ("RS256", &KEYS.rsa),
        ("PS256", &KEYS.rsa),
        ("ES256", &KEYS.p256),
        ("ES384", &KEYS.p384),
        ("EdDSA", &KEYS.ed),
    ] {
        let header = pair.issuer.header(alg, key.kid).to_string();
        let token = sign(key, alg, &header, &good);
        // Makes the server cache the token. A cache that looked up only a part of a token would accept the attacks.
        pair.assert_accepts(&[(alg, token.clone())]);
        let [head, claims, signature] = parts(&token);
        let raised = base64url(good.replace("specimen:read", "specimen:read admin"));
        let renamed = base64url(good.replace("alice", "admin"));
        let other_header = base64url(header.replace("}", ",\"x\":1}"));
        let bytes = key.sign(alg, format!("{head}.{claims}").as_bytes());
        for at in [0, bytes.len() / 2, bytes.len() - 1] {
            let mut bytes = bytes.clone();
            bytes[at] ^= 1;
            attacks.push(("a bit", format!("{head}.{claims}.{}", base64url(bytes))));
        }
        let with_signature = |signature: &[u8]| format!("{head}.{claims}.{}", base64url(signature));
        attacks.extend([
            ("other scopes", format!("{head}.{raised}.{signature}")),
            ("other user", format!("{head}.{renamed}.{signature}")),
            ("other header", format!("{other_header}.{claims}.{signature}")),
            ("no signature", format!("{head}.{claims}.")),
            ("a short signature", with_signature(&bytes[..bytes.len() - 1])),
            ("a long signature", with_signature(&[&bytes[..], &[0]].concat())),
            ("a signature after a zero", with_signature(&[&[0], &bytes[..]].concat())),
            ("a signature of zeros", with_signature(&vec![0; bytes.len()])),
            ("header and claims swapped", format!("{claims}.{head}.{signature}")),
            ("another token's signature", {
                let other = sign(key, alg, &header, good.replace("alice", "bob"));
                format!("{head}.{claims}.{}", parts(&other)[2])
            }),
        ]);
    }
    attacks.push((
        "by an attacker",
        sign(&KEYS.attacker, "RS256", pair.issuer.header("RS256", "rsa").to_string(), &good),
    ));
    attacks.push((
        "by an attacker",
        sign(&KEYS.attacker_p256, "ES256", pair.issuer.header("ES256", "p256").to_string(), &good),
    ));
    pair.assert_refuses(&attacks);
}

#[test]
fn token_must_have_exactly_three_base64url_parts() {
    let pair = Pair::start();
    let token = pair.issuer.token();
    let [head, claims, signature] = parts(&token);
    let (head_text, claims_text) =
        (pair.issuer.header("RS256", "rsa").to_string(), pair.issuer.claims().to_string());
    // A token of these encoded parts, with the issuer's valid signature.
    let signed = |head: &str, claims: &str| {
        let message = format!("{head}.{claims}");
        format!("{message}.{}", base64url(KEYS.rsa.sign("RS256", message.as_bytes())))
    };
    // Appends a space if the length of the text is a multiple of 3. The Base64 of any other length has padding, and
    // unused bits in its last digit.
    let uneven = |text: &str| match text.len() % 3 {
        0 => format!("{text} "),
        _ => text.to_owned(),
    };
    // Claims whose encoding differs between the base64 and base64url alphabets.
    let distinguishing = claims_text.replace("alice", "???>>>~~~\u{ff}");
    let (head_spare, claims_spare) = (base64url(uneven(&head_text)), base64url(uneven(&claims_text)));
    pair.assert_accepts(&[
        ("valid", signed(&head_spare, &claims_spare)),
        ("digits that differ between the alphabets", signed(head, &base64url(&distinguishing))),
    ]);
    let standard = STANDARD_NO_PAD.encode(&distinguishing);
    assert!(standard.contains(['+', '/']), "{standard}");
    let mut attacks = vec![
        ("one part", head.to_owned()),
        ("one part and a dot", format!("{head}.")),
        ("two parts", format!("{head}.{claims}")),
        ("four parts", format!("{token}.{signature}")),
        ("four parts, the last empty", format!("{token}.")),
        ("an empty part before", format!(".{token}")),
        ("five parts", format!("{head}.{claims}.{signature}.{claims}.{signature}")),
        ("no header", format!(".{claims}.{signature}")),
        ("no claims", format!("{head}..{signature}")),
        ("dots", "..".to_owned()),
        ("many dots", ".".repeat(5_000)),
        ("signature padded", format!("{token}==")),
        ("signature padded wrongly", format!("{token}=")),
        ("signature in the other alphabet", {
            let mut tokens = (0..).map(|id| pair.issuer.token_with(json!({ "jti": id.to_string() })));
            let token = tokens.find(|token| parts(token)[2].contains(['-', '_'])).unwrap();
            let [head, claims, signature] = parts(&token);
            format!("{head}.{claims}.{}", signature.replace('-', "+").replace('_', "/"))
        }),
        ("header padded", signed(&URL_SAFE.encode(uneven(&head_text)), claims)),
        ("claims padded", signed(head, &URL_SAFE.encode(uneven(&claims_text)))),
        ("claims in the other alphabet", signed(head, &standard)),
        ("claims in the other alphabet, padded", signed(head, &STANDARD.encode(&distinguishing))),
        ("header with unused bits set", signed(&with_spare_bits(&head_spare), claims)),
        ("claims with unused bits set", signed(head, &with_spare_bits(&claims_spare))),
        ("signature with unused bits set", format!("{head}.{claims}.{}", with_spare_bits(signature))),
        (
            "a lone digit more",
            signed(
                head,
                &format!(
                    "{}A",
                    &base64url(format!("{claims_text}{}", " ".repeat((3 - claims_text.len() % 3) % 3)))
                ),
            ),
        ),
        (
            "hexadecimal",
            signed(head, &claims_text.bytes().map(|byte| format!("{byte:02x}")).collect::<String>()),
        ),
        ("claims without encoding", signed(head, &claims_text.replace(' ', ""))),
        ("a comma", format!("{token},")),
        ("percent", token.replace('.', "%2E")),
        ("opaque", "2YotnFZFEjr1zCsicMWpAA".to_owned()),
        ("a word", "undefined".to_owned()),
        ("in quotes", format!("\"{token}\"")),
    ];
    for odd in ["*", "~", "!", "%00", "=", ":"] {
        attacks.push(("an odd digit", signed(&format!("{head}{odd}"), claims)));
        attacks.push(("an odd digit", signed(head, &format!("{odd}{claims}"))));
        attacks.push(("an odd digit", format!("{head}.{claims}.{odd}{signature}")));
    }
    // Encrypted tokens (JWE) are refused without being decrypted.
    let jwe = |header: serde_json::Value, size: usize| {
        format!(
            "{}.{}.{}.{}.{}",
            base64url(header.to_string()),
            base64url("key"),
            base64url([7; 12]),
            base64url(vec![7; size]),
            base64url([7; 16])
        )
    };
    attacks.extend([
        ("JWE", jwe(json!({ "alg": "RSA-OAEP", "enc": "A256GCM", "kid": "rsa" }), 64)),
        ("JWE direct", jwe(json!({ "alg": "dir", "enc": "A128CBC-HS256" }), 64)),
        (
            "JWE by password, a billion rounds",
            jwe(
                json!({ "alg": "PBES2-HS256+A128KW", "enc": "A256GCM", "p2c": 1_000_000_000, "p2s": "AAAA" }),
                64,
            ),
        ),
        ("JWE compressed", jwe(json!({ "alg": "dir", "enc": "A256GCM", "zip": "DEF" }), 9_000)),
        ("JWE with a signature header", jwe(json!({ "alg": "RS256", "typ": "at+jwt", "kid": "rsa" }), 64)),
        (
            "JSON serialization",
            json!({ "payload": claims, "protected": head, "signature": signature }).to_string(),
        ),
    ]);
    pair.assert_refuses(&attacks);
}

/// The same value with an unused bit set in its last digit.
fn with_spare_bits(text: &str) -> String {
    const DIGITS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    assert_ne!(text.len() % 4, 0, "no unused bits");
    let last = DIGITS.find(&text[text.len() - 1..]).unwrap();
    format!("{}{}", &text[..text.len() - 1], &DIGITS[last + 1..last + 2])
}

/// A token has at most 16,384 bytes.
#[test]
fn token_size_is_limited() {
    let pair = Pair::start();
    // A valid token of this size or a few bytes more.
    let of_size = |size: usize| {
        let token = |filling: usize| pair.issuer.token_with(json!({ "x": "x".repeat(filling) }));
        let mut filling = size * 3 / 4 - token(0).len() * 3 / 4;
        while token(filling).len() < size {
            filling += 1;
        }
        token(filling)
    };
    let (largest, larger) = (of_size(16_380), of_size(16_385));
    assert!(largest.len() <= 16_384 && larger.len() <= 16_400);
    pair.assert_accepts(&[("the largest", largest)]);
    pair.assert_refuses(&[("larger", larger)]);
    // A token beyond the size limit of HTTP headers is refused by the HTTP parser. Status 0 is a connection that was
    // closed without a response.
    for size in [40_000, 1_400_000] {
        let reply = pair.call(&of_size(size));
        assert!(matches!(reply.status, 0 | 400 | 401 | 413 | 431), "{size}: {reply:?}");
    }
    pair.assert_accepts(&[("the control case, after the attacks", pair.issuer.token())]);
}
