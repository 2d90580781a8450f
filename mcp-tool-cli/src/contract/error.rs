//! Error of comparing contracts with locks.

use std::fmt;

/// Text of all failures that the comparison found, or the reason why contracts and locks can't be compared. Returned by
/// `testing::check_contracts`.
#[derive(Debug)]
pub struct ContractError(String);

impl ContractError {
    pub(super) fn new(reason: String) -> Self {
        ContractError(reason)
    }
}

impl fmt::Display for ContractError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ContractError {}

impl From<serde_json::Error> for ContractError {
    fn from(error: serde_json::Error) -> Self {
        ContractError(format!("a contract can't be written as JSON: {error}"))
    }
}
