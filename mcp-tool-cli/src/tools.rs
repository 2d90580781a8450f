//! `tools`: lists the tools of a server.

use std::io::Write as _;

use mcp_tool_contract::{
    exhaustive,
    model::{Contract, Gate, Rate},
};

use mcp_tool_core::{
    application::Application, pipeline::registry::older_name, tool::ToolEntry,
    transport::listing::with_security,
};

use crate::{format::OutputFormat, result::CommandResult};

pub(crate) fn list(application: &Application, format: OutputFormat) -> CommandResult {
    let mut out = std::io::stdout().lock();
    if format == OutputFormat::Json {
        let mut entries = Vec::new();
        for entry in &application.tools {
            let (name, version) = (entry.contract().name(), entry.contract().version());
            // An older version is listed under a name with its major version, such as `list_invoices_v1`.
            let is_not_newer =
                |other: &ToolEntry| other.contract().name() != name || other.contract().version() <= version;
            let listed = match application.tools.iter().all(is_not_newer) {
                true => name.to_owned(),
                false => older_name(entry.contract()),
            };
            let mut entry =
                serde_json::to_value(entry.contract().listing_as(&listed, &entry.contract().digest()?))?;
            // Copies the security schemes from `_meta` to the top of the entry, as for clients.
            with_security(&mut entry);
            entries.push(entry);
        }
        serde_json::to_writer_pretty(&mut out, &entries)?;
        writeln!(out)?;
        return Ok(());
    }
    let mut rows = vec![COLUMNS.map(str::to_owned)];
    rows.extend(application.tools.iter().map(|entry| row(entry.contract())));
    // A column is omitted if no tool has a value in it.
    let columns: Vec<(usize, usize)> = (0..COLUMNS.len())
        .filter(|column| rows.iter().skip(1).any(|row| !row[*column].is_empty()))
        .map(|column| (column, rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0)))
        .collect();
    for row in &rows {
        let cells: Vec<String> =
            columns.iter().map(|(column, width)| format!("{:<1$}", row[*column], width)).collect();
        writeln!(out, "{}", cells.join("  ").trim_end())?;
    }
    Ok(())
}

/// Columns of the table for people.
const COLUMNS: [&str; 8] = ["TOOL", "VERSION", "SCOPE", "EFFECT", "GATE", "RATE", "UPSTREAM", "PARAMETERS"];

fn row(contract: &Contract) -> [String; COLUMNS.len()] {
    let scope = if contract.scopes().is_empty() { "public".to_owned() } else { contract.scopes().join(" ") };
    let effect = match (contract.hints().read_only(), contract.hints().destructive()) {
        (true, _) => "reads",
        (false, true) => "destroys",
        (false, false) => "writes",
    };
    let gate = match contract.gate().map(Gate::exhaustive) {
        Some(exhaustive::Gate::Scope(scope)) => scope,
        None => "",
    };
    let rates: Vec<String> = contract.rates().iter().map(Rate::to_string).collect();
    let parameters: Vec<String> = contract
        .input()
        .iter()
        .map(|param| format!("{}{}", param.name(), if param.is_required() { "" } else { "?" }))
        .collect();
    [
        contract.name().to_owned(),
        contract.version().to_string(),
        scope,
        effect.to_owned(),
        gate.to_owned(),
        rates.join(" "),
        contract.upstreams().join(" "),
        parameters.join(", "),
    ]
}
