//! `Mcp-Param-*` headers, which mirror arguments for which the tool declares a header (2026-07-28, Streamable HTTP
//! §custom headers).

use hyper::HeaderMap;
use mcp_tool_contract::{
    model::Contract,
    name::HEADER_PREFIX,
    read::{
        mirror::{self, MirroredArgument},
        violation::shown,
    },
};

use super::protocol_headers::{decoded, mismatch};
use crate::transport::{protocol_error::ProtocolError, request_headers::only_text};

/// Checks a call's headers against its arguments. Unreadable arguments are left to the pipeline, which refuses them.
pub(super) fn check(headers: &HeaderMap, contract: &Contract, arguments: &str) -> Result<(), ProtocolError> {
    let mirrored = mirror::mirrored(arguments, contract.input()).unwrap_or_default();
    mirrored.into_iter().try_for_each(|mirrored| check_one(headers, mirrored))
}

fn check_one(headers: &HeaderMap, mirrored: MirroredArgument<'_>) -> Result<(), ProtocolError> {
    let MirroredArgument { param, header, given } = mirrored;
    let (header, param) = (format!("{HEADER_PREFIX}{header}"), param.name());
    let value = only_text(headers, &header)?.map(|value| decoded(&header, value)).transpose()?;
    match (value, given) {
        (None, None) => Ok(()),
        // Arrays and objects have no header. The pipeline refuses this argument.
        (None, Some(given)) if given.starts_with(['[', '{']) => Ok(()),
        (None, Some(_)) => mismatch(format!(
            "the header {header} is missing: it must equal the argument '{param}'; list the tools again"
        )),
        (Some(_), None) => mismatch(format!(
            "the header {header} was sent without the argument '{param}': send both or neither"
        )),
        (Some(value), Some(given)) if mirror::header_matches(&value, given) => Ok(()),
        (Some(value), Some(given)) => mismatch(format!(
            "the header {header} must equal the argument '{param}': got \"{}\" and {}",
            shown(&value),
            shown(given)
        )),
    }
}
