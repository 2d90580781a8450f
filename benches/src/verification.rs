//! Processor time to verify a token that isn't cached: our verifier compared with `decode` of the library
//! `jsonwebtoken`. Our verifier also validates all claims strictly and refuses duplicate members.
//!
//! `cargo run --release --bin verification -- ROUNDS`

#![allow(dead_code, reason = "the source files of the verifier also contain code that is not measured")]

#[path = "../../mcp-tool-runtime/src/identity/caller.rs"]
mod caller;
#[path = "../../mcp-tool-runtime/src/identity/claims.rs"]
mod claims;
#[path = "../../mcp-tool-runtime/src/identity/jwt.rs"]
mod jwt;
#[path = "../../mcp-tool-runtime/src/identity/keys.rs"]
mod keys;
#[path = "../../mcp-tool-runtime/src/identity/proof.rs"]
mod proof;
#[path = "../../mcp-tool-runtime/src/identity/settings.rs"]
mod settings;
#[path = "../../mcp-tool-runtime/src/identity/strict.rs"]
mod strict;
#[path = "token.rs"]
mod token;

use std::{hint::black_box, sync::Arc, time::SystemTime};

use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;
use token::{AUDIENCE, Signer};

/// Verifications per measurement.
const BATCH: usize = 4_000;

/// Claims that an application would read with the library.
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

    let keys = keys::KeySet::read(serde_json::json!({ "keys": [signer.jwk()] }).to_string().as_bytes())
        .expect("keys");
    let rules = settings::Rules { audience: AUDIENCE.into(), ..settings::Rules::default() };
    let ours = || {
        let jwt = jwt::Jwt::read(black_box(&token)).expect("a token");
        proof::is_access_token(&jwt, false).expect("an access token");
        let now = claims::seconds(SystemTime::now());
        black_box(proof::prove(&jwt, &keys, &issuer, &rules, now).expect("a good token"));
    };

    let (mut ratios, mut times) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        let (library_time, our_time) = (timed(&library), timed(&ours));
        times.push((library_time, our_time));
        ratios.push(our_time / library_time);
    }
    ratios.sort_by(f64::total_cmp);
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
