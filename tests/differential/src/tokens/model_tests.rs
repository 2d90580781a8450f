//! Tests of the model of the token rules, of its JSON parser and its Base64 decoder, and of the share of valid tokens
//! that the generator returns.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::json;

use super::{
    NOW, expectations, generator,
    model::{Header, accepts, accepts_claims, check_header, decode},
    sign::Signers,
};
use crate::json_tree::Json;

#[test]
fn json_parser_and_serde_json_accept_the_same_texts() {
    let mut generator = generator("json");
    let mut valid = 0;
    for _ in 0..20_000 {
        let text = generator.claims();
        let tree = Json::parse(&text);
        // Texts with a number beyond the range of a double aren't compared. This is the error of `serde_json` for them.
        let value = serde_json::from_slice::<serde_json::Value>(&text);
        let is_large = value.as_ref().is_err_and(|error| error.to_string().contains("number out of range"));
        assert!(is_large || tree.is_some() == value.is_ok(), "{}: {value:?}", String::from_utf8_lossy(&text));
        valid += u32::from(tree.is_some());
    }
    assert!((14_000..20_000).contains(&valid), "{valid} of 20,000 texts are valid JSON");
}

#[test]
fn base64_decoder_accepts_one_text_for_each_value() {
    for bytes in [&b"a"[..], b"ab", b"abc", b"\xff\xfe\xfd\xfc"] {
        assert_eq!(decode(&URL_SAFE_NO_PAD.encode(bytes)).as_deref(), Some(bytes));
    }
    for invalid in ["", "A", "AB", "AAB", "AA==", "AA=", "A A", "AA\n", "+A", "/A", "AAAAA", "é"] {
        assert_eq!(decode(invalid), None, "{invalid}");
    }
}

#[test]
fn model_accepts_valid_and_refuses_invalid_headers_and_claims() {
    let accepts_header = |text: &str| check_header(text.as_bytes(), &expectations()).is_some();
    assert!(accepts_header(r#"{"alg":"RS256","typ":"at+jwt","kid":"a"}"#));
    assert!(accepts_header(r#"{"alg":"EdDSA","typ":"Application/AT+JWT","x5u":7}"#));
    for invalid in [
        r#"{"alg":"RS256"}"#,
        r#"{"alg":"none","typ":"at+jwt"}"#,
        r#"{"alg":"RS256","typ":"JWT"}"#,
        r#"{"alg":"RS256","typ":"at+jwt","kid":7}"#,
        r#"{"alg":"RS256","typ":"at+jwt","crit":[]}"#,
        r#"{"alg":"RS256","typ":"at+jwt","typ":"at+jwt"}"#,
        r#"{"alg":"RS256","typ":"at+jwt"} x"#,
    ] {
        assert!(!accepts_header(invalid), "{invalid}");
    }

    // `expectations` allows a lifetime of 86,400 seconds. Clocks may differ by 30 seconds.
    let base = json!({
        "iss": "https://issuer.example", "aud": "https://tools.example/mcp", "exp": NOW + 60, "sub": "alice"
    });
    let accepts_with = |name: &str, value: serde_json::Value| {
        let mut claims = base.clone();
        claims[name] = value;
        accepts_claims(claims.to_string().as_bytes(), &access_token(), &expectations(), NOW)
    };
    assert!(accepts_with("jti", json!("1")));
    assert!(accepts_with("exp", json!(NOW - 29)) && accepts_with("exp", json!(NOW as f64 - 29.5)));
    assert!(accepts_with("exp", json!(NOW + 86_400)));
    assert!(accepts_with("nbf", json!(NOW + 30)) && accepts_with("iat", json!(NOW + 30)));
    assert!(accepts_with("aud", json!(["https://b.example", "https://tools.example/mcp"])));
    for (name, value) in [
        ("exp", json!(NOW - 30)),
        ("exp", json!(NOW + 86_401)),
        ("exp", json!("1800000060")),
        ("nbf", json!(NOW + 31)),
        ("iat", json!(NOW + 31)),
        ("iat", json!(NOW - 86_341)),
        ("iss", json!("https://issuer.example/")),
        ("aud", json!([])),
        ("aud", json!(["https://tools.example/mcp", 7])),
        ("sub", json!("")),
        ("sub", json!("x".repeat(257))),
        ("scope", json!([7])),
        ("deep", json!([[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]])),
    ] {
        assert!(!accepts_with(name, value.clone()), "{name}: {value}");
    }
}

/// Returns the header of a token with the type `at+jwt`.
fn access_token() -> Header {
    Header { alg: "RS256".into(), kid: None, is_access_token: true }
}

/// A comparison with only refused tokens would prove little, so many of the generated tokens must be valid.
#[test]
fn generated_tokens_are_valid_often_enough() {
    let mut generator = generator("share");
    let (mut headers, mut claims, mut both) = (0, 0, 0);
    for _ in 0..10_000 {
        let header_is_valid = check_header(&generator.header("RS256", Some("a")), &expectations()).is_some();
        let claims_are_valid = accepts_claims(&generator.claims(), &access_token(), &expectations(), NOW);
        headers += u32::from(header_is_valid);
        claims += u32::from(claims_are_valid);
        both += u32::from(header_is_valid && claims_are_valid);
    }
    println!("valid of 10,000: headers {headers}, claims {claims}, both {both}");
    assert!((3_000..6_000).contains(&both), "{both} of 10,000 headers and claims are valid");

    let signers = Signers::generate();
    let [all, few] = signers.sets();
    let mut accepted = [0, 0];
    for _ in 0..1_000 {
        let token = signers.token(&mut generator);
        accepted[0] += u32::from(accepts(&token, &all, &expectations(), NOW));
        accepted[1] += u32::from(accepts(&token, &few, &expectations(), NOW));
    }
    println!("accepted of 1,000 signed tokens, for each key set: {accepted:?}");
    assert!((250..600).contains(&accepted[0]), "{} of 1,000 signed tokens are accepted", accepted[0]);
}
