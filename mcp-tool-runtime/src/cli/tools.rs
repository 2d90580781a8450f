//! `tools`: what a server serves.

use std::io::Write as _;

use mcp_tool_contract::model::{Contract, Hints};

use super::Ended;
use crate::{registry::older_name, server::ToolServer, tool::ToolEntry};

pub(super) fn list(server: &ToolServer, json: bool) -> Ended {
    let mut out = std::io::stdout().lock();
    if json {
        let mut entries = Vec::new();
        for entry in &server.tools {
            let Contract { name, version, .. } = *entry.contract;
            let is_newest =
                |other: &ToolEntry| other.contract.name != name || other.contract.version <= version;
            let listed = match server.tools.iter().all(is_newest) {
                true => name.to_owned(),
                false => older_name(entry.contract),
            };
            entries
                .push(serde_json::to_value(entry.contract.listing_as(&listed, &entry.contract.digest()?))?);
        }
        serde_json::to_writer_pretty(&mut out, &entries)?;
        writeln!(out)?;
        return Ok(());
    }
    let mut rows = vec![["TOOL", "VERSION", "SCOPE", "EFFECT", "PARAMETERS"].map(str::to_owned)];
    rows.extend(server.tools.iter().map(|entry| row(entry.contract)));
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths = [width(0), width(1), width(2), width(3)];
    for [name, version, scope, effect, parameters] in &rows {
        writeln!(
            out,
            "{name:<0$}  {version:<1$}  {scope:<2$}  {effect:<3$}  {parameters}",
            widths[0], widths[1], widths[2], widths[3]
        )?;
    }
    Ok(())
}

fn row(contract: &Contract) -> [String; 5] {
    let scope = if contract.scopes.is_empty() { "public".to_owned() } else { contract.scopes.join(" ") };
    let effect = match contract.hints {
        Hints { read_only: true, .. } => "reads",
        Hints { destructive: true, .. } => "destroys",
        Hints { .. } => "writes",
    };
    let parameters: Vec<String> = contract
        .input
        .iter()
        .map(|param| format!("{}{}", param.name, if param.is_required() { "" } else { "?" }))
        .collect();
    [contract.name.to_owned(), contract.version.to_string(), scope, effect.to_owned(), parameters.join(", ")]
}
