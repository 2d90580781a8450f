//! Answers about callers' tokens: the issuers of the settings, and a sample token.

use std::{io::Read as _, path::Path};

use mcp_tool_auth::inbound::{DoctorFinding, IssuerReport, ResourceServer, check_resource_path};
use mcp_tool_contract::utf8;
use mcp_tool_core::transport::http;

use super::{AnswerStatus, DoctorAnswer};
use crate::settings::Config;

/// Maximum size of a sample token, in bytes: the server's limit for tokens.
const MAX_TOKEN: u64 = 16 * 1024;

/// Answers FAIL unless callers over HTTP need a token, the keys of every issuer can be fetched, and clients can use the
/// issuers safely. Callers over stdio aren't examined, because they can start processes on this machine anyway.
pub(super) async fn authenticated_callers(config: &Config) -> DoctorAnswer {
    if !config.has_oauth() {
        return DoctorAnswer::new(
            false,
            "None: everyone who reaches this machine's loopback address is the local user.\n\
             No authorization server is set. Set oauth.issuers and oauth.resource.",
        );
    }
    let server = match resource_server(config) {
        Ok(server) => server,
        Err(reason) => return DoctorAnswer::new(false, reason),
    };
    let mut lines =
        vec![DoctorFinding::Ok(format!("Callers with a token for {}", config.oauth.rules.audience))];
    for IssuerReport { issuer, findings } in server.examine_issuers().await {
        let from = |text: String| format!("from {issuer}, {text}");
        lines.extend(findings.into_iter().map(|finding| match finding {
            DoctorFinding::Ok(text) => DoctorFinding::Ok(from(text)),
            DoctorFinding::Warn(text) => DoctorFinding::Warn(from(text)),
            DoctorFinding::Fail(text) => DoctorFinding::Fail(from(text)),
        }));
    }
    answer(lines)
}

/// Answers FAIL if the server would refuse the token in the file.
pub(super) async fn sample_token(config: &Config, file: &str) -> DoctorAnswer {
    let checked = match (read_token(file), resource_server(config)) {
        (Ok(token), Ok(server)) => server.explain(token.trim()).await,
        (Err(reason), _) | (_, Err(reason)) => vec![DoctorFinding::Fail(reason)],
    };
    answer(checked)
}

/// Creates the verification of tokens. Tools, name and path are empty, because they only appear in metadata for
/// clients.
fn resource_server(config: &Config) -> Result<ResourceServer, String> {
    let server = ResourceServer::new(&config.oauth, &[], "", "")?;
    check_resource_path(&config.oauth, http::PATH, !config.http.trusted_proxies.is_empty())?;
    Ok(server)
}

/// Reads the sample token. The error doesn't contain the token.
fn read_token(file: &str) -> Result<String, String> {
    // The name isn't shown, because it may be the token itself.
    let failed = |error: std::io::Error| format!("--token: the file can't be read: {error}");
    let mut bytes = Vec::new();
    let read = match file {
        "-" => std::io::stdin().lock().take(MAX_TOKEN + 2).read_to_end(&mut bytes),
        _ => std::fs::File::open(Path::new(file))
            .and_then(|file| file.take(MAX_TOKEN + 2).read_to_end(&mut bytes)),
    };
    read.map_err(failed)?;
    let text = utf8::decode(bytes).map_err(|reason| format!("--token: the file {reason}"))?;
    match text.trim().len() as u64 {
        0 => Err("--token: the file is empty: write the token to it, without `Bearer`".into()),
        1..=MAX_TOKEN => Ok(text),
        _ => Err(format!("--token: the file is longer than {MAX_TOKEN} bytes, the limit of a token")),
    }
}

/// Returns an answer with the status of the worst line. A line that isn't ok begins with its status.
fn answer(lines: Vec<DoctorFinding>) -> DoctorAnswer {
    let mut status = AnswerStatus::Ok;
    let lines: Vec<String> = lines
        .into_iter()
        .map(|line| {
            let (of_line, text) = match line {
                DoctorFinding::Ok(text) => (AnswerStatus::Ok, text),
                DoctorFinding::Warn(text) => (AnswerStatus::Warn, format!("warn: {text}")),
                DoctorFinding::Fail(text) => (AnswerStatus::Fail, format!("FAIL: {text}")),
            };
            status = status.max(of_line);
            text
        })
        .collect();
    DoctorAnswer { status, text: lines.join("\n") }
}
