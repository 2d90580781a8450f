//! Attacks through the token header.
//!
//! A [`Pair`] is a server and the issuer that it trusts. `sign` returns a token that is validly signed with a key,
//! and `sealed` a token with the signature that a closure computes.

use serde_json::{Value, json};

use super::{
    super::{
        issuer::{Issuer, sealed, sign},
        keys::{KEYS, base64url, hs256},
    },
    Pair,
};

/// A token with this header and valid claims. The signature is always RS256 with the issuer's key `rsa`, even if the
/// header names another `alg`.
fn with_header(pair: &Pair, header: &str) -> String {
    sign(&KEYS.rsa, "RS256", header, pair.issuer.claims().to_string())
}

/// The default header with these members replaced; `null` removes one.
fn header(members: Value) -> String {
    let mut header = json!({ "alg": "RS256", "typ": "at+jwt", "kid": "rsa" });
    for (name, value) in members.as_object().unwrap() {
        header[name] = value.clone();
    }
    header.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    header.to_string()
}

#[test]
fn supported_algorithms_are_accepted() {
    let pair = Pair::start();
    let claims = pair.issuer.claims().to_string();
    let mut tokens = Vec::new();
    for alg in ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"] {
        for key in [&KEYS.rsa, &KEYS.rsa3072] {
            tokens.push((alg, sign(key, alg, pair.issuer.header(alg, key.kid).to_string(), &claims)));
        }
    }
    for (alg, key) in [("ES256", &KEYS.p256), ("ES384", &KEYS.p384), ("EdDSA", &KEYS.ed)] {
        tokens.push((alg, sign(key, alg, pair.issuer.header(alg, key.kid).to_string(), &claims)));
    }
    pair.assert_accepts(&tokens);
    // The second time, the server finds its verdicts on the tokens in its cache.
    pair.assert_accepts(&tokens);
}

#[test]
fn unsupported_algorithms_are_refused() {
    let pair = Pair::start();
    let claims = pair.issuer.claims().to_string();
    let mut attacks = Vec::new();
    // `\u{3bf}` is a Greek letter that looks like `o`.
    for alg in ["none", "None", "NONE", "nOnE", "none ", " none", "n\u{3bf}ne", ""] {
        let (with_kid, without_kid) =
            (header(json!({ "alg": alg })), header(json!({ "alg": alg, "kid": null })));
        attacks.push((alg, sealed(&with_kid, &claims, |_| Vec::new())));
        attacks.push((alg, sealed(&without_kid, &claims, |_| Vec::new())));
        attacks.push((alg, sealed(&with_kid, &claims, |_| vec![0])));
        attacks.push((alg, sign(&KEYS.rsa, "RS256", &with_kid, &claims)));
    }
    for alg in [
        "rs256", "Rs256", "RS256 ", "RS-256", "RS1", "RS2560", "RSA", "ES512", "ES256K", "Ed25519", "dir",
        "A128KW", "RSA-OAEP",
    ] {
        attacks.push((alg, with_header(&pair, &header(json!({ "alg": alg })))));
    }
    attacks.extend([
        ("alg missing", with_header(&pair, &header(json!({ "alg": null })))),
        ("alg null", with_header(&pair, r#"{"alg":null,"typ":"at+jwt","kid":"rsa"}"#)),
        ("alg a number", with_header(&pair, &header(json!({ "alg": 256 })))),
        ("alg a list", with_header(&pair, &header(json!({ "alg": ["RS256"] })))),
        ("alg true", with_header(&pair, &header(json!({ "alg": true })))),
        ("Alg instead of alg", with_header(&pair, r#"{"Alg":"RS256","typ":"at+jwt","kid":"rsa"}"#)),
        (
            "ES512 with a P-521 key",
            sign(&KEYS.p521, "ES512", header(json!({ "alg": "ES512", "kid": "p521" })), &claims),
        ),
    ]);
    pair.assert_refuses(&attacks);
}

/// An attacker knows the public key. Some libraries accept it as an HMAC secret if the token header names an HMAC
/// algorithm.
#[test]
fn public_key_is_not_accepted_as_an_hmac_secret() {
    let pair = Pair::start();
    let claims = pair.issuer.claims().to_string();
    let mut attacks = Vec::new();
    for key in super::issuer_keys() {
        let (jwk, pem) = (key.jwk(), key.pem());
        let secrets = [
            key.der(),
            pem.clone().into_bytes(),
            pem.trim_end().as_bytes().to_vec(),
            pem.replace('\n', "\r\n").into_bytes(),
            jwk.to_string().into_bytes(),
            json!({ "keys": [jwk.clone()] }).to_string().into_bytes(),
            jwk["n"].as_str().or(jwk["x"].as_str()).unwrap().as_bytes().to_vec(),
            key.kid.as_bytes().to_vec(),
            Vec::new(),
        ];
        for secret in secrets {
            let token = |alg: &str| {
                let header = header(json!({ "alg": alg, "kid": key.kid }));
                sealed(header, &claims, |message| hs256(&secret, message))
            };
            attacks.extend([
                ("HS256", token("HS256")),
                ("RS256 by HMAC", token("RS256")),
                ("ES256 by HMAC", token("ES256")),
            ]);
            let without_kid = header(json!({ "alg": "HS256", "kid": null }));
            attacks
                .push(("HS256 without kid", sealed(without_kid, &claims, |message| hs256(&secret, message))));
        }
    }
    pair.assert_refuses(&attacks);
}

#[test]
fn algorithm_must_match_the_key() {
    let pair = Pair::start();
    let claims = pair.issuer.claims().to_string();
    let mut attacks = Vec::new();
    for (key, key_alg) in
        [(&KEYS.rsa, "RS256"), (&KEYS.p256, "ES256"), (&KEYS.p384, "ES384"), (&KEYS.ed, "EdDSA")]
    {
        for named in ["RS256", "PS256", "ES256", "ES384", "EdDSA"] {
            if named != key_alg {
                let header = header(json!({ "alg": named, "kid": key.kid }));
                attacks.push((named, sign(key, key_alg, header, &claims)));
            }
        }
    }
    // The header names another algorithm of the same key.
    for (named, used) in [("RS256", "RS512"), ("PS512", "PS256"), ("RS384", "PS384")] {
        attacks.push((named, sign(&KEYS.rsa, used, header(json!({ "alg": named })), &claims)));
    }
    pair.assert_refuses(&attacks);
}

#[test]
fn kid_that_names_no_key_is_refused() {
    let pair = Pair::start();
    let kid = |value: Value| with_header(&pair, &header(json!({ "kid": value })));
    let mut attacks = vec![
        ("null", with_header(&pair, r#"{"alg":"RS256","typ":"at+jwt","kid":null}"#)),
        ("a number", kid(json!(0))),
        ("a list", kid(json!(["rsa"]))),
        ("an object", kid(json!({ "kid": "rsa" }))),
        ("missing, where several keys fit", with_header(&pair, r#"{"alg":"RS256","typ":"at+jwt"}"#)),
        ("long", kid(json!("k".repeat(9_000)))),
    ];
    // `\u{455}` is a Cyrillic letter that looks like `s`.
    for name in [
        "",
        "nobody",
        "RSA",
        "rsa ",
        " rsa",
        "rsa\u{0}",
        "rsa,p256",
        "../../../../dev/null",
        "/dev/null",
        "file:///etc/passwd",
        "http://127.0.0.1/jwks",
        "' UNION SELECT 'a",
        "x' OR '1'='1",
        "|whoami",
        "$(id)",
        "__proto__",
        "*",
        "r\u{455}a",
    ] {
        attacks.push((name, kid(json!(name))));
    }
    pair.assert_refuses(&attacks);
}

#[test]
fn keys_in_a_token_header_are_ignored() {
    // The attacker's server, which must get no request.
    let elsewhere = Issuer::start(&[&KEYS.attacker, &KEYS.attacker_p256]);
    let pair = Pair::start();
    let (attacker, url) = (&KEYS.attacker, format!("{}/jwks", elsewhere.url));
    let public_key = x5c_text(&attacker.der());
    let mut attacks = Vec::new();
    let mut harmless = Vec::new();
    // The trusted issuer's address is only the user info of this URL; the host is the attacker's.
    let disguised = format!("{}@{}", pair.issuer.url, elsewhere.address);
    for (name, value) in [
        ("jwk", attacker.jwk()),
        ("jwk", KEYS.rsa.jwk()),
        ("jku", json!(url)),
        ("jku", json!(format!("{disguised}/jwks"))),
        ("jku", json!("file:///dev/null")),
        ("x5u", json!(url)),
        ("x5c", json!([public_key])),
        ("x5t", json!("AAAA")),
        ("x5t#S256", json!("AAAA")),
    ] {
        for kid in [json!("rsa"), json!("evil"), Value::Null] {
            let untrusted = header(json!({ name: value, "kid": kid }));
            attacks.push((name, sign(attacker, "RS256", untrusted, pair.issuer.claims().to_string())));
        }
        // Signed by the issuer: the token stays valid, whatever key its header names.
        harmless.push((name, with_header(&pair, &header(json!({ name: value })))));
    }
    let p256 = header(json!({ "alg": "ES256", "kid": "p256", "jwk": KEYS.attacker_p256.jwk() }));
    attacks.push(("jwk", sign(&KEYS.attacker_p256, "ES256", p256, pair.issuer.claims().to_string())));
    pair.assert_refuses(&attacks);
    pair.assert_accepts(&harmless);
    assert!(elsewhere.counts().is_empty(), "URLs in a token must not be fetched: {:?}", elsewhere.counts());
}

/// Standard Base64, the encoding of the entries of `x5c`.
fn x5c_text(bytes: &[u8]) -> String {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    STANDARD.encode(bytes)
}

#[test]
fn header_parameters_that_change_processing_are_refused() {
    let pair = Pair::start();
    let mut attacks = Vec::new();
    for crit in
        [json!(["b64"]), json!(["exp"]), json!([]), json!("exp"), json!(["x"]), json!(true), json!({})]
    {
        attacks.push(("crit", with_header(&pair, &header(json!({ "crit": crit, "x": 1 })))));
    }
    attacks.extend([
        ("crit null", with_header(&pair, r#"{"alg":"RS256","typ":"at+jwt","kid":"rsa","crit":null}"#)),
        (
            "crit escaped",
            with_header(&pair, r#"{"alg":"RS256","typ":"at+jwt","kid":"rsa","\u0063rit":["x"],"x":1}"#),
        ),
        ("b64 false", with_header(&pair, &header(json!({ "b64": false })))),
        ("b64 true", with_header(&pair, &header(json!({ "b64": true })))),
        ("b64 false and crit", with_header(&pair, &header(json!({ "b64": false, "crit": ["b64"] })))),
        ("zip", with_header(&pair, &header(json!({ "zip": "DEF" })))),
        ("enc", with_header(&pair, &header(json!({ "enc": "A256GCM" })))),
    ]);
    // RFC 7797: unencoded claims.
    let head = base64url(header(json!({ "b64": false, "crit": ["b64"] })));
    let message = format!("{head}.{}", pair.issuer.claims());
    let signature = base64url(KEYS.rsa.sign("RS256", message.as_bytes()));
    attacks.push(("claims unencoded", format!("{message}.{signature}")));
    pair.assert_refuses(&attacks);
}

/// An access token has the `typ` `at+jwt` (RFC 9068). Other types are accepted only from issuers whose section
/// `[issuer.NAME]` permits them, and there is none here. The same issuer may sign ID tokens, ID-JAGs (grants for
/// another authorization server) and security events, which have another `typ` or none.
#[test]
fn token_of_another_type_is_refused() {
    let pair = Pair::start();
    let typ = |value: Value| with_header(&pair, &header(json!({ "typ": value })));
    let mut attacks = vec![
        ("null", with_header(&pair, r#"{"alg":"RS256","typ":null,"kid":"rsa"}"#)),
        ("missing", with_header(&pair, r#"{"alg":"RS256","kid":"rsa"}"#)),
        ("a number", typ(json!(7))),
        ("a list", typ(json!(["at+jwt"]))),
    ];
    // `\u{430}` is a Cyrillic letter that looks like `a`.
    for kind in [
        "JWT",
        "jwt",
        "id_token",
        "id+jwt",
        "oauth-id-jag+jwt",
        "application/oauth-id-jag+jwt",
        "dpop+jwt",
        "logout+jwt",
        "secevent+jwt",
        "token-introspection+jwt",
        "client-authentication+jwt",
        "kb+jwt",
        "JOSE",
        "JWE",
        "",
        "at+jwt ",
        " at+jwt",
        "at jwt",
        "at-jwt",
        "at+jwt;charset=utf-8",
        "application/jwt",
        "application/application/at+jwt",
        "text/at+jwt",
        "at+jwt\u{0}",
        "at+jwts",
        "\u{430}t+jwt",
    ] {
        attacks.push((kind, typ(json!(kind))));
    }
    pair.assert_refuses(&attacks);

    let kinds = ["at+jwt", "AT+JWT", "At+Jwt", "application/at+jwt", "Application/AT+JWT"];
    pair.assert_accepts(&kinds.map(|kind| (kind, typ(json!(kind)))));
}

/// Each refused token has a valid token in place of its claims.
#[test]
fn nested_token_is_refused() {
    let pair = Pair::start();
    let inner = pair.issuer.token();
    let nested = header(json!({ "cty": "JWT" }));
    pair.assert_refuses(&[
        ("nested", sign(&KEYS.rsa, "RS256", &nested, &inner)),
        ("nested, in quotes", sign(&KEYS.rsa, "RS256", &nested, json!(inner).to_string())),
        ("by an attacker", sign(&KEYS.attacker, "RS256", &nested, &inner)),
    ]);
}

/// A strict object has no name twice, is valid UTF-8, and has at most 16 levels, of which the object is the first.
#[test]
fn header_must_be_one_strict_json_object() {
    let pair = Pair::start();
    let good = header(json!({}));
    let mut attacks: Vec<(&str, String)> = [
        "",
        " ",
        "null",
        "7",
        "\"x\"",
        "[]",
        "{}",
        "[{}]",
        "{",
        "x",
        r#"{"alg":"RS256","typ":"at+jwt","kid":"rsa","alg":"RS256"}"#,
        r#"{"alg":"none","typ":"at+jwt","kid":"rsa","alg":"RS256"}"#,
        r#"{"alg":"RS256","typ":"at+jwt","kid":"rsa","\u0061lg":"none"}"#,
        r#"{"alg":"RS256","typ":"at+jwt","typ":"JWT","kid":"rsa"}"#,
        r#"{"alg":"RS256","typ":"at+jwt","kid":"rsa","kid":"p256"}"#,
        r#"{"alg":"RS256","typ":"at+jwt","kid":"rsa","x":{"a":1,"a":2}}"#,
        r#"{"alg":"RS256","typ":"at+jwt","kid":"rsa","x":[[{"a":1,"\u0061":2}]]}"#,
        r#"{"alg":"RS256","typ":"at+jwt","kid":"rsa",}"#,
        r#"{'alg':'RS256','typ':'at+jwt','kid':'rsa'}"#,
        r#"{"alg":"RS256","typ":"at+jwt","kid":"rsa"}{}"#,
        r#"{"alg":"RS256","typ":"at+jwt","kid":"rsa"} x"#,
        r#"{"alg":"RS256","typ":"at+jwt","kid":"rsa"}//"#,
        r#"{"alg":"RS256","typ":"at+jwt","kid":"rsa","x":"\ud800"}"#,
        r#"{"alg":"RS256","typ":"at+jwt","kid":"rsa","x":NaN}"#,
        r#"{"alg":"RS256","typ":"at+jwt","kid":"rsa","x":01}"#,
    ]
    .into_iter()
    .map(|text| (text, with_header(&pair, text)))
    .collect();
    let raw = |bytes: &[u8]| sign(&KEYS.rsa, "RS256", bytes, pair.issuer.claims().to_string());
    attacks.extend([
        ("a byte-order mark", raw(&[b"\xef\xbb\xbf", good.as_bytes()].concat())),
        ("a zero byte at the end", raw(&[good.as_bytes(), b"\0"].concat())),
        ("bad UTF-8", raw(b"{\"alg\":\"RS256\",\"typ\":\"at+jwt\",\"kid\":\"rsa\",\"x\":\"\xff\"}")),
        ("overlong UTF-8", raw(b"{\"alg\":\"RS256\",\"typ\":\"at+jwt\",\"kid\":\"rsa\",\"x\":\"\xc0\xaf\"}")),
        ("UTF-16", raw(&good.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>())),
        (
            "deep",
            with_header(
                &pair,
                &good.replace('}', &format!(",\"x\":{}{}}}", "[".repeat(2_000), "]".repeat(2_000))),
            ),
        ),
        (
            "deeper than sixteen",
            with_header(&pair, &good.replace('}', &format!(",\"x\":{}{}}}", "[".repeat(16), "]".repeat(16)))),
        ),
    ]);
    pair.assert_refuses(&attacks);

    pair.assert_accepts(&[
        ("space", with_header(&pair, &format!(" \r\n\t{good}\n"))),
        (
            "sixteen deep",
            with_header(&pair, &good.replace('}', &format!(",\"x\":{}{}}}", "[".repeat(15), "]".repeat(15)))),
        ),
        ("escapes", with_header(&pair, r#"{"\u0061lg":"RS\u003256","typ":"at\u002bjwt","kid":"\u0072sa"}"#)),
        ("unknown members", with_header(&pair, &header(json!({ "x": [1, { "y": null }], "nonce": "1" })))),
    ]);
}
