//! Which version of a tool a call means: what its caller asks for, what the operator pinned its client to, what
//! it last listed; else the newest.

mod last_listed;
mod requirement;

use std::sync::Arc;

use crate::{
    call::caller::Caller,
    pipeline::registry::{RegisteredTool, Registry},
};
pub use last_listed::{LastListed, List};
pub use requirement::{ClientPin, Requirement};

/// What a call named.
#[derive(Debug)]
pub(crate) enum Resolved<'r> {
    /// This version.
    Is(&'r Arc<RegisteredTool>),
    /// No tool of that name is served.
    Unknown,
    /// The tool is served, and no version of it that this asks for.
    Unsatisfied { asked: String, versions: Vec<&'r Arc<RegisteredTool>> },
    /// The caller knows a version that isn't served any more, and this one isn't its successor.
    Changed(&'r Arc<RegisteredTool>),
}

/// Versions as callers may ask for them.
#[derive(Debug, Default)]
pub struct Versions {
    pub(crate) pins: Vec<ClientPin>,
    pub last_listed: Arc<LastListed>,
}

impl Versions {
    /// The version that is meant by a name, which may be `name_v1` for an older major.
    pub(crate) fn resolve<'r>(
        &self,
        registry: &'r Registry,
        caller: &Caller,
        name: &str,
        requires: Option<&Requirement>,
    ) -> Resolved<'r> {
        let older = |(plain, major)| {
            let family = registry.family(plain)?;
            family.iter().any(|tool| tool.contract.version.major == major).then_some((family, Some(major)))
        };
        let found = registry.family(name).map(|family| (family, None));
        let Some((family, major)) = found.or_else(|| major_of(name).and_then(older)) else {
            return Resolved::Unknown;
        };
        let tool = family.first().map_or(name, |tool| tool.contract.name);
        let pins: Vec<&Requirement> = self.pins_of(caller, tool).chain(requires).collect();
        let is_of_major =
            |tool: &&Arc<RegisteredTool>| major.is_none_or(|major| tool.contract.version.major == major);
        let mut fitting = family
            .iter()
            .filter(is_of_major)
            .filter(|tool| pins.iter().all(|pin| pin.fits(&tool.contract.version, &tool.digest)));
        let Some(newest) = fitting.next() else {
            let asked = pins.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and ");
            return Resolved::Unsatisfied { asked, versions: family.iter().collect() };
        };
        if !pins.is_empty() || major.is_some() {
            return Resolved::Is(newest);
        }
        let Some((version, digest)) = self.last_listed.of(caller, tool) else { return Resolved::Is(newest) };
        // What is known is served by its own version, or by a later one of its major: minor versions break nobody.
        let succeeds = |tool: &&Arc<RegisteredTool>| {
            let own = tool.contract.version;
            tool.digest == digest || (own.major == version.major && own.minor > version.minor)
        };
        family.iter().find(succeeds).map_or(Resolved::Changed(newest), Resolved::Is)
    }

    /// The tools that a caller may know of, by their places among all, each under the name that it calls: the newest version that its
    /// client's pins allow under the tool's own, older majors under `name_v1`.
    pub(crate) fn listed(
        &self,
        registry: &Registry,
        caller: &Caller,
        may: impl Fn(usize) -> bool,
    ) -> Vec<Listed> {
        let mut listed: Vec<Listed> = Vec::new();
        for (place, tool) in registry.tools().iter().enumerate() {
            let name = tool.contract.name;
            let fits = |tool: &RegisteredTool| {
                self.pins_of(caller, name).all(|pin| pin.fits(&tool.contract.version, &tool.digest))
            };
            if !may(place) || !fits(tool) {
                continue;
            }
            // A call by the tool's own name means the newest, whether or not this caller may use it.
            let newer =
                |other: &Arc<RegisteredTool>| other.contract.version > tool.contract.version && fits(other);
            let is_newest = !registry.family(name).unwrap_or_default().iter().any(newer);
            listed.push(Listed { place, is_newest });
        }
        listed
    }

    fn pins_of<'v>(&'v self, caller: &'v Caller, tool: &'v str) -> impl Iterator<Item = &'v Requirement> {
        self.pins.iter().filter(move |pin| pin.is_for(caller, tool)).map(|pin| &pin.requirement)
    }
}

/// A tool in a list.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Listed {
    /// Where it stands among all tools.
    pub(crate) place: usize,
    /// Whether it stands under the tool's own name.
    pub(crate) is_newest: bool,
}

/// The name and the major of `name_v1`.
fn major_of(name: &str) -> Option<(&str, u32)> {
    let (plain, major) = name.rsplit_once("_v")?;
    let is_plain = major == "0" || !major.starts_with('0');
    (is_plain && major.bytes().all(|byte| byte.is_ascii_digit())).then_some(())?;
    Some((plain, major.parse().ok()?))
}
