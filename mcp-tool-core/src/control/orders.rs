//! What is in force: the lines of a control file, folded.

use std::{
    collections::HashMap,
    time::{Duration, SystemTime},
};

use super::order::{Order, Target, Tokens, What};
use crate::{call::caller::Caller, ports::Issued};

/// The orders that are in force, each by its target.
#[derive(Clone, Debug, Default)]
pub struct Orders {
    tools_off: HashMap<String, Order>,
    clients_off: HashMap<String, Order>,
    users_off: HashMap<String, Order>,
    ids: HashMap<String, Order>,
    subjects: HashMap<String, Order>,
    clients: HashMap<String, Order>,
    before: Option<(SystemTime, Order)>,
}

/// Who was switched off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Off {
    /// On whose behalf the call is.
    User,
    /// The agent.
    Client,
}

/// How far an issuer's clock may be ahead of this one.
const SKEW: Duration = Duration::from_secs(30);

impl Orders {
    /// Folds whole lines in their order.
    ///
    /// # Errors
    /// The first line that is no order, by its number.
    pub(crate) fn fold(lines: &[u8]) -> Result<Self, (usize, String)> {
        let mut orders = Orders::default();
        for (index, line) in lines.split_inclusive(|byte| *byte == b'\n').enumerate() {
            let line = line.strip_suffix(b"\n").unwrap_or(line);
            orders.take(Order::parse(line).map_err(|reason| (index + 1, reason))?);
        }
        Ok(orders)
    }

    fn take(&mut self, order: Order) {
        match order.what.clone() {
            What::Disable(target) => {
                let (map, name) = self.switched(target);
                map.insert(name, order);
            }
            What::Enable(target) => {
                let (map, name) = self.switched(target);
                map.remove(&name);
            }
            What::Revoke(Tokens::Id(id)) => drop(self.ids.insert(id, order)),
            What::Revoke(Tokens::Subject(subject)) => latest(&mut self.subjects, subject, order),
            What::Revoke(Tokens::Client(client)) => latest(&mut self.clients, client, order),
            What::Revoke(Tokens::Before(time)) => {
                let time = SystemTime::from(time);
                if self.before.as_ref().is_none_or(|(latest, _)| *latest < time) {
                    self.before = Some((time, order));
                }
            }
        }
    }

    fn switched(&mut self, target: Target) -> (&mut HashMap<String, Order>, String) {
        match target {
            Target::Tool(tool) => (&mut self.tools_off, tool),
            Target::Client(client) => (&mut self.clients_off, client),
            Target::User(user) => (&mut self.users_off, user),
        }
    }

    /// Whether none is in force.
    pub(crate) fn is_empty(&self) -> bool {
        self.all().next().is_none()
    }

    /// Those in force, in no order.
    pub fn all(&self) -> impl Iterator<Item = &Order> {
        let off = [&self.tools_off, &self.clients_off, &self.users_off];
        let revoked = [&self.ids, &self.subjects, &self.clients];
        let maps = off.into_iter().chain(revoked).flat_map(HashMap::values);
        maps.chain(self.before.iter().map(|(_, order)| order))
    }

    /// Whether lists show the same under both: the same tools, clients and users are off.
    pub fn shows_the_same_as(&self, other: &Orders) -> bool {
        let same = |one: &HashMap<String, Order>, other: &HashMap<String, Order>| {
            one.len() == other.len() && one.keys().all(|name| other.contains_key(name))
        };
        same(&self.tools_off, &other.tools_off)
            && same(&self.clients_off, &other.clients_off)
            && same(&self.users_off, &other.users_off)
    }

    /// Whether a target is off.
    pub fn is_target_off(&self, target: &Target) -> bool {
        match target {
            Target::Tool(tool) => self.tool_is_off(tool),
            Target::Client(client) => self.clients_off.contains_key(client),
            Target::User(user) => self.users_off.contains_key(user),
        }
    }

    /// Whether any tool is off.
    pub(crate) fn any_tool_is_off(&self) -> bool {
        !self.tools_off.is_empty()
    }

    /// Whether a tool is off, in all its versions.
    pub(crate) fn tool_is_off(&self, tool: &str) -> bool {
        self.tools_off.contains_key(tool)
    }

    /// Whether a caller is off. A local client is told by the name that it gives itself, with its version or
    /// without: that keeps off who says the truth, and nobody else.
    pub fn is_off(&self, caller: &Caller) -> Option<Off> {
        if self.users_off.contains_key(caller.user()) {
            return Some(Off::User);
        }
        let agent = caller.agent();
        let label = agent.filter(|_| caller.is_local()).and_then(|agent| agent.split(' ').next());
        let names = [caller.client(), agent, label];
        let is_off = names.into_iter().flatten().any(|name| self.clients_off.contains_key(name));
        is_off.then_some(Off::Client)
    }

    /// Whether a token isn't taken any more.
    pub(crate) fn is_revoked(&self, token: &Issued<'_>) -> bool {
        let Issued { jti, subject, client, agent, issued_at } = *token;
        let by = |map: &HashMap<String, Order>, name: Option<&str>| {
            let order = name.and_then(|name| map.get(name));
            // The issuer's clock may be ahead: a token of before the order could say that it is of after it.
            order.is_some_and(|order| {
                issued_at.is_none_or(|issued| issued <= SystemTime::from(order.time) + SKEW)
            })
        };
        let is_before = self
            .before
            .as_ref()
            .is_some_and(|(before, _)| issued_at.is_none_or(|issued| issued < *before + SKEW));
        jti.is_some_and(|jti| self.ids.contains_key(jti))
            || by(&self.subjects, subject)
            || by(&self.clients, client)
            || by(&self.clients, agent)
            || is_before
    }
}

/// Of two orders about one, the later holds, whichever was written first.
fn latest(map: &mut HashMap<String, Order>, name: String, order: Order) {
    let is_later = map.get(&name).is_none_or(|known| known.time <= order.time);
    if is_later {
        map.insert(name, order);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{call::caller::Scopes, control::order::time_of};

    const NOW: &str = "2026-11-14T09:30:00Z";
    const MOMENT: Duration = Duration::from_secs(1);

    fn orders(lines: &[&str]) -> Orders {
        let line = |line: &&str| format!("{{\"time\":\"{NOW}\",\"by\":\"ann\",{line}}}\n");
        Orders::fold(lines.iter().map(line).collect::<String>().as_bytes()).unwrap()
    }

    fn issued(at: Option<SystemTime>) -> Issued<'static> {
        Issued { jti: Some("j"), subject: Some("s"), client: Some("c"), agent: Some("a"), issued_at: at }
    }

    #[test]
    fn the_last_order_about_a_target_holds() {
        let off = r#""order":"disable","tool":"x""#;
        let on = r#""order":"enable","tool":"x""#;
        assert!(orders(&[off]).tool_is_off("x") && !orders(&[off]).tool_is_off("y"));
        assert!(orders(&[off, on]).is_empty());
        assert!(orders(&[on, off, off]).tool_is_off("x"));
    }

    #[test]
    fn a_caller_is_off_by_user_or_by_agent() {
        let orders =
            orders(&[r#""order":"disable","client":"harness""#, r#""order":"disable","user":"eve""#]);
        let local = |label: &str| Caller::local(Scopes::All).with_agent(label);
        assert_eq!(orders.is_off(&Caller::new("eve")), Some(Off::User));
        assert_eq!(orders.is_off(&Caller::new("ann").with_agent("harness")), Some(Off::Client));
        assert_eq!(orders.is_off(&Caller::new("ann").with_agent("harness 1")), None, "an id is whole");
        let actor = Caller::new("ann").with_client("harness").with_agent("actor");
        assert_eq!(orders.is_off(&actor), Some(Off::Client));
        assert_eq!(orders.is_off(&local("harness 1")), Some(Off::Client));
        assert_eq!(orders.is_off(&local("harness1")), None);
    }

    #[test]
    fn a_token_is_revoked_by_id_by_whose_it_is_and_by_when() {
        let now = SystemTime::from(time_of(NOW).unwrap());
        let (earlier, later) = (now - MOMENT, now + SKEW + MOMENT);
        let id = orders(&[r#""order":"revoke","jti":"j""#]);
        assert!(id.is_revoked(&issued(Some(later))) && !id.is_revoked(&Issued::default()));
        for target in ["subject\":\"s", "client\":\"c", "client\":\"a"] {
            let by = orders(&[&format!("\"order\":\"revoke\",\"{target}\"")]);
            assert!(by.is_revoked(&issued(Some(earlier))), "{target}");
            assert!(by.is_revoked(&issued(Some(now))) && by.is_revoked(&issued(None)), "{target}");
            assert!(by.is_revoked(&issued(Some(now + SKEW))), "{target}: the issuer's clock may be ahead");
            assert!(!by.is_revoked(&issued(Some(later))), "{target}");
            assert!(!by.is_revoked(&Issued { jti: Some("s"), ..Issued::default() }), "{target}");
        }
        let before = orders(&[&format!(r#""order":"revoke","before":"{NOW}""#)]);
        assert!(before.is_revoked(&issued(Some(earlier))) && before.is_revoked(&Issued::default()));
        assert!(before.is_revoked(&issued(Some(now))) && !before.is_revoked(&issued(Some(later))));
    }

    #[test]
    fn an_earlier_order_takes_nothing_back() {
        let late = format!(r#"{{"time":"{NOW}","by":"a","order":"revoke","subject":"s"}}"#);
        let early = late.replace("2026", "2025");
        let late_before =
            format!(r#"{{"time":"{NOW}","by":"a","order":"revoke","before":"2026-01-01T00:00:00Z"}}"#);
        let early_before = late_before.replace("2026-01", "2025-01");
        let lines = format!("{late}\n{early}\n{late_before}\n{early_before}\n");
        let orders = Orders::fold(lines.as_bytes()).unwrap();
        let at = |time| Some(SystemTime::from(time_of(time).unwrap()));
        assert!(orders.is_revoked(&issued(at("2026-06-01T00:00:00Z"))));
        assert!(orders.is_revoked(&Issued { issued_at: at("2025-06-01T00:00:00Z"), ..Issued::default() }));
    }

    #[test]
    fn a_line_that_is_no_order_is_named() {
        let good = format!(r#"{{"time":"{NOW}","by":"a","order":"revoke","subject":"s"}}"#);
        let (line, reason) = Orders::fold(format!("{good}\n\n{good}\n").as_bytes()).unwrap_err();
        assert_eq!((line, reason.as_str()), (2, "a line is a JSON object"));
    }
}
