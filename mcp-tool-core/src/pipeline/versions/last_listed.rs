//! The contracts that each caller last listed by `tools/list`, so that calls run the version that the caller knows.

use std::{
    collections::{HashMap, VecDeque},
    fs::{self, OpenOptions},
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use mcp_tool_contract::{digest::Digest, model::Version};
use serde::{Deserialize, Serialize};

use crate::{
    call::{cache::CacheSlot, caller::Caller},
    pipeline::registry::RegisteredTool,
    regular_file,
    shares::Shares,
    sync::lock,
};

/// Maximum callers in one generation of [`CallerLists`]. It has two generations, so at most 10,000 callers are
/// remembered.
const GENERATION: usize = 5_000;
/// Maximum callers of one user in one generation: pairs of the user and an agent. So a user that registers many agents
/// doesn't displace the callers of other users.
const MAX_OF_USER: u32 = 500;
/// Maximum distinct lists that are kept to be shared by further callers. Callers with equal scopes usually get equal
/// lists.
const MAX_SHARED_LISTS: usize = 64;

/// Last-listed contracts of the callers that have an [agent](Caller::agent), the program that acts for the user. They
/// are kept in memory. If the setting `contract.last_listed_file` names a file, they also survive restarts of the
/// server.
#[derive(Debug)]
pub struct LastListed {
    callers: Mutex<CallerLists>,
    /// Copy of [`CallerLists::changes`] that is read without the lock, to check whether a list that a caller caches is
    /// current.
    changes: AtomicU64,
    /// Id of this value in the caches of callers, so that lists of another `LastListed` aren't used; see [`CacheSlot`].
    source_id: u64,
    file: Option<PathBuf>,
}

/// Contents of the file: the distinct lists, and the key of each caller with the index of the caller's list.
#[derive(Default, Deserialize, Serialize)]
struct LastListedFile {
    /// Version and contract digest of each tool as text, by the tool's name.
    lists: Vec<HashMap<String, (String, String)>>,
    callers: Vec<(String, usize)>,
}

/// A list of tools: version and contract digest of each tool, by the tool's name.
pub type ListedVersions = HashMap<String, (Version, Digest)>;

/// The last list of each caller, in two generations. When the younger generation is full, it replaces the older one,
/// whose callers are forgotten. A caller of the older generation that calls again moves to the younger one.
#[derive(Debug)]
struct CallerLists {
    /// Maximum callers in `young` of one user who isn't the local user.
    max_of_user: usize,
    /// The callers in `young` of each user who isn't the local user, oldest first.
    of_users: HashMap<String, VecDeque<String>>,
    young: HashMap<String, Arc<ListedVersions>>,
    old: HashMap<String, Arc<ListedVersions>>,
    /// The most recent distinct lists, so that callers with equal lists share one `Arc`.
    shared: Vec<Arc<ListedVersions>>,
    /// Number that grows when a caller's list changes or callers are forgotten.
    changes: u64,
}

/// Returns the key of a caller: issuer, tenant, user and agent. `None` for a caller without an agent, since several
/// programs with different lists may call as such a caller.
fn caller_key(caller: &Caller) -> Option<String> {
    let agent = caller.agent()?;
    // The parts are joined by the control character U+001F. No part contains it: tokens with control characters in
    // names are refused, and the names that local clients give themselves are escaped.
    let mut key = caller.issuer().map(|issuer| format!("{issuer}\u{1f}")).unwrap_or_default();
    key.push_str(&format!("{}\u{1f}{}\u{1f}{agent}", caller.tenant().unwrap_or_default(), caller.user()));
    Some(key)
}

/// Returns the part of a caller's key that all callers of the user have in common; `None` for the local user, whose
/// agents are the names of all clients over stdio, and over HTTP without authorization.
fn user_key(key: &str) -> Option<&str> {
    let (user, _) = key.rsplit_once('\u{1f}')?;
    // The local user has no issuer and no tenant.
    (user.strip_prefix('\u{1f}') != Some(Caller::LOCAL)).then_some(user)
}

impl LastListed {
    /// Remembers no caller yet. `shares` decides if the number of callers of one user is limited.
    pub(crate) fn new(shares: &Shares) -> Self {
        LastListed {
            callers: Mutex::new(CallerLists::new(shares.unless_whole(MAX_OF_USER) as usize)),
            changes: AtomicU64::new(0),
            source_id: CacheSlot::new_source_id(),
            file: None,
        }
    }

    /// Reads the file, for the same `shares` as in [`new`](Self::new). A missing file counts as empty.
    ///
    /// # Errors
    /// If the file can't be read, or its contents aren't those that [`save`](Self::save) writes.
    pub(crate) fn open(file: &Path, shares: &Shares) -> io::Result<Self> {
        let read = regular_file::read(file).and_then(|mut file| {
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes).map(|_| bytes)
        });
        let stored: LastListedFile = match read {
            Ok(bytes) => serde_json::from_slice(&bytes)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => LastListedFile::default(),
            Err(error) => return Err(error),
        };
        let lists: Option<Vec<Arc<ListedVersions>>> =
            stored.lists.into_iter().map(|list| parse_list(list).map(Arc::new)).collect();
        let invalid =
            || io::Error::new(io::ErrorKind::InvalidData, "its contents were not written by a server");
        let lists = lists.ok_or_else(invalid)?;
        let last_listed = LastListed::new(shares);
        let mut callers = lock(&last_listed.callers);
        for (key, index) in stored.callers {
            callers.insert(key, Arc::clone(lists.get(index).ok_or_else(invalid)?));
        }
        callers.shared = lists.into_iter().take(MAX_SHARED_LISTS).collect();
        last_listed.changes.store(callers.changes, Ordering::Release);
        drop(callers);
        Ok(LastListed { file: Some(file.to_owned()), ..last_listed })
    }

    /// Writes the file, if one is configured; the command `serve` calls this when the server ends. The old file is
    /// replaced atomically. If the path is a symbolic link, the file that it leads to is replaced. On Unix, only the
    /// owner may access the file.
    ///
    /// # Errors
    /// If the file can't be written.
    pub fn save(&self) -> io::Result<()> {
        let Some(file) = &self.file else { return Ok(()) };
        let callers = lock(&self.callers);
        let (mut stored, mut indices) = (LastListedFile::default(), HashMap::new());
        for (key, list) in callers.old.iter().chain(&callers.young) {
            let index = *indices.entry(Arc::as_ptr(list)).or_insert_with(|| {
                let written = list.iter().map(|(tool, (version, digest))| {
                    (tool.clone(), (version.to_string(), digest.to_string()))
                });
                stored.lists.push(written.collect());
                stored.lists.len() - 1
            });
            stored.callers.push((key.clone(), index));
        }
        drop(callers);
        let file = fs::canonicalize(file).unwrap_or_else(|_| file.clone());
        let temporary = file.with_extension(format!("new.{}", std::process::id()));
        let bytes = serde_json::to_vec(&stored)?;
        // A crash may have left the file of a process with the same id, as in a container, where the id is always 1.
        drop(fs::remove_file(&temporary));
        regular_file::open(&temporary, OpenOptions::new().write(true).create_new(true))
            .and_then(|mut new| new.write_all(&bytes))
            .and_then(|()| fs::rename(&temporary, file))
            .inspect_err(|_| drop(fs::remove_file(&temporary)))
    }

    /// Returns the [`ListedVersions`] of these tools: one version of each. Callers that see the same tools can share
    /// it.
    pub fn list_of<'s>(tools: impl Iterator<Item = &'s RegisteredTool>) -> Arc<ListedVersions> {
        Arc::new(
            tools
                .map(|tool| (tool.contract.name().to_owned(), (tool.contract.version(), tool.digest)))
                .collect(),
        )
    }

    /// Stores `list` as the caller's last list. Has no effect for a caller without an agent.
    pub fn remember_list(&self, caller: &Caller, list: &Arc<ListedVersions>) {
        if let Some(key) = caller_key(caller) {
            self.update(|callers| callers.remember(key, list));
        }
    }

    /// Sets version and digest of one tool in the caller's last list, because an error has shown the tool's newest
    /// contract to the caller.
    pub(crate) fn remember_tool(&self, caller: &Caller, tool: &str, version: Version, digest: Digest) {
        let Some(key) = caller_key(caller) else { return };
        let mut list =
            self.update(|callers| callers.find(&key)).map(|list| (*list).clone()).unwrap_or_default();
        list.insert(tool.to_owned(), (version, digest));
        self.remember_list(caller, &Arc::new(list));
    }

    /// Returns version and contract digest of a tool in the caller's last list; `None` if the caller didn't list the
    /// tool, or has no agent.
    pub(crate) fn of(&self, caller: &Caller, tool: &str) -> Option<(Version, Digest)> {
        caller.agent()?;
        let current = (self.source_id, self.changes.load(Ordering::Acquire));
        let list =
            caller.last_listed().get(current, || self.update(|callers| callers.find(&caller_key(caller)?)));
        list.as_ref().as_ref()?.get(tool).copied()
    }

    /// Runs `work` with the lock, and updates the copy of `changes`.
    fn update<T>(&self, work: impl FnOnce(&mut CallerLists) -> T) -> T {
        let mut callers = lock(&self.callers);
        let result = work(&mut callers);
        self.changes.store(callers.changes, Ordering::Release);
        result
    }
}

/// Parses a list of the file. `None` if a version or digest is malformed.
fn parse_list(list: HashMap<String, (String, String)>) -> Option<ListedVersions> {
    list.into_iter()
        .map(|(tool, (version, digest))| {
            let (major, minor) = version.split_once('.')?;
            let version = Version::new(major.parse().ok()?, minor.parse().ok()?);
            Some((tool, (version, Digest::parse(&digest)?)))
        })
        .collect()
}

impl CallerLists {
    fn new(max_of_user: usize) -> Self {
        CallerLists {
            max_of_user,
            of_users: HashMap::new(),
            young: HashMap::new(),
            old: HashMap::new(),
            shared: Vec::new(),
            changes: 0,
        }
    }

    /// Returns a caller's list, and moves the caller to the younger generation.
    fn find(&mut self, key: &str) -> Option<Arc<ListedVersions>> {
        if let Some(list) = self.young.get(key) {
            return Some(Arc::clone(list));
        }
        let list = self.old.remove(key)?;
        self.insert(key.to_owned(), Arc::clone(&list));
        Some(list)
    }

    /// Sets a caller's list. If an equal list is shared, `list` replaces the shared one.
    fn remember(&mut self, key: String, list: &Arc<ListedVersions>) {
        if self.young.get(&key).is_some_and(|known| Arc::ptr_eq(known, list)) {
            return;
        }
        self.changes += 1;
        let same = self.shared.iter().position(|known| Arc::ptr_eq(known, list));
        match same.or_else(|| self.shared.iter().position(|known| known == list)) {
            // Further callers usually pass the same `Arc`, which the fast comparison of pointers then finds.
            Some(index) => self.shared[index] = Arc::clone(list),
            None => {
                if self.shared.len() == MAX_SHARED_LISTS {
                    self.shared.remove(0);
                }
                self.shared.push(Arc::clone(list));
            }
        }
        self.old.remove(&key);
        self.insert(key, Arc::clone(list));
    }

    /// Adds a caller to the younger generation. If the caller's user has its maximum there, forgets the oldest of the
    /// user's callers. If the generation is full, starts a new one and forgets the older one.
    fn insert(&mut self, key: String, list: Arc<ListedVersions>) {
        if let Some(known) = self.young.get_mut(&key) {
            *known = list;
            return;
        }
        let user = user_key(&key).map(str::to_owned);
        let oldest_of_user = user
            .as_ref()
            .and_then(|user| self.of_users.get_mut(user))
            .filter(|keys| keys.len() >= self.max_of_user)
            .and_then(VecDeque::pop_front);
        if let Some(oldest) = oldest_of_user {
            self.young.remove(&oldest);
            self.changes += 1;
        } else if self.young.len() >= GENERATION {
            self.old = std::mem::take(&mut self.young);
            self.of_users.clear();
            self.changes += 1;
        }
        if let Some(user) = user {
            self.of_users.entry(user).or_default().push_back(key.clone());
        }
        self.young.insert(key, list);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns a list with one tool, `find`, in version `major.0`.
    fn list_of_find(major: u32) -> Arc<ListedVersions> {
        HashMap::from([("find".to_owned(), (Version::new(major, 0), Digest::of_bytes(b"")))]).into()
    }

    #[test]
    fn callers_of_two_generations_are_remembered() {
        let last_listed = LastListed::new(&Shares::new(50));
        let caller = |number: usize| Caller::new(format!("user {number}")).with_agent("agent");
        for number in 0..3 * GENERATION {
            last_listed.remember_list(&caller(number), &list_of_find(1));
            // A caller that calls is moved to the younger generation, and so isn't forgotten.
            assert!(
                last_listed.of(&caller(0), "find").is_some(),
                "caller 0 was forgotten after caller {number}"
            );
        }
        let callers = lock(&last_listed.callers);
        assert!(callers.young.len() + callers.old.len() <= 2 * GENERATION);
        assert_eq!(callers.shared.len(), 1, "equal lists must be shared");
        drop(callers);
        assert!(last_listed.of(&caller(1), "find").is_none(), "caller 1 only listed and must be forgotten");
    }

    #[test]
    fn agents_of_one_user_do_not_displace_callers_of_other_users() {
        let last_listed = LastListed::new(&Shares::new(50));
        let of = |user: &str, agent: usize| {
            Caller::new(user).with_issuer("https://as.example").with_agent(format!("agent {agent}"))
        };
        last_listed.remember_list(&of("ann", 0), &list_of_find(1));
        let max = MAX_OF_USER as usize;
        for agent in 0..3 * GENERATION {
            last_listed.remember_list(&of("eve", agent), &list_of_find(1));
        }
        assert!(last_listed.of(&of("ann", 0), "find").is_some(), "another user's caller was forgotten");
        assert!(last_listed.of(&of("eve", 3 * GENERATION - max), "find").is_some());
        assert!(last_listed.of(&of("eve", 3 * GENERATION - max - 1), "find").is_none());
        let callers = lock(&last_listed.callers);
        assert_eq!((callers.young.len(), callers.of_users.len()), (max + 1, 2));
    }

    #[test]
    fn clients_of_the_local_user_are_not_limited_as_one_user() {
        let last_listed = LastListed::new(&Shares::new(50));
        let local = |agent: u32| {
            Caller::local(crate::call::caller::Scopes::All).with_agent(format!("client {agent}"))
        };
        for agent in 0..=MAX_OF_USER {
            last_listed.remember_list(&local(agent), &list_of_find(1));
        }
        assert!(last_listed.of(&local(0), "find").is_some());
    }

    #[test]
    fn callers_are_distinguished_by_user_tenant_and_agent() {
        let last_listed = LastListed::new(&Shares::new(50));
        last_listed.remember_list(&Caller::new("ann").with_agent("bot"), &list_of_find(1));
        last_listed
            .remember_list(&Caller::new("ann").with_agent("bot").with_tenant("acme"), &list_of_find(2));
        let major_of = |caller: Caller| last_listed.of(&caller, "find").map(|(version, _)| version.major());
        assert_eq!(major_of(Caller::new("ann").with_agent("bot")), Some(1));
        assert_eq!(major_of(Caller::new("ann").with_agent("bot").with_tenant("acme")), Some(2));
        assert_eq!(major_of(Caller::new("bob").with_agent("bot")), None);
        assert_eq!(major_of(Caller::new("ann")), None);
    }
}
