//! Version policy: decides which version of a tool a call runs.
//!
//! 1. The request, its tool name (`find_v1`) and the operator's pins for the client ([`ClientPin`]) may require
//!    versions. Then the call runs the newest version that satisfies all these requirements.
//! 2. Otherwise, the call runs the contract that the caller last saw, by `tools/list` or in a refusal, or else the served
//!    version with the same major number and a later minor number.
//! 3. If no such contract is stored, because the caller never listed the tool or was forgotten, or if it has no [agent](Caller::agent) (the program that acts for the user),
//!    the call runs the newest version.
//!
//! If case 1 or 2 finds no version, the call is refused.

mod last_listed;
mod requirement;

use std::sync::Arc;

use crate::{
    call::caller::Caller,
    pipeline::registry::{RegisteredTool, Registry},
};
pub use last_listed::{LastListed, ListedVersions};
pub use requirement::{ClientPin, Requirement};

/// The result of [`Versions::resolve`].
#[derive(Debug)]
pub(crate) enum ResolvedVersion<'r> {
    /// The call runs this version.
    Found(&'r Arc<RegisteredTool>),
    /// No tool has the requested name. Also if the name is `find_v9`, and `find` has no major version 9.
    Unknown,
    /// No version satisfies all requirements of the request, its tool name and the client's pins.
    Unsatisfied {
        /// The requirements of the request and the pins, joined by ` and `, without the version that the tool name
        /// requires.
        requirements: String,
        /// All served versions of the tool, newest first.
        versions: Vec<&'r Arc<RegisteredTool>>,
    },
    /// The contract that the caller last listed is no longer served, and no later version has the same major number.
    /// Contains the newest version of the tool, which the refusal of the call shows to the caller.
    Changed(&'r Arc<RegisteredTool>),
}

/// The version policy's data: client pins and last-listed contracts.
#[derive(Debug)]
pub struct Versions {
    pub(crate) pins: Vec<ClientPin>,
    /// Contracts that callers last listed.
    pub last_listed: Arc<LastListed>,
}

impl Versions {
    /// Finds the version that a call of `name` runs. If no tool has the name `find_v1`, this name means major version 1
    /// of `find`.
    pub(crate) fn resolve<'r>(
        &self,
        registry: &'r Registry,
        caller: &Caller,
        name: &str,
        requires: Option<&Requirement>,
    ) -> ResolvedVersion<'r> {
        let with_major = |(plain, major)| {
            let family = registry.family(plain)?;
            family
                .iter()
                .any(|tool| tool.contract.version().major() == major)
                .then_some((family, Some(major)))
        };
        let found = registry.family(name).map(|family| (family, None));
        let Some((family, major)) = found.or_else(|| split_major(name).and_then(with_major)) else {
            return ResolvedVersion::Unknown;
        };
        let tool = family.first().map_or(name, |tool| tool.contract.name());
        let required: Vec<&Requirement> = self.pins_of(caller, tool).chain(requires).collect();
        let is_of_major =
            |tool: &&Arc<RegisteredTool>| major.is_none_or(|major| tool.contract.version().major() == major);
        let mut fitting = family
            .iter()
            .filter(is_of_major)
            .filter(|tool| required.iter().all(|one| one.fits(&tool.contract.version(), &tool.digest)));
        let Some(newest) = fitting.next() else {
            let requirements = required.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and ");
            return ResolvedVersion::Unsatisfied { requirements, versions: family.iter().collect() };
        };
        if !required.is_empty() || major.is_some() {
            return ResolvedVersion::Found(newest);
        }
        let Some((version, digest)) = self.last_listed.of(caller, tool) else {
            return ResolvedVersion::Found(newest);
        };
        // A later minor version accepts every call that the listed version accepts.
        let succeeds = |tool: &&Arc<RegisteredTool>| {
            let served = tool.contract.version();
            tool.digest == digest || (served.major() == version.major() && served.minor() > version.minor())
        };
        family.iter().find(succeeds).map_or(ResolvedVersion::Changed(newest), ResolvedVersion::Found)
    }

    /// Returns the tools of a caller's list: the versions that `is_permitted` and the client's pins allow. The newest
    /// version that the pins allow has the tool's own name in the list, and older major versions have names such as
    /// `find_v1`. `is_permitted` gets the index of a tool and returns `true` if the caller may use that tool.
    pub(crate) fn listed(
        &self,
        registry: &Registry,
        caller: &Caller,
        is_permitted: impl Fn(usize) -> bool,
    ) -> Vec<ListedTool> {
        let mut listed: Vec<ListedTool> = Vec::new();
        for (index, tool) in registry.tools().iter().enumerate() {
            let name = tool.contract.name();
            let fits = |tool: &RegisteredTool| {
                self.pins_of(caller, name).all(|pin| pin.fits(&tool.contract.version(), &tool.digest))
            };
            if !is_permitted(index) || !fits(tool) {
                continue;
            }
            // The tool's own name belongs to the newest version that the pins allow, even if the caller may not use that
            // version. So older versions are never listed under the tool's own name.
            let is_newer = |other: &Arc<RegisteredTool>| {
                other.contract.version() > tool.contract.version() && fits(other)
            };
            let is_newest = !registry.family(name).unwrap_or_default().iter().any(is_newer);
            listed.push(ListedTool { index, is_newest });
        }
        listed
    }

    fn pins_of<'v>(&'v self, caller: &'v Caller, tool: &'v str) -> impl Iterator<Item = &'v Requirement> {
        self.pins.iter().filter(move |pin| pin.is_for(caller, tool)).map(|pin| &pin.requirement)
    }
}

/// A tool in a caller's list.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ListedTool {
    /// Index of the tool in [`Registry::tools`].
    pub(crate) index: usize,
    /// `true` if the list shows the tool under its own name, `false` for a name such as `find_v1`.
    pub(crate) is_newest: bool,
}

/// Splits a name such as `find_v1` into name and major version. `None` for other names.
fn split_major(name: &str) -> Option<(&str, u32)> {
    let (plain, major) = name.rsplit_once("_v")?;
    let has_no_leading_zero = major == "0" || !major.starts_with('0');
    (has_no_leading_zero && major.bytes().all(|byte| byte.is_ascii_digit())).then_some(())?;
    Some((plain, major.parse().ok()?))
}
