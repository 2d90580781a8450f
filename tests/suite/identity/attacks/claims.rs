//! Attacks through token claims. A `Pair` is a server and the issuer that it trusts; the server requires the audience
//! `RESOURCE`. The issuer's default claims are valid. Its `token_with` and `claims_with` replace some of them, and
//! remove those that are `null`, while `with_values` really sets a claim to `null`.

use serde_json::{Value, json};

use super::{
    super::{
        issuer::{Issuer, RESOURCE, now, sign},
        keys::KEYS,
    },
    Pair, call, refusal, succeeded,
};
use crate::harness::{HttpServer, MAX_WAIT};

/// Seconds after its expiry during which a token is still accepted, because clocks differ.
const LEEWAY: i64 = 30;

/// A validly signed token with this text as its claims.
fn with_claims(pair: &Pair, claims: impl AsRef<[u8]>) -> String {
    sign(&KEYS.rsa, "RS256", pair.issuer.header("RS256", "rsa").to_string(), claims)
}

/// A validly signed token with text inserted before the end of the default claims.
fn with_inserted(pair: &Pair, more: &str) -> String {
    let claims = pair.issuer.claims().to_string();
    with_claims(pair, format!("{}{more}}}", claims.strip_suffix('}').unwrap()))
}

/// Tokens with one claim set to each of these values. Each has the name of the claim as its label.
fn with_values(pair: &Pair, name: &'static str, values: &[Value]) -> Vec<(&'static str, String)> {
    let token = |value: &Value| {
        let mut claims = pair.issuer.claims();
        claims[name] = value.clone();
        (name, with_claims(pair, claims.to_string()))
    };
    values.iter().map(token).collect()
}

#[test]
fn issuer_must_match_exactly() {
    let pair = Pair::start();
    let url = &pair.issuer.url;
    let port = pair.issuer.address.port();
    let mut attacks = with_values(
        &pair,
        "iss",
        &[
            Value::Null,
            json!(7),
            json!(true),
            json!([url]),
            json!({ "url": url }),
            json!(""),
            json!("https://evil.example"),
            json!(format!("{url}/")),
            json!(format!("{url}/a")),
            json!(format!(" {url}")),
            json!(format!("{url} ")),
            json!(url.to_uppercase()),
            json!(url.replace("http", "HTTP")),
            json!(url.replace("http", "https")),
            json!(url.replace("127.0.0.1", "localhost")),
            json!(format!("{url}0")),
            json!(&url[..url.len() - 1]),
            json!(format!("{url}.evil.example")),
            json!(format!("{url}@evil.example")),
            json!(format!("http://evil.example#{url}")),
            json!(format!("{url}\u{0}")),
            json!(format!("http://127.0.0.1:0{port}")),
        ],
    );
    attacks.push(("missing", pair.issuer.token_with(json!({ "iss": null }))));
    pair.assert_refuses(&attacks);
}

/// A token is verified only with the keys of the issuer in its `iss` claim.
#[test]
fn keys_of_an_issuer_verify_only_its_own_tokens() {
    let other = Issuer::start(&[&KEYS.attacker]);
    let both = Pair::with(Issuer::start(&super::issuer_keys()), &["--oauth-issuer", &other.url]);
    let token = |key, issuer: &Issuer| {
        sign(key, "RS256", issuer.header("RS256", "rsa").to_string(), issuer.claims().to_string())
    };
    both.assert_accepts(&[
        ("the first issuer", token(&KEYS.rsa, &both.issuer)),
        ("the second issuer", token(&KEYS.attacker, &other)),
    ]);
    both.assert_refuses(&[
        ("the second issuer's key, the first issuer's name", token(&KEYS.attacker, &both.issuer)),
        ("the first issuer's key, the second issuer's name", token(&KEYS.rsa, &other)),
        ("an issuer that isn't trusted", token(&KEYS.rsa, &Issuer::start(&[&KEYS.rsa]))),
    ]);

    let alone = Pair::start();
    alone.assert_refuses(&[("an issuer that only another server trusts", token(&KEYS.attacker, &other))]);
}

#[test]
fn audience_must_be_this_server() {
    let pair = Pair::start();
    let mut attacks = with_values(
        &pair,
        "aud",
        &[
            Value::Null,
            json!(7),
            json!(true),
            json!({ RESOURCE: true }),
            json!({ "0": RESOURCE }),
            json!(""),
            json!("*"),
            json!([]),
            json!([[RESOURCE]]),
            json!([RESOURCE, 7]),
            json!([RESOURCE, null]),
            json!([RESOURCE, { "a": 1 }]),
            json!([7, RESOURCE]),
            json!(["http://127.0.0.1", "https://other.example/mcp"]),
            json!("https://other.example/mcp"),
            json!(format!("{RESOURCE}/")),
            json!(format!("{RESOURCE}/a")),
            json!(format!("{RESOURCE}?a=1")),
            json!(format!("{RESOURCE}#a")),
            json!(format!(" {RESOURCE}")),
            json!(format!("{RESOURCE} https://other.example")),
            json!(format!("{RESOURCE},https://other.example")),
            json!(RESOURCE.to_uppercase()),
            json!(RESOURCE.replace("http", "HTTP")),
            json!(RESOURCE.replace("mcp", "MCP")),
            json!(RESOURCE.replace("http", "https")),
            json!(RESOURCE.replace("127.0.0.1", "127.0.0.1:80")),
            json!(RESOURCE.replace("127.0.0.1", "127.0.0.1:8443")),
            json!(RESOURCE.replace("127.0.0.1", "localhost")),
            json!(RESOURCE.replace("127.0.0.1", "127.0.0.1.evil.example")),
            json!(RESOURCE.replace("mcp", "%6dcp")),
            json!("http://127.0.0.1"),
            json!("http://127.0.0.1/"),
            json!("http://127.0.0.1/mc"),
            json!("127.0.0.1/mcp"),
            json!(pair.issuer.url),
            // The address at which the test server listens isn't its `RESOURCE`.
            json!(pair.server.url()),
        ],
    );
    attacks.push(("missing", pair.issuer.token_with(json!({ "aud": null }))));
    attacks.push(("resource instead", pair.issuer.token_with(json!({ "aud": null, "resource": RESOURCE }))));
    pair.assert_refuses(&attacks);

    pair.assert_accepts(&with_values(
        &pair,
        "aud",
        &[json!([RESOURCE]), json!(["https://other.example", RESOURCE]), json!([RESOURCE, "", RESOURCE])],
    ));
}

#[test]
fn token_times_are_validated() {
    let pair = Pair::start();
    let now = now();
    let wrong = [
        Value::Null,
        json!(true),
        json!(""),
        json!("soon"),
        json!((now + 600).to_string()),
        json!([now + 600]),
        json!({ "at": now + 600 }),
    ];
    let mut attacks = vec![("no exp", pair.issuer.token_with(json!({ "exp": null })))];
    for name in ["exp", "nbf", "iat"] {
        attacks.extend(with_values(&pair, name, &wrong));
        for number in [
            "1e18",
            "1e400",
            "-1e400",
            "9223372036854775808",
            "18446744073709551616",
            "9007199254740993",
            "NaN",
            "Infinity",
        ] {
            let claims = pair.issuer.claims_with(json!({ name: null })).to_string();
            let claims = format!("{},\"{name}\":{number}}}", claims.strip_suffix('}').unwrap());
            attacks.push((name, with_claims(&pair, claims)));
        }
    }
    attacks.extend(with_values(
        &pair,
        "exp",
        &[json!(now - 60), json!(now - 3_600), json!(0), json!(-1), json!(-0.0), json!((now - 60) as f64)],
    ));
    // A token may live for a day at most, counted from `iat`, or from now if it has no `iat`.
    attacks.extend(with_values(
        &pair,
        "exp",
        &[json!(now + 86_400 + 60), json!(now + 315_360_000), json!(9_007_199_254_740_992_i64)],
    ));
    attacks.extend(with_values(
        &pair,
        "nbf",
        &[json!(now + 90), json!(now + 3_600), json!(now as f64 + 3_600.5), json!(-1)],
    ));
    attacks.extend(with_values(&pair, "iat", &[json!(now + 90), json!(now + 3_600), json!(now - 86_400)]));
    attacks.extend([
        ("a long life without iat", pair.issuer.token_with(json!({ "iat": null, "exp": now + 86_400 + 60 }))),
        ("in milliseconds", pair.issuer.token_with(json!({ "exp": (now + 600) * 1_000 }))),
        (
            "all in milliseconds",
            pair.issuer.token_with(json!({ "exp": (now + 600) * 1_000, "iat": now * 1_000 })),
        ),
        (
            "a long life issued tomorrow",
            pair.issuer.token_with(json!({ "iat": now + 86_400, "exp": now + 2 * 86_400 })),
        ),
    ]);
    pair.assert_refuses(&attacks);

    // The attacks took some time.
    let at = super::super::issuer::now();
    pair.assert_accepts(&[
        ("just expired", pair.issuer.token_with(json!({ "exp": at - 10 }))),
        ("just before its time", pair.issuer.token_with(json!({ "nbf": at + 20, "iat": at + 20 }))),
        ("a whole day", pair.issuer.token_with(json!({ "iat": at, "exp": at + 86_400 }))),
        ("no iat", pair.issuer.token_with(json!({ "iat": null }))),
        ("nbf past", pair.issuer.token_with(json!({ "nbf": at - 600 }))),
        ("nbf long past", pair.issuer.token_with(json!({ "nbf": 0 }))),
        ("fractions", pair.issuer.token_with(json!({ "iat": at as f64 - 1.5, "exp": at as f64 + 60.25 }))),
    ]);
}

/// A token that the server has cached is refused when `exp` and the leeway of 30 s have passed.
#[test]
fn cached_token_is_refused_once_it_expires() {
    let pair = Pair::start();
    let expiry = now() - 25;
    let token = pair.issuer.token_with(json!({ "exp": expiry }));
    pair.assert_accepts(&[("within the leeway", token.clone())]);
    let begun = std::time::Instant::now();
    while succeeded(&pair.call(&token)) {
        assert!(begun.elapsed() < MAX_WAIT, "the token is still accepted");
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    let age = now() - expiry;
    assert!(age >= LEEWAY, "the token was refused {age} s after its expiry, within the leeway of {LEEWAY} s");
    refusal(&pair.call(&token)).unwrap();
}

#[test]
fn subject_client_and_scope_claims_must_be_valid() {
    let pair = Pair::start();
    // Names have at most 256 bytes.
    let long = "x".repeat(257);
    let mut attacks = with_values(
        &pair,
        "sub",
        &[
            Value::Null,
            json!(""),
            json!(7),
            json!(true),
            json!(["alice"]),
            json!({ "name": "alice" }),
            json!(long),
            json!("é".repeat(129)),
            json!("alice\nadmin"),
            json!("alice\u{0}"),
            json!("\u{7f}"),
            json!("a\u{85}b"),
            json!("\u{1b}[31malice"),
        ],
    );
    // Sender-constrained tokens need a proof of their key (RFC 9449 §7.2, RFC 8705 §3).
    for bound in [json!({ "jkt": "x" }), json!({ "x5t#S256": "x" }), json!({}), json!("x")] {
        attacks.push(("bound to a key", pair.issuer.token_with(json!({ "cnf": bound }))));
    }
    attacks.push(("no subject", pair.issuer.token_with(json!({ "sub": null, "client_id": null }))));
    attacks
        .push(("azp alone", pair.issuer.token_with(json!({ "sub": null, "client_id": null, "azp": "x" }))));
    for client in [json!(""), json!("a\nb"), json!(long)] {
        attacks
            .push(("a client's name", pair.issuer.token_with(json!({ "sub": null, "client_id": client }))));
    }
    for name in ["jti", "client_id", "azp"] {
        attacks.extend(with_values(
            &pair,
            name,
            &[Value::Null, json!(7), json!(["specimen:read"]), json!({ "a": 1 }), json!(true)],
        ));
    }
    for name in ["scope", "scp"] {
        attacks.extend(with_values(
            &pair,
            name,
            &[
                Value::Null,
                json!(7),
                json!([7]),
                json!({ "a": 1 }),
                json!(["a", null]),
                json!("a\nb"),
                json!(["a b"]),
            ],
        ));
    }
    pair.assert_refuses(&attacks);

    pair.assert_accepts(&[
        // Without `sub`, the user is the client in `client_id`.
        ("a client", pair.issuer.token_with(json!({ "sub": null }))),
        ("256 bytes", pair.issuer.token_with(json!({ "sub": "x".repeat(256) }))),
        ("of another script", pair.issuer.token_with(json!({ "sub": "ユーザー|7" }))),
        ("nothing more", pair.issuer.token_with(json!({ "jti": null, "client_id": null }))),
    ]);
}

/// A scope must equal a whole word of the claim. A part of a word does not count.
#[test]
fn scopes_are_compared_as_whole_words() {
    let pair = Pair::start();
    // The tool requires the scope `specimen:read`.
    let status = |scope: Value| pair.call(&pair.issuer.token_with(json!({ "scope": scope }))).status;
    for scope in ["specimen:read", "a specimen:read b"] {
        assert_eq!(status(json!(scope)), 200, "{scope}");
    }
    for scope in [
        json!(null),
        json!(""),
        json!("*"),
        json!("specimen"),
        json!("specimen:"),
        json!("specimen:*"),
        json!("specimen:reads"),
        json!("xspecimen:read"),
        json!("SPECIMEN:READ"),
        json!("specimen:read,a"),
    ] {
        assert_eq!(status(scope.clone()), 403, "{scope}");
    }
    // A character that no scope may contain makes the whole token invalid.
    for scope in ["\"specimen:read\"", "specimen:\u{440}ead", "specimen:read\u{0}"] {
        assert_eq!(status(json!(scope)), 401, "{scope}");
    }
}

#[test]
fn claims_must_be_one_strict_json_object() {
    let pair = Pair::start();
    let good = pair.issuer.claims().to_string();
    let mut attacks: Vec<(&str, String)> = ["", " ", "null", "7", "\"x\"", "[]", "{}", "{", "x"]
        .into_iter()
        .map(|text| (text, with_claims(&pair, text)))
        .collect();
    for more in [
        r#","aud":"https://other.example""#,
        r#","sub":"alice""#,
        r#","sub":"admin""#,
        r#","\u0061ud":"https://other.example""#,
        r#","\u0073\u0075\u0062":"admin""#,
        r#","scope":"specimen:read admin""#,
        r#","exp":9999999999"#,
        r#","x":1,"x":1"#,
        r#","act":{"sub":"a","sub":"b"}"#,
        r#","act":{"sub":"a","act":{"sub":"b","\u0073ub":"c"}}"#,
        r#","x":[[{"a":{"b":1,"b":2}}]]"#,
        r#","":1,"":2"#,
        r#","x":NaN"#,
        r#","x":01"#,
        r#","x":.5"#,
        r#","x":'a'"#,
        r#","x":1,"#,
        r#","x":"\ud800""#,
        r#","x":"\udc00\ud800""#,
        r#","x":"\x41""#,
        ",\"x\":\"a\nb\"",
        ",\"x\":\"\u{0}\"",
        "/**/",
    ] {
        attacks.push((more, with_inserted(&pair, more)));
    }
    // The claims themselves are one more level.
    let nested = |depth: usize| format!(",\"x\":{}{}", "[".repeat(depth), "]".repeat(depth));
    let nested_objects = |depth: usize| format!(",\"x\":{}1{}", "{\"a\":".repeat(depth), "}".repeat(depth));
    attacks.extend([
        ("in a list", with_claims(&pair, format!("[{good}]"))),
        ("in quotes", with_claims(&pair, json!(good).to_string())),
        ("twice", with_claims(&pair, format!("{good}{good}"))),
        ("followed by text", with_claims(&pair, format!("{good} x"))),
        ("followed by a zero byte", with_claims(&pair, format!("{good}\u{0}"))),
        ("a byte-order mark", with_claims(&pair, format!("\u{feff}{good}"))),
        ("followed by a no-break space", with_claims(&pair, format!("{good}\u{a0}"))),
        ("bad UTF-8", with_claims(&pair, [&good.as_bytes()[..good.len() - 1], b",\"x\":\"\xff\"}"].concat())),
        (
            "a surrogate in UTF-8",
            with_claims(&pair, [&good.as_bytes()[..good.len() - 1], b",\"x\":\"\xed\xa0\x80\"}"].concat()),
        ),
        ("UTF-16", with_claims(&pair, good.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<u8>>())),
        ("seventeen deep", with_inserted(&pair, &nested(16))),
        ("seventeen objects deep", with_inserted(&pair, &nested_objects(16))),
        ("five thousand deep", with_inserted(&pair, &nested(5_000))),
        ("never closed", with_claims(&pair, "[".repeat(10_000))),
        ("never closed objects", with_claims(&pair, "{\"a\":".repeat(2_000))),
    ]);
    pair.assert_refuses(&attacks);

    pair.assert_accepts(&[
        ("space", with_claims(&pair, format!("\r\n\t {good} \n"))),
        ("sixteen deep", with_inserted(&pair, &nested(15))),
        ("escapes", with_claims(&pair, good.replace("\"aud\"", "\"\\u0061ud\"").replace('/', "\\/"))),
        ("unknown members", with_inserted(&pair, r#","x":{"y":[null,1.5e-3]},"Aud":7,"":1"#)),
    ]);
}

/// Claims under `__proto__`, in other letter case or in lookalike letters do not count.
#[test]
fn claim_names_must_match_exactly() {
    let pair = Pair::start();
    pair.assert_refuses(&[
        ("prototype", with_claims(&pair, format!(r#"{{"__proto__":{}}}"#, pair.issuer.claims()))),
        ("capitals", with_claims(&pair, pair.issuer.claims().to_string().replace("\"exp\"", "\"EXP\""))),
        (
            "other scripts",
            with_claims(&pair, pair.issuer.claims().to_string().replace("\"aud\"", "\"\u{430}ud\"")),
        ),
    ]);
}

/// The audience of a token must be the `oauth.resource` of the server that receives the token.
#[test]
fn token_for_another_server_is_refused() {
    let pair = Pair::start();
    let elsewhere =
        HttpServer::start(&["--oauth-issuer", &pair.issuer.url, "--oauth-resource", "http://localhost/mcp"]);
    let token = pair.issuer.token();
    pair.assert_accepts(&[("at the server that it was issued for", token.clone())]);
    refusal(&call(&elsewhere, &[("Authorization", &format!("Bearer {token}"))])).unwrap();
}
