//! The state that results from applying all entries of the control file in order.

use std::{
    collections::{HashMap, hash_map::Entry},
    time::{Duration, SystemTime},
};

use super::entry::{ControlAction, ControlEntry, DisableTarget, RevokedTokens};
use crate::{
    call::caller::{Caller, names_in_label},
    ports::Issued,
};

/// Disabled tools, clients and users, and revoked tokens. Each map has, by name or id, the entry that disabled or
/// revoked the item.
#[derive(Clone, Debug, Default)]
pub struct ControlState {
    disabled_tools: HashMap<String, ControlEntry>,
    disabled_clients: HashMap<String, ControlEntry>,
    disabled_users: HashMap<String, ControlEntry>,
    revoked_ids: HashMap<String, ControlEntry>,
    revoked_subjects: HashMap<String, ControlEntry>,
    revoked_clients: HashMap<String, ControlEntry>,
    /// Number of entries in `disabled_clients` that refuse callers whose tokens name no client.
    refusing_unidentified: usize,
    /// Latest time of the entries in `revoked_clients` that revoke tokens which name no client.
    unidentified_revoked: Option<SystemTime>,
    /// All tokens that were issued before this time are revoked. If several entries have such a time, the latest time
    /// applies.
    revoked_before: Option<(SystemTime, ControlEntry)>,
}

/// Part of a caller that is disabled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disabled {
    /// The user.
    User,
    /// The client: an OAuth client or an agent. Over stdio, and over HTTP without authorization, the client with the
    /// name that it gives itself.
    Client,
    /// The token names no client, so its client may be a disabled one.
    Unidentified,
}

impl Disabled {
    /// Returns the member `reason` of the record of a refused call.
    pub(crate) const fn reason(self) -> &'static str {
        match self {
            Disabled::User => "user_disabled",
            Disabled::Client => "client_disabled",
            Disabled::Unidentified => "client_unidentified",
        }
    }

    /// Returns the message for the refused caller.
    pub(crate) const fn message(self) -> &'static str {
        match self {
            Disabled::User | Disabled::Client => "the operator has disabled this user or client",
            Disabled::Unidentified => {
                "the token names no client, and the operator refuses such tokens while a client is disabled: send a token \
                 that names its client"
            }
        }
    }
}

/// Maximum time by which an issuer's clock may be ahead of this server's.
const MAX_SKEW: Duration = Duration::from_secs(30);

impl ControlState {
    /// Applies `lines` in order, and returns the resulting state.
    ///
    /// # Errors
    /// A line is not an entry. The error is the number of the first such line, from 1, and the reason.
    pub(crate) fn fold(lines: &[u8]) -> Result<Self, (usize, String)> {
        let mut state = ControlState::default();
        for (index, line) in lines.split_inclusive(|byte| *byte == b'\n').enumerate() {
            let line = line.strip_suffix(b"\n").unwrap_or(line);
            state.apply(ControlEntry::parse(line).map_err(|reason| (index + 1, reason))?);
        }
        Ok(state)
    }

    fn apply(&mut self, mut entry: ControlEntry) {
        match entry.action.clone() {
            ControlAction::Disable(target) => {
                let (map, name) = self.disabled(target);
                let was_refusing = map.get(&name).is_some_and(|old| old.refuse_unidentified);
                // Disabling a client again doesn't permit unidentified tokens. Only `enable` does.
                entry.refuse_unidentified |= was_refusing;
                let is_refusing = entry.refuse_unidentified;
                map.insert(name, entry);
                self.refusing_unidentified += usize::from(is_refusing && !was_refusing);
            }
            ControlAction::Enable(target) => {
                let (map, name) = self.disabled(target);
                let was_refusing = map.remove(&name).is_some_and(|old| old.refuse_unidentified);
                self.refusing_unidentified -= usize::from(was_refusing);
            }
            ControlAction::Revoke(RevokedTokens::Id(id)) => drop(self.revoked_ids.insert(id, entry)),
            ControlAction::Revoke(RevokedTokens::Subject(subject)) => {
                let _ = insert_latest(&mut self.revoked_subjects, subject, entry);
            }
            ControlAction::Revoke(RevokedTokens::Client(client)) => {
                let entry = insert_latest(&mut self.revoked_clients, client, entry);
                if entry.refuse_unidentified {
                    // The time of the entry of a client never becomes earlier.
                    self.unidentified_revoked = self.unidentified_revoked.max(Some(entry.time.into()));
                }
            }
            ControlAction::Revoke(RevokedTokens::Before(time)) => {
                let time = SystemTime::from(time);
                if self.revoked_before.as_ref().is_none_or(|(latest, _)| *latest < time) {
                    self.revoked_before = Some((time, entry));
                }
            }
        }
    }

    /// Returns the map in which the target is listed while it is disabled, and the key of the target in this map.
    fn disabled(&mut self, target: DisableTarget) -> (&mut HashMap<String, ControlEntry>, String) {
        match target {
            DisableTarget::Tool(tool) => (&mut self.disabled_tools, tool),
            DisableTarget::Client(client) => (&mut self.disabled_clients, client),
            DisableTarget::User(user) => (&mut self.disabled_users, user),
        }
    }

    /// Returns `true` if nothing is disabled or revoked.
    pub(crate) fn is_empty(&self) -> bool {
        self.entries().next().is_none()
    }

    /// Returns the entries in effect, in no particular order.
    pub fn entries(&self) -> impl Iterator<Item = &ControlEntry> {
        let disabled = [&self.disabled_tools, &self.disabled_clients, &self.disabled_users];
        let revoked = [&self.revoked_ids, &self.revoked_subjects, &self.revoked_clients];
        let maps = disabled.into_iter().chain(revoked).flat_map(HashMap::values);
        maps.chain(self.revoked_before.iter().map(|(_, entry)| entry))
    }

    /// Returns `true` if both states disable the same tools, clients and users. A change from one state to the other
    /// then changes no caller's list of tools.
    pub(super) fn disables_same(&self, other: &ControlState) -> bool {
        let is_same = |left: &HashMap<String, ControlEntry>, right: &HashMap<String, ControlEntry>| {
            let has_same = |(name, entry): (&String, &ControlEntry)| {
                right.get(name).is_some_and(|other| other.refuse_unidentified == entry.refuse_unidentified)
            };
            left.len() == right.len() && left.iter().all(has_same)
        };
        is_same(&self.disabled_tools, &other.disabled_tools)
            && is_same(&self.disabled_clients, &other.disabled_clients)
            && is_same(&self.disabled_users, &other.disabled_users)
    }

    /// Returns `true` if the target is disabled.
    pub fn is_disabled(&self, target: &DisableTarget) -> bool {
        match target {
            DisableTarget::Tool(tool) => self.is_tool_disabled(tool),
            DisableTarget::Client(client) => self.disabled_clients.contains_key(client),
            DisableTarget::User(user) => self.disabled_users.contains_key(user),
        }
    }

    pub(super) fn has_disabled_tools(&self) -> bool {
        !self.disabled_tools.is_empty()
    }

    /// Returns `true` if the tool is disabled. A disabled tool is disabled in all its versions.
    pub(super) fn is_tool_disabled(&self, tool: &str) -> bool {
        self.disabled_tools.contains_key(tool)
    }

    /// Returns the part of `caller` that is disabled: the user or, if the user is enabled, the client. The local user
    /// (the caller over stdio, and over HTTP without authorization) has no client id. Its agent is a label that the
    /// client gives itself, such as `harness 1`: name and version. An entry matches the whole label, or the label up to
    /// one of its spaces, because the name may contain spaces, such as `Claude Desktop 1.2`. A caller whose token names
    /// no client is refused if an entry requires that.
    pub(super) fn disabled_part(&self, caller: &Caller) -> Option<Disabled> {
        if self.disabled_users.contains_key(caller.user()) {
            return Some(Disabled::User);
        }
        let agent = caller.agent();
        let local_names = agent.filter(|_| caller.is_local()).into_iter().flat_map(names_in_label);
        let mut names = [caller.client(), agent].into_iter().flatten().chain(local_names);
        if names.any(|name| self.disabled_clients.contains_key(name)) {
            return Some(Disabled::Client);
        }
        let is_unidentified = caller.issuer().is_some() && caller.client().is_none();
        (is_unidentified && self.refusing_unidentified > 0).then_some(Disabled::Unidentified)
    }

    /// Returns `true` if the token is revoked. A revocation by id covers one token. Any other revocation covers the
    /// tokens of a user, of a client or of everyone until a time. It also covers tokens that were issued up to
    /// [`MAX_SKEW`] later, and tokens without a time of issue.
    pub(super) fn is_revoked(&self, token: &Issued<'_>) -> bool {
        let Issued { jti, subject, client, agent, issued_at } = *token;
        // If the issuer's clock is ahead, a token that was issued before the entry may have a later time.
        let is_covered_until = |time: SystemTime| issued_at.is_none_or(|issued| issued <= time + MAX_SKEW);
        let is_covered = |entry: &ControlEntry| is_covered_until(entry.time.into());
        let is_revoked_by = |map: &HashMap<String, ControlEntry>, name: Option<&str>| {
            name.and_then(|name| map.get(name)).is_some_and(is_covered)
        };
        let is_unidentified = client.is_none() && self.unidentified_revoked.is_some_and(is_covered_until);
        let is_before = self
            .revoked_before
            .as_ref()
            .is_some_and(|(before, _)| issued_at.is_none_or(|issued| issued < *before + MAX_SKEW));
        jti.is_some_and(|jti| self.revoked_ids.contains_key(jti))
            || is_revoked_by(&self.revoked_subjects, subject)
            || is_revoked_by(&self.revoked_clients, client)
            || is_revoked_by(&self.revoked_clients, agent)
            || is_unidentified
            || is_before
    }
}

/// Inserts a revocation, unless the map has a revocation of the same name with a later time. The revocation with the
/// later time covers more tokens. Its line may come first, as after the operator's clock was set back. It covers
/// unidentified tokens if one of the two does, because a revocation can't be undone. Returns the entry in effect.
fn insert_latest(
    map: &mut HashMap<String, ControlEntry>,
    name: String,
    mut entry: ControlEntry,
) -> &ControlEntry {
    match map.entry(name) {
        Entry::Vacant(vacant) => vacant.insert(entry),
        Entry::Occupied(occupied) => {
            let existing = occupied.into_mut();
            entry.refuse_unidentified |= existing.refuse_unidentified;
            existing.refuse_unidentified = entry.refuse_unidentified;
            if existing.time <= entry.time {
                *existing = entry;
            }
            existing
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{call::caller::Scopes, control::entry::parse_time};

    /// Time of the entries.
    const NOW: &str = "2026-11-14T09:30:00Z";
    const SECOND: Duration = Duration::from_secs(1);

    /// Returns the state after the entries in `lines`. Each line has the JSON members of an entry without `time` and
    /// `by`.
    fn fold(lines: &[&str]) -> ControlState {
        let line = |line: &&str| format!("{{\"time\":\"{NOW}\",\"by\":\"ann\",{line}}}\n");
        ControlState::fold(lines.iter().map(line).collect::<String>().as_bytes()).unwrap()
    }

    /// Returns the claims of a token with this time of issue.
    fn issued(at: Option<SystemTime>) -> Issued<'static> {
        Issued { jti: Some("j"), subject: Some("s"), client: Some("c"), agent: Some("a"), issued_at: at }
    }

    #[test]
    fn last_line_of_a_target_decides_if_it_is_disabled() {
        let disable = r#""action":"disable","tool":"x""#;
        let enable = r#""action":"enable","tool":"x""#;
        assert!(fold(&[disable]).is_tool_disabled("x") && !fold(&[disable]).is_tool_disabled("y"));
        assert!(fold(&[disable, enable]).is_empty());
        assert!(fold(&[enable, disable, disable]).is_tool_disabled("x"));
    }

    #[test]
    fn caller_is_disabled_by_user_or_by_client() {
        let state = fold(&[r#""action":"disable","client":"harness""#, r#""action":"disable","user":"eve""#]);
        let local = |label: &str| Caller::local(Scopes::All).with_agent(label);
        assert_eq!(state.disabled_part(&Caller::new("eve")), Some(Disabled::User));
        assert_eq!(state.disabled_part(&Caller::new("ann").with_agent("harness")), Some(Disabled::Client));
        assert_eq!(
            state.disabled_part(&Caller::new("ann").with_agent("harness 1")),
            None,
            "an entry for `harness` must not disable the client with the id `harness 1`"
        );
        // A token whose claim `act.sub` names another agent than the OAuth client.
        let actor = Caller::new("ann").with_client("harness").with_agent("actor");
        assert_eq!(state.disabled_part(&actor), Some(Disabled::Client));
        assert_eq!(state.disabled_part(&local("harness 1")), Some(Disabled::Client));
        assert_eq!(state.disabled_part(&local("harness1")), None);
        let state = fold(&[r#""action":"disable","client":"Claude Desktop""#]);
        assert_eq!(state.disabled_part(&local("Claude Desktop 1.2")), Some(Disabled::Client));
        assert_eq!(state.disabled_part(&local("Claude 1.2")), None);
    }

    #[test]
    fn unidentified_token_is_refused_while_an_entry_asks_for_it() {
        let (disable, plain, enable) = (
            r#""action":"disable","client":"c","refuse_unidentified":true"#,
            r#""action":"disable","client":"c""#,
            r#""action":"enable","client":"c""#,
        );
        let unidentified = Caller::new("ann").with_issuer("https://as.example").with_agent("bot");
        let identified = unidentified.clone().with_client("other");
        assert_eq!(fold(&[plain]).disabled_part(&unidentified), None);
        for lines in [&[disable][..], &[disable, plain], &[plain, disable]] {
            let state = fold(lines);
            assert_eq!(state.disabled_part(&unidentified), Some(Disabled::Unidentified), "{lines:?}");
            assert_eq!(state.disabled_part(&identified), None, "{lines:?}");
            let local = Caller::local(Scopes::All);
            assert_eq!(state.disabled_part(&local), None, "the local user has no token");
            assert!(!state.disables_same(&fold(&[plain])), "lists of tools change");
        }
        assert!(fold(&[disable, enable]).is_empty());
        assert_eq!(fold(&[disable, enable, plain]).disabled_part(&unidentified), None);
    }

    #[test]
    fn each_client_that_asks_for_it_keeps_unidentified_tokens_refused() {
        let line = |action: &str, client: &str, flag: &str| {
            format!(r#""action":"{action}","client":"{client}"{flag}"#)
        };
        let flag = r#","refuse_unidentified":true"#;
        let lines = [
            line("disable", "a", flag),
            line("disable", "a", flag),
            line("disable", "b", flag),
            line("enable", "a", ""),
            line("enable", "a", ""),
            line("enable", "b", ""),
        ];
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let unidentified = Caller::new("ann").with_issuer("https://as.example");
        for (count, is_refused) in [(1, true), (2, true), (3, true), (4, true), (5, true), (6, false)] {
            let disabled = fold(&lines[..count]).disabled_part(&unidentified);
            assert_eq!(disabled.is_some(), is_refused, "after {count} lines");
        }
    }

    #[test]
    fn revocation_of_a_client_covers_unidentified_tokens_if_it_asks_for_it() {
        let now = SystemTime::from(parse_time(NOW).unwrap());
        let token = |client| Issued { client, agent: None, ..issued(Some(now)) };
        let (plain, all) = (
            r#""action":"revoke","client":"x""#,
            r#""action":"revoke","client":"x","refuse_unidentified":true"#,
        );
        assert!(!fold(&[plain]).is_revoked(&token(None)));
        for lines in [&[all][..], &[all, plain], &[plain, all]] {
            let state = fold(lines);
            assert!(state.is_revoked(&token(None)) && !state.is_revoked(&token(Some("c"))), "{lines:?}");
            let later = Issued { issued_at: Some(now + MAX_SKEW + SECOND), ..token(None) };
            assert!(!state.is_revoked(&later), "{lines:?}");
        }
    }

    #[test]
    fn token_is_revoked_by_id_subject_client_and_time_of_issue() {
        let now = SystemTime::from(parse_time(NOW).unwrap());
        let (earlier, later) = (now - SECOND, now + MAX_SKEW + SECOND);
        let by_id = fold(&[r#""action":"revoke","jti":"j""#]);
        assert!(by_id.is_revoked(&issued(Some(later))) && !by_id.is_revoked(&Issued::default()));
        for target in [r#""subject":"s""#, r#""client":"c""#, r#""client":"a""#] {
            let by_name = fold(&[&format!(r#""action":"revoke",{target}"#)]);
            assert!(by_name.is_revoked(&issued(Some(earlier))), "{target}");
            assert!(by_name.is_revoked(&issued(Some(now))) && by_name.is_revoked(&issued(None)), "{target}");
            assert!(
                by_name.is_revoked(&issued(Some(now + MAX_SKEW))),
                "{target}: a token from an issuer whose clock is ahead by the maximum skew is not revoked"
            );
            assert!(!by_name.is_revoked(&issued(Some(later))), "{target}");
            let other = Issued { jti: Some("s"), ..Issued::default() };
            assert!(!by_name.is_revoked(&other), "{target}: a token with only an id is revoked");
        }
        let by_time = fold(&[&format!(r#""action":"revoke","before":"{NOW}""#)]);
        assert!(by_time.is_revoked(&issued(Some(earlier))) && by_time.is_revoked(&Issued::default()));
        // `now` isn't before the time of the revocation, but within the skew.
        assert!(by_time.is_revoked(&issued(Some(now))) && !by_time.is_revoked(&issued(Some(later))));
    }

    #[test]
    fn revocation_with_an_earlier_time_does_not_replace_a_later_one() {
        let late = format!(r#"{{"time":"{NOW}","by":"a","action":"revoke","subject":"s"}}"#);
        let early = late.replace("2026", "2025");
        let late_before =
            format!(r#"{{"time":"{NOW}","by":"a","action":"revoke","before":"2026-01-01T00:00:00Z"}}"#);
        let early_before = late_before.replace("2026-01", "2025-01");
        let lines = format!("{late}\n{early}\n{late_before}\n{early_before}\n");
        let state = ControlState::fold(lines.as_bytes()).unwrap();
        let at = |time| Some(SystemTime::from(parse_time(time).unwrap()));
        // Only `late` covers the first token, and only `late_before` the second one, which has no subject.
        assert!(state.is_revoked(&issued(at("2026-06-01T00:00:00Z"))));
        assert!(state.is_revoked(&Issued { issued_at: at("2025-06-01T00:00:00Z"), ..Issued::default() }));
    }

    #[test]
    fn error_has_the_number_of_the_invalid_line() {
        let good = format!(r#"{{"time":"{NOW}","by":"a","action":"revoke","subject":"s"}}"#);
        let (line, reason) = ControlState::fold(format!("{good}\n\n{good}\n").as_bytes()).unwrap_err();
        assert_eq!((line, reason.as_str()), (2, "must be a JSON object"));
    }
}
