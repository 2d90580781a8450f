//! Version policy: the version of a tool that a call runs.
//!
//! If the request or the client's pins require versions, it is the newest that satisfies them all. Otherwise it is the
//! version that the caller last listed, or a later minor version of it. A caller that listed nothing gets the newest.

mod last_listed;
mod requirement;

use std::sync::Arc;

use crate::{
    call::caller::Caller,
    pipeline::registry::{RegisteredTool, Registry},
};
pub use last_listed::{LastListed, List};
pub use requirement::{ClientPin, Requirement};

/// The result of [`Versions::resolve`].
#[derive(Debug)]
pub(crate) enum ResolvedVersion<'r> {
    /// The call runs this version.
    Found(&'r Arc<RegisteredTool>),
    /// No tool has the name.
    Unknown,
    /// No version satisfies all requirements.
    Unsatisfied {
        /// The requirements, as text.
        asked: String,
        /// All versions, newest first.
        versions: Vec<&'r Arc<RegisteredTool>>,
    },
    /// The caller last listed a version that is no longer served and has no successor; this is the newest version.
    Changed(&'r Arc<RegisteredTool>),
}

/// Client pins and last-listed contracts.
#[derive(Debug, Default)]
pub struct Versions {
    pub(crate) pins: Vec<ClientPin>,
    /// Contracts that callers last listed.
    pub last_listed: Arc<LastListed>,
}

impl Versions {
    /// Finds the version that a call of `name` runs. A name such as `find_v1` is for major version 1 of `find`.
    pub(crate) fn resolve<'r>(
        &self,
        registry: &'r Registry,
        caller: &Caller,
        name: &str,
        requires: Option<&Requirement>,
    ) -> ResolvedVersion<'r> {
        let older = |(plain, major)| {
            let family = registry.family(plain)?;
            family
                .iter()
                .any(|tool| tool.contract.version().major() == major)
                .then_some((family, Some(major)))
        };
        let found = registry.family(name).map(|family| (family, None));
        let Some((family, major)) = found.or_else(|| major_of(name).and_then(older)) else {
            return ResolvedVersion::Unknown;
        };
        let tool = family.first().map_or(name, |tool| tool.contract.name());
        let pins: Vec<&Requirement> = self.pins_of(caller, tool).chain(requires).collect();
        let is_of_major =
            |tool: &&Arc<RegisteredTool>| major.is_none_or(|major| tool.contract.version().major() == major);
        let mut fitting = family
            .iter()
            .filter(is_of_major)
            .filter(|tool| pins.iter().all(|pin| pin.fits(&tool.contract.version(), &tool.digest)));
        let Some(newest) = fitting.next() else {
            let asked = pins.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and ");
            return ResolvedVersion::Unsatisfied { asked, versions: family.iter().collect() };
        };
        if !pins.is_empty() || major.is_some() {
            return ResolvedVersion::Found(newest);
        }
        let Some((version, digest)) = self.last_listed.of(caller, tool) else {
            return ResolvedVersion::Found(newest);
        };
        // A later minor version is compatible with the one that was listed.
        let succeeds = |tool: &&Arc<RegisteredTool>| {
            let own = tool.contract.version();
            tool.digest == digest || (own.major() == version.major() && own.minor() > version.minor())
        };
        family.iter().find(succeeds).map_or(ResolvedVersion::Changed(newest), ResolvedVersion::Found)
    }

    /// Returns the tools of a caller's list. The newest version that its pins allow is listed under the tool's own
    /// name, and older major versions under names such as `find_v1`. `is_permitted` decides by the tool's index if the
    /// caller may use it.
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
            // A call by the tool's own name runs the newest version, even if this caller may not use that one.
            let newer = |other: &Arc<RegisteredTool>| {
                other.contract.version() > tool.contract.version() && fits(other)
            };
            let is_newest = !registry.family(name).unwrap_or_default().iter().any(newer);
            listed.push(ListedTool { index, is_newest });
        }
        listed
    }

    fn pins_of<'v>(&'v self, caller: &'v Caller, tool: &'v str) -> impl Iterator<Item = &'v Requirement> {
        self.pins.iter().filter(move |pin| pin.is_for(caller, tool)).map(|pin| &pin.requirement)
    }
}

/// A tool in a list.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ListedTool {
    /// Index among all tools.
    pub(crate) index: usize,
    /// True if the tool is listed under its own name.
    pub(crate) is_newest: bool,
}

/// Splits a name such as `find_v1` into name and major version.
fn major_of(name: &str) -> Option<(&str, u32)> {
    let (plain, major) = name.rsplit_once("_v")?;
    let is_plain = major == "0" || !major.starts_with('0');
    (is_plain && major.bytes().all(|byte| byte.is_ascii_digit())).then_some(())?;
    Some((plain, major.parse().ok()?))
}
