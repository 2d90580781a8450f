//! Mutated files of settings.

use std::process::Command;

use fastrand::Rng;

use super::{Reached, cases, mutate, seed};
use crate::harness::SPECIMEN;

const SECRET: &str = "c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0IHNlY3I";

/// A valid file.
fn valid() -> String {
    format!(
        r#"
[http]
allowed_hosts = ["mcp.example.com", "localhost:8080"]
allowed_origins = ["https://app.example.com"]
trusted_proxies = ["10.0.0.0/8"]
max_body = "1MiB"
grace = "5s"

[limits]
timeout = "10s"
concurrency = 64
user_share = 50

[gate]
allow_destructive = ["destroys"]

[log]
level = "info"

[seal]
keys = ["{SECRET}"]

[oauth]
issuers = ["https://issuer.example"]
resource = "https://mcp.example.com/mcp"
scope_hierarchy = ["specimen:admin specimen:read"]
"#
    )
}

#[test]
fn mutated_settings_are_read_or_refused_and_never_show_a_secret() {
    const PIECES: [&[u8]; 12] =
        [b"\"", b"[", b"]", b"=", b"\n", b"'''", b"true", b"1e9", b"{ a = 1 }", b"# ", b"\"\"", b"keys"];
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("settings.toml");
    let mut rng = Rng::with_seed(seed());
    let (valid, mut reached) = (valid(), Reached::default());
    for _ in 0..cases(150) {
        let text = mutate::bytes(&mut rng, valid.as_bytes(), &PIECES);
        std::fs::write(&file, &text).unwrap();
        let mut command = Command::new(SPECIMEN);
        command.args(["serve", "--print-config", "--config"]).arg(&file);
        let ended = command.output().unwrap();
        let shown = || {
            let (stdout, stderr) =
                (String::from_utf8_lossy(&ended.stdout), String::from_utf8_lossy(&ended.stderr));
            format!("{}\n{:?}\n{stdout}\n{stderr}", String::from_utf8_lossy(&text), ended.status)
        };
        let printed = [&ended.stdout[..], &ended.stderr].concat();
        // A part of the secret that is long enough to find the rest.
        for part in SECRET.as_bytes().windows(12).filter(|part| text.windows(12).any(|found| found == *part))
        {
            assert!(!printed.windows(12).any(|found| found == part), "a secret is shown:\n{}", shown());
        }
        match ended.status.code() {
            Some(0) => reached.count("read"),
            Some(1 | 2) => {
                assert!(!ended.stderr.is_empty(), "no reason:\n{}", shown());
                reached.count("refused");
            }
            _ => panic!("{}", shown()),
        }
    }
    reached.check(&[("read", 5), ("refused", 30)]);
}
