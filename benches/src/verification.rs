//! Processor time to verify a token that isn't cached: our verifier compared with `decode` of the library
//! `jsonwebtoken`. In addition, our verifier checks the types and lengths of claims, and refuses JSON objects with
//! duplicate members.
//!
//! `cargo run --release --bin verification -- ROUNDS`

#[path = "token.rs"]
#[expect(dead_code, reason = "`Signer::serve` is not used here")]
mod token;

use std::{
    hint::black_box,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use mcp_tool_auth::inbound::{
    TokenRules,
    internals::{AcceptedTyp, Jwt, KeySet, is_access_token, verify},
};
use serde::Deserialize;
use token::{AUDIENCE, Signer};

/// Verifications per measurement.
const BATCH: usize = 4_000;

/// Claims that an application would read with the library. Our verifier builds the caller from such claims.
#[derive(Deserialize)]
struct Claims {
    sub: String,
    client_id: String,
    scope: String,
    jti: String,
    iat: u64,
}

fn main() {
    let rounds: usize = std::env::args().nth(1).and_then(|rounds| rounds.parse().ok()).unwrap_or(20);
    let signer = Signer::new();
    // Only a name: both verifiers get the key directly.
    let issuer: Arc<str> = "http://127.0.0.1:1".into();
    let token = signer.token(&issuer, "one");

    let jwk: jsonwebtoken::jwk::Jwk = serde_json::from_value(signer.jwk()).expect("a key");
    let key = DecodingKey::from_jwk(&jwk).expect("a key");
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_audience(&[AUDIENCE]);
    validation.set_issuer(&[&*issuer]);
    validation.set_required_spec_claims(&["exp", "aud", "iss"]);
    validation.validate_nbf = true;
    let library = || {
        let data =
            jsonwebtoken::decode::<Claims>(black_box(&token), &key, &validation).expect("a good token");
        let Claims { sub, client_id, scope, jti, iat } = data.claims;
        black_box((sub, client_id, scope, jti, iat));
    };

    let keys =
        KeySet::read(serde_json::json!({ "keys": [signer.jwk()] }).to_string().as_bytes()).expect("keys");
    let rules = TokenRules { audience: AUDIENCE.into(), ..TokenRules::default() };
    let ours = || {
        let jwt = Jwt::read(black_box(&token)).expect("a token");
        // `false`: `typ` must be `at+jwt`; `JWT` is refused.
        is_access_token(&jwt, AcceptedTyp::default()).expect("an access token");
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a date after 1970").as_secs_f64();
        black_box(verify(&jwt, &keys, &issuer, &rules, now).expect("a good token"));
    };

    let (mut ratios, mut times) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        let (library_time, our_time) = (timed(&library), timed(&ours));
        times.push((library_time, our_time));
        ratios.push(our_time / library_time);
    }
    ratios.sort_by(f64::total_cmp);
    // Both printed times are from the round with the library's median time.
    times.sort_by(|one, other| one.0.total_cmp(&other.0));
    let (library_time, our_time) = times[times.len() / 2];
    println!("library {library_time:.1} µs, verifier {our_time:.1} µs a token");
    println!(
        "ratio: median {:.3}, from {:.3} to {:.3}",
        ratios[ratios.len() / 2],
        ratios[0],
        ratios[ratios.len() - 1]
    );
}

/// Processor time per verification, in microseconds.
fn timed(verify: &impl Fn()) -> f64 {
    let before = token::cpu("self");
    for _ in 0..BATCH {
        verify();
    }
    (token::cpu("self") - before) * 1e6 / BATCH as f64
}
