//! What each caller last listed: the contracts that it holds the server to.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use mcp_tool_contract::{digest::Digest, model::Version};

use super::Listed;
use crate::identity::Caller;

/// Callers of one generation. Two are kept, so that twice as many are remembered at most.
const GENERATION: usize = 5_000;
/// Lists that are told apart: callers with the same scopes list the same.
const LISTS: usize = 64;

/// What callers that can be named last listed. In memory: it ends with the process.
#[derive(Debug, Default)]
pub(crate) struct Known(Mutex<Callers>);

/// The names of a list, each with its version and contract.
type List = HashMap<String, (Version, Digest)>;

#[derive(Debug, Default)]
struct Callers {
    young: HashMap<String, Arc<List>>,
    old: HashMap<String, Arc<List>>,
    lists: Vec<Arc<List>>,
}

/// The name of a caller; none without an agent, who could be anyone at that machine.
fn named(caller: &Caller) -> Option<String> {
    let agent = caller.agent()?;
    // No name holds this character.
    Some(format!("{}\u{1f}{}\u{1f}{agent}", caller.tenant().unwrap_or_default(), caller.user()))
}

impl Known {
    /// The caller has seen these.
    pub(crate) fn listed(&self, caller: &Caller, listed: &[Listed<'_>]) {
        let newest = listed.iter().filter(|listed| listed.is_newest);
        let list = newest.map(|listed| {
            let tool = listed.tool;
            (tool.contract.name.to_owned(), (tool.contract.version, tool.digest))
        });
        self.remember(caller, list.collect());
    }

    /// The caller has been told of one tool.
    pub(crate) fn told(&self, caller: &Caller, tool: &str, version: Version, digest: Digest) {
        let Some(name) = named(caller) else { return };
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).of(&name);
        let mut list = known.map(|list| (*list).clone()).unwrap_or_default();
        list.insert(tool.to_owned(), (version, digest));
        self.remember(caller, list);
    }

    /// What the caller knows of a tool, if it has listed it.
    pub(crate) fn of(&self, caller: &Caller, tool: &str) -> Option<(Version, Digest)> {
        let name = named(caller)?;
        let list = self.0.lock().unwrap_or_else(PoisonError::into_inner).of(&name)?;
        list.get(tool).copied()
    }

    fn remember(&self, caller: &Caller, list: List) {
        if let Some(name) = named(caller) {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).remember(name, list);
        }
    }
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

    fn remember(&mut self, name: String, list: List) {
        let list = match self.lists.iter().find(|known| ***known == list) {
            Some(known) => Arc::clone(known),
            None => {
                let list = Arc::new(list);
                if self.lists.len() == LISTS {
                    self.lists.remove(0);
                }
                self.lists.push(Arc::clone(&list));
                list
            }
        };
        self.old.remove(&name);
        self.keep(name, list);
    }

    fn keep(&mut self, name: String, list: Arc<List>) {
        if self.young.len() >= GENERATION && !self.young.contains_key(&name) {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(name, list);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(major: u32) -> List {
        HashMap::from([("list".to_owned(), (Version { major, minor: 0 }, Digest::of_bytes(b"")))])
    }

    #[test]
    fn no_more_callers_are_remembered_than_two_generations() {
        let known = Known::default();
        let caller = |number: usize| Caller::new("ann").with_agent(format!("agent {number}"));
        for number in 0..3 * GENERATION {
            known.remember(&caller(number), list(1));
            // One that comes again and again is kept.
            assert!(known.of(&caller(0), "list").is_some(), "{number}");
        }
        let callers = known.0.lock().unwrap_or_else(PoisonError::into_inner);
        assert!(callers.young.len() + callers.old.len() <= 2 * GENERATION);
        assert_eq!(callers.lists.len(), 1);
        drop(callers);
        assert!(known.of(&caller(1), "list").is_none());
    }

    #[test]
    fn callers_are_told_apart_by_user_tenant_and_agent() {
        let known = Known::default();
        known.remember(&Caller::new("ann").with_agent("bot"), list(1));
        known.remember(&Caller::new("ann").with_agent("bot").with_tenant("acme"), list(2));
        let of = |caller: Caller| known.of(&caller, "list").map(|(version, _)| version.major);
        assert_eq!(of(Caller::new("ann").with_agent("bot")), Some(1));
        assert_eq!(of(Caller::new("ann").with_agent("bot").with_tenant("acme")), Some(2));
        assert_eq!(of(Caller::new("bob").with_agent("bot")), None);
        assert_eq!(of(Caller::new("ann")), None);
    }
}
