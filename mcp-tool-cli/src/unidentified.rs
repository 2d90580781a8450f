//! Finds issuers whose tokens name no client. A disabled client could still use the server with such a token.

#[cfg(feature = "oauth")]
use std::collections::BTreeSet;
use std::{collections::BTreeMap, convert::Infallible, time::SystemTime};

use chrono::{DateTime, TimeDelta, Utc};
use mcp_tool_contract::read::violation::escaped;
use mcp_tool_core::audit::RecordQuery;

use crate::{result::CommandResult, settings::Config};

/// Maximum age of the records that are searched.
const SEARCHED: TimeDelta = TimeDelta::days(7);

/// Number of records of an issuer, and of those without a client.
#[derive(Clone, Copy, Default)]
struct IssuerRecords {
    all: u64,
    without_client: u64,
}

/// Fails if tokens of an issuer name no client, or may name none, according to the audit records and the settings.
///
/// # Errors
/// Names each such issuer, and says what to do.
pub(crate) fn check(config: &Config) -> CommandResult {
    let records = recorded(config);
    let mut found: Vec<String> = records
        .iter()
        .filter(|(_, records)| records.without_client > 0)
        .map(|(issuer, IssuerRecords { all, without_client })| {
            format!("  {issuer}: {without_client} of its {all} calls in the last 7 days had no client")
        })
        .collect();
    found.extend(suspected(config, &records));
    if found.is_empty() {
        return Ok(());
    }
    Err(format!(
        "--client: tokens of these issuers name no client, or may name none, so the client could still use such tokens:\n{}\n\
         Add --refuse-unidentified to refuse such tokens too. To tell clients apart, set client_claim in the issuer's section, as \
         in [issuer.NAME] client_claim = \"cid\"",
        found.join("\n")
    )
    .into())
}

/// Counts the records within [`SEARCHED`] by issuer. Files that can't be read, or that don't exist, count as empty.
fn recorded(config: &Config) -> BTreeMap<String, IssuerRecords> {
    let mut records: BTreeMap<String, IssuerRecords> = BTreeMap::new();
    let Some(file) = &config.settings.audit_file else { return records };
    let since = DateTime::<Utc>::from(SystemTime::now()).checked_sub_signed(SEARCHED);
    let query = RecordQuery { since, ..RecordQuery::default() };
    let result = query.run(file, |record, _| {
        if let Some(issuer) = &record.issuer {
            // Records contain escaped names, but other programs may have written to the file.
            let of_issuer = records.entry(escaped(issuer)).or_default();
            of_issuer.all += 1;
            of_issuer.without_client += u64::from(record.client.is_none());
        }
        Ok::<(), Infallible>(())
    });
    match result {
        Ok(_) => records,
        Err(never) => match never {},
    }
}

/// Returns a line for each issuer without records whose settings don't say which claim names the client.
#[cfg(feature = "oauth")]
fn suspected(config: &Config, records: &BTreeMap<String, IssuerRecords>) -> Vec<String> {
    let oauth = &config.oauth;
    let without_claim = oauth.named_issuers.values().filter(|issuer| issuer.client_claim.is_none());
    let without_claim = without_claim.map(|issuer| &issuer.url).chain(&oauth.issuers);
    // Introspection responses may name no client, even if `client_claim` is set.
    let introspected = oauth.introspection.iter().map(|introspection| &introspection.issuer);
    let unknown: BTreeSet<String> = without_claim
        .chain(introspected)
        .map(|issuer| escaped(issuer))
        .filter(|issuer| !records.contains_key(issuer))
        .collect();
    let line =
        |issuer| format!("  {issuer}: no audit record of the last 7 days shows that its tokens name one");
    unknown.into_iter().map(line).collect()
}

#[cfg(not(feature = "oauth"))]
fn suspected(_: &Config, _: &BTreeMap<String, IssuerRecords>) -> Vec<String> {
    Vec::new()
}
