//! Access tokens for the measurements, signed by an RSA key of 2,048 bits, and a function that reads a process's
//! processor time.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::TcpListener,
    time::{SystemTime, UNIX_EPOCH},
};

use aws_lc_rs::{
    rand::SystemRandom,
    rsa::{KeySize, PublicKeyComponents},
    signature::{KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use serde_json::{Value, json};

/// Audience of all tokens.
pub const AUDIENCE: &str = "http://127.0.0.1/mcp";

/// An issuer's private key.
pub struct Signer(RsaKeyPair);

impl Signer {
    pub fn new() -> Self {
        Signer(RsaKeyPair::generate(KeySize::Rsa2048).expect("a key"))
    }

    /// The public key, as an entry of a key set.
    pub fn jwk(&self) -> Value {
        let PublicKeyComponents { n, e } = PublicKeyComponents::<Vec<u8>>::from(self.0.public_key());
        json!({ "kty": "RSA", "kid": "one", "alg": "RS256", "use": "sig", "n": BASE64URL.encode(n), "e": BASE64URL.encode(e) })
    }

    /// Signs an access token of the user `ann`. `jti` is the token's id.
    #[allow(dead_code, reason = "not every measurement uses it")]
    pub fn token(&self, issuer: &str, jti: &str) -> String {
        self.token_of("ann", issuer, jti)
    }

    /// Signs an access token that is valid for one hour (RFC 9068). `jti` is the token's id.
    pub fn token_of(&self, user: &str, issuer: &str, jti: &str) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock").as_secs();
        let header = json!({ "alg": "RS256", "typ": "at+jwt", "kid": "one" });
        let claims = json!({
            "iss": issuer, "sub": user, "aud": AUDIENCE, "client_id": "agent", "scope": "numbers:read numbers:write",
            "iat": now, "exp": now + 3_600, "jti": jti,
        });
        let encoded = |json: Value| BASE64URL.encode(json.to_string());
        let signed = format!("{}.{}", encoded(header), encoded(claims));
        let mut signature = vec![0; self.0.public_modulus_len()];
        self.0
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature)
            .expect("a signature");
        format!("{signed}.{}", BASE64URL.encode(signature))
    }

    /// Serves the issuer's metadata and its key set on a free port, and returns the URL of the issuer.
    pub fn serve(&self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let issuer = format!("http://{}", listener.local_addr().expect("an address"));
        let metadata = json!({ "issuer": issuer, "jwks_uri": format!("{issuer}/jwks") }).to_string();
        let keys = json!({ "keys": [self.jwk()] }).to_string();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let mut lines = BufReader::new(&stream).lines();
                let first = lines.next().and_then(Result::ok).unwrap_or_default();
                for line in lines.map_while(Result::ok) {
                    if line.is_empty() {
                        break;
                    }
                }
                let body = if first.contains("/jwks") { &keys } else { &metadata };
                let head =
                    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
                drop((&stream).write_all([head.as_bytes(), body.as_bytes()].concat().as_slice()));
            }
        });
        issuer
    }
}

/// Returns the token with another `kid`, so that its signature is invalid.
#[allow(dead_code, reason = "not every measurement uses it")]
pub fn with_key(token: &str, kid: &str) -> String {
    let rest = token.split_once('.').map_or("", |(_, rest)| rest);
    let header = json!({ "alg": "RS256", "typ": "at+jwt", "kid": kid });
    format!("{}.{rest}", BASE64URL.encode(header.to_string()))
}

/// Processor time of all running threads of a process, in seconds. `process` is a process id, or `self` for this
/// process.
#[allow(dead_code, reason = "not every measurement uses it")]
pub fn cpu(process: &str) -> f64 {
    let schedstat = |path: &str| -> Option<f64> {
        let text = std::fs::read_to_string(path).ok()?;
        Some(text.split(' ').next()?.parse::<f64>().ok()? / 1e9)
    };
    let threads = std::fs::read_dir(format!("/proc/{process}/task")).expect("a process");
    threads.flatten().filter_map(|thread| schedstat(&format!("{}/schedstat", thread.path().display()))).sum()
}
