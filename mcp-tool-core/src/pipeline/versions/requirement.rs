//! Version requirements: of a request, or of the operator for a client (a pin).

use std::fmt;

use mcp_tool_contract::{digest::Digest, model::Version};

use crate::call::caller::{Caller, names_in_label};

/// A version requirement in Cargo's syntax (`^1.2`, `>=1, <3`), or the digest of one contract (`sha256:…`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Requirement {
    /// A range of versions. Versions of tools have no patch number, which counts as 0.
    Range(semver::VersionReq),
    /// The one contract with this digest.
    Contract(Digest),
}

impl Requirement {
    /// Parses a requirement of at most 256 bytes. Bounds may be separated by spaces instead of commas.
    ///
    /// # Errors
    /// If `text` isn't a requirement. The message describes the syntax.
    pub fn parse(text: &str) -> Result<Self, String> {
        const SYNTAX: &str = "not a version requirement: write one such as \"^1.2\" or \">=1, <3\", or a contract's \"sha256:…\"";
        if text.starts_with("sha256:") {
            return Digest::parse(text).map(Requirement::Contract).ok_or_else(|| SYNTAX.into());
        }
        if text.len() > 256 {
            return Err(SYNTAX.into());
        }
        let text = if text.contains(',') {
            text.to_owned()
        } else {
            text.split_whitespace().collect::<Vec<_>>().join(", ")
        };
        semver::VersionReq::parse(&text).map(Requirement::Range).map_err(|_| SYNTAX.into())
    }

    /// Returns `true` if a contract with this version and digest satisfies the requirement.
    pub(crate) fn fits(&self, version: &Version, digest: &Digest) -> bool {
        match self {
            Requirement::Range(range) => {
                range.matches(&semver::Version::new(version.major().into(), version.minor().into(), 0))
            }
            Requirement::Contract(required) => digest == required,
        }
    }
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Requirement::Range(range) => range.fmt(f),
            Requirement::Contract(digest) => digest.fmt(f),
        }
    }
}

/// A pin: a requirement that the operator sets for the calls of a client (setting `contract.pins`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientPin {
    /// Id of the OAuth client, name of the agent (the program that acts for the user), or name that a local client
    /// gives itself.
    client: String,
    /// Name of the tool that the pin is for; all tools if `None`.
    pub(crate) tool: Option<String>,
    pub(crate) requirement: Requirement,
}

impl ClientPin {
    /// Parses `CLIENT TOOL REQUIREMENT`. The tool `*` means all tools.
    ///
    /// # Errors
    /// If `text` isn't a pin. The message describes the syntax.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut words = text.trim().splitn(3, char::is_whitespace);
        let (Some(client), Some(tool), Some(requirement)) = (words.next(), words.next(), words.next()) else {
            return Err(
                "not a pin: write a client, a tool (or `*`) and a requirement, such as \"acme-agent list_invoices ^1\""
                    .into(),
            );
        };
        Ok(ClientPin {
            client: client.to_owned(),
            tool: (tool != "*").then(|| tool.to_owned()),
            requirement: Requirement::parse(requirement.trim())?,
        })
    }

    /// Returns `true` if the pin is for calls of `tool` by this caller. The pin's client must be the caller's client id
    /// or agent. The agent of the local user (a caller without a token) is a name and a version, such as `acme 3.1`;
    /// for a pin, the name is enough.
    pub(crate) fn is_for(&self, caller: &Caller, tool: &str) -> bool {
        let is_client = caller.client() == Some(&self.client)
            || caller.agent().is_some_and(|agent| {
                agent == self.client
                    || (caller.is_local() && names_in_label(agent).any(|name| name == self.client))
            });
        is_client && self.tool.as_deref().is_none_or(|pinned| pinned == tool)
    }
}

impl fmt::Display for ClientPin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.client, self.tool.as_deref().unwrap_or("*"), self.requirement)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::caller::Scopes;

    /// Returns `true` if `requirement` is valid, and version `major.minor` satisfies it.
    fn fits(requirement: &str, major: u32, minor: u32) -> bool {
        Requirement::parse(requirement)
            .is_ok_and(|requirement| requirement.fits(&Version::new(major, minor), &Digest::of_bytes(b"")))
    }

    #[test]
    fn requirement_is_parsed_in_the_syntax_of_cargo() {
        for (requirement, major, minor) in [
            ("^1.2", 1, 9),
            ("1.2", 1, 2),
            ("=2.1", 2, 1),
            (">=1, <3", 2, 7),
            (">=1 <3", 2, 7),
            ("2.*", 2, 0),
            ("*", 0, 1),
        ] {
            assert!(fits(requirement, major, minor), "{requirement} must allow {major}.{minor}");
        }
        for (requirement, major, minor) in [("^1.2", 1, 1), ("^1.2", 2, 0), ("=2.1", 2, 2), (">=1 <3", 3, 0)]
        {
            assert!(!fits(requirement, major, minor), "{requirement} must not allow {major}.{minor}");
        }
    }

    #[test]
    fn invalid_requirement_is_refused() {
        for text in ["", "newest", "1.x.y.z", "sha256:12", "sha256:", &"1".repeat(300), ">"] {
            assert!(Requirement::parse(text).is_err(), "an invalid requirement was accepted: {text:?}");
        }
        let digest = Digest::of_bytes(b"").to_string();
        assert!(Requirement::parse(&digest).is_ok(), "a complete digest must be accepted");
    }

    #[test]
    fn pin_applies_only_to_its_client_and_its_tool() {
        let Ok(pin) = ClientPin::parse("acme list >=1, <2") else { panic!("no pin") };
        let local = Caller::local(Scopes::All);
        assert!(pin.is_for(&local.clone().with_agent("acme 3.1"), "list"));
        // The agent of a verified token must be equal to the pin's client.
        assert!(pin.is_for(&Caller::new("ann").with_agent("acme"), "list"));
        assert!(!pin.is_for(&Caller::new("ann").with_agent("acme 3.1"), "list"));
        assert!(!pin.is_for(&local.clone().with_agent("acmes 3.1"), "list"));
        assert!(!pin.is_for(&local.clone().with_agent("acme 3.1"), "delete"));
        assert!(!pin.is_for(&local, "list"));
        // A pin has three parts, and the tool `*` means all tools.
        assert!(
            ClientPin::parse("acme ^1").is_err()
                && ClientPin::parse("acme * ^1").is_ok_and(|pin| pin.tool.is_none())
        );
    }
}
