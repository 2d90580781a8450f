//! `Mcp-Param-*` headers. A client repeats an argument as such a header if the tool declares the header for the
//! parameter (2026-07-28, Streamable HTTP §custom headers).

use hyper::HeaderMap;
use mcp_tool_contract::{
    model::Contract,
    name::HEADER_PREFIX,
    read::{
        mirror::{self, MirroredArgument},
        violation::escaped_excerpt,
    },
};

use super::protocol_headers::{decoded, mismatch};
use crate::transport::{protocol_error::ProtocolError, request_headers::only_text};

/// Checks that each declared header equals its argument. Arguments that can't be parsed pass this check, because the
/// pipeline refuses them later.
pub(super) fn check(headers: &HeaderMap, contract: &Contract, arguments: &str) -> Result<(), ProtocolError> {
    let mirrored = mirror::mirrored(arguments, contract.input()).unwrap_or_default();
    mirrored.into_iter().try_for_each(|mirrored| check_one(headers, mirrored))
}

/// Checks one declared header. `argument` is `None` if the argument is absent or `null`.
fn check_one(headers: &HeaderMap, mirrored: MirroredArgument<'_>) -> Result<(), ProtocolError> {
    let MirroredArgument { param, header, argument } = mirrored;
    let (header, param) = (format!("{HEADER_PREFIX}{header}"), param.name());
    let value = only_text(headers, &header)?.map(|value| decoded(&header, value)).transpose()?;
    match (value, argument) {
        (None, None) => Ok(()),
        // The pipeline refuses this argument, because only a parameter with scalar values can declare a header.
        (None, Some(argument)) if argument.starts_with(['[', '{']) => Ok(()),
        (None, Some(_)) => mismatch(format!(
            "the header {header} is missing: it must equal the argument '{param}'; list the tools again"
        )),
        (Some(_), None) => mismatch(format!(
            "the header {header} was sent without the argument '{param}': send both or neither"
        )),
        (Some(value), Some(argument)) if mirror::header_matches(&value, argument) => Ok(()),
        (Some(value), Some(argument)) => mismatch(format!(
            "the header {header} must equal the argument '{param}': got \"{}\" and {}",
            escaped_excerpt(&value),
            escaped_excerpt(argument)
        )),
    }
}
