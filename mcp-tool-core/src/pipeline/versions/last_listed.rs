//! What each caller last listed: the contracts that it holds the server to.

use std::{
    collections::HashMap,
    fs, io,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use mcp_tool_contract::{digest::Digest, model::Version};
use serde::{Deserialize, Serialize};

use crate::{
    call::caller::{Caller, Memo},
    pipeline::registry::RegisteredTool,
    sync::lock,
};

/// Callers of one generation. Two are kept, so that twice as many are remembered at most.
const GENERATION: usize = 5_000;
/// Lists that are told apart: callers with the same scopes list the same.
const LISTS: usize = 64;

/// What callers that can be named last listed: in memory, and in a file from one run of the server to the next.
#[derive(Debug)]
pub struct LastListed {
    callers: Mutex<Callers>,
    /// How often callers came to be held to something else than before, or to be nearer to being forgotten: callers
    /// keep what was found, and look again.
    changes: AtomicU64,
    place: u64,
    file: Option<PathBuf>,
}

impl Default for LastListed {
    fn default() -> Self {
        LastListed { callers: Mutex::default(), changes: AtomicU64::new(0), place: Memo::place(), file: None }
    }
}

/// The file: callers by their names, each with the place of its list.
#[derive(Default, Deserialize, Serialize)]
struct Kept {
    lists: Vec<HashMap<String, (String, String)>>,
    callers: Vec<(String, usize)>,
}

/// The names of a list, each with its version and contract.
pub type List = HashMap<String, (Version, Digest)>;

#[derive(Debug, Default)]
struct Callers {
    young: HashMap<String, Arc<List>>,
    old: HashMap<String, Arc<List>>,
    lists: Vec<Arc<List>>,
    changes: u64,
}

/// The name of a caller; none without an agent, who could be anyone at that machine.
fn named(caller: &Caller) -> Option<String> {
    let agent = caller.agent()?;
    // No name holds this character.
    let mut name = caller.issuer().map(|issuer| format!("{issuer}\u{1f}")).unwrap_or_default();
    name.push_str(&format!("{}\u{1f}{}\u{1f}{agent}", caller.tenant().unwrap_or_default(), caller.user()));
    Some(name)
}

impl LastListed {
    /// What the file holds; nothing yet where there is none.
    ///
    /// # Errors
    /// Where it can't be read, or isn't such a file.
    pub(crate) fn open(file: &Path) -> io::Result<Self> {
        let kept = match fs::read(file) {
            Ok(bytes) => serde_json::from_slice(&bytes)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Kept::default(),
            Err(error) => return Err(error),
        };
        let lists: Option<Vec<Arc<List>>> =
            kept.lists.into_iter().map(|list| read(list).map(Arc::new)).collect();
        let odd = || io::Error::new(io::ErrorKind::InvalidData, "it isn't what a server wrote");
        let lists = lists.ok_or_else(odd)?;
        let mut callers = Callers::default();
        for (name, place) in kept.callers {
            callers.keep(name, Arc::clone(lists.get(place).ok_or_else(odd)?));
        }
        callers.lists = lists.into_iter().take(LISTS).collect();
        Ok(LastListed { callers: Mutex::new(callers), file: Some(file.to_owned()), ..LastListed::default() })
    }

    /// Writes the file, where there is to be one: whole, or not at all.
    pub fn save(&self) -> io::Result<()> {
        let Some(file) = &self.file else { return Ok(()) };
        let callers = lock(&self.callers);
        let (mut kept, mut places) = (Kept::default(), HashMap::new());
        for (name, list) in callers.old.iter().chain(&callers.young) {
            let place = *places.entry(Arc::as_ptr(list)).or_insert_with(|| {
                let written = list.iter().map(|(tool, (version, digest))| {
                    (tool.clone(), (version.to_string(), digest.to_string()))
                });
                kept.lists.push(written.collect());
                kept.lists.len() - 1
            });
            kept.callers.push((name.clone(), place));
        }
        drop(callers);
        let beside = file.with_extension(format!("new.{}", std::process::id()));
        fs::write(&beside, serde_json::to_vec(&kept)?)?;
        fs::rename(&beside, file)
    }

    /// The list of these tools, for all who see them.
    pub fn list_of<'s>(newest: impl Iterator<Item = &'s RegisteredTool>) -> Arc<List> {
        Arc::new(
            newest
                .map(|tool| (tool.contract.name.to_owned(), (tool.contract.version, tool.digest)))
                .collect(),
        )
    }

    /// The caller has seen that list.
    pub fn listed_as(&self, caller: &Caller, list: &Arc<List>) {
        if let Some(name) = named(caller) {
            self.within(|callers| callers.remember(name, list));
        }
    }

    /// The caller has been told of one tool.
    pub(crate) fn told(&self, caller: &Caller, tool: &str, version: Version, digest: Digest) {
        let Some(name) = named(caller) else { return };
        let mut list =
            self.within(|callers| callers.of(&name)).map(|list| (*list).clone()).unwrap_or_default();
        list.insert(tool.to_owned(), (version, digest));
        self.listed_as(caller, &Arc::new(list));
    }

    /// What the caller knows of a tool, if it has listed it.
    pub(crate) fn of(&self, caller: &Caller, tool: &str) -> Option<(Version, Digest)> {
        caller.agent()?;
        let at = (self.place, self.changes.load(Ordering::Acquire));
        let list = caller.known().get(at, || self.within(|callers| callers.of(&named(caller)?)));
        list.as_ref().as_ref()?.get(tool).copied()
    }

    fn within<T>(&self, work: impl FnOnce(&mut Callers) -> T) -> T {
        let mut callers = lock(&self.callers);
        let done = work(&mut callers);
        self.changes.store(callers.changes, Ordering::Release);
        done
    }
}

fn read(list: HashMap<String, (String, String)>) -> Option<List> {
    list.into_iter()
        .map(|(tool, (version, digest))| {
            let (major, minor) = version.split_once('.')?;
            let version = Version { major: major.parse().ok()?, minor: minor.parse().ok()? };
            Some((tool, (version, Digest::parse(&digest)?)))
        })
        .collect()
}

impl Callers {
    fn of(&mut self, name: &str) -> Option<Arc<List>> {
        if let Some(list) = self.young.get(name) {
            return Some(Arc::clone(list));
        }
        let list = self.old.remove(name)?;
        self.keep(name.to_owned(), Arc::clone(&list));
        Some(list)
    }

    fn remember(&mut self, name: String, list: &Arc<List>) {
        if self.young.get(&name).is_some_and(|known| Arc::ptr_eq(known, list)) {
            return;
        }
        self.changes += 1;
        let same = self.lists.iter().position(|known| Arc::ptr_eq(known, list));
        match same.or_else(|| self.lists.iter().position(|known| known == list)) {
            // The next who sees it comes with the same one, and is compared by that alone.
            Some(place) => self.lists[place] = Arc::clone(list),
            None => {
                if self.lists.len() == LISTS {
                    self.lists.remove(0);
                }
                self.lists.push(Arc::clone(list));
            }
        }
        self.old.remove(&name);
        self.keep(name, Arc::clone(list));
    }

    fn keep(&mut self, name: String, list: Arc<List>) {
        if self.young.len() >= GENERATION && !self.young.contains_key(&name) {
            self.old = std::mem::take(&mut self.young);
            self.changes += 1;
        }
        self.young.insert(name, list);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(major: u32) -> Arc<List> {
        HashMap::from([("list".to_owned(), (Version { major, minor: 0 }, Digest::of_bytes(b"")))]).into()
    }

    #[test]
    fn no_more_callers_are_remembered_than_two_generations() {
        let known = LastListed::default();
        let caller = |number: usize| Caller::new("ann").with_agent(format!("agent {number}"));
        for number in 0..3 * GENERATION {
            known.listed_as(&caller(number), &list(1));
            // One that comes again and again is kept.
            assert!(known.of(&caller(0), "list").is_some(), "{number}");
        }
        let callers = lock(&known.callers);
        assert!(callers.young.len() + callers.old.len() <= 2 * GENERATION);
        assert_eq!(callers.lists.len(), 1);
        drop(callers);
        assert!(known.of(&caller(1), "list").is_none());
    }

    #[test]
    fn callers_are_told_apart_by_user_tenant_and_agent() {
        let known = LastListed::default();
        known.listed_as(&Caller::new("ann").with_agent("bot"), &list(1));
        known.listed_as(&Caller::new("ann").with_agent("bot").with_tenant("acme"), &list(2));
        let of = |caller: Caller| known.of(&caller, "list").map(|(version, _)| version.major);
        assert_eq!(of(Caller::new("ann").with_agent("bot")), Some(1));
        assert_eq!(of(Caller::new("ann").with_agent("bot").with_tenant("acme")), Some(2));
        assert_eq!(of(Caller::new("bob").with_agent("bot")), None);
        assert_eq!(of(Caller::new("ann")), None);
    }
}
