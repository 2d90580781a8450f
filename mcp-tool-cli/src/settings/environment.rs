//! Environment variables: those of settings, and those with the same prefix that orchestrators set.

use std::{collections::BTreeMap, ffi::OsString, net::IpAddr};

use mcp_tool_contract::read::violation::escaped_excerpt;

use super::table::PREFIX;

/// Environment variables whose names begin with [`PREFIX`].
#[derive(Debug, Default)]
pub(super) struct Variables {
    /// Variables that must be settings.
    pub(super) settings: BTreeMap<String, String>,
    /// Names of the variables that an orchestrator has set for a service whose name begins like the prefix.
    pub(super) ignored: Vec<String>,
}

impl Variables {
    /// Collects the variables.
    ///
    /// # Errors
    /// A variable with the prefix whose value isn't UTF-8.
    pub(super) fn read(environment: impl IntoIterator<Item = (OsString, OsString)>) -> Result<Self, String> {
        let mut all = BTreeMap::new();
        for (name, value) in environment {
            let name = name.to_string_lossy().into_owned();
            if name.starts_with(PREFIX) {
                let value = value.into_string().map_err(|_| {
                    format!("the environment variable {}: the value must be UTF-8", escaped_excerpt(&name))
                })?;
                all.insert(name, value);
            }
        }
        let ignored: Vec<String> = all
            .iter()
            .filter(|(name, value)| is_of_orchestrator(name, value, &all))
            .map(|(name, _)| name.clone())
            .collect();
        all.retain(|name, _| !ignored.contains(name));
        Ok(Variables { settings: all, ignored })
    }
}

/// Returns `true` if an orchestrator sets such a variable in every container: Kubernetes for each service of the
/// namespace, and Docker for each linked container. For the service `mcp-tool`, for example, Kubernetes sets
/// `MCP_TOOL_SERVICE_HOST` and `MCP_TOOL_PORT_80_TCP`. The value must have the orchestrator's form too, so that a
/// misspelled setting stays an error.
fn is_of_orchestrator(name: &str, value: &str, all: &BTreeMap<String, String>) -> bool {
    let is_name_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
    // Usually an address, and for an external service a name.
    let is_host = || value.parse::<IpAddr>().is_ok() || !value.is_empty() && value.chars().all(is_name_part);
    let is_port = || value.parse::<u16>().is_ok();
    if name.ends_with("_SERVICE_HOST") {
        return is_host();
    }
    if name.ends_with("_SERVICE_PORT") || name.contains("_SERVICE_PORT_") {
        return is_port();
    }
    // `_PORT_80_TCP`, and the parts of its URL.
    if let Some((_, rest)) = name.rsplit_once("_PORT_")
        && let Some((number, rest)) = rest.split_once('_')
        && number.parse::<u16>().is_ok()
    {
        return match rest.split_once('_') {
            None => is_protocol(rest) && is_url(value),
            Some((protocol, part)) => {
                is_protocol(protocol)
                    && match part {
                        "ADDR" => is_host(),
                        "PORT" => is_port(),
                        "PROTO" => is_protocol(value),
                        _ => false,
                    }
            }
        };
    }
    // Checked after these parts, because `_PORT_80_TCP_PORT` also ends in `_PORT`.
    if name.ends_with("_PORT") {
        return is_url(value);
    }
    if name.ends_with("_NAME") {
        return is_link(value);
    }
    // A variable from the environment of a linked container (Docker).
    let linked = |(container, _): (&str, &str)| {
        all.get(&format!("{container}_NAME")).is_some_and(|name| is_link(name))
    };
    name.split_once("_ENV_").is_some_and(linked)
}

fn is_protocol(text: &str) -> bool {
    ["tcp", "udp", "sctp"].iter().any(|protocol| text.eq_ignore_ascii_case(protocol))
}

/// Returns `true` for the URL of a port, such as `tcp://10.0.0.7:80`.
fn is_url(value: &str) -> bool {
    let Some((protocol, address)) = value.split_once("://") else { return false };
    let port = address.rsplit_once(':').map(|(_, port)| port.parse::<u16>());
    is_protocol(protocol) && port.is_some_and(|port| port.is_ok())
}

/// Returns `true` for the name of a link, such as `/web/mcp-tool`.
fn is_link(value: &str) -> bool {
    value.strip_prefix('/').is_some_and(|rest| rest.contains('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> (Vec<String>, Vec<String>) {
        let variables = variables.iter().map(|(name, value)| (OsString::from(name), OsString::from(value)));
        let read = Variables::read(variables).unwrap();
        (read.settings.into_keys().collect(), read.ignored)
    }

    #[test]
    fn variables_of_orchestrators_are_ignored() {
        let (settings, ignored) = read(&[
            // Kubernetes, for the services `mcp-tool`, `mcp-tool-audit` and `mcp-tool-upstream-billing`.
            ("MCP_TOOL_SERVICE_HOST", "10.96.4.17"),
            ("MCP_TOOL_SERVICE_PORT", "8080"),
            ("MCP_TOOL_SERVICE_PORT_HTTP", "8080"),
            ("MCP_TOOL_PORT", "tcp://10.96.4.17:8080"),
            ("MCP_TOOL_PORT_8080_TCP", "tcp://10.96.4.17:8080"),
            ("MCP_TOOL_PORT_8080_TCP_PROTO", "tcp"),
            ("MCP_TOOL_PORT_8080_TCP_PORT", "8080"),
            ("MCP_TOOL_PORT_8080_TCP_ADDR", "10.96.4.17"),
            ("MCP_TOOL_AUDIT_SERVICE_HOST", "fd00:10:96::a1"),
            ("MCP_TOOL_LOG_SERVICE_HOST", "logs.example.com"),
            ("MCP_TOOL_AUDIT_PORT_53_UDP", "udp://[fd00:10:96::a1]:53"),
            ("MCP_TOOL_UPSTREAM_BILLING_PORT_443_TCP_ADDR", "10.96.4.18"),
            // Docker, for the linked container `mcp-tool-db`.
            ("MCP_TOOL_DB_NAME", "/web/mcp-tool-db"),
            ("MCP_TOOL_DB_PORT", "tcp://172.17.0.5:5432"),
            ("MCP_TOOL_DB_ENV_POSTGRES_VERSION", "17"),
        ]);
        assert!(settings.is_empty(), "{settings:?}");
        assert_eq!(ignored.len(), 15);
    }

    #[test]
    fn variable_without_the_form_of_an_orchestrator_is_a_setting() {
        let variables = [
            ("MCP_TOOL_AUDIT_FILE", "/var/calls.jsonl"),
            ("MCP_TOOL_DB_ENV_POSTGRES_VERSION", "17"),
            ("MCP_TOOL_HTTP_PORT", "8080"),
            ("MCP_TOOL_NAME", "billing"),
            ("MCP_TOOL_PORT", "8080"),
            ("MCP_TOOL_PORT_8080_TCP_COUNT", "3"),
            ("MCP_TOOL_PORT_HTTP_TCP", "tcp://10.96.4.17:8080"),
            ("MCP_TOOL_SERVICE_HOST", "0.0.0.0:8080"),
            ("MCP_TOOL_SERVICE_PORT", "http"),
        ];
        let (settings, ignored) = read(&variables);
        assert_eq!(settings, variables.map(|(name, _)| name.to_owned()), "{ignored:?}");
    }
}
